"""The citizen's sound is in the repository: whole, in order, at one level, and understood by the line's ear."""

from __future__ import annotations

import random
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

from ivr.config import Config
from ivr.dialog.nodes import ChoiceNode, GateNode
from ivr.dialog.plan import load_plan
from ivr.errors import ClipError
from ivr.events import Grammar
from ivr.paths import project_file
from ivr.simulator.clips import MANIFEST, VOICES, Clip, Clips, spoken
from ivr.speech.ports import HeardText
from ivr.speech.recognizers import recognizer_for

LIMIT_BYTES = 7_000_000  # most of tests/calls can be played with sound


@pytest.fixture(scope="module")
def clips() -> Clips:
    return Clips()


def test_every_file_is_named_once_and_every_name_has_its_file(clips: Clips) -> None:
    files = sorted(path.name for path in VOICES.glob("*.wav"))
    assert sorted(clip.path.name for clip in clips.all) == files
    assert sum(path.stat().st_size for path in VOICES.glob("*.wav")) < LIMIT_BYTES
    assert {clip.licence for clip in clips.all} == {"Apache-2.0"}


def test_every_clip_is_speech_at_a_telephones_level_without_long_silence_around(clips: Clips) -> None:
    for clip in clips.all:
        frames = np.frombuffer(clip.pcm[: len(clip.pcm) // 160 * 160], dtype="<i2").astype(float).reshape(-1, 80)
        power = (frames**2).mean(axis=1) / 32768**2
        loud = power[power > power.max() / 100].mean()
        assert -26 < 10 * np.log10(loud) < -20, clip.path.name
        heard = np.flatnonzero(power > 1e-6)
        assert heard[0] <= 10, clip.path.name
        assert len(power) - heard[-1] <= 11, clip.path.name
        assert np.abs(frames).max() < 32767, clip.path.name


def test_phrases_are_found_by_text_and_by_name(clips: Clips) -> None:
    assert clips.find("Palikti žinutę!").name == "palikti-zinute"
    assert clips.find("palikti-zinute").text == "palikti žinutę"
    assert clips.find("taip", "hf_beta").voice == "hf_beta"
    assert clips.voices("nieko panašaus") == ()


def test_what_is_not_there_is_said_with_what_is(clips: Clips) -> None:
    with pytest.raises(ClipError, match=r"there is no clip of this phrase.*Use one of: .*taip"):
        clips.find("nieko panašaus")
    with pytest.raises(ClipError, match=r"taip: has no voice xx\. Use one of: am_michael"):
        clips.find("taip", "xx")


def test_a_voice_is_kept_where_it_can_be_and_drawn_where_not(clips: Clips) -> None:
    rng = random.Random(1)
    assert clips.choose("taip", rng, prefer="hf_beta").voice == "hf_beta"
    drawn = [clips.choose("taip", random.Random(7)).voice for _ in range(3)]
    assert len(set(drawn)) == 1
    assert {clips.choose("taip", rng).voice for _ in range(40)} == {clip.voice for clip in clips.voices("taip")}
    assert clips.voice_for(["taip", "abrakadabra", "kche"], rng) in {"hm_psi", "am_michael", "im_nicola", "bm_george"}
    assert clips.voice_for([], rng) == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder of clips."""
    clip = Clips().find("taip")
    shutil.copy(clip.path, tmp_path)
    (tmp_path / MANIFEST).write_text(row(clip), encoding="utf-8")
    return tmp_path


def row(clip: Clip, voice: str = "") -> str:
    return (
        f'[[clip]]\nname = "{clip.name}"\ntext = "{clip.text}"\nipa = ""\nvoice = "{voice or clip.voice}"\n'
        f'speed = 1.0\nfile = "{clip.path.name}"\nsha256 = "{clip.sha256}"\nlicence = "Apache-2.0"\n'
    )


def test_a_changed_file_is_refused(folder: Path) -> None:
    clip = Clips(folder).find("taip")
    whole = clip.path.read_bytes()
    clip.path.write_bytes(whole[:-2] + b"\x01\x01")
    with pytest.raises(ClipError, match="is not the sound that the manifest names") as caught:
        _ = clip.pcm
    assert caught.value.file == str(clip.path)
    clip.path.write_bytes(whole)
    assert len(clip.pcm) == len(whole) - 44


def test_a_missing_file_is_refused(folder: Path) -> None:
    clip = Clips(folder).find("taip")
    clip.path.unlink()
    with pytest.raises(ClipError, match="can't be read"):
        _ = clip.pcm


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[clip", "is not a list of clips"),
        ("x = 1", "is not a list of clips"),
        ('[[clip]]\nname = "x"\n', "missing or too many: file, ipa"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(folder: Path, text: str, problem: str) -> None:
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(ClipError, match=problem):
        Clips(folder)


def test_a_clip_that_is_there_twice_is_refused(folder: Path) -> None:
    clip = Clips(folder).find("taip")
    (folder / MANIFEST).write_text(row(clip) + row(clip, "other") + row(clip), encoding="utf-8")
    with pytest.raises(ClipError, match=f"twice in the voice {clip.voice}"):
        Clips(folder)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="can't be read"):
        Clips(tmp_path)


def test_the_renderer_checks_files_and_brings_sound_to_a_telephones_level(tmp_path: Path) -> None:
    render = runpy.run_path(str(project_file("scripts", "render_citizen.py")))
    assert render["main"](["--check"]) == 0
    shutil.copytree(VOICES, tmp_path / "voices")
    changed = tmp_path / "voices" / "taip.am_michael.wav"
    changed.write_bytes(changed.read_bytes()[:-2] + b"\x07\x07")
    assert render["main"](["--check", "--out", str(tmp_path / "voices")]) == 1
    tone = np.sin(np.arange(24000) * 2 * np.pi * 300 / 24000) * 0.9
    levelled = np.frombuffer(render["telephone"](np.concatenate([np.zeros(12000), tone, np.zeros(12000)])), "<i2")
    assert len(levelled) / 8000 == pytest.approx(1.0 + 2 * render["PAD_S"], abs=0.05)
    loud = levelled[2000:6000].astype(float)
    assert 10 * np.log10((loud**2).mean() / 32768**2) == pytest.approx(render["ACTIVE_DBFS"], abs=0.3)


def test_the_line_understands_what_the_citizen_says(clips: Clips) -> None:
    """Every clip of a phrase of the dial plan, with the grammar of the first node that listens for it."""
    file = project_file("dialplans", "1883.yaml")
    plan = load_plan(file.read_text(encoding="utf-8"), str(file))
    commands = {phrase: f"command {name}" for name, command in plan.commands.items() for phrase in command.phrases}
    ear = recognizer_for(Config())
    tried: set[str] = set()
    wrong = []
    for name in ("menu", "topics", "more", "message_offer", "message_review", "personal_person"):
        node = plan.nodes[name]
        assert isinstance(node, ChoiceNode | GateNode)
        meant = commands | {phrase: option.intent for option in node.options for phrase in option.phrases}
        for clip in [clip for clip in clips.all if spoken(clip.text) in meant and clip.path.name not in tried]:
            stream = ear.stream(Grammar(name, tuple(meant)), end_silence_s=0.7)
            events = stream.accept(bytes(6400) + clip.pcm + bytes(16000)) + stream.finish()
            stream.close()
            text = " ".join(event.text for event in events if isinstance(event, HeardText))
            tried.add(clip.path.name)
            if meant.get(text) != meant[spoken(clip.text)]:
                wrong.append((name, clip.path.name, text))
    assert len(tried) > 80
    assert len(wrong) <= len(tried) // 50, wrong
