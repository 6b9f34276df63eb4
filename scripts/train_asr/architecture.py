"""The shape of the acoustic network, for the side that trains it (torch) and the side that writes it (Kaldi's form)."""

from __future__ import annotations

from typing import Final

import numpy as np

from scripts.train_asr.features import Matrix

SPLICE: Final = 4  # the first layer sees this many frames to each side, every third frame
# What each other layer sees, in output frames (30 ms). The last two look only back: at the line's noise and at the
# speaker, with no wait for what comes.
TAPS: Final = ((-1, 0, 1), (-1, 0, 1), (-2, 0, 2), (-2, 0, 2), (-3, 0, 3), (-6, -3, 0), (-8, -4, 0))
LAYERS: Final = 1 + len(TAPS)
RESIDUAL: Final = 0.66
EPSILON: Final = 1e-5  # of batch normalisation
# Frames of features before and after its own that an output depends on.
BEFORE: Final = SPLICE - 3 * sum(taps[0] for taps in TAPS)
AFTER: Final = SPLICE + 3 * sum(taps[-1] for taps in TAPS)


def output_frames(frames: int) -> int:
    """Output frames for this many frames of features."""
    return (frames + 2) // 3


def padded(features: Matrix, outputs: int) -> Matrix:
    """Features with the edge frames repeated, as Kaldi does, so that exactly ``outputs`` frames come out."""
    at = np.arange(-BEFORE, 3 * (outputs - 1) + 1 + AFTER)
    return features[np.clip(at, 0, len(features) - 1)]
