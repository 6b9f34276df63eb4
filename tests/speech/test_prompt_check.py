"""Every fault that ``ivr prompts check`` looks for is found in a clip that has it, and in no clip that has not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.config import Config
from ivr.errors import ConfigError
from ivr.paths import project_file
from ivr.sections import LineSection
from ivr.speech import sound
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.loudness import levelled
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.prompt_check import LEVEL_BY_DB, check, check_sound, level_of, lint_list, lint_text
from ivr.speech.prompts import PromptBook
from ivr.speech.shipped import packed, unpacked
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity, identify
from tests.speech.fakes import ScriptedVoice, voice
from tests.speech.test_prompts import book, cache

LONG = "Dėkoju, kad paskambinote į Užimtumo tarnybą. Prašau palaukti iki penkiolikos sekundžių."


class Spoken(bytes):
    """PCM that hypothesis does not print."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes of speech>"


@pytest.fixture(scope="session")
def short(espeak: EspeakVoice) -> Spoken:
    return Spoken(b"".join(espeak.synthesize("Laba diena.", "lt")))


@pytest.fixture(scope="session")
def long(espeak: EspeakVoice) -> Spoken:
    return Spoken(levelled(b"".join(espeak.synthesize(LONG, "lt"))))


def problems(pcm: bytes, level: float | None = None) -> str:
    return "; ".join(finding.problem for finding in check_sound("a", pcm, level))


def louder(pcm: bytes, by_db: float) -> bytes:
    return sound.to_pcm(sound.to_samples(pcm) * np.float32(10 ** (by_db / 20)))


# -------------------------------------------------------------------- sound


@pytest.mark.rule("A12.8", "A12.22")
def test_good_sound_has_no_fault_also_after_the_codec(short: bytes, long: bytes) -> None:
    for pcm in (short, long):
        assert problems(pcm) == ""
        assert problems(unpacked(packed(pcm)), level_of([short, long])) == ""


@pytest.mark.rule("A12.8")
@settings(max_examples=30, deadline=None)
@given(by=st.floats(-12, 4))
def test_long_sound_more_than_a_loudness_unit_off_is_found(long: bytes, by: float) -> None:
    if abs(abs(by) - 1) > 0.15:
        assert ("LUFS" in problems(louder(long, by))) == (abs(by) > 1)


@pytest.mark.rule("A12.8")
@settings(max_examples=30, deadline=None)
@given(by=st.floats(-12, 6))
def test_short_sound_that_stands_out_of_its_set_is_found(short: bytes, by: float) -> None:
    level = level_of([short])
    assert level is not None
    if abs(abs(by) - LEVEL_BY_DB) > 0.1:
        assert ("dB from" in problems(louder(short, by), level)) == (abs(by) > LEVEL_BY_DB)


@pytest.mark.rule("A12.22")
@settings(max_examples=20, deadline=None)
@given(gain=st.floats(14, 30))
def test_clipping_is_found_before_and_after_the_codec(short: bytes, gain: float) -> None:
    clipped = louder(short, gain)
    assert "clipped" in problems(clipped)
    assert "clipped" in problems(unpacked(packed(clipped)))


@pytest.mark.rule("A12.22")
@settings(max_examples=30, deadline=None)
@given(size=st.integers(500, 12000), end=st.sampled_from(["begins", "ends"]), sign=st.sampled_from([-1, 1]))
def test_a_jump_at_either_end_is_found(short: bytes, size: int, end: str, sign: int) -> None:
    samples = np.frombuffer(short, "<i2").copy()
    samples[0 if end == "begins" else -1] = sign * size
    assert f"{end} with a jump" in problems(samples.tobytes())


@pytest.mark.rule("A12.22")
@settings(max_examples=30, deadline=None)
@given(at=st.integers(100, 400), size=st.integers(1500, 20000))
def test_a_click_in_a_pause_is_found(short: bytes, at: int, size: int) -> None:
    quiet = np.zeros(800, "<i2")
    quiet[at] = size
    assert "out of silence" in problems(short + quiet.tobytes())


@pytest.mark.rule("A12.22")
def test_a_cut_in_the_middle_of_a_word_is_found(short: bytes) -> None:
    samples = np.frombuffer(short, "<i2")
    loudest = int(np.abs(samples).argmax())
    assert "ends with a jump" in problems(samples[: loudest + 1].tobytes())
    assert "into it" in problems(samples[: loudest + 1].tobytes() + bytes(1600))


@pytest.mark.rule("A12.22")
@settings(max_examples=20, deadline=None)
@given(offset=st.integers(150, 3000), sign=st.sampled_from([-1, 1]))
def test_direct_current_is_found(short: bytes, offset: int, sign: int) -> None:
    shifted = np.frombuffer(short, "<i2").astype(int) + sign * offset
    assert "direct current" in problems(np.clip(shifted, -32768, 32767).astype("<i2").tobytes())


@pytest.mark.rule("A12.8")
@settings(max_examples=20, deadline=None)
@given(seconds=st.floats(0.0, 1.0))
def test_silence_before_the_first_word_is_found(short: bytes, seconds: float) -> None:
    before, _ = sound.silence_at_edges(sound.to_samples(short))
    late = bytes(round(seconds * 8000) * 2) + short
    if abs(before + seconds - 0.15) > 0.025:  # measured in frames of 20 ms
        assert ("before the first word" in problems(late)) == (before + seconds > 0.15)


def test_silence_alone_is_no_prompt() -> None:
    assert "level" in problems(bytes(16000))
    assert "level" in problems(b"")


# --------------------------------------------------------------------- text


