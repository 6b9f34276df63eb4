"""The same speech, slower, at the same pitch ("kalbėkite lėčiau"): WSOLA.

Waveform-similarity overlap-add (Verhelst and Roelands, 1993): frames are laid down at
a wider step than they are taken up, and each is taken where it best continues the one
before. Digital and near silence needs no care and is stretched like the rest, so
pauses grow with the words.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.events import SAMPLE_RATE
from ivr.speech import sound

SLOW: Final = 0.8
"""Words a second in slow mode, as a share of the usual."""
_FRAME: Final = int(0.030 * SAMPLE_RATE)
_STEP: Final = _FRAME // 2
_REACH: Final = int(0.010 * SAMPLE_RATE)  # a pitch period of a deep voice fits into both directions together


def slower(pcm: bytes, pace: float = SLOW) -> bytes:
    """16-bit PCM stretched to 1/``pace`` of its length; ``pace`` is 0.5 to 1 (ValueError otherwise)."""
    if not 0.5 <= pace <= 1.0:
        raise ValueError(f"pace {pace} is not between 0.5 and 1")
    samples = sound.to_samples(pcm)
    if pace == 1.0 or len(samples) < 2 * _FRAME:
        return pcm
    return sound.to_pcm(_stretched(samples, pace))


def _stretched(samples: sound.Samples, pace: float) -> sound.Samples:
    length = round(len(samples) / pace)
    window = np.hanning(_FRAME + 1)[:_FRAME].astype(np.float32)  # halves that overlap add up to one
    padded = np.concatenate([np.zeros(_FRAME, np.float32), samples, np.zeros(3 * _FRAME + _REACH, np.float32)])
    out = np.zeros(length + 3 * _FRAME, np.float32)
    at, last = 0, 0
    while at <= length + _STEP:
        taken = min(round(at * pace), len(padded) - 2 * _FRAME - _REACH)
        if at:
            taken = _best(padded, taken, last + _STEP)
        out[at : at + _FRAME] += window * padded[taken : taken + _FRAME]
        last, at = taken, at + _STEP
    return out[_FRAME : _FRAME + length]


def _best(samples: sound.Samples, near: int, natural: int) -> int:
    """Where, within reach of ``near``, a frame looks most like the one that would follow by nature."""
    first = max(0, near - _REACH)
    region = samples[first : near + _REACH + _FRAME]
    wanted = samples[natural : natural + _FRAME]
    if len(wanted) < _FRAME or len(region) <= _FRAME:
        return near
    likeness = np.correlate(region, wanted, "valid")
    power = np.concatenate([[0.0], np.cumsum(region.astype(np.float64) ** 2)])
    size: npt.NDArray[np.float64] = np.sqrt(np.maximum(power[_FRAME:] - power[:-_FRAME], 1e-9))
    return first + int(np.argmax(likeness / size))
