"""A telephone that suppresses noise, and takes weak sounds for it.

What lies well below the loudest is turned down further. The gain opens late, so the first sound of a word is weak
("keturi" begins with "turi"), and closes late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from scripts.train_asr.codecs import RATE_HZ, Samples
from scripts.train_asr.sphinx import Floats

_FRAME: Final = RATE_HZ // 100
_LOUD: Final = 0.95  # quantile of the levels that counts as the loudest


@dataclass(frozen=True, slots=True)
class Suppressor:
    """``below_db`` under the loudest it begins; each decibel more costs ``slope`` decibels, ``most_db`` at most.

    ``moves_s`` is the time in which the gain goes most of its way (1 − 1/e).
    """

    below_db: float
    slope: float
    most_db: float
    moves_s: float

    def gains(self, levels: Floats) -> Floats:
        """Decibels, 0 or less, for the levels of 10 ms each in decibels of any reference."""
        loudest = float(np.quantile(levels, _LOUD))
        wanted = -np.clip(self.slope * (loudest - self.below_db - levels), 0.0, self.most_db)
        share, gain, given = 1 - np.exp(-_FRAME / RATE_HZ / self.moves_s), -self.most_db, np.empty_like(wanted)
        for at, goal in enumerate(wanted):
            gain += share * (goal - gain)
            given[at] = gain
        return given

    def __call__(self, samples: Samples) -> Samples:
        """What the telephone sends."""
        frames = -(-len(samples) // _FRAME)
        squares = np.pad(samples.astype(np.float64), (0, frames * _FRAME - len(samples))).reshape(frames, _FRAME) ** 2
        gains = self.gains(10 * np.log10(squares.mean(axis=1) + 1.0))
        gain = np.interp(np.arange(len(samples)) / _FRAME - 0.5, np.arange(frames), gains)
        return np.asarray(samples * 10 ** (gain / 20), np.float32)
