"""The stages from sources to a model folder: each keeps what it has made, and says what it lacks."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from multiprocessing.pool import ThreadPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from scripts.render_citizen import MODEL_RATE
from scripts.train_asr import espeak, kokoro, lfmmi, sources, vosk_folder
from scripts.train_asr.__main__ import main
from scripts.train_asr.clips import RATE, Clip, read_clips
from scripts.train_asr.kaldi_model import write_model
from tests.train_asr.test_learning import weights


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A public place with two small files of LIEPA's model, whose checksums are the expected ones."""
    public = tmp_path / "public"
    (public / sources.MODEL).mkdir(parents=True)
    contents = {"LICENSE": b"notice", "means": b"numbers"}
    for name, content in contents.items():
        (public / (name if name == "LICENSE" else sources.MODEL + name)).write_bytes(content)
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(sources, "CHECKSUMS", checksums)
    return public


def test_sources_are_fetched_once_and_checked(address: Path, tmp_path: Path) -> None:
    sources.fetch_liepa(tmp_path / "liepa", f"{address.as_uri()}/")
    assert (tmp_path / "liepa" / "means").read_bytes() == b"numbers"
    sources.fetch_liepa(tmp_path / "liepa", "file:///nowhere/")
    (tmp_path / "liepa" / "means").write_bytes(b"other numbers")
    with pytest.raises(SystemExit, match="means: has another checksum"):
        sources.fetch_liepa(tmp_path / "liepa", f"{address.as_uri()}/")


def test_sources_out_of_reach_say_what_to_do(address: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="name it with --liepa"):
        sources.fetch_liepa(tmp_path / "liepa", f"{address.as_uri()}/elsewhere/")


def second(text: str, *_: object) -> Clip:
    return Clip(np.ones(RATE, np.int16), text, "somebody")


def test_espeaks_speech_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "SHARD_CLIPS", 3)
    monkeypatch.setattr(espeak, "_say", second)
    espeak.synthesize(tmp_path, minutes=0.1)
    first = [clip.text for clip in read_clips(tmp_path)]
    assert len(first) == 6
    monkeypatch.setattr(espeak, "_say", lambda text, *_: second(f"newer {text}"))
    espeak.synthesize(tmp_path, minutes=0.15)
    texts = [clip.text for clip in read_clips(tmp_path)]
    assert texts[:6] == first
    assert [text.startswith("newer") for text in texts[6:]] == [True] * 3


def test_a_missing_espeak_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="Debian's package espeak-ng"):
        espeak.synthesize(tmp_path / "speech", minutes=0.01)


class Speaker:
    """Kokoro without its weights: a tone, and who was asked for."""

    def __init__(self) -> None:
        self.voices: list[str] = []

    def say(self, _: str, voice: str, speed: float) -> Any:
        self.voices.append(voice)
        return np.sin(np.arange(round(MODEL_RATE / speed)) / 9).astype(np.float32)


def test_kokoros_speech_is_of_many_voices_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("af_heart", "if_sara", "bm_lewis", *kokoro.UNHEARD):
        (tmp_path / f"{name}.bin").touch()
    speaker = Speaker()
    monkeypatch.setattr(kokoro, "SHARD_CLIPS", 8)
    monkeypatch.setattr(kokoro, "_speaker", lambda *_: speaker)
    monkeypatch.setattr("multiprocessing.get_context", lambda _: SimpleNamespace(Pool=ThreadPool))
    kokoro.synthesize(tmp_path, tmp_path, tmp_path / "speech", minutes=0.1, processes=1)
    heard = {name for voice in speaker.voices for name in voice.split("+")}
    assert heard == {"af_heart", "if_sara", "bm_lewis"}
    assert any("+" in voice for voice in speaker.voices)
    made = sorted((tmp_path / "speech").glob("*.npz"))
    dates = [path.stat().st_mtime_ns for path in made]
    kokoro.synthesize(tmp_path, tmp_path, tmp_path / "speech", minutes=0.1, processes=1)
    assert [path.stat().st_mtime_ns for path in made] == dates


class Stages:
    """Stands in for the processes of ``all``; one stage may fail."""

    def __init__(self, fails: str = "") -> None:
        self.run: list[str] = []
        self.given: list[list[str]] = []
        self._fails = fails

    def __call__(self, command: list[str], **_: object) -> Any:
        at = command.index("scripts.train_asr") + 1
        self.run.append(command[at])
        self.given.append(command[at + 1 :])
        return SimpleNamespace(returncode=int(command[at] == self._fails))


def test_one_command_runs_every_stage_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    stages, given = Stages(), ["--work", "somewhere", "--minutes", "2"]
    monkeypatch.setattr(subprocess, "run", stages)
    monkeypatch.setattr(sys, "argv", ["train_asr", "all", *given])
    assert main(["all", *given]) == 0
    assert stages.run == ["sources", "kokoro", "espeak", "train", "assemble"]
    assert stages.given == [given] * 5


def test_a_corpus_is_read_before_training_when_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stages, given = Stages(), ["--corpus", "recordings"]
    monkeypatch.setattr(subprocess, "run", stages)
    monkeypatch.setattr(sys, "argv", ["train_asr", "all", *given])
    main(["all", *given])
    assert stages.run == ["sources", "kokoro", "espeak", "corpus", "train", "assemble"]


def test_a_stage_that_fails_ends_the_command_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = Stages(fails="espeak")
    monkeypatch.setattr(subprocess, "run", stages)
    monkeypatch.setattr(sys, "argv", ["train_asr", "all"])
    with pytest.raises(SystemExit, match="the stage espeak failed"):
        main(["all"])
    assert stages.run[-1] == "espeak"


_LOADED = """
import json, sys, vosk
vosk.SetLogLevel(-1)
recognizer = vosk.KaldiRecognizer(vosk.Model(sys.argv[1]), 8000.0, json.dumps(["taip", "ne", "[unk]"]))
recognizer.AcceptWaveform(bytes(16000))
print(json.loads(recognizer.FinalResult())["text"])
"""


def test_an_assembled_folder_is_one_that_vosk_loads(tmp_path: Path) -> None:
    pytest.importorskip("kaldifst", reason="graphs need scripts/train_asr/requirements.txt")
    trained, liepa, out = tmp_path / "train", tmp_path / "liepa", tmp_path / "vosk-model-small-lt-9.9"
    trained.mkdir()
    liepa.mkdir()
    write_model(trained / "final.mdl", weights())
    np.save(trained / "bigram.npy", np.log(lfmmi.loop([["taip"], ["ne"]]).after).astype(np.float32))
    (liepa / "LICENSE").write_text("notice", encoding="ascii")
    vosk_folder.assemble(trained, liepa, out, ["taip", "ne", "du"])
    assert (out / "LICENSE-LIEPA").read_text(encoding="ascii") == "notice"
    assert {"taip", "ne", "du", "[unk]"} < {line.split()[0] for line in (out / "graph" / "words.txt").open()}
    heard = subprocess.run(
        [sys.executable, "-c", _LOADED, str(out)], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert set(heard.split()) <= {"taip", "ne", "[unk]"}
