"""Shipped sound: found by its text, played only when it is whole and of the call's voice."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import PromptError
from ivr.speech import blocks
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.prompts import PromptBook
from ivr.speech.shipped import ShippedSounds, alaw_wav, packed, unpacked
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity
from tests.speech.fakes import ScriptedVoice

OURS = VoiceIdentity("scripted", "1", "fake")
THEIRS = VoiceIdentity("reginute", "1", "piper")
TEXTS = "labas: Laba diena.\nviso: Viso gero.\n"


@pytest.fixture
def few_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "lithuanian", lambda: ("du", "trys"))


Maker = Callable[..., PromptCache]


@pytest.fixture
def cache(tmp_path: Path, few_blocks: None) -> Maker:
    def make(identity: VoiceIdentity = OURS, texts: str = TEXTS, speaker: ScriptedVoice | None = None) -> PromptCache:
        (tmp_path / "texts" / "lt").mkdir(parents=True, exist_ok=True)
        (tmp_path / "texts" / "lt" / "a.yaml").write_text(texts, encoding="utf-8")
        book = PromptBook(tmp_path / "texts", "lt")
        chain = VoiceChain((speaker or ScriptedVoice(identity.name), ScriptedVoice("substitute")))
        return PromptCache(tmp_path / "cache", book, identity, lambda: chain, tmp_path / "sounds")

    return make


def test_shipped_once_then_played_without_a_voice(cache: Maker, tmp_path: Path) -> None:
    speaker = ScriptedVoice()
    assert cache(speaker=speaker).ship() == 4
    assert sorted(speaker.asked) == ["Laba diena.", "Viso gero.", "du", "trys"]
    later = cache()
    assert later.ship() == 0
    assert later.missing() == ()
    assert later.render() == 0
    assert not (tmp_path / "cache").exists()
    assert len(later.get("labas") or b"") == 32000
    assert later.block("du") is not None
    assert later.block("keturi") is None


def test_manifest_says_what_was_rendered(cache: Maker, tmp_path: Path) -> None:
    cache().ship()
    manifest = json.loads((tmp_path / "sounds" / "lt" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["voice"], manifest["engine"]) == ("scripted", "fake")
    (clip,) = [clip for clip in manifest["clips"] if clip["text"] == "Laba diena."]
    assert (clip["kind"], clip["seconds"]) == ("prompt", 2.0)
    assert (tmp_path / "sounds" / "lt" / clip["file"]).is_file()
    assert len(clip["sha256"]) == 64


def test_another_voice_never_plays_what_this_one_spoke(cache: Maker) -> None:
    cache().ship()
    other = cache(THEIRS)
    assert other.get("labas") is None
    assert other.block("du") is None
    assert other.block_texts == ()
    assert other.missing() == ("labas", "viso")
    assert other.render() == 2
    assert cache().get("labas") != b""


def test_another_voice_replaces_what_this_one_spoke_only_when_told_to(cache: Maker) -> None:
    cache().ship()
    with pytest.raises(PromptError, match="spoken by scripted"):
        cache(THEIRS).ship()
    assert cache().missing() == ()
    assert cache(THEIRS).ship(replace=True) == 4
    assert cache(THEIRS).missing() == ()
    assert cache().get("labas") is None


def test_a_changed_text_is_rendered_anew_and_the_old_clip_is_stale(cache: Maker) -> None:
    cache().ship()
    changed = cache(texts="labas: Labas rytas.\nviso: Viso gero.\n")
    assert changed.missing() == ("labas",)
    assert [problem.split(": ")[1] for problem in changed.shipped_faults()] == ["nothing says “Laba diena.”"]
    assert changed.ship() == 1
    assert changed.shipped_faults() == ()
    assert changed.shipped is not None
    assert {clip.text for clip in changed.shipped.clips} == {"Labas rytas.", "Viso gero.", "du", "trys"}


@pytest.mark.parametrize("damage", [b"", b"RIFF", b"other"])
def test_a_touched_file_is_not_played(cache: Maker, damage: bytes) -> None:
    whole = cache()
    whole.ship()
    assert whole.shipped is not None
    clip = whole.shipped.clip("Laba diena.")
    assert clip is not None
    (whole.shipped.folder / clip.file).write_bytes(damage)
    later = cache()
    assert later.get("labas") is None
    assert any(clip.file in problem for problem in later.shipped_faults())
    assert later.ship() == 1
    assert cache().get("labas") is not None


def test_files_of_nothing_are_named_and_removed(cache: Maker) -> None:
    whole = cache()
    whole.ship()
    assert whole.shipped is not None
    (whole.shipped.folder / "stray.wav.xz").write_bytes(b"x")
    assert whole.shipped_faults() == ("stray.wav.xz is not in the manifest",)
    whole.ship()
    assert cache().shipped_faults() == ()


def test_a_substitute_voice_ships_nothing(cache: Maker) -> None:
    with pytest.raises(PromptError, match="spoken by substitute"):
        cache(speaker=ScriptedVoice(fails_on="trys")).ship()


def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"clips": [{"file": 1}]}', encoding="utf-8")
    with pytest.raises(PromptError, match=r"manifest\.json.*Restore it"):
        ShippedSounds(tmp_path)


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=300))
def test_every_sample_is_kept_within_a_step_of_alaw(values: list[int]) -> None:
    back = np.frombuffer(unpacked(packed(np.array(values, dtype="<i2").tobytes())), dtype="<i2").astype(int)
    # Half of A-law's step: 8 for small samples, 1/32 of the sample for large ones (ITU-T G.711), and the clip level.
    allowed = np.maximum(9, np.abs(values) / 31)
    assert (np.abs(back - np.array(values)) <= allowed).all()


def test_packed_twice_is_packed_once() -> None:
    """A telephone line that carries A-law brings the shipped samples unchanged."""
    once = packed(np.arange(-32768, 32768, 7, dtype="<i2").tobytes())
    assert packed(unpacked(once)) == once


@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")
def test_other_programs_read_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(alaw_wav(np.full(801, 8000, dtype="<i2").tobytes()))
    raw = ["-t", "raw", "-e", "signed", "-b", "16", "-"]
    read = subprocess.run(["sox", str(path), *raw], capture_output=True, check=True).stdout
    assert np.frombuffer(read, dtype="<i2") == pytest.approx(np.full(801, 8000), rel=0.04)
