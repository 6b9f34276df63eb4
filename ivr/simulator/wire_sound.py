"""Sound with its moments, and what can be read from it: where somebody speaks, falls silent, begins again.

A frame of 10 ms counts as sound above :data:`~ivr.simulator.hearing.QUIET_DBFS`, as everywhere in the simulator.
Moments are seconds of the process's monotonic clock.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.simulator.hearing import QUIET_DBFS

GRAIN_S: Final = 0.01
_GRAIN: Final = 160  # bytes
_LOUD: Final = (32768 * 10 ** (QUIET_DBFS / 20)) ** 2
_WORD_S: Final = 0.4  # a silence that is longer than any within a sentence


def sounding(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Of each grain of 10 ms whether it is sound; ``samples`` at 8000 Hz, whole grains."""
    power: npt.NDArray[np.float64] = (samples.reshape(-1, _GRAIN // 2) ** 2).mean(axis=1)
    return power > _LOUD


@dataclass(slots=True)
class Track:
    """One direction of a call: grains of 10 ms in their order, each with its moment and whether it sounds."""

    moments: list[float] = field(default_factory=list)
    sounding: list[bool] = field(default_factory=list)

    def add(self, at: float, pcm: bytes) -> None:
        """Some more sound whose first sample has the moment ``at``; a rest shorter than a grain is left out."""
        samples = np.frombuffer(pcm[: len(pcm) // _GRAIN * _GRAIN], dtype="<i2").astype(np.float64)
        for number, loud in enumerate(sounding(samples)):
            self.moments.append(at + number * GRAIN_S)
            self.sounding.append(bool(loud))

    def first_sound(self, after: float, before: float = math.inf) -> float | None:
        """When sound begins next after a moment, and before another."""
        first, last = bisect_right(self.moments, after), bisect_left(self.moments, before)
        return next((self.moments[at] for at in range(first, last) if self.sounding[at]), None)

    def last_sound(self, after: float, before: float) -> float | None:
        """When the last sound between two moments is over."""
        first, last = bisect_left(self.moments, after), bisect_left(self.moments, before)
        found = next((at for at in range(last - 1, first - 1, -1) if self.sounding[at]), None)
        return None if found is None else self.moments[found] + GRAIN_S

    def silent(self, since: float, until: float) -> bool:
        """Nothing sounds between two moments."""
        return self.first_sound(since, until) is None

    def stretches(self, longest_gap_s: float = _WORD_S) -> Iterator[tuple[float, float]]:
        """Where there is sound, begin and end, pauses within words and sentences left in."""
        begin = end = None
        for at, loud in zip(self.moments, self.sounding, strict=True):
            if not loud:
                continue
            if end is not None and begin is not None and at - end > longest_gap_s:
                yield begin, end
                begin = None
            begin = at if begin is None else begin
            end = at + GRAIN_S
        if begin is not None and end is not None:
            yield begin, end

    def stops(self, after: float, within_s: float) -> float | None:
        """When sound that goes on at ``after`` falls silent for longer than a pause; None if not in the time."""
        silent_since = after
        at = bisect_left(self.moments, after)
        while at < len(self.moments) and self.moments[at] <= after + within_s + _WORD_S:
            if self.sounding[at]:
                silent_since = self.moments[at] + GRAIN_S
            elif self.moments[at] - silent_since >= _WORD_S:
                return silent_since
            at += 1
        return None
