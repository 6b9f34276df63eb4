"""How sounds move: what is measured of sources of speech."""

import numpy as np
import pytest

from scripts.train_asr.features import FILTERS
from scripts.train_asr.measure.motion import motion, row
from scripts.train_asr.sphinx import Floats


def loud(shape: Floats) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    return [np.asarray(12 + shape[:, None] * np.ones(FILTERS), np.float32)]


def test_noise_steps_more_than_it_strays_and_a_slow_wave_less() -> None:
    generator, time = np.random.default_rng(1), np.arange(200)
    hiss, wave = motion(loud(generator.normal(size=200))), motion(loud(np.sin(time / 20)))
    assert hiss.steps[0] == pytest.approx(1.4 * hiss.spread[0], rel=0.1)
    assert wave.steps[0] < 0.1 * wave.spread[0]


def test_silence_around_speech_and_clips_without_any_do_not_count() -> None:
    wave = np.sin(np.arange(200) / 20)
    around = np.concatenate([np.full(100, -20.0), wave, np.full(100, -20.0)])
    assert motion(loud(around)).spread == pytest.approx(motion(loud(wave)).spread)
    assert motion([np.zeros((0, FILTERS), np.float32), *loud(wave[:10])]).n == 0
    assert "strays" in row("people", motion(loud(wave)))
