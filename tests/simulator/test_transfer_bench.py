"""``ivr bench transfer`` reckons honestly, and its telephones are what they say."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from ivr.commands.bench_transfer import figures
from ivr.office.offers import Offer, OfferState
from ivr.simulator.key_agent import is_tone, tone
from ivr.simulator.rtp import Arrival
from ivr.simulator.sipp_agents import Habit, scenario
from ivr.simulator.transfer_bench import Ear, back_ms, on_screen_ms

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
T = AT.timestamp()


def offer(number: int, after_s: float) -> Offer:
    at = AT + timedelta(seconds=after_s)
    return Offer(number, "c1", 1, OfferState.NO_ANSWER, "free", {}, "", "", at, at)


def test_a_refusal_is_over_with_the_next_sound_in_the_callers_ear() -> None:
    heard = [[T + 0.0, T + 0.5], [T + 0.9, T + 2.0], [T + 5.0, T + 6.0]]
    assert back_ms([offer(1, 0)], [T + 0.61], [T + 0.6], heard, 3.0) == [pytest.approx(300)]


def test_an_agents_time_is_over_while_a_sentence_is_said() -> None:
    heard = [[T + 2.5, T + 4.0]]
    assert back_ms([offer(1, 0)], [T + 3.02], [], heard, 3.0) == [pytest.approx(20)]


def test_a_failure_without_a_sound_after_it_is_no_figure() -> None:
    assert back_ms([offer(1, 0)], [T + 3.0], [], [[T, T + 1.0]], 3.0) == []


def test_a_card_before_the_ring_took_no_time_and_a_card_that_never_came_took_long() -> None:
    offers = [offer(1, 0), offer(2, 5), offer(3, 10), offer(4, 20)]
    seen = {1: T + 0.1, 2: T + 5.4}
    rang = [T + 0.2, T + 5.1, T + 10.1]
    assert on_screen_ms(offers, seen, rang) == [0.0, pytest.approx(300), 60_000.0]


def test_the_ear_joins_frames_and_leaves_silence_out() -> None:
    ear = Ear()
    loud, quiet = tone(), bytes(320)
    ear.take([Arrival(0.02 * n, 0, loud if n < 5 or n > 20 else quiet) for n in range(30)])
    lengths = [round(ended - began, 2) for began, ended in ear.heard]
    assert lengths == [0.08, 0.16]


def test_the_callers_tone_is_told_from_silence_and_noise() -> None:
    assert is_tone(tone())
    assert not is_tone(bytes(320))
    assert not is_tone(b"\x00\x20\x00\xe0" * 80)  # as loud, at 4 kHz


@pytest.mark.parametrize("habit", [habit for habit in Habit if habit is not Habit.UNREACHABLE])
def test_every_telephone_is_well_formed_and_notes_that_it_rang(habit: Habit) -> None:
    root = ET.fromstring(scenario(habit))
    assert next(log.get("message", "").split()[0] for log in root.iter("log")) == "rang"
    assert ("Signal=1" in ET.tostring(root, encoding="unicode")) is (habit is Habit.KEY)


def test_figures_count_the_lost() -> None:
    row = {
        "came": "bridged", "lost": False, "offers": 2, "lost_contexts": 0, "back_to_caller_ms": [100.0, 300.0],
        "context_on_screen_ms": [50.0], "accept_to_bridge_ms": None, "recording_fault": "",
        "baresip": True,
    }  # fmt: skip
    lost = row | {
        "came": "dropped",
        "lost": True,
        "lost_contexts": 1,
        "accept_to_bridge_ms": 20.0,
        "recording_fault": "lacks the agent",
    }
    result = figures([row, lost])
    assert (result["transfers"], result["bridged"], result["lost_callers"], result["lost_contexts"]) == (2, 1, 1, 1)
    assert (result["recordings_incomplete"], result["bridged_by_baresip"]) == (1, 2)
    assert result["back_to_caller_ms"] == {"n": 4, "p50": 300.0, "p95": 300.0, "max": 300.0}
    assert result["accept_to_bridge_ms"]["n"] == 1
