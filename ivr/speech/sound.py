"""What every voice's sound goes through: line rate, one level, short silences, no clicks.

Level is the RMS of active speech (frames of 20 ms that are not pauses) in dB
below full scale, so that prompts of different voices sound equally loud (A12.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from ivr.events import FRAME_SAMPLES, SAMPLE_RATE

Samples = npt.NDArray[np.float32]

TARGET_DBFS: Final = -22.0  # what speech of -23 LUFS has (ivr.speech.loudness)
LEAD_S: Final = 0.06
TAIL_S: Final = 0.16
_FADE_S: Final = 0.005
_KNEE: Final = 0.6  # above this the limiter bends
_CEILING: Final = 0.89  # −1 dBFS: what A-law and a transcoder behind it still carry clean
_PAUSE_BELOW_DB: Final = 26.0  # a frame so far below the loud ones is a pause
_SOUND_BELOW_DB: Final = 40.0  # a frame so far below is silence at the edges
# Part of a prompt's identity: raise it when this file makes another sound of the same text.
VERSION: Final = "2"


def to_samples(pcm: bytes) -> Samples:
    """16-bit PCM as numbers of −1 to 1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


def to_pcm(samples: Samples) -> bytes:
    """Numbers as 16-bit PCM; what lies outside −1 to 1 is clipped."""
    data: bytes = np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2").tobytes()
    return data


def for_the_line(samples: Samples, rate: int) -> bytes:
    """A voice's raw sound as PCM for the line; empty when there is nothing to hear."""
    line = resample(samples, rate)
    line = _trim(line)
    if not len(line):
        return b""
    return to_pcm(_fade(limited(line * _gain(line))))


def stretches(raw: Iterable[Samples], rate: int) -> Iterator[bytes]:
    """Stretches of a voice's raw sound as PCM for the line, one by one; those with nothing to hear are left out."""
    for samples in raw:
        pcm = for_the_line(samples, rate)
        if pcm:
            yield pcm


def resample(samples: Samples, rate: int) -> Samples:
    """To the line's rate."""
    if rate == SAMPLE_RATE or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, SAMPLE_RATE, quality="HQ"), dtype=np.float32)


def active_level(samples: Samples) -> float:
    """Level of the speech without its pauses in dBFS; −inf for silence."""
    power = _frame_power(samples)
    if not len(power) or power.max() <= 0:
        return float("-inf")
    loud = np.percentile(power, 95)
    active = power[power >= loud * 10 ** (-_PAUSE_BELOW_DB / 10)]
    return float(10 * np.log10(active.mean()))


def silence_at_edges(samples: Samples) -> tuple[float, float]:
    """Seconds of silence before and after the sound, to 20 ms."""
    sounding = _sounding(samples)
    if not len(sounding):
        return (len(samples) / SAMPLE_RATE, 0.0)
    frames = len(_frame_power(samples))
    return (sounding[0] * FRAME_SAMPLES / SAMPLE_RATE, (frames - 1 - sounding[-1]) * FRAME_SAMPLES / SAMPLE_RATE)


def _frame_power(samples: Samples) -> npt.NDArray[np.float64]:
    whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
    frames = samples[:whole].reshape(-1, FRAME_SAMPLES).astype(np.float64)
    power: npt.NDArray[np.float64] = (frames**2).mean(axis=1)
    return power


def _sounding(samples: Samples) -> npt.NDArray[np.intp]:
    power = _frame_power(samples)
    if not len(power) or power.max() < 1e-8:
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(power > power.max() * 10 ** (-_SOUND_BELOW_DB / 10))


def _trim(samples: Samples) -> Samples:
    sounding = _sounding(samples)
    if not len(sounding):
        return samples[:0]
    begin = max(0, int(sounding[0]) * FRAME_SAMPLES - int(LEAD_S * SAMPLE_RATE))
    end = (int(sounding[-1]) + 1) * FRAME_SAMPLES + int(TAIL_S * SAMPLE_RATE)
    return samples[begin:end]


def _gain(samples: Samples) -> np.float32:
    return np.float32(10 ** ((TARGET_DBFS - active_level(samples)) / 20))


def limited(samples: Samples) -> Samples:
    """Peaks bent below −1 dB of full scale, quieter sound unchanged."""
    size = np.abs(samples)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.sign(samples) * bent, samples).astype(np.float32)


def _fade(samples: Samples) -> Samples:
    length = min(int(_FADE_S * SAMPLE_RATE), len(samples) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded
