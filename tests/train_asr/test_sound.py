"""Features, coding and lines: numbers that Kaldi and G.711 give, and what a caller's line does to speech."""

import numpy as np
import pytest

from scripts.train_asr import codecs, spectra
from scripts.train_asr.channel import active_level, band, noise, speed, telephone, tilt
from scripts.train_asr.codecs import RATE_HZ, Samples
from scripts.train_asr.features import CEPSTRA, FILTERS, log_mel, mfcc

# kaldi-native-fbank, frame 10 of 440 Hz with a rattle, with the options of conf/mfcc.conf
EXPECTED = [73.82, -2.759, 6.375, -8.634, -22.219, -47.601, -74.429, -24.232, 10.251, -1.357]


def tone(hertz: float, seconds: float = 0.5, level: float = 5000.0) -> Samples:
    return np.asarray(level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ), np.float32)


def power(samples: Samples) -> float:
    return float((samples[800:-800].astype(np.float64) ** 2).mean())


def test_features_are_those_of_kaldi() -> None:
    rattle = np.asarray(np.arange(4000) * 7919 % 1009 - 504, np.float32)
    samples = tone(440) + rattle
    features = mfcc(samples)
    assert features.shape == (48, CEPSTRA)
    assert features[10] == pytest.approx(EXPECTED, abs=2e-3)


def test_a_sound_shorter_than_a_window_has_no_frames() -> None:
    assert log_mel(np.zeros(199, np.float32)).shape == (0, FILTERS)


@pytest.mark.parametrize("code", [codecs.a_law, codecs.mu_law])
def test_companding_keeps_what_it_decoded_and_stays_near(code) -> None:  # type: ignore[no-untyped-def]
    every = np.arange(-32768, 32768).astype(np.float32)
    once = code(every)
    assert np.array_equal(code(once), once)
    assert len(np.unique(once)) in (255, 256)
    assert np.all(np.abs(once - every)[np.abs(every) < 30000] <= 0.04 * np.abs(every)[np.abs(every) < 30000] + 16)


def test_a_law_never_carries_digital_zero() -> None:
    assert set(codecs.a_law(np.zeros(10, np.float32))) == {8.0}


def test_discontinuous_transmission_sends_words_whole_and_zeros_between() -> None:
    sound = np.concatenate([tone(500), np.full(4800, 3.0, np.float32), tone(500)])
    gated = codecs.discontinuous(sound, hangover=1)
    assert np.array_equal(gated[:4000], sound[:4000])
    assert not gated[5000:8000].any()
    assert np.array_equal(gated[8800:12000], sound[8800:12000])


def test_lost_frames_are_silent_or_repeated() -> None:
    sound = tone(300, seconds=4)
    silent = codecs.lose(sound, 0.3, np.random.default_rng(1), repeat=False)
    frames = silent.reshape(-1, codecs.FRAME)
    lost = ~frames.any(axis=1)
    assert 0.1 < lost.mean() < 0.5
    repeated = codecs.lose(sound, 0.3, np.random.default_rng(1), repeat=True)
    assert repeated.reshape(-1, codecs.FRAME)[lost].any(axis=1).all()


def test_a_brick_wall_keeps_nothing_outside_and_everything_inside() -> None:
    assert power(band(tone(200), 300, 3400, None)) < 0.01 * power(tone(200))
    assert power(band(tone(1000), 300, 3400, None)) == pytest.approx(power(tone(1000)), rel=0.01)
    assert power(band(tone(300), 300, 3400, 2)) == pytest.approx(0.5 * power(tone(300)), rel=0.05)


def test_tilt_raises_the_treble_by_as_much_as_asked() -> None:
    gain = power(tilt(tone(3400), 10)) / power(tilt(tone(300), 10))
    assert 10 * np.log10(gain) == pytest.approx(10, abs=0.5)


def test_uneven_speed_keeps_the_length_that_was_asked_for() -> None:
    for seed in range(10):
        sound = speed(tone(700, seconds=1), 1.25, np.random.default_rng(seed))
        assert len(sound) == 6400
        assert power(sound) == pytest.approx(power(tone(700)), rel=0.1)


def test_every_line_keeps_speech_within_16_bits_and_the_levels_of_telephones() -> None:
    pytest.importorskip("soundfile", reason="GSM coding is libsndfile's; see scripts/train_asr/requirements.txt")
    levels = []
    for seed in range(40):
        sound = telephone(tone(700, seconds=1), np.random.default_rng(seed))
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() < 33500
        levels.append(20 * np.log10(active_level(sound) / 32768))
    assert min(levels) < -33
    assert max(levels) > -16


def test_filters_on_energies_agree_with_filters_on_sound() -> None:
    hiss = np.asarray(np.random.default_rng(0).normal(0, 1000, 80000), np.float32)
    heard = log_mel(band(hiss, 300, 3000, 3)).mean(axis=0) - log_mel(hiss).mean(axis=0)
    assert heard[1:] == pytest.approx(spectra.band_gain(300, 3000, 3)[1:], abs=0.35)


def test_what_is_sent_of_a_trajectory_is_speech_and_a_little_around() -> None:
    quiet = np.full((60, FILTERS), 2.0)
    quiet[20:30] = 12.0
    assert np.flatnonzero(spectra.kept(quiet, 5.0, 3)).tolist() == list(range(18, 33))


def test_noise_on_energies_flickers_as_white_noise_does_and_never_the_same_twice() -> None:
    drawn = [spectra.flicker(50, np.random.default_rng(seed)) for seed in range(60)]
    real = log_mel(noise(8000 * 30, np.random.default_rng(3), white=True))
    assert np.concatenate(drawn).mean(axis=0) == pytest.approx(np.zeros(FILTERS), abs=0.08)
    assert np.concatenate(drawn).std(axis=0) == pytest.approx(real.std(axis=0), abs=0.06)
    assert len({frames.tobytes() for frames in drawn}) == len(drawn)


def test_white_noise_has_no_colour() -> None:
    hiss = noise(80000, np.random.default_rng(3), white=True)
    power_of = np.abs(np.fft.rfft(hiss)) ** 2
    low, high = power_of[400:20000].mean(), power_of[20000:39600].mean()
    assert low / high == pytest.approx(1, rel=0.1)
