"""Three kills during calls, and proof that their judge sees what is lost; 200 kills are ``scripts/bench/kills.py``."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.store.journal import JournalEvent
from scripts.bench.callers import SeenCall
from scripts.bench.kill_verdict import Kill, Row, Verdict, judge
from scripts.bench.kills import chunk

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
AT = BEGAN.timestamp()
CALLER = "+37060000001"
LIMIT_S = 300.0


@pytest.mark.sip
@pytest.mark.rule("A12.25")
async def test_three_kills_lose_no_event_no_caller_and_no_sound(tmp_path: Path) -> None:
    kills: list[Kill] = []
    verdict = await chunk(tmp_path, random.Random(5), 3, time.monotonic() + LIMIT_S, kills.append)
    assert (verdict.wrong, verdict.notes) == (0, [])
    assert verdict.events_checked
    assert len(kills) == 3
    assert all(kill.back_s is not None for kill in kills)


def story(*more: tuple[str, float, dict[str, Any]], ended: dict[str, Any] | None = None) -> list[JournalEvent]:
    """A call that was recorded from its second second on, and whose worker died in its twentieth."""
    told = [
        ("call.offered", 0.0, {"pii_caller": CALLER, "sip_call_id": "a", "worker": "worker-0"}),
        ("call.answered", 0.0, {}),
        ("recording.started", 2.0, {}),
        ("turn.key", 5.0, {"key": "1"}),
        *more,
        ("call.ended", 21.0, ended or {"reason": "crashed", "outcome": "dropped"}),
    ]
    return [
        JournalEvent("c1", number, BEGAN + timedelta(seconds=after), kind, data, number)
        for number, (kind, after, data) in enumerate(told, 1)
    ]


CALLBACK = ("task.created", 20.5, {"type": "callback", "urgent": True, "pii_caller": CALLER})
SEEN = SeenCall(CALLER, "a", "worker-0", AT, [AT + 5.0], AT + 20.0, AT + 24.0, "vanished")
KILLED = [Kill("worker-0", AT + 20.0, 1.0)]


def rows(events: list[JournalEvent]) -> list[Row]:
    return [(event.rowid, event.call_id, event.seq, event.kind, str(event.data)) for event in events]


def judged(
    events: list[JournalEvent], *, seen: SeenCall = SEEN, before: list[Row] | None = None, length: float | None = 17.9
) -> Verdict:
    lengths = {} if length is None else {"c1": length}
    return judge([seen], KILLED, events, before or rows(events), rows(events), lengths)


def test_a_call_that_broke_off_and_is_called_back_lost_nothing() -> None:
    verdict = judged(story(CALLBACK))
    assert (verdict.wrong, verdict.broken_off, verdict.called_back, verdict.recordings) == (0, 1, 1, 1)
    assert verdict.sound_lost_s == pytest.approx(0.1)


def test_nobody_who_calls_back_is_seen() -> None:
    assert judged(story()).callbacks_missing == 1


def test_a_callback_twice_is_seen() -> None:
    assert judged(story(CALLBACK, CALLBACK)).callbacks_doubled == 1


def test_a_call_that_is_not_on_the_journal_is_seen() -> None:
    other = SeenCall(CALLER, "b", "worker-0", AT, [AT + 5.0], AT + 20.0, AT + 24.0, "vanished")
    assert judged(story(CALLBACK), seen=other).events_lost == 3


def test_a_number_that_is_missing_is_seen() -> None:
    events = story(CALLBACK)
    del events[3]
    verdict = judged(events)
    assert verdict.events_lost == 2  # the hole, and the key that the caller pressed


@pytest.mark.parametrize(("pressed_s", "lost"), [(19.4, 1), (19.6, 0), (23.0, 0)])
def test_a_key_counts_when_the_line_lived_on_after_it(pressed_s: float, lost: int) -> None:
    """Whoever is dead already writes nothing down; a caller notices it by seconds of silence, and presses on."""
    pressing = replace(SEEN, keys=[AT + 5.0, AT + pressed_s])
    assert judged(story(CALLBACK), seen=pressing).events_lost == lost


def test_a_row_that_was_read_and_is_gone_is_seen() -> None:
    events = story(CALLBACK)
    gone = (99, "c1", 3, "turn.key", "{}")
    assert judged(events, before=[*rows(events), gone]).events_lost == 1


@pytest.mark.parametrize(("length", "counted"), [(15.0, "sound"), (None, "recording")])
def test_sound_that_is_missing_is_seen(length: float | None, counted: str) -> None:
    verdict = judged(story(CALLBACK), length=length)
    assert verdict.wrong == 1
    assert (verdict.sound_lost_s > 2.0) == (counted == "sound")
    assert verdict.recordings_lost == (counted == "recording")


def test_a_call_without_an_end_is_seen() -> None:
    assert judged(story(CALLBACK)[:-1]).calls_without_end == 1


def test_chunks_are_added_up() -> None:
    whole, first = judged(story(CALLBACK)), judged(story(), length=14.0)
    whole.add(first.plain())
    assert (whole.calls, whole.recordings, whole.callbacks_missing, whole.sound_lost_s) == (2, 2, 1, 4.0)


def test_who_had_taken_leave_is_not_called_back() -> None:
    over = {"reason": "drained", "outcome": "answered", "node": "goodbye"}
    assert judged(story(ended=over)).callbacks_missing == 0
    assert judged(story(ended=over | {"node": "menu"})).callbacks_missing == 1
