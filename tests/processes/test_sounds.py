"""What a worker holds in memory: prompts, their slow renderings, and blocks of the shipped voice only."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config import Config, load
from ivr.errors import PromptError
from ivr.processes.sounds import LoadedSounds, others
from ivr.speech import sound
from ivr.speech.prompt_cache import PromptCache

TEXTS = "labas: Laba diena.\nlead.moment: Minutėlę.\nlead.moment.again: Tuoj.\n"
PHONE = "plius trys septyni nulis šeši vienas du trys keturi penki šeši septyni"


def configured(tmp_path: Path, voice: str) -> Config:
    (tmp_path / "lt").mkdir()
    (tmp_path / "lt" / "a.yaml").write_text(TEXTS, encoding="utf-8")
    path = tmp_path / "ivr.toml"
    text = f'[line]\nprompts_dir = "."\n[speech]\nvoice = "{voice}"\nprompt_cache = "cache"\n'
    path.write_text(text, encoding="utf-8")
    config = load(path)
    PromptCache.of(config).render()
    return config


@pytest.mark.rule("Q3")
def test_the_shipped_voice_reads_a_number_back_without_a_synthesiser(tmp_path: Path) -> None:
    sounds = LoadedSounds.load(configured(tmp_path, "kokoro"))
    read_back = sounds.joined(f"{PHONE}.")
    assert read_back is not None
    assert 5 < len(read_back) / 16000 < 15
    assert sound.active_level(sound.to_samples(read_back)) == pytest.approx(sound.TARGET_DBFS, abs=1.5)
    assert sounds.joined("Ona Petraitienė.") is None


def test_another_voice_joins_nothing(tmp_path: Path) -> None:
    sounds = LoadedSounds.load(configured(tmp_path, "espeak"))
    assert sounds.blocks == {}
    assert sounds.joined(PHONE) is None


def test_wordings_leads_and_slow_sound(tmp_path: Path) -> None:
    sounds = LoadedSounds.load(configured(tmp_path, "espeak"))
    assert sounds.leads == ("lead.moment", "lead.moment.again")
    assert sounds.wordings == {"lead.moment": ("lead.moment", "lead.moment.again")}
    usual, slow = sounds.pcm("labas"), sounds.pcm("labas", 0.8)
    assert len(slow) == pytest.approx(len(usual) / 0.8, abs=2)
    assert sounds.pcm("labas", 0.8) is slow  # stretched once


def test_a_prompt_without_sound_is_refused_with_its_remedy(tmp_path: Path) -> None:
    config = configured(tmp_path, "espeak")
    (tmp_path / "lt" / "b.yaml").write_text("naujas: Naujas tekstas.\n", encoding="utf-8")
    with pytest.raises(PromptError, match="ivr prompts render"):
        LoadedSounds.load(config)


def test_another_language_is_there_once_it_has_sound(tmp_path: Path) -> None:
    config = configured(tmp_path, "espeak")
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.yaml").write_text("labas: Good day.\n", encoding="utf-8")
    assert LoadedSounds.load(config).others == frozenset()
    (english,) = others(config)
    english.render()
    sounds = LoadedSounds.load(config)
    assert sounds.others == {"en:labas"}
    assert sounds.text("en:labas") == "Good day."
    assert sounds.pcm("en:labas") not in (b"", sounds.pcm("labas"))