@pytest.mark.rule("A12.5")
@pytest.mark.parametrize(
    "text",
    ["Atvykite 9 val. ryto.", "Pvz. pirmadienį.", "Skambinkite tel. nurodytu laiške.", "LR Vyriausybė.", "Ir t. t."],
)
def test_abbreviations_are_errors(text: str) -> None:
    assert "error" in {finding.severity for finding in lint_text("a", text)}


def test_whole_sentences_are_clean_and_digits_are_warned_of() -> None:
    assert lint_text("a", "Laba diena. Jūs paskambinote į Užimtumo tarnybą. Kuo galiu padėti?") == []
    assert [f.severity for f in lint_text("a", "Paspauskite 1.")] == ["warning"]


@pytest.mark.rule("A12.7", "A12.8")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Jūs privalote atvykti.", "rude"),
        ("Kaip jau sakiau, paspauskite vieną.", "rude"),
        ("Puikus pasirinkimas.", "emotive"),
        ("Paspauskite mygtuką.", "jargon"),
        ("Vyksta autentifikacija.", "jargon"),
        ("Vadovaujantis įsakymu, atvykite.", "bureaucratic"),
        ("Esant poreikiui, skambinkite.", "bureaucratic"),
    ],
)
def test_phrases_of_the_lint_list_are_errors(text: str, kind: str) -> None:
    (finding,) = lint_text("a", text)
    assert (finding.severity, finding.problem.split(":")[0]) == ("error", kind)
    assert "say: " in finding.problem


@pytest.mark.parametrize("language", ["lt", "en"])
def test_every_entry_of_the_list_finds_itself_in_any_case(language: str) -> None:
    entries = lint_list(language)
    assert len(entries) >= 15
    for entry in entries:
        text = f"Prašau, {entry.phrase.replace('*', 'ą')}, ačiū."
        assert entry.pattern.search(text), entry.phrase
        assert entry.pattern.search(text.upper()), entry.phrase
        assert not entry.pattern.search(f"x{entry.phrase.rstrip('*')}"), entry.phrase


def test_a_list_that_cannot_be_read_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "lint.toml").write_text("[lt", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"lint\.toml"):
        lint_list("lt", tmp_path / "lint.toml")


@pytest.mark.rule("Q3")
@pytest.mark.parametrize("text", ["Rašykite Владимир rytoj.", "Kreipkitės į Wrocław.", "Ženklas ß lieka."])
def test_words_that_the_rules_cannot_speak_are_errors(text: str) -> None:
    assert "can't be spoken" in "; ".join(finding.problem for finding in lint_text("a", text))


@pytest.mark.rule("A12.5", "Q3")
@pytest.mark.parametrize(
    "text", ["Kreipkitės į VDI.", "Atvykite penktą d. d. ryte.", "Gerai 🙂.", "Pasirinkimas brzdk."]
)
def test_what_is_read_otherwise_than_written_is_an_error(text: str) -> None:
    assert "error" in {finding.severity for finding in lint_text("a", text)}


# ------------------------------------------------------------------ the whole


@pytest.mark.rule("A12.5", "A12.7", "A12.8")
@pytest.mark.parametrize("language", ["lt", "en"])
def test_shipped_texts_have_no_fault(language: str) -> None:
    texts = PromptBook(project_file("prompts"), language)
    assert [finding for prompt in texts.ids for finding in lint_text(prompt, texts.text(prompt), language)] == []


@pytest.mark.rule("A12.7", "A12.20")
@pytest.mark.parametrize("language", ["lt", "en"])
def test_wordings_say_the_same_in_other_words(language: str) -> None:
    texts = PromptBook(project_file("prompts"), language)
    for wordings in texts.wordings.values():
        said = [texts.text(prompt) for prompt in wordings]
        assert len(set(said)) == len(said), wordings
        # A keypad's choices stay the same, whatever the words around them.
        digits = [sorted(re.findall(r"\b(vien|du(?=\b)|tr(?=[iy]s\b)|ketur)", text.lower())) for text in said]
        if wordings[0].endswith("keypad"):
            assert all(each == digits[0] for each in digits), wordings


def test_check_reports_missing_stale_and_fallback(tmp_path: Path) -> None:
    texts = book(tmp_path, "a: Vienas.\nb: Du.\n")
    whole = cache(tmp_path, texts, ScriptedVoice(fails_on="Du", level=3000))
    whole.render()
    whole.path("a").unlink()
    (whole.folder / "old.pcm").write_bytes(voice(1))
    found = {finding.problem.split(":")[0] for finding in check(cache(tmp_path, texts))}
    assert {"no sound", "spoken by fallback, not by scripted", "old.pcm belongs to no prompt"} <= found


@pytest.mark.rule("A12.5", "A12.8", "A12.22")
@pytest.mark.parametrize(("language", "blocks"), [("lt", 400), ("en", 0)])
def test_what_ships_passes_its_own_check(language: str, blocks: int) -> None:
    texts = PromptBook(project_file("prompts"), language)
    folder = project_file("prompts", "sounds")
    ours = PromptCache(Path("none"), texts, VoiceIdentity("", ""), lambda: VoiceChain(()), folder)
    assert ours.shipped is not None
    ours.identity = VoiceIdentity(ours.shipped.voice, ours.shipped.version, ours.shipped.engine)
    # A text may be ahead of its sound, which the line then renders on first need; the command reports both.
    ahead = re.compile("^no sound: |is stale: ")
    assert [finding for finding in check(ours) if not ahead.search(finding.problem)] == []
    assert sum(clip.kind == "block" for clip in ours.shipped.clips) == len(ours.block_texts) >= blocks
    assert len(ours.shipped.clips) - len(ours.block_texts) >= len(set(map(texts.text, texts.ids))) // 2
    identity = identify(Config(line=LineSection(language=language)))
    assert ours.shipped.fits(identity)  # the line of that language plays them
