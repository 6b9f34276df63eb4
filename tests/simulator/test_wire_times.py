"""What is read from sound with its moments: turns, their parts, where a line stops, which calls are played."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ivr.commands.bench_conversation import figures
from ivr.dialog.plan import load_plan
from ivr.errors import ScenarioError
from ivr.events import JournalKind
from ivr.paths import project_file
from ivr.simulator.clips import Clips
from ivr.simulator.conversation_bench import ConversationBench, Notes
from ivr.simulator.lines import LineKind, a_third, playable
from ivr.simulator.noises import LEVELS_DBFS, noises
from ivr.simulator.person import Spoken
from ivr.simulator.scenario import Scenario, load_scenario, parse_scenario
from ivr.simulator.talk_over import voiced
from ivr.simulator.turn_times import STEPS, TurnTime, turn_times
from ivr.simulator.wire_leg import WireLeg
from ivr.simulator.wire_sound import Track
from ivr.simulator.wire_stage import WireStage
from ivr.speech.prompts import PromptBook
from ivr.store.journal import JournalEvent

LOUD = np.full(80, 4000, dtype="<i2").tobytes()  # 10 ms
QUIET = bytes(160)
MONDAY = datetime(2025, 3, 3, 11, 0, tzinfo=UTC)


def track(pattern: str, at: float = 0.0) -> Track:
    """``#`` is 10 ms of sound, ``.`` 10 ms of silence."""
    made = Track()
    for number, mark in enumerate(pattern):
        made.add(at + number * 0.01, LOUD if mark == "#" else QUIET)
    return made


def test_sound_is_found_by_its_moments() -> None:
    heard = track("...##..#....", at=100.0)
    assert heard.first_sound(100.0) == pytest.approx(100.03)
    assert heard.first_sound(100.045) == pytest.approx(100.07)
    assert heard.first_sound(100.045, 100.06) is None
    assert heard.last_sound(100.0, 100.12) == pytest.approx(100.08)
    assert heard.silent(100.05, 100.07)
    assert not heard.silent(100.0, 100.05)
    assert [tuple(round(edge, 2) for edge in found) for found in heard.stretches(0.015)] == [
        (100.03, 100.05),
        (100.07, 100.08),
    ]


def test_a_pause_between_words_is_no_stop() -> None:
    talking = track("#" * 30 + "." * 20 + "#" * 10 + "." * 60)
    assert talking.stops(0.1, 1.0) == pytest.approx(0.6)
    assert track("#" * 200).stops(0.1, 1.0) is None


class Leg:
    """The parts of a leg that are read: the caller falls silent at 2.0, the line answers at ``answer``."""

    def __init__(self, answer: float = 2.9, *, over: bool = False) -> None:
        self.invited_at = time.monotonic() - 60.0
        self.keyed: list[float] = []
        base = self.invited_at
        self.said = track("." * 100 + "#" * 100 + "." * 300, at=base)
        line = ["#" if over else "."] * 500
        line[round(answer * 100) :] = "#" * (500 - round(answer * 100))
        self.heard = track("".join(line), at=base)


def journal(leg: Leg) -> list[JournalEvent]:
    wall = datetime.fromtimestamp(leg.invited_at + time.time() - time.monotonic(), UTC)

    def event(kind: JournalKind, at: float, data: dict[str, Any]) -> JournalEvent:
        return JournalEvent("call", 1, wall + timedelta(seconds=at), kind.value, data)

    heard = {"grammar": "menu", "text": "informacija", "started_s": 1.0, "ended_s": 2.05, "decided_s": 2.5}
    answer = {"text": "Klausau.", "started_s": 2.8, "ended_s": 4.0}
    return [event(JournalKind.TURN_HEARD, 2.6, heard), event(JournalKind.TURN_SAID, 4.0, answer)]


def spoken(leg: Leg) -> Spoken:
    return Spoken("informacija", "am_michael", leg.invited_at + 1.0, leg.invited_at + 2.02, True)


def times(leg: Leg) -> TurnTime:
    (row,) = turn_times("call", cast(WireLeg, leg), [spoken(leg)], journal(leg))
    return row


def test_the_parts_of_a_turn_are_the_whole() -> None:
    row = times(Leg())
    assert (row.heard, row.answer, row.missing) == ("informacija", "Klausau.", "")
    assert row.v2v_ms == pytest.approx(900, abs=12)
    parts = [getattr(row, step) for step in STEPS]
    assert parts == [pytest.approx(value, abs=12) for value in (500, 100, 200, 100)]
    assert sum(parts) == pytest.approx(row.v2v_ms, abs=1)


def test_what_can_not_be_timed_says_why() -> None:
    assert times(Leg(over=True)).missing == "the line was speaking"
    assert times(Leg(answer=5.0)).missing == "no answer was heard"
    pressed = Leg()
    pressed.keyed.append(pressed.invited_at + 2.3)
    assert times(pressed).missing == "the caller went on before an answer"
    unheard = Leg()
    (row,) = turn_times("call", cast(WireLeg, unheard), [spoken(unheard)], [])
    assert row.missing == "no turn was heard"


