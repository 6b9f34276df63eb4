"""Lost frames: a short gap of digital zeros is filled with what came before it, fading.

A gateway puts zeros in the place of a packet that never came, and a word with holes is another word. What the far
end keeps silent on purpose (discontinuous transmission) is zeros too, only longer. So zeros wait, 60 ms at most,
until it is known how many they are: a gap is filled, a silence passes as it is. Sound itself is never delayed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.events import SAMPLE_RATE

Samples = npt.NDArray[np.int16]

SHORTEST: Final = SAMPLE_RATE // 100  # samples; fewer zeros in a row are a quiet sound in µ-law
LONGEST: Final = 6 * SAMPLE_RATE // 100
REPEATED: Final = SAMPLE_RATE // 50
_FADED: Final = 0.5  # what is left of the repeated sound after LONGEST


class Concealer:
    """Fills the gaps of one stream of 8 kHz sound; nothing else of it changes, and its length neither."""

    def __init__(self) -> None:
        self._past = np.zeros(0, np.int16)  # the last sound given back
        self._zeros = 0  # held back
        self._silence = False  # the zeros that came last are already too many for a gap

    def accept(self, samples: Samples) -> Samples:
        """Sound of any length; gives back all but the zeros that may still turn out to be a gap."""
        if not len(samples):
            return samples
        known = len(self._past)
        sound = np.concatenate((self._past, np.zeros(self._zeros, np.int16), samples))
        in_silence, self._silence, self._zeros = self._silence, False, 0
        for start, end in _runs_of_zeros(sound, known):
            silence = end - start > LONGEST or (in_silence and start == known)
            if end == len(sound):
                self._silence = silence
                self._zeros = 0 if silence else end - start
            elif not silence and end - start >= SHORTEST and start >= REPEATED:
                sound[start:end] = _filling(sound[start - REPEATED : start], end - start)
        sound = sound[: len(sound) - self._zeros]
        self._past = sound[-REPEATED:].copy()
        return sound[known:]

    def flush(self) -> Samples:
        """The zeros held back, because no more sound comes; what follows is another stream."""
        held = np.zeros(self._zeros, np.int16)
        self._past, self._zeros, self._silence = np.zeros(0, np.int16), 0, False
        return held


def _runs_of_zeros(sound: Samples, since: int) -> npt.NDArray[np.intp]:
    """Start and end of each."""
    zero = np.concatenate(([0], (sound[since:] == 0).astype(np.int8), [0]))
    return np.flatnonzero(np.diff(zero)).reshape(-1, 2) + since


def _filling(source: Samples, length: int) -> Samples:
    fade = np.linspace(1.0, 1.0 - (1.0 - _FADED) * length / LONGEST, length)
    return np.trunc(np.resize(source, length) * fade).astype(np.int16)
