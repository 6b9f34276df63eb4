"""Makes recordings of a killed process whole again.

Run at start and after a worker fell. A ``.part`` that a live process still
writes is locked and left alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import RecordingError
from ivr.events import RecordingState
from ivr.recording.wav import HEADER_BYTES, PART_SUFFIX, STEREO_FRAME_BYTES, header, is_ours, seconds


@dataclass(frozen=True, slots=True)
class Recovered:
    """One file that was found. ``degraded``: finished, ``path`` is the WAV; ``failed``: put aside as ``.broken``."""

    call_id: str
    path: Path
    duration_s: float
    state: RecordingState
    problem: str


def recover(folder: Path, call_id: str | None = None) -> list[Recovered]:
    """Finish every ``<call id>.wav.part`` in ``folder``, or that of one call; none when there is no folder.

    The sound is cut to whole frames, the header states its length, the file is
    synced and gets its name. What can't be used is renamed to ``….part.broken``.

    Raises:
        RecordingError: the folder or a file can't be read or renamed.
    """
    pattern = f"*.wav{PART_SUFFIX}"
    found: list[Recovered] = []
    try:
        parts = sorted(folder.glob(pattern)) if folder.exists() else []
    except OSError as error:
        raise RecordingError(folder, f"can't be read ({error.strerror})") from error
    for part in parts:
        if call_id is not None and part.name != f"{call_id}.wav{PART_SUFFIX}":
            continue
        try:
            done = _finish(part)
        except OSError as error:
            raise RecordingError(part, f"can't be finished ({error.strerror})") from error
        if done is not None:
            found.append(done)
    return found


def _finish(part: Path) -> Recovered | None:
    """None when a live process writes it."""
    whole = part.with_name(part.name.removesuffix(PART_SUFFIX))
    call_id = whole.name.removesuffix(".wav")
    descriptor = os.open(part, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        problem, frames = _examine(descriptor)
        if not problem and whole.exists():
            problem = f"a whole {whole.name} exists already"
        if problem:
            aside = _free_name(part)
            part.rename(aside)
            return Recovered(call_id, aside, 0.0, RecordingState.FAILED, problem)
        size = frames * STEREO_FRAME_BYTES
        os.ftruncate(descriptor, HEADER_BYTES + size)
        os.pwrite(descriptor, header(size), 0)
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
        part.rename(whole)
    finally:
        os.close(descriptor)
    return Recovered(call_id, whole, seconds(frames), RecordingState.DEGRADED, "its process died; cut short")


def _examine(descriptor: int) -> tuple[str, int]:
    """What is wrong with the file (empty: nothing), and how many whole frames it holds."""
    frames = (os.fstat(descriptor).st_size - HEADER_BYTES) // STEREO_FRAME_BYTES
    if not is_ours(os.pread(descriptor, HEADER_BYTES, 0)):
        return "it does not begin as a recording of this line does", 0
    if frames < 1:
        return "it holds no sound", 0
    return "", frames


def _free_name(part: Path) -> Path:
    aside = part.with_name(part.name + ".broken")
    number = 2
    while aside.exists():
        aside = part.with_name(f"{part.name}.{number}.broken")
        number += 1
    return aside
