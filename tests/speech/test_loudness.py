"""Loudness is that of BS.1770: its own reference tone, its gates, and prompts brought to −23 LUFS."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.speech import sound
from ivr.speech.loudness import TARGET_LUFS, levelled, loudness


def tone(hertz: float, amplitude: float, seconds: float = 4.0) -> sound.Samples:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(int(seconds * 8000)) / 8000)).astype(np.float32)


@pytest.mark.parametrize(
    ("hertz", "lufs"),
    # The recommendation's calibration tone, and what its filters give at other pitches (pyloudnorm, "DeMan").
    [(997, -23.0), (100, -24.6), (500, -23.5), (2000, -20.2), (3000, -19.5)],
)
def test_tones_measure_what_the_recommendation_says(hertz: float, lufs: float) -> None:
    assert loudness(tone(hertz, 0.1)) == pytest.approx(lufs, abs=0.1)


def test_pauses_do_not_make_speech_quieter() -> None:
    speech = tone(500, 0.1)
    paused = np.concatenate([speech, np.zeros(5 * 8000, np.float32), speech])
    assert loudness(paused) == pytest.approx(loudness(speech), abs=0.4)


def test_silence_and_a_moment_have_no_loudness() -> None:
    assert loudness(np.zeros(8000, np.float32)) == float("-inf")
    assert loudness(tone(500, 0.1, 0.3)) == float("-inf")


@pytest.mark.rule("A12.8")
@pytest.mark.parametrize("amplitude", [0.06, 0.1, 0.17])
def test_whole_prompts_are_brought_to_one_loudness(amplitude: float) -> None:
    even = levelled(sound.to_pcm(tone(700, amplitude)))
    assert loudness(sound.to_samples(even)) == pytest.approx(TARGET_LUFS, abs=0.1)


def test_short_and_silent_sound_stays_as_it_is() -> None:
    short = sound.to_pcm(tone(700, 0.02, 1.0))
    assert levelled(short) == short
    assert levelled(bytes(80000)) == bytes(80000)
