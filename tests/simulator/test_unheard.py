"""Callers with sound: the right voices, a telephone's sound, the line's own ears, and no call twice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest

from ivr.config import load
from ivr.errors import ModelError
from ivr.events import Listen
from ivr.registry.people import fictitious
from ivr.simulator.identity_bench import Calling, figures, with_sound
from ivr.simulator.identity_calls import Outcome
from ivr.simulator.unheard import VOICES, Ears, Speakers, over_the_line
from ivr.speech import kokoro_files
from ivr.speech.grammars import Digits
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.recognizers import recognizer_for
from ivr.speech.sound import active_level, to_samples
from ivr.speech.voices import kokoro_voice
from scripts.train_asr.kokoro import UNHEARD


def test_the_callers_voices_are_those_that_no_recogniser_is_trained_on() -> None:
    assert set(VOICES) == UNHEARD


def test_a_folder_without_them_is_refused_by_the_name_of_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="af_bella"):
        Speakers(tmp_path)


def test_what_is_said_is_heard_through_a_telephone_by_the_lines_own_ears() -> None:
    """In the line's own voice: the unheard ones do not come with the project."""
    voice = kokoro_voice("lt")
    with kokoro_files.weights(voice.sha256) as weights:
        speaker = KokoroSpeaker(weights, style=kokoro_files.style_file(voice.style), name=voice.name, version="")
    pcm = b"".join(speaker.synthesize("keturi aštuoni šeši vienas", "lt"))
    line = over_the_line(pcm, Random(1))
    samples = to_samples(line)
    assert -27 < active_level(samples) < -18
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / 8000)
    assert spectrum[(hertz < 250) | (hertz > 3450)].sum() < 0.02 * spectrum.sum()
    assert 0 < np.abs(samples[:2000]).max() < 0.1, "the line is not dead before a voice is there"
    ears = Ears(recognizer_for(load(None, {})))
    heard, sure = ears.heard(line, Listen(Digits(4).listening(), expected_words=4))
    assert heard == "keturi aštuoni šeši vienas"
    assert sure > 0.5
    assert ears.heard(bytes(16000), Listen(Digits(4).listening())) == ("", 0.0)


def test_calls_that_were_made_are_not_made_again(tmp_path: Path) -> None:
    people = list(fictitious(20, Random(3), date(2025, 3, 3)))
    calling, keep = Calling(load(None, {}), people, 7), tmp_path / "done.jsonl"
    rows = [
        {"seed": 7, "role": "e_service", "call": 0, "ending": "given_up", "seconds": 240.0},
        {"seed": 7, "role": "job_seeker", "call": 0, "ending": "passed", "seconds": 61.5},
        {"seed": 7, "role": "job_seeker", "call": 1, "ending": "failed", "seconds": 80.0},
    ]
    keep.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ticks: list[int] = []
    done = with_sound(calling, "job_seeker", 2, tmp_path, keep, lambda: ticks.append(1))
    assert done == [Outcome("passed", 61.5), Outcome("failed", 80.0)]
    assert len(ticks) == 2
    assert figures("x_", done) == {"x_authenticated": 0.5, "x_median_s": 61.5, "x_given_up": 0.0}
    with pytest.raises(ModelError):
        with_sound(calling, "job_seeker", 3, tmp_path, keep, lambda: None)  # the third would have to be made
