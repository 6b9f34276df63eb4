"""Kaldi's MFCC in numpy, with exactly the options that the model's ``conf/mfcc.conf`` holds.

18 mel filters between 130 and 3446.5 Hz are the ones that the telephone band and
the LIEPA model (25 filters, 130–6800 Hz) have in common, so real speakers'
statistics and sound meet in the same space.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

RATE: Final = 8000
FILTERS: Final = 18
CEPSTRA: Final = 10
LOW_HZ: Final = 130.0
HIGH_HZ: Final = 3446.5
LIFTER: Final = 22
_WINDOW, _STEP, _FFT = 200, 80, 256
_EMPHASIS: Final = 0.97

CONFIGURATION: Final = f"""--sample-frequency={RATE}
--use-energy=false
--num-mel-bins={FILTERS}
--num-ceps={CEPSTRA}
--low-freq={LOW_HZ:g}
--high-freq={HIGH_HZ:g}
--dither=0
--allow-downsample=true
--allow-upsample=true
"""


def log_mel(samples: npt.NDArray[np.floating]) -> Matrix:
    """Samples in 16-bit units to log mel energies, shape (frames, FILTERS); 25 ms windows every 10 ms."""
    count = (len(samples) - _WINDOW) // _STEP + 1
    if count < 1:
        return np.zeros((0, FILTERS), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _WINDOW)[::_STEP][:count]
    windows = windows - windows.mean(axis=1, keepdims=True)
    before = np.concatenate([windows[:, :1], windows[:, :-1]], axis=1)
    shaped = (windows - _EMPHASIS * before) * _povey()
    power = np.abs(np.fft.rfft(shaped, _FFT)[:, : _FFT // 2]) ** 2
    energies = np.maximum(power @ _filters().T, np.finfo(np.float32).eps)
    return np.asarray(np.log(energies), np.float32)


def samples_of(frames: int) -> int:
    """How many samples :func:`log_mel` makes so many frames of."""
    return _WINDOW + (frames - 1) * _STEP


def cepstra(log_mels: Matrix) -> Matrix:
    """Log mel energies to liftered cepstra, shape (frames, CEPSTRA)."""
    return np.asarray(log_mels @ _cosines(), np.float32)


def mfcc(samples: npt.NDArray[np.floating]) -> Matrix:
    """Samples in 16-bit units to MFCC, shape (frames, CEPSTRA)."""
    return cepstra(log_mel(samples))


def cosine_transform(rows: int, filters: int) -> npt.NDArray[np.float64]:
    """Orthonormal DCT-II, shape (rows, filters), as Kaldi and CMU Sphinx (``-transform dct``) use it."""
    matrix = np.sqrt(2.0 / filters) * np.cos(np.pi * np.arange(rows)[:, None] * (np.arange(filters) + 0.5) / filters)
    matrix[0] = np.sqrt(1.0 / filters)
    return np.asarray(matrix)


def lifter(count: int) -> npt.NDArray[np.float64]:
    """Weights of cepstral liftering."""
    return np.asarray(1 + LIFTER / 2 * np.sin(np.pi * np.arange(count) / LIFTER))


@cache
def _povey() -> npt.NDArray[np.float64]:
    return np.asarray((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / (_WINDOW - 1))) ** 0.85)


@cache
def _filters() -> npt.NDArray[np.float64]:
    def mel(hertz: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
        return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))

    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), FILTERS + 2)
    bins = mel(np.arange(_FFT // 2) * RATE / _FFT)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))


@cache
def _cosines() -> npt.NDArray[np.float64]:
    return np.asarray((lifter(CEPSTRA)[:, None] * cosine_transform(CEPSTRA, FILTERS)).T)
