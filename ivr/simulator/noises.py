"""Sounds that are no answer: coughs, knocks, hiss, traffic, a radio's chord. Made anew the same each time.

They are drawn with a seed and levelled like speech, so that a measurement with them can be repeated anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.events import SAMPLE_RATE

Wave = npt.NDArray[np.float64]

LEVELS_DBFS: Final = (-18.0, -24.0, -32.0)


def noises(seed: int = 1883) -> Iterator[tuple[str, bytes]]:
    """Name and 16-bit PCM of every sound at every level."""
    for name, make in _KINDS.items():
        for level in LEVELS_DBFS:
            wave = make(np.random.default_rng([seed, *name.encode(), round(-level)]))
            active = wave[np.abs(wave) > np.abs(wave).max() / 10]
            wave = wave * (10 ** (level / 20) / np.sqrt((active**2).mean()))
            yield f"{name} {level:.0f} dBFS", np.round(np.clip(wave, -0.99, 0.99) * 32767).astype("<i2").tobytes()


def _time(seconds: float) -> Wave:
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def _band(rng: np.random.Generator, seconds: float, low: float, high: float) -> Wave:
    """Noise between two frequencies."""
    size = int(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    spectrum[(frequencies < low) | (frequencies > high)] = 0
    return np.fft.irfft(spectrum, size)


def _fading(wave: Wave, rise_s: float, fall_s: float) -> Wave:
    at = np.arange(len(wave)) / SAMPLE_RATE
    return wave * np.minimum(at / rise_s, 1.0) * np.exp(-np.maximum(at - rise_s, 0.0) / fall_s)


def _cough(rng: np.random.Generator) -> Wave:
    """Two bursts, each a sharp beginning and a hoarse rest."""
    burst = _fading(_band(rng, 0.28, 350, 3200), 0.008, 0.07) + 0.5 * _fading(_band(rng, 0.28, 250, 900), 0.03, 0.1)
    return np.concatenate([burst, np.zeros(int(0.12 * SAMPLE_RATE)), 0.8 * burst])


def _fit(rng: np.random.Generator) -> Wave:
    """A fit of coughing: four bursts, each of its own length and strength."""
    bursts: list[Wave] = []
    for strength in (1.0, 0.6, 0.9, 0.4):
        length = rng.uniform(0.15, 0.3)
        hoarse = _fading(_band(rng, length, 300, 3000), 0.006, rng.uniform(0.04, 0.09))
        bursts += [strength * hoarse, np.zeros(int(rng.uniform(0.06, 0.2) * SAMPLE_RATE))]
    return np.concatenate(bursts)


def _throat(rng: np.random.Generator) -> Wave:
    """A throat being cleared: pulses of 70 Hz through a narrow mouth."""
    pulses = 1.0 + np.sign(np.sin(2 * np.pi * 70 * _time(0.5)))
    return _fading(_band(rng, 0.5, 400, 1500) * pulses, 0.05, 0.2)


def _sneeze(rng: np.random.Generator) -> Wave:
    return np.concatenate([0.3 * _band(rng, 0.25, 900, 2500), _fading(_band(rng, 0.4, 1200, 3400), 0.01, 0.12)])


def _breath(rng: np.random.Generator) -> Wave:
    """Breath on the mouthpiece."""
    return _fading(_band(rng, 0.8, 100, 1200), 0.3, 0.25)


def _sniff(rng: np.random.Generator) -> Wave:
    """Two short breaths through the nose."""
    return np.concatenate(
        [_fading(_band(rng, 0.2, 800, 3600), 0.09, 0.04), np.zeros(SAMPLE_RATE // 8), _band(rng, 0.12, 900, 3400)]
    )


def _knock(rng: np.random.Generator) -> Wave:
    knock = _fading(np.sin(2 * np.pi * 180 * _time(0.15)) + 0.3 * _band(rng, 0.15, 200, 3000), 0.002, 0.03)
    return np.concatenate([knock, np.zeros(int(0.15 * SAMPLE_RATE)), knock])


def _keyboard(rng: np.random.Generator) -> Wave:
    wave = np.zeros(SAMPLE_RATE)
    for at in np.sort(rng.uniform(0, 0.95, 9)):
        click = _fading(_band(rng, 0.04, 1500, 3800), 0.001, 0.008)
        first = int(at * SAMPLE_RATE)
        wave[first : first + len(click)] += click[: len(wave) - first]
    return wave


def _paper(rng: np.random.Generator) -> Wave:
    return (
        _band(rng, 0.9, 1800, 3900) * np.repeat(rng.uniform(0, 1, 45) ** 2, SAMPLE_RATE // 50)[: int(0.9 * SAMPLE_RATE)]
    )


def _traffic(rng: np.random.Generator) -> Wave:
    wave = _band(rng, 2.0, 60, 700)
    return wave * np.hanning(len(wave))


def _hiss(rng: np.random.Generator) -> Wave:
    return _band(rng, 1.0, 300, 3400)


def _chord(rng: np.random.Generator) -> Wave:
    """A radio's chord."""
    tones = [220.0, 277.2, 329.6, 440.0, 554.4, 659.3]
    wave = np.sum([np.sin(2 * np.pi * tone * _time(1.2) + rng.uniform(0, 6)) for tone in tones], axis=0)
    return np.asarray(wave * np.hanning(len(wave)))


def _beep(rng: np.random.Generator) -> Wave:
    """A machine's signal."""
    beep = np.sin(2 * np.pi * rng.uniform(900, 1100) * _time(0.2))
    return np.concatenate([beep, np.zeros(int(0.2 * SAMPLE_RATE)), beep])


_KINDS: Final[dict[str, Callable[[np.random.Generator], Wave]]] = {
    "cough": _cough,
    "fit of coughing": _fit,
    "throat": _throat,
    "sneeze": _sneeze,
    "breath": _breath,
    "sniff": _sniff,
    "knock": _knock,
    "keyboard": _keyboard,
    "paper": _paper,
    "traffic": _traffic,
    "hiss": _hiss,
    "chord": _chord,
    "beep": _beep,
}
