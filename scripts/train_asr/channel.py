"""The way from a mouth to the recogniser, drawn at random: room, band, noise, level, coding, gaps.

Every draw is another line. Edges are soft (a handset, an old exchange) or brick
walls (a mobile network); levels reach from −45 to −10 dBFS and clip above; silence
is noise, or digital zeros as in discontinuous transmission. Filters work on the
whole sound in the frequency domain, so any edge costs the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from scripts.train_asr.codecs import RATE_HZ as RATE
from scripts.train_asr.codecs import Samples, a_law, gsm, lose, mu_law, sent, silenced

HISSING: Final = 0.12  # share of lines with white noise and a brick wall of 300–3400 Hz, the worst a caller still uses
HISS_DB: Final = (8.0, 20.0)  # how far that noise lies under the speech
EDGES: Final = ((200.0, 3400.0), (300.0, 3400.0), (300.0, 3000.0), (250.0, 3600.0))
_KNOTS_A_SECOND: Final = 6
Generator = np.random.Generator


def band(samples: Samples, low: float, high: float, order: float | None) -> Samples:
    """Pass ``low``–``high`` Hz: a Butterworth slope of ``order``, or a brick wall for None."""
    hertz = np.fft.rfftfreq(_size(len(samples)), 1 / RATE)
    if order is None:
        gain = ((hertz >= low) & (hertz <= high)).astype(np.float64)
    else:
        rising = (np.maximum(hertz, 1.0) / low) ** (2 * order)
        gain = np.sqrt(rising / (1 + rising) / (1 + (hertz / high) ** (2 * order)))
    return _filtered(samples, gain)


def tilt(samples: Samples, decibels: float) -> Samples:
    """Raise the treble by ``decibels`` between 300 and 3400 Hz (negative: lower it), straight over octaves."""
    hertz = np.fft.rfftfreq(_size(len(samples)), 1 / RATE)
    octaves = np.log2(np.clip(hertz, 150.0, 4000.0) / 1000.0) / np.log2(3400 / 300)
    return _filtered(samples, 10 ** (decibels * octaves / 20))


def room(samples: Samples, generator: Generator, *, seconds: float, loudness: float) -> Samples:
    """Echoes of a small room: noise that dies away within ``seconds``, ``loudness`` of the direct sound."""
    length = max(2, int(seconds * RATE))
    echoes = generator.standard_normal(length) * np.exp(-6 * np.arange(length) / length)
    echoes[0] = 0.0
    echoes *= loudness / np.sqrt((echoes**2).sum())
    echoes[0] = 1.0
    size = _size(len(samples) + length)
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(echoes, size)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)], np.float32)


def noise(length: int, generator: Generator, *, white: bool = False) -> Samples:
    """Noise of standard deviation 1: white, of a car, of a street, babbling, or humming; at times swelling."""
    if white:
        return generator.standard_normal(length, np.float32)
    colour = 0.0 if generator.random() < 0.55 else generator.uniform(-1.2, 0.2)
    size = _size(length)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    shape = np.maximum(hertz, 60.0) ** colour
    if generator.random() < 0.3:  # a bump anywhere, as of a fan or a voice far away
        shape *= 1 + 5 * np.exp(-(((hertz - generator.uniform(150, 3000)) / generator.uniform(80, 600)) ** 2))
    phases = np.exp(2j * np.pi * generator.random(len(hertz)))
    sound = np.fft.irfft(shape * phases * generator.rayleigh(size=len(hertz)), size)[:length]
    if generator.random() < 0.4:
        knots = max(2, length // 1600 + 2)
        swell = np.exp(generator.normal(0, 0.7, knots))
        sound = sound * np.interp(np.arange(length), np.linspace(0, length, knots), swell)
    return np.asarray(sound / (sound.std() + 1e-9), np.float32)


def speed(samples: Samples, factor: float, generator: Generator) -> Samples:
    """Play about ``factor`` times faster: another tempo, pitch and vocal tract at once.

    A tenth slower here and faster there, as people linger on one sound and hurry over the next.
    """
    length = int(len(samples) / factor)
    knots = max(2, length * _KNOTS_A_SECOND // RATE)
    steps = np.interp(np.arange(length), np.linspace(0, length, knots), np.exp(generator.normal(0, 0.1, knots)))
    place = np.cumsum(steps)
    return np.asarray(np.interp(place * (len(samples) / place[-1]), np.arange(len(samples)), samples), np.float32)


def active_level(samples: Samples) -> float:
    """RMS of the louder third, in 16-bit units: speech without its pauses."""
    squares = np.sort(samples.astype(np.float64) ** 2)
    return float(np.sqrt(squares[-max(1, len(squares) // 3) :].mean()) + 1e-3)


def telephone(speech: npt.NDArray[np.int16] | Samples, generator: Generator) -> Samples:
    """Clean 8 kHz speech through a random line; the result begins and ends with some silence of that line."""
    draw = generator.random
    sound = np.asarray(speech, np.float32)
    if draw() < 0.7:
        sound = speed(sound, float(generator.uniform(0.84, 1.18)), generator)
    ends = generator.integers(1200, 4800, 2)
    sound = np.pad(sound, (int(ends[0]), int(ends[1])))
    if draw() < 0.7:
        sound = tilt(sound, float(generator.uniform(-20, 12)))
    if draw() < 0.35:
        sound = room(
            sound, generator, seconds=float(generator.uniform(0.03, 0.3)), loudness=float(generator.uniform(0.1, 0.6))
        )
    kept = None
    if draw() < 0.25:  # the far end's detector hears the voice before the line's noise
        kept = sent(sound, below_db=float(generator.uniform(-42, -24)), hangover=int(generator.integers(1, 10)))
    hissing, quiet = draw() < HISSING, draw() < 0.4
    ratio = float(generator.uniform(*(HISS_DB if hissing else (25, 45) if quiet else (4, 24))))
    sound = sound + noise(len(sound), generator, white=hissing) * active_level(sound) * 10 ** (-ratio / 20)
    kind = draw()
    if hissing:
        sound = band(sound, 300.0, 3400.0, None)
    elif kind < 0.55:
        low, high = EDGES[int(generator.integers(len(EDGES)))]
        order = None if kind < 0.3 else float(generator.uniform(1.5, 5))
        low, high = low * float(generator.uniform(0.9, 1.1)), min(high * float(generator.uniform(0.95, 1.05)), 3900.0)
        sound = band(sound, low, high, order)
    sound = sound * (32768 * 10 ** (float(generator.uniform(-45, -6)) / 20) / active_level(sound))
    if draw() < 0.12:
        sound = _clip_hard(sound, float(generator.uniform(0.2, 0.6)))
    if draw() < 0.15:
        sound = gsm(np.clip(sound, -32768, 32767))
    sound = a_law(sound) if draw() < 0.85 else mu_law(sound)
    if kept is not None:
        sound = silenced(sound, kept)
    if draw() < 0.18:
        sound = lose(sound, float(generator.uniform(0.01, 0.08)), generator, repeat=draw() < 0.5)
    if draw() < 0.5:  # a gateway's or an ear's floor
        sound = sound + np.asarray(generator.normal(0.0, generator.uniform(20, 80), len(sound)), np.float32)
    return sound


def _clip_hard(samples: Samples, share: float) -> Samples:
    limit = float(np.abs(samples).max()) * share
    return np.clip(samples, -limit, limit)


def _size(length: int) -> int:
    """A length that FFT is quick with: the next multiple of 1024 keeps its factors small."""
    return -(-max(length, 1) // 1024) * 1024


def _filtered(samples: Samples, gain: npt.NDArray[np.float64]) -> Samples:
    size = _size(len(samples))
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)], np.float32)
