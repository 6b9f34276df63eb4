"""Slow mode: longer by as much as asked, at the same pitch and level, and words still understood."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech import sound
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.pace import SLOW, slower
from ivr.speech.vosk_decoder import VoskModel
from tests.speech.test_loudness import tone
from tests.speech.test_vosk import hear


@pytest.mark.parametrize("hertz", [110, 220, 400])
def test_pitch_and_level_stay(hertz: float) -> None:
    stretched = sound.to_samples(slower(sound.to_pcm(tone(hertz, 0.2))))
    spectrum = np.abs(np.fft.rfft(stretched * np.hanning(len(stretched))))
    assert float(np.argmax(spectrum)) * 8000 / len(stretched) == pytest.approx(hertz, abs=1)
    assert stretched[800:-800].std() == pytest.approx(tone(hertz, 0.2).std(), rel=0.02)


@given(st.integers(0, 4000), st.floats(0.5, 1.0))
def test_any_sound_becomes_longer_by_the_pace(samples: int, pace: float) -> None:
    pcm = np.random.default_rng(samples).integers(-8000, 8000, samples).astype("<i2").tobytes()
    stretched = slower(pcm, pace)
    if samples < 480:
        assert stretched == pcm
    else:
        assert len(stretched) // 2 == (samples if pace == 1.0 else round(samples / pace))


@pytest.mark.parametrize("pace", [0.4, 1.1])
def test_other_paces_are_refused(pace: float) -> None:
    with pytest.raises(ValueError, match="pace"):
        slower(bytes(16000), pace)


def test_no_clicks_where_frames_meet(espeak: EspeakVoice) -> None:
    pcm = b"".join(espeak.synthesize("Dėkoju, kad paskambinote į Užimtumo tarnybą.", "lt"))
    steps = [float(np.abs(np.diff(sound.to_samples(each))).max()) for each in (pcm, slower(pcm, SLOW))]
    assert steps[1] < steps[0] * 1.25


def test_slow_words_are_understood(model: VoskModel, espeak: EspeakVoice) -> None:
    pcm = slower(b"".join(espeak.synthesize("bendra informacija", "lt")), SLOW)
    heard = hear(model, pcm, "bendra informacija", "mano reikalai", "palikti žinutę")
    assert [turn.text for turn in heard] == ["bendra informacija"]
