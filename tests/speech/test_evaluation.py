"""``ivr asr``: what it scores, what it refuses, and that odd files get a sane answer."""

from __future__ import annotations

import json
import wave
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from ivr.commands.asr import asr
from ivr.errors import ManifestError
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.evaluation import Score, align, read_manifest
from ivr.speech.models import read_rejection
from ivr.speech.rejection import Rejection
from tests.speech.conftest import MODEL
from tests.speech.fakes import silence


def write_wav(path: Path, pcm: bytes, *, rate: int = 8000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


def manifest(folder: Path, *lines: object) -> Path:
    path = folder / "manifest.jsonl"
    rows = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(asr, [str(argument) for argument in arguments])


@pytest.fixture
def said(tmp_path: Path, espeak: EspeakVoice) -> Path:
    """A folder with words spoken into files."""
    for word in ("taip", "ne", "keturi", "kompiuteris"):
        write_wav(tmp_path / f"{word}.wav", b"".join(espeak.synthesize(word, "lt")))
    return tmp_path


def test_strings_words_rejections_and_confusions_are_counted() -> None:
    score = Score()
    score.add("du trys", "du trys", work_s=0.1, sound_s=2.0)
    score.add("du trys", "du penki šeši", work_s=0.1, sound_s=2.0)
    score.add("taip", "")
    score.add("", "")
    score.add("", "ne")
    figures = score.figures()
    assert (figures["n"], figures["foreign"]) == (5, 2)
    assert figures["string_accuracy"] == 0.3333
    assert figures["word_accuracy"] == 0.4  # of 5 words one is wrong, one missing, one too many
    assert figures["false_rejection"] == 0.3333
    assert figures["rejected_foreign"] == 0.5
    assert figures["rtf"] == 0.05
    assert {"said": "trys", "heard": "šeši", "n": 1} in figures["confusion"]
    assert {"said": "", "heard": "penki", "n": 1} in figures["confusion"]


def test_nothing_measured_is_no_figure() -> None:
    figures = Score().figures()
    assert figures["n"] == 0
    assert figures["string_accuracy"] is figures["rejected_foreign"] is figures["rtf"] is None


WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6)


@given(WORDS, WORDS)
def test_alignment_keeps_every_word_in_order(said: list[str], heard: list[str]) -> None:
    pairs = align(said, heard)
    assert [word for word, _ in pairs if word] == said
    assert [word for _, word in pairs if word] == heard
    assert ("", "") not in pairs
    wrong = sum(a != b for a, b in pairs)
    assert abs(len(said) - len(heard)) <= wrong <= max(len(said), len(heard))


def test_every_bad_line_is_named_with_its_number(said: Path) -> None:
    path = manifest(
        said,
        {"audio": "taip.wav", "text": "taip"},
        "{",
        "",
        "[1]",
        {"text": "taip"},
        {"audio": "taip.wav"},
        {"audio": "nowhere.wav", "text": "taip"},
        {"audio": "taip.wav", "text": "taip", "grammar": "nonsense"},
        {"audio": "taip.wav", "text": "taip", "grammar": []},
        {"audio": "taip.wav", "text": "taip", "foreign": "yes"},
    )
    with pytest.raises(ManifestError) as refusal:
        read_manifest(path)
    assert [number for number, _ in refusal.value.faults] == [2, 4, 5, 6, 7, 8, 9, 10]
    assert "line 7: there is no file nowhere.wav" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        ("į kairę", {"grammar": ["taip", "į viršų"]}, ""),  # half of it is in the grammar, so it can't be said in it
        ("viršų į", {"grammar": ["taip", "į viršų"]}, "viršų į"),
        ("labas", {"grammar": "digits"}, ""),
        ("labas", {}, "labas"),  # open speech knows no foreign words
        ("taip prašau", {"grammar": ["taip", "ne"], "foreign": False}, "taip prašau"),
        ("taip", {"grammar": ["taip", "ne"], "foreign": True}, ""),
    ],
)
def test_a_line_is_foreign_by_its_words_unless_it_says_otherwise(
    said: Path, text: str, more: dict[str, object], expected: str
) -> None:
    (line,) = read_manifest(manifest(said, {"audio": "taip.wav", "text": text, **more}))
    assert line.text == expected


@pytest.mark.parametrize("content", [None, "", "\n\n"])
def test_manifest_without_lines_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "manifest.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ManifestError):
        read_manifest(path)


def test_eval_measures_sets_and_foreign_words(said: Path) -> None:
    path = manifest(
        said,
        {"audio": "taip.wav", "text": "Taip!", "grammar": ["taip", "ne"], "set": "a"},
        {"audio": "keturi.wav", "text": "keturi", "grammar": "digits", "set": "b"},
        {"audio": "kompiuteris.wav", "text": "", "grammar": ["taip", "ne", "keturi"], "set": "b"},
        {"audio": "kompiuteris.wav", "text": "kompiuteris", "grammar": ["taip", "ne"]},
    )
    heard = said / "heard.jsonl"
    done = run("eval", path, "--json", "--lines", heard)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert set(result) == {"all", "sets"}
    assert result["all"]["n"] == 4
    assert result["sets"]["a"]["n"] == 1
    assert result["sets"]["a"]["rejected_foreign"] is None
    assert (result["sets"]["b"]["n"], result["sets"]["b"]["foreign"]) == (2, 1)
    assert result["all"]["string_accuracy"] >= 0.5
    assert result["all"]["rtf"] > 0
    rows = [json.loads(row) for row in heard.read_text(encoding="utf-8").splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4]
    table = run("eval", path)
    assert table.exit_code == 0
    assert "Recognition" in table.output


