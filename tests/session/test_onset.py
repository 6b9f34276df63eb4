"""The guess that somebody begins to speak: soon, and not at every echo, click or hum."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.events import FRAME_BYTES, SAMPLE_RATE
from ivr.session.onset import Onset, OnsetSettings
from ivr.simulator.clips import Clips

CLIPS = Clips()
PHRASES = ("bendra informacija", "mano reikalai", "žinutė", "operatorius", "ne", "taip", "sutinku")


def noise(seconds: float, dbfs: float) -> bytes:
    samples = np.random.default_rng(7).standard_normal(round(seconds * SAMPLE_RATE)) * 32768 * 10 ** (dbfs / 20)
    return np.clip(samples, -32767, 32767).astype("<i2").tobytes()


def first(onset: Onset, pcm: bytes, *, speaking: bool = True) -> float | None:
    """Seconds of sound after which a voice was suspected."""
    for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        if onset.heard(pcm[at : at + FRAME_BYTES], speaking=speaking):
            return (at + FRAME_BYTES) / 2 / SAMPLE_RATE
    return None


def knowing(pcm: bytes) -> Onset:
    """An onset that has heard this while the line spoke."""
    onset = Onset()
    assert first(onset, pcm) is None
    return onset


@pytest.mark.rule("A12.20")
@pytest.mark.parametrize("phrase", PHRASES)
def test_speech_is_suspected_within_three_frames_of_its_beginning(phrase: str) -> None:
    for clip in CLIPS.voices(phrase):
        samples = np.abs(np.frombuffer(clip.pcm, dtype="<i2").astype(np.int32))
        begins = int(np.argmax(samples > 32768 * 10 ** (-40 / 20))) / SAMPLE_RATE
        suspected = first(knowing(noise(1.0, -65)), clip.pcm)
        assert suspected is not None, clip.path.name
        assert suspected - begins <= 0.06, clip.path.name


def test_a_line_that_hums_an_echo_and_a_click_raise_no_suspicion() -> None:
    echo = CLIPS.find("noriu pasikalbėti su darbuotoju", "am_michael").pcm
    quieter = (np.frombuffer(echo, dtype="<i2") * 0.3).astype("<i2").tobytes()
    assert first(knowing(noise(1.0, -38)), noise(3.0, -38)) is None
    onset = Onset()
    for _ in range(3):  # an echo is as loud later as it was in the beginning
        first(onset, quieter[: len(quieter) // FRAME_BYTES * FRAME_BYTES])
    assert first(onset, quieter) is None
    click = bytes(FRAME_BYTES) + noise(0.006, -20) + bytes(FRAME_BYTES * 4)
    assert first(knowing(bytes(FRAME_BYTES * 50)), click) is None


def test_nothing_is_suspected_while_the_line_is_silent_or_has_only_begun_to_speak() -> None:
    loud = noise(0.2, -20)
    assert first(Onset(), loud, speaking=False) is None
    soon = bytes(round(OnsetSettings().rise_s * SAMPLE_RATE) * 2)
    assert first(knowing(soon), loud) is None


def test_what_was_heard_before_the_line_spoke_does_not_count() -> None:
    onset = Onset()
    first(onset, noise(1.0, -20), speaking=False)
    assert first(onset, noise(0.5, -60)) is None
    assert first(onset, noise(0.1, -30)) is not None
