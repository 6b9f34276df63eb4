"""A call in plain words, as staff read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest

from ivr.events import HangupReason, JournalKind, Outcome, RecordingState
from ivr.store.narrative import ALARM, CITIZEN, KEY, LINE, NOTE, OUTCOMES, PAUSE, REASONS, STATES, Told, note, tell
from ivr.store.schema import Alarm, JournalEvent

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def events(*rows: tuple[float, str, dict[str, Any]]) -> list[JournalEvent]:
    return [
        JournalEvent("a", number, T0 + timedelta(seconds=at), kind, data)
        for number, (at, kind, data) in enumerate(rows, 1)
    ]


def test_a_conversation_reads_in_the_order_of_time() -> None:
    told = tell(
        events(
            (0.0, "call.offered", {"pii_caller": "+37061234567", "called": "1883"}),
            (5.0, "turn.said", {"text": "Kuo galiu padėti?", "started_s": 1.0, "ended_s": 5.0, "completed": True}),
            (9.5, "turn.heard", {"text": "noriu darbuotojo", "confidence": 0.934, "started_s": 8.0, "ended_s": 9.0}),
            (10.0, "turn.key", {"key": "0"}),
        ),
        [Alarm(T0 + timedelta(seconds=9.2), "part.fell", {"part": "speech"})],
    )
    assert told == [
        Told(0.0, NOTE, "call from •••567 to 1883"),
        Told(1.0, LINE, "„Kuo galiu padėti?“"),
        Told(5.0, PAUSE, "3.0 s of silence"),
        Told(8.0, CITIZEN, "„noriu darbuotojo“  (93% sure)"),
        Told(9.2, ALARM, "part.fell: part speech"),
        Told(10.0, KEY, "0"),
    ]


def test_numbers_are_shown_on_request_only() -> None:
    call = events((0.0, "call.offered", {"pii_caller": "+37061234567"}), (1.0, "task.created", {"pii_caller": "+370"}))
    assert "1234567" not in str(tell(call))
    assert tell(call, reveal=True)[0].text == "call from +37061234567"
    assert tell(events((0.0, "call.offered", {"pii_caller": ""})))[0].text == "call from a hidden number"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text": "Laba", "completed": False}, "„Laba“ – cut off"),
        ({"prompts": ["greeting", "notice"], "text": ""}, "[greeting, notice]"),
    ],
)
def test_what_the_line_said(data: dict[str, Any], text: str) -> None:
    assert tell(events((0.0, "turn.said", data)))[0] == Told(0.0, LINE, text)


def test_what_tells_who_the_caller_is_shows_its_end_only() -> None:
    call = events((1.0, "turn.heard", {"pii_text": "šeši nulis vienas"}), (2.0, "turn.key", {"pii_key": "6"}))
    assert [line.text for line in tell(call)] == ["„•••nas“", "•••"]
    assert [line.text for line in tell(call, reveal=True)] == ["„šeši nulis vienas“", "6"]


def test_speech_that_was_not_understood_is_told() -> None:
    assert tell(events((2.0, "turn.heard", {"text": ""})))[0].text == "spoke, not understood"


@pytest.mark.parametrize("kind", [kind for kind in JournalKind if not kind.startswith("turn.")])
def test_every_kind_has_plain_words_even_without_data(kind: JournalKind) -> None:
    text = note(kind, {})
    assert text
    assert kind.value not in text
    assert "None" not in text


def test_a_kind_of_a_later_version_is_shown_with_its_fields() -> None:
    assert note("later.kind", {"a": 1, "b": "x"}) == "later.kind: a 1, b x"


@pytest.mark.parametrize(
    ("words", "enumeration"), [(REASONS, HangupReason), (OUTCOMES, Outcome), (STATES, RecordingState)]
)
def test_every_reason_outcome_and_state_has_words(words: dict[str, str], enumeration: type[StrEnum]) -> None:
    assert set(words) == set(enumeration)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (
            "call.ended",
            {"reason": "caller", "outcome": "message"},
            "call ended: the caller hung up; outcome: message left",
        ),
        ("recording.state", {"state": "degraded", "reason": "full"}, "recording: kept with gaps or cut short (full)"),
        ("transfer.failed", {"reason": "no_answer"}, "the person was not reached: no answer"),
        (
            "task.created",
            {"type": "message", "started_s": 1.0, "ended_s": 4.2, "confirmed": False},
            "task for the staff: message of 3.2 s, not confirmed by the caller",
        ),
        ("task.created", {"type": "callback", "urgent": True}, "task for the staff: urgent callback"),
        (
            "answer.given",
            {"answer": "x", "source": "duk 1.3", "date": "2019-04-02", "heard": "part"},
            "answer x from duk 1.3 of 2019-04-02, heard in part",
        ),
    ],
)
def test_notes_say_what_the_data_hold(kind: str, data: dict[str, Any], text: str) -> None:
    assert note(kind, data) == text


def test_no_events_no_lines() -> None:
    assert tell([]) == []
