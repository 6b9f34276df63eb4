"""Records one call: two channels, on the sample clock, without ever holding up the call.

The media thread only stamps frames and puts them on a bounded queue; a thread
of the recording places them (:mod:`ivr.recording.timeline`) and writes them
(:mod:`ivr.recording.wav`). Whatever the disk does, the call goes on and the
recording's state says what may be believed of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ivr.errors import RecordingError
from ivr.events import FRAME_S, RecordingState
from ivr.recording.timeline import SILENCE, Gap, Side, Timeline
from ivr.recording.wav import PartFile, seconds

QUEUE_FRAMES: Final = 1000  # both channels: 10 s
POLL_S: Final = 0.1
STATE_LENGTH_S: Final = 1.0
JOIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """What a recording became.

    ``path`` is None when nothing was kept. ``frames`` are 20 ms each;
    ``duration_s`` follows from them. ``started_at`` and ``ended_at`` are wall
    times of the first sample and of the end of the last one, by the same clock
    that placed the frames, so their distance is the duration within 40 ms.
    ``dropped`` counts frames that never reached the file; where they belonged
    there is silence. ``reason`` is empty for ``ok``.
    """

    path: Path | None
    frames: int
    duration_s: float
    state: RecordingState
    gaps: tuple[Gap, ...]
    dropped: int
    started_at: datetime | None
    ended_at: datetime | None
    reason: str = ""


class StereoWriter:
    """The recorder of one call: left is the caller, right is what the caller hears.

    Args:
        path: final name, ``<folder>/<call id>.wav``; it grows as ``….wav.part``.
        clock: monotonic seconds; read in the media thread for each frame.
        wall: wall time in UTC; read once, with the first frame.
        on_state: told when the recording degrades or fails, with the reason, in the writer's thread.
        min_free_mb: with less free space the recording starts as failed.
        queue_frames: frames of both channels that may wait for the writer; more are dropped and counted.
        open_part: makes the growing file.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_state: Callable[[RecordingState, str], None] | None = None,
        min_free_mb: int = 0,
        queue_frames: int = QUEUE_FRAMES,
        open_part: Callable[[Path], PartFile] = PartFile,
    ) -> None:
        self.path = path
        self._clock, self._wall, self._on_state = clock, wall, on_state
        self._min_free_mb, self._queue_frames, self._open_part = min_free_mb, queue_frames, open_part
        self._queue: deque[tuple[Side, float, bytes]] = deque()
        self._armed = self._muted = False
        self._overflow = 0
        self._stop = threading.Event()
        self._erase = False
        self._thread: threading.Thread | None = None
        self._result: RecordingResult | None = None
        # The writer thread's own:
        self._timeline = Timeline()
        self._file: PartFile | None = None
        self._broken = False
        self._wall_at_0: datetime | None = None  # what the wall clock showed when ``clock`` was 0
        self._state, self._reason = RecordingState.OK, ""
        self._started_at: datetime | None = None

    # -- the media thread ----------------------------------------------------

    def left(self, frame: bytes) -> None:
        """20 ms from the caller (320 bytes); ignored before :meth:`start` and after the end."""
        self._take(Side.LEFT, frame)

    def right(self, frame: bytes) -> None:
        """20 ms of all that the caller hears; like :meth:`left`."""
        self._take(Side.RIGHT, frame)

    def _take(self, side: Side, frame: bytes) -> None:
        if not self._armed:
            return
        if len(self._queue) >= self._queue_frames:
            self._overflow += 1
            return
        self._queue.append((side, self._clock(), SILENCE if self._muted else frame))

    # -- the call's thread ---------------------------------------------------

    @property
    def started_at(self) -> datetime | None:
        """Wall time of the first sample; None until it is sure, half a second after the first frame."""
        return self._started_at

    @property
    def state(self) -> RecordingState:
        """What may be believed of the recording so far."""
        return self._state

    def start(self) -> None:
        """Arm the recording: the next frames are its first. Returns at once; faults come by ``on_state``.

        Raises:
            RecordingError: it was started before.
        """
        if self._thread is not None or self._result is not None:
            raise RecordingError(self.path, "was started before")
        self._thread = threading.Thread(target=self._run, name=f"recording {self.path.stem}", daemon=True)
        self._armed = True
        self._thread.start()

    def mute(self) -> None:
        """From the next frame on both channels carry silence; the length goes on growing (X5)."""
        self._muted = True

    def unmute(self) -> None:
        """Sound is kept again from the next frame on."""
        self._muted = False

    def erase(self) -> RecordingResult:
        """Stop, and remove what exists (X11); the state is ``declined``."""
        self._erase = True
        return self.close()

    def close(self) -> RecordingResult:
        """Stop, finish the file and sync it to disk; call it outside the event loop. Safe to call twice.

        A disk that doesn't answer for 5 s is not waited for: the ``.part`` stays
        for :func:`ivr.recording.recover.recover`, and the state is ``degraded``.
        """
        self._armed = False
        self._stop.set()
        if self._thread is None:
            state = RecordingState.DECLINED if self._erase else RecordingState.FAILED
            self._result = self._result or RecordingResult(None, 0, 0.0, state, (), 0, None, None, "never started")
            return self._result
        self._thread.join(JOIN_S)
        if self._result is None:
            self._fault("the disk does not answer")
            return self._summary(self._file.part if self._file is not None else None)
        return self._result

    # -- the writer thread ---------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
            due = self._clock()
            while not self._stop.wait(POLL_S):
                self._absorb()
                self._write(self._timeline.take())
                if self._timeline.taken and self._clock() >= due:
                    due = self._clock() + STATE_LENGTH_S
                    self._guarded(lambda file: file.state_length())
            self._absorb()
            self._result = self._erased() if self._erase else self._finished()
        except Exception as error:  # a fault of ours must not leave close() without an answer
            self._fault(repr(error))
            self._result = self._summary(None)

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            space = os.statvfs(self.path.parent)
            free_mb = space.f_bavail * space.f_frsize // 1_000_000
            if free_mb < self._min_free_mb:
                self._fault(f"{free_mb} MB of disk are free, recording needs {self._min_free_mb} MB")
                return
            self._file = self._open_part(self.path)
        except OSError as error:
            self._fault(_words(error))

    def _absorb(self) -> None:
        """Frames from the queue to their places."""
        while self._queue:
            side, arrived, frame = self._queue.popleft()
            if self._wall_at_0 is None:
                self._wall_at_0 = self._wall() - timedelta(seconds=self._clock())
            self._timeline.feed(side, arrived, frame)
        if self._started_at is None and self._timeline.anchor.settled:
            self._started_at = self._wall_of_start()
        self._tell_gaps()

    def _tell_gaps(self) -> None:
        if self._timeline.gaps and self._state is RecordingState.OK:
            gap = self._timeline.gaps[0]
            self._change(RecordingState.DEGRADED, f"{gap.duration_s:.2f} s of sound are missing at {gap.at_s:.2f} s")

    def _write(self, stereo: bytes) -> None:
        if stereo:
            self._guarded(lambda file: file.write(stereo))

    def _guarded(self, act: Callable[[PartFile], None]) -> None:
        """Do something with the file; the first fault ends writing, and what is there is kept."""
        if self._file is None or self._broken:
            return
        try:
            act(self._file)
        except OSError as error:
            self._broken = True
            self._fault(_words(error))

    def _finished(self) -> RecordingResult:
        rest = self._timeline.finish()
        self._tell_gaps()
        self._write(rest)
        self._started_at = self._started_at or self._wall_of_start()
        file = self._file
        if file is None:
            return self._summary(None)
        if not file.frames:
            self._fault("no sound came")
            with contextlib.suppress(OSError):
                file.discard()
            return self._summary(None)
        try:
            file.finish()
        except OSError as error:
            self._fault(_words(error))
            file.close()
            return self._summary(file.part)  # recover() makes the best of it at the next start
        return self._summary(file.path)

    def _erased(self) -> RecordingResult:
        self._state, self._reason = RecordingState.DECLINED, "the caller objected"
        left_over = None
        if self._file is not None:
            try:
                self._file.discard()
            except OSError as error:
                self._reason = f"could not be erased: {_words(error)}"
                left_over = self._file.part
        return RecordingResult(left_over, 0, 0.0, self._state, (), 0, None, None, self._reason)

    def _summary(self, path: Path | None) -> RecordingResult:
        frames = self._file.frames if self._file is not None and path is not None else 0
        ended_at = None
        if self._started_at is not None and frames:
            behind = self._timeline.lag_s if frames == self._timeline.taken else 0.0
            ended_at = self._started_at + timedelta(seconds=frames * FRAME_S + behind)
        return RecordingResult(
            path=path,
            frames=frames,
            duration_s=seconds(frames),
            state=self._state,
            gaps=self._timeline.gaps,
            dropped=self._overflow + self._timeline.dropped,
            started_at=self._started_at if frames else None,
            ended_at=ended_at,
            reason=self._reason,
        )

    def _fault(self, reason: str) -> None:
        kept = self._file is not None and self._file.frames > 0
        self._change(RecordingState.DEGRADED if kept else RecordingState.FAILED, reason)

    def _change(self, state: RecordingState, reason: str) -> None:
        self._state, self._reason = state, reason
        if self._on_state is not None:
            self._on_state(state, reason)

    def _wall_of_start(self) -> datetime | None:
        if self._wall_at_0 is None or self._timeline.anchor.t0 is None:
            return None
        return self._wall_at_0 + timedelta(seconds=self._timeline.anchor.t0)


def _words(error: OSError) -> str:
    return "the disk is full" if error.errno == errno.ENOSPC else f"the disk refuses it ({error.strerror or error})"
