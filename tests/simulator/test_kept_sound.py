"""A bench's recording holds both conversations, or the bench says what it lacks."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.events import FRAME_SAMPLES
from ivr.simulator.kept_sound import recording_fault
from ivr.simulator.key_agent import AGENT_HZ, tone
from ivr.store.journal import JournalEvent

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SILENCE = bytes(2 * FRAME_SAMPLES)
WORDS = np.random.default_rng(1).integers(-4000, 4000, FRAME_SAMPLES, np.int16).tobytes()
CALLER, AGENT = tone(), tone(AGENT_HZ)
TALK = [SILENCE] * 100 + [WORDS] * 100 + [AGENT] * 200
"""The line speaks from the second second on, the agent from the fourth."""


def journal(**changed: float | None) -> list[JournalEvent]:
    """A call of 8 s that is connected after 4 s; seconds of each event, None: it is not there."""
    seconds: dict[str, float | None] = {
        "notice_completed": 0.0,
        "recording_started": 0.0,
        "transfer_bridged": 4.0,
        "recording_ended": 8.0,
        "call_ended": 8.1,
        **changed,
    }
    data: dict[str, Any] = {"file": "c1.wav"}
    return [
        JournalEvent("c1", number, AT + timedelta(seconds=at), kind.replace("_", "."), data)
        for number, (kind, at) in enumerate(seconds.items())
        if at is not None
    ]


def keep(folder: Path, left: Sequence[bytes], right: Sequence[bytes]) -> None:
    both = np.column_stack([np.frombuffer(b"".join(side), np.int16) for side in (left, right)])
    with wave.open(str(folder / "c1.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(both.tobytes())


def test_both_conversations_are_there_with_an_agent_who_echoes_as_well(tmp_path: Path) -> None:
    for agent in (AGENT, CALLER):
        keep(tmp_path, [CALLER] * 400, [*TALK[:200], *[agent] * 200])
        assert recording_fault(journal(), tmp_path) == ""


@pytest.mark.parametrize(
    ("left", "right", "missing"),
    [
        ([CALLER] * 400, [*TALK[:200], *[SILENCE] * 200], "agent"),
        ([CALLER] * 400, [*[SILENCE] * 200, *[AGENT] * 200], "the line's words"),
        ([CALLER] * 400, [*TALK[:150], *[AGENT] * 250], "the line's words"),
        ([*[CALLER] * 200, *[SILENCE] * 200], TALK, "the caller"),
        ([CALLER] * 260, TALK[:260], "ends before the call"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, left: list[bytes], right: list[bytes], missing: str) -> None:
    keep(tmp_path, left, right)
    assert missing in recording_fault(journal(), tmp_path)


@pytest.mark.rule("X2")
def test_sound_from_before_the_notices_end_is_a_fault_of_any_call(tmp_path: Path) -> None:
    keep(tmp_path, [CALLER] * 400, TALK)
    for changed in ({"notice_completed": 0.5}, {"notice_completed": None}):
        assert "before the notice" in recording_fault(journal(**changed), tmp_path)
        assert "before the notice" in recording_fault(journal(**changed, transfer_bridged=None), tmp_path)


def test_who_was_never_connected_needs_no_recording_and_who_was_does(tmp_path: Path) -> None:
    assert recording_fault(journal(recording_started=None, transfer_bridged=None), tmp_path) == ""
    assert recording_fault(journal(recording_started=None), tmp_path) == "not recorded"
    assert "can't be read" in recording_fault(journal(), tmp_path)