def test_figures_leave_open_speech_and_what_has_no_time_out_of_voice_to_voice() -> None:
    def turn(v2v: float, grammar: str = "menu", missing: str = "") -> dict[str, Any]:
        return {"kind": "turn", **TurnTime("x", 1, "ne", "", grammar, v2v_ms=v2v, missing=missing).to_json()}

    rows = [turn(500), turn(700), turn(3300, "message"), turn(0, missing="no turn was heard")]
    rows += [{"kind": "interruption", "stopped_ms": stop} for stop in (90.0, None)]
    rows += [
        {"kind": "disturbance", "group": "cough", "sound": "x", "stopped": on == 0, "paused_ms": 300.0}
        for on in range(4)
    ]
    rows += [{"kind": "scenario", "scenario": "x", "reason": "was cut"}]
    found = figures(rows)
    assert (found["v2v_ms"]["count"], found["v2v_ms"]["max"]) == (2, 700)
    assert found["v2v_open_ms"]["p50"] == 3300
    assert found["untimed"] == {"no turn was heard": 1}
    assert (found["bargein_ms"]["p95"], found["bargein_ms"]["not_stopped"]) == (90, 1)
    assert (found["false_stops"]["share"], found["false_stops"]["paused"]) == (0.25, 3)
    assert found["false_stops"]["groups"] == {"cough": 4}
    assert found["scenarios"]["failed"] == {"x": "was cut"}


def test_notes_go_on_where_they_were_and_refuse_another_file(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    Notes(path).add("scenario", {"scenario": "ačiū"})
    assert [row["scenario"] for row in Notes(path).of("scenario")] == ["ačiū"]
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="no line of a measurement"):
        Notes(path)


def test_a_caller_begins_where_a_prompt_has_no_pause() -> None:
    pcm = QUIET * 20 + LOUD * 150 + QUIET * 40 + LOUD * 100
    places = voiced(pcm)
    assert min(places) >= 0.9
    assert all(at + 0.44 < 1.51 or at > 1.9 for at in places)


def test_noises_are_the_same_each_time_and_as_loud_as_they_say() -> None:
    first, second = dict(noises()), dict(noises())
    assert first == second
    assert len(first) >= 30
    for name, pcm in first.items():
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
        active = samples[np.abs(samples) > np.abs(samples).max() / 10]
        level = float(name.split()[-2])
        assert level in LEVELS_DBFS
        assert abs(20 * np.log10(np.sqrt((active**2).mean()) / 32768) - level) < 3, name


@pytest.mark.rule("A12.20")
def test_a_measurement_that_is_cut_short_has_coughs_and_backchannels_and_noises(tmp_path: Path) -> None:
    stage = cast(WireStage, SimpleNamespace(clips=Clips()))
    bench = ConversationBench(stage, tmp_path, tmp_path, MONDAY, {}, Notes())
    sounds = list(bench.disturbances())
    assert len(sounds) >= 50
    assert len({sound.name for sound in sounds}) == len(sounds)
    assert {sound.group for sound in sounds[:3]} == {"cough", "backchannel", "noise"}
    assert min(Counter(sound.group for sound in sounds).values()) >= 15


# ------------------------------------------------------------ which calls


PLAN = project_file("dialplans", "1883.yaml").read_text(encoding="utf-8")


def texts() -> dict[str, str]:
    book = PromptBook(project_file("prompts"), "lt")
    return {prompt: book.text(prompt) for prompt in book.ids}


def scenario(steps: str, facts: str = "{}") -> Scenario:
    return parse_scenario(f"name: x\ndescription: x\nfacts: {facts}\nsteps: [{steps}]", "x")


@pytest.mark.parametrize(
    ("steps", "facts", "why"),
    [
        ("{say: bendra informacija}", "{}", ""),
        ("{ear: lost}", "{}", "only a simulation as text"),
        ("{expect: {prompt: menu.hint}}, {say: lėčiau}, {expect: {prompt: menu.ask}}", "{}", "said slower"),
        ("{say: taip, sure: 0.4}", "{}", "how surely"),
        ("{say: nieko panašaus}", "{}", "no clip of „nieko panašaus“"),
        ("{wait_ms: 31000}", "{}", "waits for more than 30 s"),
        ("{press: '0'}, {expect: {prompt: hold.why, within_ms: 20000}}", "{queue_s: 300}", "goes otherwise"),
    ],
)
def test_what_can_not_be_played_with_sound_says_why(steps: str, facts: str, why: str) -> None:
    found = playable(scenario(steps, facts), PLAN, texts(), Clips(), MONDAY)
    assert why in found if why else found == ""


def test_a_third_of_the_calls_can_be_played_and_is_about_everything() -> None:
    paths = sorted(project_file("tests", "calls").glob("*.yaml"))
    known, clips = texts(), Clips()
    judged = [(one, playable(one, PLAN, known, clips, MONDAY)) for one in map(load_scenario, paths)]
    chosen = a_third(judged)
    assert len(chosen) >= len(paths) / 3
    assert len({one.name for one in chosen}) == len(chosen)
    assert not {one.name for one, why in judged if why} & {one.name for one in chosen}
    about = {one.name.partition("-")[0] for one in chosen}
    assert {"closed", "message", "person", "recording", "question", "callback", "institution"} <= about


def test_a_line_is_made_for_the_world_of_a_scenario(tmp_path: Path) -> None:
    plan = load_plan(PLAN, "plan")
    night = scenario("{hangup: {}}", "{at: 2025-03-02T20:00:00+02:00, agent: none, lookups: work}")
    kind = LineKind.of(night.facts, plan)
    assert kind == LineKind(agent=False, recording=True, opened=False, colleagues=True)
    settings = kind.settings("sip:agentas@127.0.0.1:5061", project_file("dialplans", "1883.yaml"), tmp_path, MONDAY)
    assert "agent" not in settings["people"]
    closed = load_plan(Path(str(settings["line"]["plan"])).read_text(encoding="utf-8"), "plan")
    assert closed.hours is not None
    assert not closed.hours.is_open(MONDAY)
    assert closed.hours.opens_after(MONDAY) is not None
    opened = load_plan(LineKind().plan(PLAN, MONDAY), "plan")
    assert opened.hours is not None
    assert opened.hours.is_open(datetime(2025, 3, 9, 3, 0, tzinfo=UTC))
