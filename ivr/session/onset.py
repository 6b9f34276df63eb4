"""Does somebody begin to speak? A guess of two hundredths of a second, by level alone.

The ears are sure after a tenth of a second and more, which is too late to fall silent politely. This guess is made in
the call's own process with every frame: while the line speaks, the caller's sound becomes clearly louder than anything
that came while it spoke before. An echo of ours, a television or a humming line were heard before, too, and so raise
no suspicion; nor does a sound at the very beginning of a saying, when nothing is known yet. Whether it was a voice, the
ears decide (:mod:`ivr.session.bargein`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.events import FRAME_BYTES, FRAME_S

_GRAIN: Final = FRAME_BYTES // 2  # 10 ms
_FULL: Final = 32768.0


@dataclass(frozen=True, slots=True)
class OnsetSettings:
    """``least_dbfs``: what is quieter is no voice near the telephone. ``above_db``: over the loudest of the ``known_s``
    seconds before the last ``rise_s``, which a voice may take to rise; at least ``least_known_s`` must be known.
    """

    least_dbfs: float = -48.0
    above_db: float = 8.0
    known_s: float = 2.0
    rise_s: float = 0.2
    least_known_s: float = 0.2


class Onset:
    """One caller's sound beside our own speaking."""

    def __init__(self, settings: OnsetSettings | None = None) -> None:
        self._settings = settings or OnsetSettings()
        self._least = (_FULL * 10 ** (self._settings.least_dbfs / 20)) ** 2
        self._above = 10 ** (self._settings.above_db / 10)
        self._known: deque[float] = deque(maxlen=round(self._settings.known_s / FRAME_S))  # power of the loudest grain
        self._rising: deque[float] = deque()
        self._before = 0.0  # power of the last grain

    def heard(self, pcm: bytes, *, speaking: bool) -> bool:
        """Some of the caller's sound; whether a voice seems to begin in it. ``speaking``: the line does."""
        if not speaking:
            self._known.clear()
            self._rising.clear()
        begins = False
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
            begins = self._frame(pcm[at : at + FRAME_BYTES], speaking=speaking) or begins
        return begins

    def _frame(self, frame: bytes, *, speaking: bool) -> bool:
        first, second = (_power(frame[:_GRAIN]), _power(frame[_GRAIN:]))
        steady = max(min(self._before, first), min(first, second))  # a click is over within one grain
        self._before = second
        if not speaking:
            return False
        enough = len(self._known) >= self._settings.least_known_s / FRAME_S
        begins = enough and steady > max(self._least, self._above * max(self._known))
        self._rising.append(max(first, second))
        if len(self._rising) > self._settings.rise_s / FRAME_S:
            self._known.append(self._rising.popleft())
        return begins


def _power(grain: bytes) -> float:
    samples = np.frombuffer(grain, dtype="<i2").astype(np.float64)
    return float(samples @ samples) / max(1, len(samples))
