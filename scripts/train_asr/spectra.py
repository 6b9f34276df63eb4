"""Telephone lines for sampled trajectories: what ``channel`` does to sound, done to log mel energies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from scripts.train_asr.channel import EDGES, HISS_DB, HISSING
from scripts.train_asr.codecs import Samples
from scripts.train_asr.features import FILTERS, HIGH_HZ, LOW_HZ, Matrix, cosine_transform, log_mel, samples_of
from scripts.train_asr.sphinx import Floats

Generator = np.random.Generator
_SMOOTH: Final = cosine_transform(5, FILTERS)
_TRACT: Final = 0.1  # how far a vocal tract may be longer or shorter
_CAVITIES: Final = 0.05  # how far throat and mouth may differ in that
_NATS: Final = np.log(10) / 10  # one decibel of power
_PHASE: Final = 0.25  # spread of the cosine between two sounds, averaged over a filter's bins


def mean_spectrum(samples: Samples | npt.NDArray[np.int16]) -> Floats:
    """Mean log mel energies of the louder part of a clip: the shape and level that a voice has."""
    return _loud_mean(log_mel(np.asarray(samples, np.float32)).astype(np.float64))


def line(trajectory: Floats, spectra: Sequence[Floats], generator: Generator) -> Matrix:
    """A sampled trajectory as if spoken by a voice of ``spectra`` and sent through a random line.

    Vocal tract, colour and level, noise of 5–45 dB, band edges, gated silence, and the ear's own floor.
    """
    draw = generator.random
    tract = generator.uniform(-_TRACT, _TRACT) + generator.uniform(-_CAVITIES, _CAVITIES, 3)
    sound = warp(trajectory, np.interp(np.arange(FILTERS), (0, FILTERS / 2, FILTERS - 1), tract))
    colour = (generator.normal(0, 1, 5) * (0.0, 2.0, 1.2, 0.8, 0.6)) @ _SMOOTH
    if draw() < 0.35:
        colour += _NATS * generator.uniform(-20, 12) * _octaves()
    voice = spectra[int(generator.integers(len(spectra)))]
    sound = sound - _loud_mean(sound) + voice - voice.mean() + colour
    loud = level_of(32768 * 10 ** (generator.uniform(-45, -10) / 20))
    sound += loud - _loud_mean(sound).mean()
    voiced = kept(sound, loud - generator.uniform(5.5, 10.0), int(generator.integers(2, 20))) if draw() < 0.25 else None
    hissing, quiet = draw() < HISSING, draw() < 0.4
    ratio = generator.uniform(*(HISS_DB if hissing else (25, 45) if quiet else (4, 24)))
    shape = (generator.normal(0, 1, 5) * (0.0, 2.5, 1.0, 0.5, 0.3)) @ _SMOOTH
    hiss = loud - ratio * _NATS + (_white() - _white().mean() if hissing or draw() < 0.55 else shape)
    sound = _with_noise(sound, hiss, generator)
    if hissing:
        sound = sound + band_gain(300.0, 3400.0, None)
    elif draw() < 0.55:
        low, high = EDGES[int(generator.integers(len(EDGES)))]
        low, high = low * generator.uniform(0.9, 1.1), high * generator.uniform(0.95, 1.05)
        sound = sound + band_gain(low, high, None if draw() < 0.55 else generator.uniform(1.5, 5))
    coding = level_of(float(generator.uniform(2, 12)))
    sound = _with_noise(sound, coding, generator)
    if voiced is not None:  # digital silence, as log_mel has it
        sound[~voiced] = np.log(np.finfo(np.float32).eps)
    if draw() < 0.5:
        floor = _white() + 2 * np.log(generator.uniform(20, 80))
        sound = _with_noise(sound, floor, generator)
    return np.asarray(sound, np.float32)


def _with_noise(sound: Floats, hiss: Floats | float, generator: Generator) -> Floats:
    """Noise of the mean log energies ``hiss`` added: its frames flicker as real noise does, and waves meet in phase."""
    noise = hiss + flicker(len(sound), generator)
    phase = generator.normal(0.0, _PHASE, sound.shape).clip(-0.9, 0.9)
    return np.asarray(np.log(np.exp(sound) + np.exp(noise) + 2 * phase * np.exp((sound + noise) / 2)))


def warp(trajectory: Floats, share: float | Floats) -> Floats:
    """Another vocal tract: the filters' axis stretched by ``share``, one for all or one for each filter."""
    place = np.clip(np.arange(FILTERS) * (1 + share), 0, FILTERS - 1.001)
    below = place.astype(int)
    part = place - below
    return np.asarray(trajectory[:, below] * (1 - part) + trajectory[:, below + 1] * part)


def band_gain(low: float, high: float, order: float | None) -> Floats:
    """What a band filter adds to each log mel energy; see ``channel.band``."""
    hertz = np.arange(1.0, 4000.0, 5.0)
    if order is None:
        gain = ((hertz >= low) & (hertz <= high)).astype(np.float64)
    else:
        rising = (hertz / low) ** (2 * order)
        gain = rising / (1 + rising) / (1 + (hertz / high) ** (2 * order))
    edges = 1127 * np.log1p(np.array([LOW_HZ, HIGH_HZ]) / 700)
    points = np.linspace(edges[0], edges[1], FILTERS + 2)
    mels = 1127 * np.log1p(hertz / 700)
    step = points[1] - points[0]
    shapes = np.maximum(0.0, 1 - np.abs(mels[None] - points[1:-1, None]) / step)
    return np.asarray(np.log(np.maximum((shapes * gain).sum(axis=1) / shapes.sum(axis=1), 1e-6)))


def kept(sound: Floats, threshold: float, hangover: int) -> npt.NDArray[np.bool_]:
    """Frames that discontinuous transmission sends: above ``threshold``, or at most ``hangover`` frames later."""
    loud = sound.mean(axis=1) > threshold
    sent = loud.copy()
    for late in range(1, hangover + 1):
        sent[late:] |= loud[: len(loud) - late]
    sent[:-2] |= loud[2:]
    return np.asarray(sent)


def level_of(rms: float) -> float:
    """Mean log mel energy of white noise with this RMS in 16-bit units; a common measure of loudness."""
    return float(_white().mean() + 2 * np.log(rms))


def _loud_mean(sound: Floats) -> Floats:
    loudness = sound.mean(axis=1)
    return np.asarray(sound[loudness >= np.quantile(loudness, 0.5)].mean(axis=0))


@cache
def _octaves() -> Floats:
    """Place of each filter on the slope of ``channel.tilt``: 0 at 1000 Hz, 1 more at 3400 than at 300 Hz."""
    edges = 1127 * np.log1p(np.array([LOW_HZ, HIGH_HZ]) / 700)
    centres = 700 * np.expm1(np.linspace(edges[0], edges[1], FILTERS + 2)[1:-1] / 1127)
    return np.asarray(np.log2(centres / 1000) / np.log2(3400 / 300))


def flicker(frames: int, generator: Generator) -> Floats:
    """Log mel energies of white noise around their mean; low filters, of few bins, flicker most.

    Never the same twice: from one minute of it, drawn again and again, a network learns that minute.
    """
    return np.asarray(log_mel(generator.standard_normal(samples_of(frames), np.float32)) - _white(), np.float64)


@cache
def _white() -> Floats:
    """Mean log mel energies of white noise with an RMS of 1."""
    return np.asarray(log_mel(np.random.default_rng(0).standard_normal(60 * 8000)).mean(axis=0), np.float64)