def test_calibration_prints_and_keeps_the_least_gaps_of_the_configured_model(said: Path) -> None:
    model = said / "model"
    model.mkdir()
    for part in MODEL.iterdir():
        (model / part.name).symlink_to(part)
    (model / "rejection.toml").unlink()
    config = said / "ivr.toml"
    config.write_text(f'[speech]\nmodel = "{model}"\n', encoding="utf-8")
    known = [{"audio": f"{word}.wav", "text": word, "grammar": ["taip", "ne", "keturi"]} for word in ("taip", "ne")]
    foreign = {"audio": "kompiuteris.wav", "text": "", "grammar": ["taip", "ne", "keturi"]}
    path = manifest(said, *(known * 15), foreign)
    done = run("calibrate", path, "--json", "--write", "--config", config)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["small"]["known"], found["small"]["foreign"], found["large"]["known"]) == (30, 1, 0)
    rule = read_rejection(model)
    assert asdict(rule) == found["rejection"]
    assert rule.least_gap_small == found["small"]["least_gap"]
    assert rule.least_gap_large == Rejection().least_gap_large  # nothing to judge it by
    table = run("calibrate", path, "--config", config)
    assert table.exit_code == 0
    assert f"least_gap_small = {rule.least_gap_small}" in table.output


def test_the_curve_is_drawn_without_listening_again(said: Path) -> None:
    path = manifest(
        said,
        {"audio": "taip.wav", "text": "taip", "grammar": ["taip", "ne"]},
        {"audio": "kompiuteris.wav", "text": "", "grammar": ["taip", "ne"]},
    )
    result = json.loads(run("eval", path, "--json", "--curve").stdout)
    refused = [point["rejected_foreign"] for point in result["curve"]]
    assert refused == sorted(refused)
    (as_set,) = [point for point in result["curve"] if point["strictness"] == 0]
    assert as_set["rejected_foreign"] == result["all"]["rejected_foreign"]
    assert as_set["string_accuracy"] == result["all"]["string_accuracy"]


def test_eval_says_which_lines_no_ear_can_use_before_it_measures(said: Path) -> None:
    (said / "broken.wav").write_bytes(b"no sound")
    write_wav(said / "stereo.wav", bytes(64000), channels=2)
    path = manifest(
        said,
        {"audio": "broken.wav", "text": "taip", "grammar": ["taip", "ne"]},
        {"audio": "taip.wav", "text": "taip", "grammar": ["taip", "ne"]},
        {"audio": "stereo.wav", "text": "taip", "grammar": ["taip", "ne"]},
        {"audio": "taip.wav", "text": "taip", "grammar": ["taip", "žliumbrikas"]},
        {"audio": "ne.wav", "text": "ne", "grammar": ["taip", "žliumbrikas"]},
    )
    refused = run("eval", path, "--json")
    assert refused.exit_code == 1
    for words in ("line 1:", "can't be read as WAV", "line 3:", "2 channels", "lines 4, 5:", "žliumbrikas"):
        assert words in refused.output
    assert "line 2:" not in refused.output


def test_transcribe_takes_the_callers_channel_of_a_recording_at_another_rate(said: Path, espeak: EspeakVoice) -> None:
    mono = np.frombuffer(silence(0.5) + b"".join(espeak.synthesize("keturi", "lt")) + silence(1.0), dtype="<i2")
    left = np.repeat(mono, 2)
    path = write_wav(said / "call.wav", np.stack([left, 0 * left], axis=1).tobytes(), rate=16000, channels=2)
    refused = run("transcribe", path, "--grammar", "digits")
    assert refused.exit_code == 1
    assert "Choose left or right" in refused.output
    heard = json.loads(run("transcribe", path, "--grammar", "digits", "--channel", "left", "--json").stdout)
    assert [turn["text"] for turn in heard["turns"]] == ["keturi"]
    empty = json.loads(run("transcribe", path, "--grammar", "digits", "--channel", "right", "--json").stdout)
    assert empty["turns"] == []


def test_transcribe_of_clipped_sound_is_still_words_or_nothing(said: Path, espeak: EspeakVoice) -> None:
    loud = np.frombuffer(b"".join(espeak.synthesize("keturi", "lt")), dtype="<i2").astype(np.int64) * 30
    path = write_wav(said / "clipped.wav", np.clip(loud, -32768, 32767).astype("<i2").tobytes())
    done = run("transcribe", path, "--grammar", "taip ne keturi", "--json")
    assert done.exit_code == 0, done.output
    assert {turn["text"] for turn in json.loads(done.stdout)["turns"]} <= {"keturi", ""}


@pytest.mark.slow
def test_transcribe_of_ten_minutes_ends_and_keeps_the_times(said: Path, espeak: EspeakVoice) -> None:
    word = b"".join(espeak.synthesize("keturi", "lt"))
    path = write_wav(said / "long.wav", silence(595) + word + silence(600 - 595 - len(word) / 16000))
    done = run("transcribe", path, "--grammar", "taip ne keturi", "--json")
    assert done.exit_code == 0, done.output
    (turn,) = json.loads(done.stdout)["turns"]
    assert turn["text"] == "keturi"
    assert 594.8 < turn["started"] < turn["ended"] < 600


def test_transcribe_of_an_empty_file_says_so(tmp_path: Path) -> None:
    refused = run("transcribe", write_wav(tmp_path / "empty.wav", b""))
    assert refused.exit_code == 1
    assert "holds no sound" in refused.output
