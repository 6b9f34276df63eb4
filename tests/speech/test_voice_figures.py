"""The figures of ``ivr bench voice``: what another ear heard, wide and narrow; when the first sound came; the stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from click.testing import CliRunner

from ivr.commands import bench_voice
from ivr.commands.bench import bench
from ivr.errors import ModelError
from ivr.processes.sounds import LEAD, LoadedSounds
from ivr.speech import sound
from ivr.speech.foreign_ear import ForeignEar
from ivr.speech.halt import Halt
from ivr.speech.voice_figures import CLAUSES, commands, first_sound, stop_ms, understood
from tests.speech.fakes import near

PHRASES = ("atgal", "garsiau", "tyliau", "sustok", "pirmas")


class Tones:
    """Says a phrase as a tone of its own; every second one above what a telephone carries."""

    name, version = "tones", "1"
    rate = 16000

    def __init__(self) -> None:
        self.halts: list[Halt | None] = []

    def raw(self, text: str, language: str, halt: Halt | None = None) -> Iterator[sound.Samples]:
        at = PHRASES.index(text) if text in PHRASES else 0
        hertz = 500 + 100 * at + 5000 * (at % 2)
        yield (0.3 * np.sin(np.arange(8000) * 2 * np.pi * hertz / self.rate)).astype(np.float32)

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        self.halts.append(halt)
        for samples in self.raw(text, language):
            yield sound.for_the_line(samples, self.rate)


class PitchEar:
    """Tells the phrases by their tones."""

    phrases = PHRASES

    def hear(self, samples: sound.Samples, rate: int) -> str:
        power = np.abs(np.fft.rfft(samples))
        hertz = float(np.argmax(power)) * rate / len(samples)
        heard = {500 + 100 * at + 5000 * (at % 2): phrase for at, phrase in enumerate(PHRASES)}
        return heard.get(round(hertz / 100) * 100, "") if power.max() > 100 else ""


def test_commands_are_every_second_of_the_grammar() -> None:
    assert commands(cast(ForeignEar, PitchEar())) == ("atgal", "tyliau", "pirmas")


def test_what_is_lost_on_a_telephone_is_counted_apart() -> None:
    steps: list[int] = []
    found = understood(Tones(), cast(ForeignEar, PitchEar()), PHRASES, lambda: steps.append(1))
    assert (found.said, found.wrong, len(steps)) == (5, (), 5)
    assert [said for said, _ in found.wrong_narrow] == ["garsiau", "sustok"]
    assert (found.share, found.share_narrow) == (1.0, near(0.6))


def test_every_clause_is_timed() -> None:
    made = first_sound(Tones(), lambda: None)
    assert len(made.ms) == len(made.seconds) == len(CLAUSES)
    assert all(value > 0 for value in (*made.ms, *made.seconds))
    assert made.real_time == near(sum(made.ms) / 1000 / sum(made.seconds), 1e-9)


def test_voice_that_ends_before_the_brake_has_no_stop() -> None:
    voice = Tones()
    assert stop_ms(voice) == ()
    assert all(halt is not None and not halt.pulled for halt in voice.halts)


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="LIEPA"):
        ForeignEar(tmp_path)


def test_command_prints_understood_of_the_configured_voice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ready = bytes([1, 0]) * 800
    sounds = LoadedSounds({bench_voice.PROMPT: ready, LEAD: ready}, {bench_voice.PROMPT: "labas", LEAD: "tuoj"})
    monkeypatch.setattr(bench_voice, "_speakers", lambda config: [(Tones(), 0.5)])
    monkeypatch.setattr(bench_voice, "_sounds", lambda config: sounds)
    monkeypatch.setattr(bench_voice, "ForeignEar", lambda folder: PitchEar())
    result = CliRunner().invoke(bench, ["voice", "--ear", str(tmp_path), "--all-cores", "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["understood"], figures["understood_8khz"]) == (1.0, 1.0)
    assert figures["voices"]["tones"]["commands"] == 3
    for key in ("prompt_ms", "lead_in_ms", "clause_ms"):  # waited for a clock, so never nothing
        assert 0.0 < figures[key]["p50"] <= figures[key]["max"]
    silent = json.loads(CliRunner().invoke(bench, ["voice", "--all-cores", "--json"]).stdout)
    assert silent["understood"] is None
