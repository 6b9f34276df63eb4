"""A two-channel WAV file that is playable at any moment of its growth.

16-bit little-endian PCM, 8000 Hz, left and right interleaved: 32 000 bytes a
second behind a header of 44 bytes. While it grows the file is called
``<id>.wav.part`` and is locked (``flock``), so that one can tell a live
recording from what a killed process left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from pathlib import Path
from typing import Final

from ivr.events import FRAME_BYTES, FRAME_S, SAMPLE_RATE

HEADER_BYTES: Final = 44
STEREO_FRAME_BYTES: Final = 2 * FRAME_BYTES  # 20 ms of both channels
PART_SUFFIX: Final = ".part"
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_MAX_DATA: Final = 0xFFFF_FFFF - HEADER_BYTES


def header(data_bytes: int) -> bytes:
    """RIFF header for ``data_bytes`` of stereo sound; beyond 4 GiB (37 hours) it says the most it can."""
    data_bytes = min(data_bytes, _MAX_DATA)
    block = 4
    return _HEADER.pack(
        b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE", b"fmt ", 16, 1, 2,
        SAMPLE_RATE, SAMPLE_RATE * block, block, 16, b"data", data_bytes,
    )  # fmt: skip


def is_ours(head: bytes) -> bool:
    """The first bytes of a file are a header that :func:`header` makes, whatever size it states."""
    if len(head) < HEADER_BYTES:
        return False
    fields = _HEADER.unpack(head[:HEADER_BYTES])
    expected = _HEADER.unpack(header(0))
    return all(fields[i] == expected[i] for i in range(len(fields)) if i not in (1, 12))


def part_path(path: Path) -> Path:
    """``<id>.wav`` → ``<id>.wav.part``."""
    return path.with_name(path.name + PART_SUFFIX)


def in_use(path: Path) -> bool:
    """Another open description of the file holds its lock: a recording is being written."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


class PartFile:
    """The growing file of one recording. Every method may raise OSError."""

    def __init__(self, path: Path) -> None:
        """Create ``<path>.part`` (0600, in a folder 0700) with a header; ``path`` is the final name."""
        self.path = path
        self.part = part_path(path)
        self.frames = 0
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self.part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(self._descriptor, header(0), 0)
        except OSError:
            self.close()
            self.part.unlink(missing_ok=True)
            raise

    def write(self, stereo: bytes) -> None:
        """Append whole stereo frames (640 bytes each); on an error those that fitted are counted."""
        start = HEADER_BYTES + self.frames * STEREO_FRAME_BYTES
        end = start
        view = memoryview(stereo)
        try:
            while view:
                written = os.pwrite(self._descriptor, view, end)
                view, end = view[written:], end + written
        finally:
            self.frames += (end - start) // STEREO_FRAME_BYTES

    def state_length(self) -> None:
        """Rewrite the header so that players see all that was written."""
        os.pwrite(self._descriptor, header(self.frames * STEREO_FRAME_BYTES), 0)

    def finish(self) -> None:
        """Cut what is no whole frame, state the length, sync to disk, take the final name."""
        os.ftruncate(self._descriptor, HEADER_BYTES + self.frames * STEREO_FRAME_BYTES)
        self.state_length()
        os.fsync(self._descriptor)
        self.part.rename(self.path)
        self.close()
        with contextlib.suppress(OSError):  # some file systems can't sync a folder
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def discard(self) -> None:
        """Remove the file and what is in it."""
        try:
            os.ftruncate(self._descriptor, 0)
        finally:
            self.close()
            self.part.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the file up as it is; safe to call twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def seconds(frames: int) -> float:
    """Length of so many 20 ms frames."""
    return round(frames * FRAME_S, 3)
