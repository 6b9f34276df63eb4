"""What the far end is about to hear: a queue of utterances, cut into frames. Pure, without locks.

One thread (the media clock) calls :meth:`Playout.frame`; any other may call
``add``, ``pause``, ``resume`` and ``flush``. They only append to a deque or set a
number, which CPython does atomically, so the media thread never waits.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import Final, NamedTuple

from ivr.events import FRAME_BYTES

SILENCE: Final = bytes(FRAME_BYTES)


class Played(NamedTuple):
    """An utterance left the queue: played to its end, or cut."""

    utterance: str
    completed: bool


class _Item(NamedTuple):
    number: int
    utterance: str
    pcm: bytes


class Playout:
    """Utterances are played without a gap, in order; each is reported exactly once.

    An utterance counts as completed one frame after its last sample was handed
    to the clock, so what is reported as heard has left the queue.
    """

    def __init__(self) -> None:
        self.played: deque[Played] = deque()  # taken by the SIP thread with popleft
        self._waiting: deque[_Item] = deque()
        self._numbers = itertools.count(1)
        self._newest = 0
        self._cut = 0
        self._paused = False
        self._current: _Item | None = None
        self._offset = 0
        self._finished: list[str] = []

    def add(self, utterance: str, pcm: bytes) -> None:
        """Append ``pcm`` (16-bit mono 8 kHz, any length; half a sample at the end is dropped)."""
        item = _Item(next(self._numbers), utterance, pcm[: len(pcm) & ~1])
        self._newest = item.number
        self._waiting.append(item)

    def pause(self) -> None:
        """Stand still at the next frame; silence is played, nothing is lost."""
        self._paused = True

    def resume(self) -> None:
        """Go on at the very sample where :meth:`pause` stopped."""
        self._paused = False

    def flush(self) -> None:
        """Cut all that was added so far; also ends a pause, so that what comes next is heard."""
        self._cut = self._newest
        self._paused = False

    def frame(self) -> bytes:
        """The next 320 bytes. Media thread only."""
        if self._finished:
            self.played.extend(Played(name, True) for name in self._finished)
            self._finished.clear()
        if self._cut:
            self._drop_cut()
        if self._paused or (self._current is None and not self._waiting):
            return SILENCE
        return self._next_frame()

    def close(self) -> list[Played]:
        """The rest, as reports, once no thread calls :meth:`frame` any more."""
        rest = [*self.played, *(Played(name, True) for name in self._finished)]
        if self._current is not None:
            rest.append(Played(self._current.utterance, False))
        rest.extend(Played(item.utterance, False) for item in self._waiting)
        self.played.clear()
        self._finished.clear()
        self._current = None
        self._waiting.clear()
        return rest

    def _drop_cut(self) -> None:
        if self._current is not None and self._current.number <= self._cut:
            self.played.append(Played(self._current.utterance, False))
            self._current = None
        while self._waiting and self._waiting[0].number <= self._cut:
            self.played.append(Played(self._waiting.popleft().utterance, False))

    def _next_frame(self) -> bytes:
        current = self._current
        if current is not None and len(current.pcm) - self._offset > FRAME_BYTES:  # the usual case: one slice
            start = self._offset
            self._offset = start + FRAME_BYTES
            return current.pcm[start : self._offset]
        parts: list[bytes] = []
        missing = FRAME_BYTES
        while missing:
            if self._current is None:
                if not self._waiting:
                    parts.append(bytes(missing))
                    break
                self._current, self._offset = self._waiting.popleft(), 0
            part = self._current.pcm[self._offset : self._offset + missing]
            self._offset += len(part)
            missing -= len(part)
            parts.append(part)
            if self._offset >= len(self._current.pcm):
                self._finished.append(self._current.utterance)
                self._current = None
        return b"".join(parts)
