"""A quiet caller's turn is made louder for the recogniser, all of it by the same factor.

The recogniser was trained at levels down to −45 dBFS and still hears better at a common one. How loud a turn is,
is read from its beginning, which is held back so long; nothing changes in the middle of a word. Loud turns stay as
they came: making a clipped one quieter was measured and helps nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.events import SAMPLE_RATE

Samples = npt.NDArray[np.int16]

# A turn begins with 0.4 s before the voice was found (TurnSettings.run_up_s), so this has some 0.3 s of voice or more.
HEARD_S: Final = 0.8
QUIET_DBFS: Final = -33.0
LEVEL_DBFS: Final = -27.0
MOST: Final = 8.0
_FRAME: Final = SAMPLE_RATE // 50
_FULL_SCALE: Final = 32768
_LOUDEST: Final = 32767


class Lift:
    """One stream of 8 kHz turns. Sound is given back late by :data:`HEARD_S` at the beginning of a turn only."""

    def __init__(self) -> None:
        self._held: list[Samples] = []
        self._factor: float | None = None

    def accept(self, samples: Samples) -> Samples:
        """The next sound of a turn, lifted; nothing as long as too little of it is known."""
        if self._factor is not None:
            return self._lifted(samples)
        self._held.append(samples)
        if sum(map(len, self._held)) < HEARD_S * SAMPLE_RATE:
            return np.zeros(0, np.int16)
        return self._release()

    def flush(self) -> Samples:
        """What is held of a turn that is over; the next sound begins another."""
        held = self._release() if self._factor is None and self._held else np.zeros(0, np.int16)
        self._factor = None
        return held

    def _release(self) -> Samples:
        sound = np.concatenate(self._held)
        self._held.clear()
        self._factor = factor(active_level(sound[: round(HEARD_S * SAMPLE_RATE)]))
        return self._lifted(sound)

    def _lifted(self, samples: Samples) -> Samples:
        if self._factor is None or self._factor == 1.0 or not len(samples):
            return samples
        if float(np.abs(samples.astype(np.int32)).max()) * self._factor > _LOUDEST:
            # It was somebody in the background, and now the caller speaks.
            self._factor = 1.0
            return samples
        lifted: Samples = np.rint(samples * self._factor).astype(np.int16)
        return lifted


def factor(level_dbfs: float) -> float:
    """How many times louder a turn of this level is made; 1 for one that isn't quiet."""
    return min(MOST, 10 ** ((LEVEL_DBFS - level_dbfs) / 20)) if level_dbfs < QUIET_DBFS else 1.0


def active_level(samples: Samples) -> float:
    """dBFS of the louder third of the frames of 20 ms: a voice without its pauses. −inf for less than a frame."""
    frames = samples[: len(samples) // _FRAME * _FRAME].astype(np.float64).reshape(-1, _FRAME)
    power = np.sort(np.mean(frames**2, axis=1))[-max(1, len(frames) // 3) :]
    loud = float(power.mean()) if len(power) else 0.0
    return 10 * np.log10(loud / _FULL_SCALE**2) if loud > 0 else float("-inf")
