"""What telephone coding leaves of a sound: G.711 A-law and µ-law bit by bit, GSM full rate, lost frames.

Samples go in and come out as float in 16-bit units.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
RATE_HZ: Final = 8000
FRAME: Final = 160  # 20 ms


def _whole(samples: Samples) -> npt.NDArray[np.int32]:
    return np.clip(np.round(samples), -32768, 32767).astype(np.int32)


def a_law(samples: Samples) -> Samples:
    """Coded to A-law (ITU-T G.711) and decoded; digital zero comes back as ±8."""
    value = _whole(samples) >> 3
    magnitude = np.where(value >= 0, value, -value - 1)
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    step = (magnitude >> np.maximum(segment, 1)) & 15
    decoded = (step << 4) + np.where(segment == 0, 8, 0x108)
    decoded = np.where(segment > 1, decoded << np.maximum(segment - 1, 0), decoded)
    return np.asarray(np.where(value >= 0, decoded, -decoded), np.float32)


def mu_law(samples: Samples) -> Samples:
    """Coded to µ-law (ITU-T G.711) and decoded."""
    value = _whole(samples) >> 2
    magnitude = np.minimum(np.abs(value), 8158) + 33
    segment = np.clip(np.floor(np.log2(magnitude)).astype(np.int32) - 5, 0, 7)
    step = (magnitude >> (segment + 1)) & 15
    decoded = (((step << 3) + 0x84) << segment) - 0x84
    return np.asarray(np.where(value >= 0, decoded, -decoded), np.float32)


def gsm(samples: Samples) -> Samples:
    """Coded with GSM 06.10 full rate and decoded, by libsndfile; same length, a frame of delay at most."""
    import soundfile  # needed by this codec alone

    coded = io.BytesIO()
    whole = _whole(samples).astype(np.int16)
    soundfile.write(coded, np.pad(whole, (0, -len(whole) % (2 * FRAME))), 8000, format="WAV", subtype="GSM610")
    coded.seek(0)
    decoded, _ = soundfile.read(coded, dtype="int16")
    return np.asarray(np.pad(decoded, (0, max(0, len(whole) - len(decoded))))[: len(whole)], np.float32)


def sent(samples: Samples, *, below_db: float, hangover: int) -> npt.NDArray[np.bool_]:
    """Which frames discontinuous transmission sends: not ``below_db`` under the loudest, or near such a frame."""
    count = len(samples) // FRAME
    power = (samples[: count * FRAME].reshape(count, FRAME).astype(np.float64) ** 2).mean(axis=1)
    loud = power > power.max(initial=0.0) * 10 ** (below_db / 10)
    kept = loud.copy()
    for late in range(1, min(hangover, count - 1) + 1):
        kept[late:] |= loud[:-late]
    kept[:-1] |= loud[1:]  # a frame before speech is sent too
    return np.asarray(kept)


def silenced(samples: Samples, kept: npt.NDArray[np.bool_]) -> Samples:
    """Digital zeros in every frame that was not sent, and in the rest of a frame at the end."""
    sound = samples.copy()
    sound[: len(kept) * FRAME].reshape(len(kept), FRAME)[~kept] = 0.0
    sound[len(kept) * FRAME :] = 0.0
    return sound


def discontinuous(samples: Samples, *, below_db: float = -35.0, hangover: int = 3) -> Samples:
    """Digital zeros wherever discontinuous transmission sends nothing."""
    return silenced(samples, sent(samples, below_db=below_db, hangover=hangover))


def lose(samples: Samples, share: float, generator: np.random.Generator, *, repeat: bool) -> Samples:
    """Drop a share of the frames, in bursts of two on average: zeros instead, or the frame before, fading."""
    sound = samples.copy()
    lost = False
    for at in range(FRAME, len(sound) - FRAME, FRAME):
        lost = bool(generator.random() < (0.5 if lost else share / 2))
        if lost:
            sound[at : at + FRAME] = sound[at - FRAME : at] * 0.6 if repeat else 0.0
    return sound
