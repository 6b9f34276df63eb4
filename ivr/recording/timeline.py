"""Puts frames of two channels where they belong on one sample clock.

The media clock gives a frame every 20 ms to each channel. It may be late and
then catch up (jitter, nothing is lost), or skip (sound is lost and the sound
after it must not move forward). Which of the two a late frame means is only
known from the frames after it, so a late frame waits, up to
:data:`LOOK_AHEAD` frames, until a later one shows that the clock caught up or
that it did not; then silence is inserted and the gap is listed. Frames that
are in time are placed at once.

Pairing: each channel has its own place on the common clock. A channel that
misses frames gets silence and is never shifted against the other by more than
:data:`TOLERANCE_S`; a channel that falls silent altogether is padded
:data:`SKEW` frames behind the other.
A frame that comes more than :data:`TOLERANCE_S` before its place (what fills
up a hole that was already padded) is dropped, else everything after it would
be late. So the length follows the elapsed time within :data:`TOLERANCE_S`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.events import FRAME_BYTES, FRAME_S

SILENCE: Final = bytes(FRAME_BYTES)
TOLERANCE_S: Final = 0.03
LOOK_AHEAD: Final = 30  # PJMEDIA's clock catches up after stalls of up to 0.5 s and resyncs after longer ones
SKEW: Final = LOOK_AHEAD + 5
JITTER_S: Final = 0.1  # the very last frames, with none after them to tell, are late and not displaced up to this
SETTLING_S: Final = 0.5  # time at the start that may still show that the first frame was late
JOINING: Final = 5  # frames by which one channel may be tapped after the other


class Side(StrEnum):
    """Channels of a recording."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence that stands for lost sound; seconds from the start of the recording."""

    side: Side
    at_s: float
    duration_s: float


class Anchor:
    """When slot 0 began, on the clock of the frames' arrival; None before the first frame.

    The first frame may have been late itself; frames that catch up move the
    anchor back while it settles.
    """

    def __init__(self) -> None:
        self.t0: float | None = None
        self.settled = False
        self._first = 0.0

    def see(self, arrived: float, slot: int) -> None:
        """A frame that will take ``slot`` arrived."""
        start = arrived - slot * FRAME_S
        if self.t0 is None:
            self.t0, self._first = start, arrived
        elif not self.settled:
            self.settled = arrived - self._first >= SETTLING_S
            self.t0 = min(self.t0, start)

    def lag(self, arrived: float, slot: int) -> float:
        """Seconds by which a frame for ``slot`` is late."""
        return arrived - (self.t0 or 0.0) - slot * FRAME_S


class Track:
    """One channel: frames placed in order, ``placed`` slots so far."""

    def __init__(self, side: Side, anchor: Anchor) -> None:
        self.side, self._anchor = side, anchor
        self.placed = 0
        self.ready: deque[bytes] = deque()
        self.gaps: list[Gap] = []
        self.dropped = 0
        self.lags: deque[float] = deque(maxlen=LOOK_AHEAD)
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._heard = False

    def feed(self, arrived: float, frame: bytes) -> None:
        """One frame, at its arrival in seconds."""
        if not self._heard and self._anchor.t0 is not None:
            self._join(arrived)
        self._heard = True
        self._waiting.append((arrived, frame))
        self._anchor.see(arrived, self.placed + len(self._waiting) - 1)
        self._settle()

    def finish(self) -> None:
        """No more frames will come: decide about those that wait."""
        self._settle(wait=False, tolerance_s=JITTER_S)

    def pad_to(self, slot: int) -> None:
        """Nothing came for so long: silence up to ``slot``, behind the frames that wait."""
        if slot <= self.placed:
            return
        self._settle(wait=False)
        if slot > self.placed:
            self._insert(slot - self.placed)

    def _join(self, arrived: float) -> None:
        # The tap is set for both channels within a tick or two; that is no lost sound.
        late = round(self._anchor.lag(arrived, self.placed) / FRAME_S)
        if 0 < late <= JOINING and not self.placed:
            self.fill(late)

    def _settle(self, *, wait: bool = True, tolerance_s: float = TOLERANCE_S) -> None:
        while self._waiting:
            arrived, frame = self._waiting[0]
            lag = self._anchor.lag(arrived, self.placed)
            if lag < -TOLERANCE_S:
                self._waiting.popleft()
                self.dropped += 1
                continue
            if lag > TOLERANCE_S:
                least = min(self._anchor.lag(t, self.placed + i) for i, (t, _) in enumerate(self._waiting))
                if least > tolerance_s:
                    if wait and len(self._waiting) < LOOK_AHEAD:
                        return
                    self._insert(max(1, round(least / FRAME_S)))
            self.lags.append(self._anchor.lag(arrived, self.placed))
            self._waiting.popleft()
            self.ready.append(frame)
            self.placed += 1

    def _insert(self, frames: int) -> None:
        gap = Gap(self.side, round(self.placed * FRAME_S, 3), round(frames * FRAME_S, 3))
        before = self.gaps[-1] if self.gaps else None
        if before is not None and abs(before.at_s + before.duration_s - gap.at_s) < FRAME_S / 2:
            self.gaps[-1] = Gap(self.side, before.at_s, round(before.duration_s + gap.duration_s, 3))
        else:
            self.gaps.append(gap)
        self.fill(frames)

    def fill(self, frames: int) -> None:
        """Silence where no sound was lost."""
        self.ready.extend([SILENCE] * frames)
        self.placed += frames


class Timeline:
    """Both channels; frames in, interleaved stereo out."""

    def __init__(self) -> None:
        self.anchor = Anchor()
        self.left = Track(Side.LEFT, self.anchor)
        self.right = Track(Side.RIGHT, self.anchor)
        self.taken = 0  # stereo frames given out

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """All gaps by time."""
        return tuple(sorted((*self.left.gaps, *self.right.gaps), key=lambda gap: (gap.at_s, gap.side)))

    @property
    def dropped(self) -> int:
        return self.left.dropped + self.right.dropped

    def feed(self, side: Side, arrived: float, frame: bytes) -> None:
        """One frame of one channel; anything but 320 bytes is cut or filled with silence."""
        if len(frame) != FRAME_BYTES:
            frame = frame[:FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
        track, other = (self.left, self.right) if side is Side.LEFT else (self.right, self.left)
        track.feed(arrived, frame)
        other.pad_to(track.placed - SKEW)

    def take(self) -> bytes:
        """What both channels have by now, interleaved; empty when nothing is complete."""
        count = min(len(self.left.ready), len(self.right.ready))
        if not count:
            return b""
        self.taken += count
        return interleave(
            b"".join(self.left.ready.popleft() for _ in range(count)),
            b"".join(self.right.ready.popleft() for _ in range(count)),
        )

    def finish(self) -> bytes:
        """The rest; a channel that ends earlier is filled up, which is a gap beyond one tick's difference."""
        self.left.finish()
        self.right.finish()
        end = max(self.left.placed, self.right.placed)
        for track in (self.left, self.right):
            missing = end - track.placed
            if missing > 2:
                track.pad_to(end)
            else:
                track.fill(missing)
        return self.take()

    @property
    def lag_s(self) -> float:
        """By how much the end of what was placed is behind the clock, jitter aside; within the tolerance."""
        return min((*self.left.lags, *self.right.lags), default=0.0)


def interleave(left: bytes, right: bytes) -> bytes:
    """Two channels of 16-bit samples of equal length as left, right, left, right …"""
    mixed = bytearray(2 * len(left))
    mixed[0::4], mixed[1::4] = left[0::2], left[1::2]
    mixed[2::4], mixed[3::4] = right[0::2], right[1::2]
    return bytes(mixed)
