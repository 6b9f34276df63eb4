"""Draws "speech" from LIEPA's statistics of real Lithuanian speakers, as log mel trajectories.

Words become LIEPA's triphones; each state visit draws one codeword a stream and a
duration. Static, first and second differences each say something of the same
trajectory; the least-squares trajectory through all of them, with noise on every
target, is the draw. A speaker keeps a bias through the whole utterance: within a
state, codewords that deviate in the speaker's direction are likelier, so that vowels
of one utterance belong together.

Drawn frame by frame, such trajectories shiver and have blurred formants: statistics
of many speakers average sharp peaks away, and what one of them does for a tenth of a
second counts as noise there. So most of a codeword's spread is a slow drift, little
of it is noise, and the finer cepstra are made larger; ``measure.motion`` compares
the outcome with voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import solveh_banded
from scipy.signal import lfilter

from scripts.train_asr.sphinx import Floats, SphinxModel, to_log_mel

Generator = np.random.Generator
_LETTERS: Final = {
    "a": "A", "ą": "A_", "b": "B", "c": "C", "č": "C2", "d": "D", "e": "E", "ę": "E_", "ė": "E3_", "f": "F", "g": "G",
    "h": "H", "i": "I", "į": "I_", "y": "I_", "j": "J.", "k": "K", "l": "L", "m": "M", "n": "N", "o": "O_", "p": "P",
    "r": "R", "s": "S", "š": "S2", "t": "T", "u": "U", "ų": "U_", "ū": "U_", "v": "V", "z": "Z", "ž": "Z2",
    "w": "V", "q": "K",
}  # fmt: skip
_PAIRS: Final = {"ch": ["CH"], "dž": ["DZ2"], "dz": ["DZ"]}
_SOFTENED: Final = {"a": "E", "ą": "E_", "o": "IO_", "u": "IU", "ų": "IU_", "ū": "IU_"}
_VOWELS: Final = frozenset("aąeęėiįyouųū")
# Differences as (offset, sign): s2_4x takes ±2 and ±4 frames, and the difference of differences.
_SHORT: Final = ((2, 1.0), (-2, -1.0))
_LONG: Final = ((4, 1.0), (-4, -1.0))
_SECOND: Final = ((3, 1.0), (-1, -1.0), (1, -1.0), (-3, 1.0))
_REACH: Final = 9
# How much of an utterance's sharpening each of the 13 cepstra takes: none the slope and the widest shapes.
_FINE: Final = np.array([0, 0, 0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1.5, 2.0])


class Sampler:
    """Endless trajectories as of real speakers; at most ``loyalty`` of a state's spread is the speaker's own."""

    def __init__(self, model: SphinxModel, *, loyalty: float = 0.5) -> None:
        self._model = model
        self._loyalty = loyalty
        self._log_mel = to_log_mel()
        means, weights = model.means[0], model.weights[:, 0]
        self._centres = weights @ means
        self._spread = np.sqrt((weights @ means**2 - self._centres**2).clip(1e-6).mean(axis=0))

    def sample(self, words: Sequence[str], generator: Generator) -> Floats:
        """A trajectory of the words with silence around them, log mel energies (frames, 18) of no certain level."""
        senones, visits = self._states(words, generator)
        static, first, energy, second = self._codewords(senones, visits, generator)
        means, variances = self._model.means, self._model.variances
        motion = _Motion.drawn(len(senones), generator)
        cepstra = np.empty((len(senones), 13))
        for at in range(12):
            cepstra[:, at + 1] = motion.trajectory(
                at + 1,
                (means[0][static, at], variances[0][static, at]),
                (
                    (_SHORT, means[1][first, at], variances[1][first, at]),
                    (_LONG, means[1][first, 12 + at], variances[1][first, 12 + at]),
                    (_SECOND, means[3][second, at], variances[3][second, at]),
                ),
                generator,
            )
        cepstra[:, 0] = motion.trajectory(
            0,
            (means[2][energy, 0], variances[2][energy, 0]),
            (
                (_SHORT, means[2][energy, 1], variances[2][energy, 1]),
                (_SECOND, means[2][energy, 2], variances[2][energy, 2]),
            ),
            generator,
        )
        cepstra = _smoothed(cepstra, float(generator.uniform(0.08, 0.28))) * (1 + generator.uniform(0.1, 0.8) * _FINE)
        return np.asarray(cepstra @ self._log_mel)

    def _states(self, words: Sequence[str], generator: Generator) -> tuple[list[int], list[int]]:
        """Senone of every frame, and which visit of a state the frame belongs to."""
        tempo = float(np.exp(generator.normal(0.05, 0.25)))
        senones: list[int] = []
        visits: list[int] = []
        visit = 0
        for matrix, states, silent in self._triphones(words, generator):
            if silent:
                length = int(generator.integers(8, 45))
                cuts = np.sort(generator.integers(0, length, 2))
                durations = [int(cuts[0]), int(cuts[1] - cuts[0]), int(length - cuts[1])]
            else:
                leave = np.maximum(1e-2, 1 - self._model.stay[matrix])
                durations = [max(1, round(tempo * float(np.exp(generator.normal(0, 0.3))) / x)) for x in leave]
            for state, duration in zip(states, durations, strict=True):
                left = duration
                while left > 0:  # a long stay changes its codeword now and then
                    piece = min(left, int(generator.integers(4, 10)))
                    senones += [state] * piece
                    visits += [visit] * piece
                    visit += 1
                    left -= piece
        return senones, visits

    def _triphones(self, words: Sequence[str], generator: Generator) -> list[tuple[int, tuple[int, ...], bool]]:
        spoken: list[tuple[str, str]] = [("SIL", "")]
        for number, word in enumerate(words):
            phones = liepa_phones(word)
            last = len(phones) - 1
            spoken += [
                (p, "s" if not last else "b" if not i else "e" if i == last else "i") for i, p in enumerate(phones)
            ]
            if number == len(words) - 1 or generator.random() < 0.35:
                spoken.append(("SIL", ""))
        known = self._model.senones
        found = []
        for at, (phone, position) in enumerate(spoken):
            alone = (phone, "-", "-", "-")
            key = alone if phone == "SIL" else (phone, spoken[at - 1][0], spoken[at + 1][0], position)
            found.append((*(known.get(key) or known[alone]), phone == "SIL"))
        return found

    def _codewords(self, senones: list[int], visits: list[int], generator: Generator) -> list[Floats]:
        """One codeword a visit and stream, as index arrays over frames."""
        ids = np.array(visits)
        starts = np.flatnonzero(np.r_[True, np.diff(ids) != 0])
        visited = np.array(senones)[starts]
        weights = self._model.weights[visited].copy()
        share = float(generator.uniform(0.0, self._loyalty))
        bias = generator.normal(0.0, np.sqrt(max(share, 1e-9)), 12)
        apart = (self._model.means[0][None] - self._centres[visited][:, None]) / self._spread
        # How much likelier a deviation is for this speaker than for anyone: N(d; bias, 1 - share) / N(d; 0, 1).
        weights[:, 0] *= np.exp((0.5 * apart**2 - 0.5 * (apart - bias) ** 2 / (1 - share)).sum(axis=2).clip(-60, 60))
        heaps = weights.cumsum(axis=2)
        drawn = generator.random((len(starts), 4, 1)) * heaps[:, :, -1:]
        chosen = (heaps < drawn).sum(axis=2).clip(0, weights.shape[2] - 1)
        return [chosen[ids, stream] for stream in range(4)]


def liepa_phones(word: str) -> list[str]:
    """LIEPA's names of a word's sounds, by spelling."""
    phones: list[str] = []
    at = 0
    while at < len(word):
        pair, before = word[at : at + 2], word[at - 1] if at else ""
        if pair in _PAIRS:
            phones += _PAIRS[pair]
            at += 2
        elif word[at] == "x":
            phones += ["K", "S"]
            at += 1
        elif word[at] == "i" and before and before not in _VOWELS and pair[1:] in _SOFTENED:
            phones.append(_SOFTENED[pair[1]])
            at += 2
        else:
            phones.append(_LETTERS[word[at]])
            at += 1
    return phones


@dataclass(frozen=True)
class _Motion:
    """How one utterance moves: ``drift`` (frames, 13) and ``noise`` in parts of a codeword's spread, and how much more
    ``firmly`` than the differences the values themselves are held."""

    drift: Floats
    noise: float
    firmly: float

    @classmethod
    def drawn(cls, frames: int, generator: Generator) -> _Motion:
        """Drifts that last for 40–140 ms."""
        stays = float(np.exp(-1 / generator.uniform(4, 14)))
        steps = generator.standard_normal((frames, 13))
        steps[0] /= np.sqrt(1 - stays**2)
        drift = lfilter([np.sqrt(1 - stays**2)], [1, -stays], steps, axis=0) * generator.uniform(0.6, 1.3)
        return cls(drift, float(generator.uniform(0.3, 0.9)), float(generator.uniform(1.5, 5)))

    def trajectory(
        self,
        cepstrum: int,
        static: tuple[Floats, Floats],
        differences: Sequence[tuple[tuple[tuple[int, float], ...], Floats, Floats]],
        generator: Generator,
    ) -> Floats:
        """A random trajectory that honours means and variances of the values and of their differences."""
        mean, variance = static
        length = len(mean)
        precision = self.firmly / variance
        bands = np.zeros((_REACH, length))
        bands[0] = precision
        apart = self.drift[:, cepstrum] + self.noise * generator.standard_normal(length)
        right = precision * (mean + apart * np.sqrt(variance))
        for terms, target, spread in differences:
            first, last = -min(offset for offset, _ in terms), length - max(offset for offset, _ in terms)
            if last <= first:
                continue
            frames = np.arange(first, last)
            weight = 1 / spread[frames]
            wish = target[frames] + self.noise * generator.standard_normal(len(frames)) * np.sqrt(spread[frames])
            for offset, sign in terms:
                right[frames + offset] += sign * weight * wish
                for other, its_sign in terms:
                    if other <= offset:
                        bands[offset - other, frames + other] += sign * its_sign * weight
        return np.asarray(solveh_banded(bands, right, lower=True))


def _smoothed(cepstra: Floats, side: float) -> Floats:
    """Every frame with ``side`` of each neighbour: windows of sound overlap, so its frames do not jump."""
    around = np.pad(cepstra, ((1, 1), (0, 0)), "edge")
    return np.asarray(side * (around[:-2] + around[2:]) + (1 - 2 * side) * cepstra)
