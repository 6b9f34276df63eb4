"""Whether the recording of a call holds what was said to the line and to an agent, and nothing from before the notice.

Callers and agents of a bench send tones, so that sound on the recording tells who was heard when.
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.events import FRAME_SAMPLES, SAMPLE_RATE, JournalKind
from ivr.simulator.key_agent import AGENT_HZ, TONE_HZ, toned
from ivr.store.journal import JournalEvent

_ENOUGH: Final = 0.8  # of a stretch: a key that is pressed takes a tone's place
_CLOCKS_S: Final = 0.1  # the journal's and the samples' may differ by so much
_JOINING_S: Final = 0.3  # until both hear each other
_SPOKEN_FRAMES: Final = 5
_LOUD: Final = 500.0


def recording_fault(events: Sequence[JournalEvent], folder: Path) -> str:
    """What is wrong with the recording of a call that is over; empty when nothing is.

    Left is the caller's tone throughout, right the line's words until the bridge and an agent's tone, or the caller's
    as an echo, from then to the end.
    """
    first = {event.kind: event for event in reversed(events)}
    notice, began = first.get(JournalKind.NOTICE_COMPLETED), first.get(JournalKind.RECORDING_STARTED)
    over, bridged = first.get(JournalKind.RECORDING_ENDED), first.get(JournalKind.TRANSFER_BRIDGED)
    if began is None:
        return "not recorded" if bridged is not None else ""
    if notice is None or (began.at - notice.at).total_seconds() < -_CLOCKS_S:
        return "began before the notice was heard"
    if bridged is None:
        return ""
    if over is None or not over.data.get("file"):
        return "has no end"
    try:
        left, right = _channels(folder / str(over.data["file"]))
    except (OSError, EOFError, ValueError, wave.Error) as error:
        return f"can't be read: {error}"
    return _heard(left, right, began.at, bridged.at, events[-1].at)


def _heard(
    left: NDArray[np.int16], right: NDArray[np.int16], began: datetime, bridged: datetime, over: datetime
) -> str:
    seconds = len(left) / SAMPLE_RATE
    if (over - began).total_seconds() - seconds > 1.0:
        return "ends before the call"
    joined = (bridged - began).total_seconds()
    before = slice(_frame(_CLOCKS_S), _frame(joined - _CLOCKS_S))
    after = slice(_frame(joined + _JOINING_S), _frame(seconds) - 5)
    caller, agent = toned(left), toned(right, AGENT_HZ) | toned(right, TONE_HZ)
    words = (right[: len(agent) * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES).astype(np.float64) ** 2).mean(axis=1)
    spoken = (words > _LOUD * _LOUD) & ~agent
    if spoken[before].sum() < _SPOKEN_FRAMES or agent[before].any():
        return "lacks the line's words"
    if len(agent[after]) == 0 or agent[after].mean() < _ENOUGH:
        return "lacks the agent"
    if caller[before].mean() < _ENOUGH or caller[after].mean() < _ENOUGH:
        return "lacks the caller"
    return ""


def _frame(seconds: float) -> int:
    return max(0, round(seconds * SAMPLE_RATE / FRAME_SAMPLES))


def _channels(path: Path) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    with wave.open(str(path), "rb") as sound:
        if (sound.getnchannels(), sound.getframerate()) != (2, SAMPLE_RATE):
            raise ValueError("not two channels of a telephone")
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    return samples[0::2], samples[1::2]
