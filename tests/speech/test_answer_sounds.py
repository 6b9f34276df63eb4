"""Short answers have sound of the line's voice, as many as fit; the others are spoken while the call runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import PromptError
from ivr.processes.sounds import LoadedSounds
from ivr.speech import answer_sounds
from ivr.speech.answer_sounds import AnswerSounds
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity
from tests.speech.fakes import ScriptedVoice

OURS = VoiceIdentity("scripted", "1", "fake")
THEIRS = VoiceIdentity("reginute", "1", "piper")
TEXTS = ("Vaiko pinigus moka savivaldybė.", "Pensiją moka Sodra.", "Ligos išmoką moka Sodra.")


def sounds(folder: Path, identity: VoiceIdentity = OURS) -> AnswerSounds:
    return AnswerSounds(folder, identity)


def ship(folder: Path, texts: tuple[str, ...] = TEXTS, speaker: ScriptedVoice | None = None) -> int:
    chain = VoiceChain((speaker or ScriptedVoice(OURS.name), ScriptedVoice("substitute")))
    return sounds(folder).ship(texts, lambda: chain, "lt")


def test_a_sentence_is_rendered_once_and_found_by_its_text(tmp_path: Path) -> None:
    assert ship(tmp_path) == 3
    speaker = ScriptedVoice(OURS.name)
    assert ship(tmp_path, speaker=speaker) == 0
    assert not speaker.asked
    made = sounds(tmp_path)
    assert made.get(TEXTS[1])
    assert made.get("Kito nėra.") is None
    assert made.faults(TEXTS) == []


def test_a_reworded_sentence_loses_its_old_sound(tmp_path: Path) -> None:
    ship(tmp_path)
    new = (TEXTS[0], "Pensiją moka „Sodra“.")
    assert any("is stale" in fault for fault in sounds(tmp_path).faults(new))
    assert ship(tmp_path, new) == 1
    assert sounds(tmp_path).faults(new) == []
    assert len(list(tmp_path.glob("*.wav.xz"))) == 2


def test_rendering_ends_where_the_space_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ship(tmp_path, TEXTS[:1])
    monkeypatch.setattr(answer_sounds, "LIMIT", sounds(tmp_path).size + 1)
    assert ship(tmp_path) == 1
    assert sounds(tmp_path).get(TEXTS[0])
    assert sounds(tmp_path).get(TEXTS[2]) is None


def test_another_voice_speaks_for_itself(tmp_path: Path) -> None:
    ship(tmp_path)
    assert sounds(tmp_path, THEIRS).get(TEXTS[0]) is None


def test_a_substitute_is_not_kept(tmp_path: Path) -> None:
    chain = VoiceChain((ScriptedVoice("substitute"),))
    with pytest.raises(PromptError, match="would be spoken by substitute"):
        sounds(tmp_path).ship(TEXTS, lambda: chain, "lt")


def test_a_damaged_clip_is_not_played_and_is_named(tmp_path: Path) -> None:
    ship(tmp_path)
    damaged = sounds(tmp_path).shipped.clip(TEXTS[0])
    assert damaged is not None
    (tmp_path / damaged.file).write_bytes(b"x")
    assert sounds(tmp_path).get(TEXTS[0]) is None
    assert any(damaged.file in fault for fault in sounds(tmp_path).faults(TEXTS))


def test_the_line_plays_an_answer_that_has_its_sound(tmp_path: Path) -> None:
    ship(tmp_path)
    loaded = LoadedSounds({}, {}, answers=sounds(tmp_path))
    assert loaded.joined(TEXTS[0])
    assert loaded.joined("Kito nėra.") is None
