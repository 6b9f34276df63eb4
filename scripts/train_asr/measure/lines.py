"""The lines that recordings are measured through, the same for the same sound at every call; all end in A-law."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from scripts.train_asr.channel import active_level, band, room
from scripts.train_asr.codecs import RATE_HZ, Samples, a_law, discontinuous, lose
from scripts.train_asr.measure.suppressor import Suppressor

QUIET_DBFS: Final = -45.0
LOST: Final = 0.05
SUPPRESSOR: Final = Suppressor(below_db=10, slope=1.5, most_db=30, moves_s=0.07)
_CLIPPED: Final = 4.0  # times full scale that the peak would reach
_NOISE: Final = 10 ** (-15 / 20)
_RUMBLE: Final = RATE_HZ // 50  # what lies below 50 Hz is taken out of it
_HISS: Final = 0.5  # times the rumble


def plain(samples: Samples) -> Samples:
    """Bit-exact A-law, quiet around."""
    return a_law(_quiet_around(samples))


def gated(samples: Samples) -> Samples:
    """A-law with discontinuous transmission: digital zeros around and between words."""
    return _quiet_around(discontinuous(a_law(samples), below_db=-30.0))


def noisy(samples: Samples) -> Samples:
    """White noise 15 dB under the speech."""
    return a_law(_with_noise(samples))


def hard_and_noisy(samples: Samples) -> Samples:
    """White noise 15 dB under the speech, a brick wall at 300 and 3400 Hz."""
    return a_law(band(_with_noise(samples), 300.0, 3400.0, None))


def fifteen(samples: Samples) -> Samples:
    """A call from home: a small room, rumble and hiss together 15 dB under the speech, soft edges at 300, 3400 Hz."""
    generator = np.random.default_rng(len(samples))
    sound = room(_quiet_around(samples), generator, seconds=0.12, loudness=0.25)
    rumble = np.cumsum(generator.standard_normal(len(sound)))
    rumble -= np.convolve(rumble, np.full(_RUMBLE, 1 / _RUMBLE), "same")
    noise = rumble / rumble.std() + _HISS * generator.standard_normal(len(sound))
    noise *= active_level(sound) * _NOISE / noise.std()
    return a_law(band(sound + np.asarray(noise, np.float32), 300.0, 3400.0, 3.0))


def quiet(samples: Samples) -> Samples:
    """Speech at −45 dBFS, where A-law has few steps left."""
    return plain(samples * (32768 * 10 ** (QUIET_DBFS / 20) / active_level(samples)))


def clipped(samples: Samples) -> Samples:
    """Raised until the peak would be 12 dB over full scale, and cut there."""
    return plain(samples * (_CLIPPED * 32768 / max(1.0, float(np.abs(samples).max()))))


def lossy(samples: Samples) -> Samples:
    """5 % of the frames lost, in bursts of two on average, zeros in their place."""
    return lose(plain(samples), LOST, np.random.default_rng(len(samples)), repeat=False)


def handset(samples: Samples) -> Samples:
    """A telephone whose noise suppression takes weak sounds for noise and opens late."""
    return plain(SUPPRESSOR(samples))


LINES: Final[dict[str, Callable[[Samples], Samples]]] = {
    "plain": plain,
    "gated": gated,
    "noisy": noisy,
    "fifteen": fifteen,
    "hard_and_noisy": hard_and_noisy,
    "quiet": quiet,
    "clipped": clipped,
    "lossy": lossy,
    "handset": handset,
}


def _quiet_around(samples: Samples) -> Samples:
    return np.pad(samples, (RATE_HZ // 4, RATE_HZ // 2))


def _with_noise(samples: Samples) -> Samples:
    sound = _quiet_around(samples)
    hiss = np.random.default_rng(len(samples)).normal(0.0, active_level(samples) * _NOISE, len(sound))
    return sound + np.asarray(hiss, np.float32)
