"""Loudness after ITU-R BS.1770-4 (LUFS), one channel, at the line's rate.

The two filters of the recommendation (a shelf for the head, a high-pass) are given
there as coefficients for 48 kHz; here they are designed anew for 8 kHz from the same
analogue values and applied as one frequency response, because numpy has no recursive
filter. Programme loudness is gated: blocks of 400 ms, absolute gate at −70 LUFS,
relative gate 10 LU below the mean of what is left.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.events import SAMPLE_RATE
from ivr.speech import sound

TARGET_LUFS: Final = -23.0
# Shorter sound has too few blocks for a gate to mean anything: its active level counts instead.
SHORTEST_S: Final = 3.0
_BLOCK: Final = int(0.4 * SAMPLE_RATE)
_STEP: Final = _BLOCK // 4
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_OFFSET: Final = -0.691
_SETTLE: Final = SAMPLE_RATE  # the high-pass has rung out after a second
_MOST_GAIN_DB: Final = 6.0


def loudness(samples: sound.Samples) -> float:
    """LUFS of the whole; −inf when it is shorter than a block or below the absolute gate."""
    if len(samples) < _BLOCK:
        return float("-inf")
    power = np.concatenate([[0.0], np.cumsum(_weighted(samples) ** 2)])
    starts = np.arange(0, len(samples) - _BLOCK + 1, _STEP)
    blocks = (power[starts + _BLOCK] - power[starts]) / _BLOCK
    blocks = blocks[_lufs(blocks) > _ABSOLUTE_GATE]
    if not len(blocks):
        return float("-inf")
    blocks = blocks[_lufs(blocks) > _lufs(blocks.mean()) + _RELATIVE_GATE]
    return float(_lufs(blocks.mean()))


def levelled(pcm: bytes) -> bytes:
    """A whole prompt at :data:`TARGET_LUFS`; one that is shorter than :data:`SHORTEST_S` stays as it is.

    Every voice's clauses already have one active level (:mod:`ivr.speech.sound`); this evens out what pauses
    and the ear's weighting make of them, so the gain is small and is never more than 6 dB.
    """
    samples = sound.to_samples(pcm)
    measured = loudness(samples) if len(samples) >= SHORTEST_S * SAMPLE_RATE else float("-inf")
    if not np.isfinite(measured):
        return pcm
    gain = float(np.clip(TARGET_LUFS - measured, -_MOST_GAIN_DB, _MOST_GAIN_DB))
    return sound.to_pcm(sound.limited(samples * np.float32(10 ** (gain / 20))))


def _lufs(power: npt.NDArray[np.float64] | np.float64) -> npt.NDArray[np.float64]:
    return np.asarray(_OFFSET + 10 * np.log10(np.maximum(power, 1e-20)))


def _weighted(samples: sound.Samples) -> npt.NDArray[np.float64]:
    length = len(samples) + _SETTLE
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(samples.astype(np.float64), size) * _response(size)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)], dtype=np.float64)


@lru_cache(maxsize=8)
def _response(size: int) -> npt.NDArray[np.complex128]:
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones_like(z)
    for b, a in (_shelf(), _high_pass()):
        response *= (b[0] + b[1] * z + b[2] * z**2) / (a[0] + a[1] * z + a[2] * z**2)
    return np.asarray(response)


_Coefficients = tuple[tuple[float, float, float], tuple[float, float, float]]


def _shelf() -> _Coefficients:
    """+4 dB above 1.7 kHz: the acoustic effect of the head (BS.1770-4, table 1)."""
    k = np.tan(np.pi * 1681.974450955533 / SAMPLE_RATE)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    scale = 1 + k / q + k * k
    b = ((high + band * k / q + k * k), 2 * (k * k - high), (high - band * k / q + k * k))
    return (b[0] / scale, b[1] / scale, b[2] / scale), (1.0, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale)


def _high_pass() -> _Coefficients:
    """Below 38 Hz nothing counts (BS.1770-4, table 2)."""
    k = np.tan(np.pi * 38.13547087602444 / SAMPLE_RATE)
    q = 0.5003270373238773
    scale = 1 + k / q + k * k
    return (1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale)
