"""Faults of prompts that a program can see: in the text and in the sound (A12.5, A12.7, A12.8, A12.22)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from ivr.errors import ConfigError
from ivr.events import SAMPLE_RATE
from ivr.language.verbalise import speak
from ivr.paths import project_file
from ivr.speech import sound
from ivr.speech.loudness import SHORTEST_S, TARGET_LUFS, loudness
from ivr.speech.prompt_cache import PromptCache

LINT_FILE: Final = project_file("prompts", "lint.toml")
LONGEST_LEAD_S: Final = 0.15
LUFS: Final = (TARGET_LUFS - 1.0, TARGET_LUFS + 1.0)
LEVEL_BY_DB: Final = 1.5  # short clips: from the set's level
# Without a set to compare with (a voice's single sentence) a wide band around what every voice is brought to.
_LEVEL_ALONE_DB: Final = 3.0
_CLIPPED: Final = 0.98  # A-law's highest value is 0.984; the limiter stays below 0.89
_CLIPPED_RUN: Final = 3  # samples: flat tops that a limiter doesn't make
_EDGE_JUMP: Final = 0.01  # −40 dBFS: a step from silence of this size is heard
_DC: Final = 0.003
_SILENT: Final = 0.001
_SILENT_RUN: Final = int(0.005 * SAMPLE_RATE)
_STEP_OUT_OF_SILENCE: Final = 0.03
# Shortened words of Lithuanian official letters, as they are written before a full stop.
_SHORTENED: Final = re.compile(
    r"\b(adr|akad|angl|apskr|aut|chem|d|dab|doc|dr|eil|el|etc|faks|g|gyv|gim|hab|inž|įm|įsk|įst|jr|k|kab|kt|kun|kv"
    r"|liet|m|mėn|min|mln|mlrd|mob|mst|nr|obl|orig|p|pan|pav|pavad|pr|prof|proc|prot|pvz|r|red|s|sąsk|sav|spec|st"
    r"|str|stud|šv|t|tel|tūkst|tž|ugd|v|val|vyr|vlsč|vnt|vs|ž|žr)\.",
    re.IGNORECASE,
)
_CAPITALS: Final = re.compile(r"\b[A-ZĄČĘĖĮŠŲŪŽ]{2,}\b")
_DIGITS: Final = re.compile(r"\d+")
_SIGNS: Final = re.compile(r"[%€$§&@#*/+=<>|\\]")
_LETTERS: Final = {"lt": frozenset("aąbcčdeęėfghiįyjklmnoprsštuųūvzž"), "en": frozenset("abcdefghijklmnopqrstuvwxyz'’")}
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Finding:
    """``severity``: ``error`` (must not be heard) or ``warning`` (a person should look)."""

    prompt: str
    severity: str
    rule: str
    problem: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry of the lint list: ``kind`` (rude, emotive, jargon, bureaucratic) and what to write ``instead``."""

    kind: str
    phrase: str
    instead: str
    pattern: re.Pattern[str]


@lru_cache(maxsize=8)
def lint_list(language: str, file: Path = LINT_FILE) -> tuple[Phrase, ...]:
    """What no prompt of a language may say. Raises ConfigError when the file can't be used."""
    try:
        kinds: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8")).get(language, {})
        return tuple(
            Phrase(kind, phrase, instead, _pattern(phrase))
            for kind, entries in kinds.items()
            for phrase, instead in entries.items()
        )
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(file, language, f"can't be used ({error})", "Restore it from the repository") from error


def lint_text(prompt: str, text: str, language: str = "lt") -> list[Finding]:
    """Abbreviations, capitals read as letters, digits, signs, words no voice can speak, and the lint list."""
    short = [match[0] for match in _SHORTENED.finditer(text)] + _CAPITALS.findall(text)
    found = [Finding(prompt, "error", "A12.5", f"abbreviation “{word}”") for word in short]
    found += [Finding(prompt, "warning", "A12.5", f"digits “{n}”: write them as words") for n in _DIGITS.findall(text)]
    found += [Finding(prompt, "warning", "A12.5", f"sign “{s}”: write it as a word") for s in _SIGNS.findall(text)]
    found += [
        Finding(prompt, "error", "A12.8", f"{phrase.kind}: “{match[0]}”; say: {phrase.instead}")
        for phrase in lint_list(language)
        for match in phrase.pattern.finditer(text)
    ]
    foreign = [word for word in _WORD.findall(text) if word not in short and not _speakable(word, language)]
    found += [Finding(prompt, "error", "Q3", f"“{word}” can't be spoken by the rules") for word in foreign]
    if language == "lt":
        found += _read_aloud(prompt, text, found)
    return found


def check_sound(prompt: str, pcm: bytes, set_level: float | None = None) -> list[Finding]:
    """Loudness, clipping, clicks and silence before the first word.

    ``set_level``: active speech level in dBFS of the set that a clip under 3 s is compared with.
    """
    samples = sound.to_samples(pcm)
    lead, _ = sound.silence_at_edges(samples)
    found = [Finding(prompt, "error", "A12.8", problem) for problem in _loudness_faults(samples, set_level)]
    found += [Finding(prompt, "error", "A12.22", problem) for problem in _disturbances(samples)]
    if lead > LONGEST_LEAD_S:
        found.append(Finding(prompt, "error", "A12.8", f"{lead * 1000:.0f} ms of silence before the first word"))
    return found


def check(cache: PromptCache) -> list[Finding]:
    """Everything about the prompts of a book and their sounds, in the book's order, then blocks and files."""
    language = cache.book.language
    sounds = {prompt: cache.get(prompt) for prompt in cache.book.ids}
    blocks = {f"“{text}”": cache.block(text) for text in cache.block_texts}
    level = level_of(pcm for pcm in (*sounds.values(), *blocks.values()) if pcm)
    found: list[Finding] = []
    for prompt, pcm in sounds.items():
        found += lint_text(prompt, cache.book.text(prompt), language)
        found += _sound_of(prompt, pcm, level)
        record = cache.record(prompt)
        if record is not None and record.spoken_by != record.voice:
            found.append(Finding(prompt, "warning", "sound", f"spoken by {record.spoken_by}, not by {record.voice}"))
    for name, pcm in blocks.items():
        found += _sound_of(name, pcm, level)
    found += [Finding("", "warning", "sound", f"{path.name} belongs to no prompt") for path in cache.stale()]
    found += [Finding("", "error", "sound", problem) for problem in cache.shipped_faults()]
    return found


def measures(cache: PromptCache) -> dict[str, float | None]:
    """What the sounds that are there measure, together: seconds, loudness of the longer ones, level of the shorter.

    Keys end in their unit; None where nothing was there to measure.
    """
    sounds = [pcm for prompt in cache.book.ids if (pcm := cache.get(prompt))]
    sounds += [pcm for text in cache.block_texts if (pcm := cache.block(text))]
    samples = [sound.to_samples(pcm) for pcm in sounds]
    whole = [loudness(one) for one in samples if len(one) >= SHORTEST_S * SAMPLE_RATE]
    short = [sound.active_level(one) for one in samples if len(one) < SHORTEST_S * SAMPLE_RATE]
    level = level_of(sounds)
    figures = {
        "clips": float(len(sounds)),
        "seconds": sum(map(len, samples)) / SAMPLE_RATE,
        "loudness_min_lufs": min(whole, default=None),
        "loudness_max_lufs": max(whole, default=None),
        "level_of_set_dbfs": level,
        "short_level_min_dbfs": min(short, default=None),
        "short_level_max_dbfs": max(short, default=None),
    }
    return {name: None if value is None else round(value, 2) for name, value in figures.items()}


def level_of(sounds: Iterable[bytes]) -> float | None:
    """The active speech level of a set in dBFS, its median; None for an empty one."""
    levels = [sound.active_level(sound.to_samples(pcm)) for pcm in sounds]
    return float(np.median(levels)) if levels else None


def _read_aloud(prompt: str, text: str, known: list[Finding]) -> list[Finding]:
    """What the rules of reading leave out, guess, or say otherwise than it is written."""
    spoken = speak(text)
    found = [Finding(prompt, "error", "Q3", f"“{fault.piece}” can't be spoken: {fault.why}") for fault in spoken.faults]
    told = " ".join(finding.problem for finding in known)
    found += [
        Finding(prompt, "error", "A12.5", f"“{piece}” is spoken otherwise than it is written: write it in words")
        for piece in spoken.rewritten
        if not any(part in told for part in piece.split())
    ]
    return found


def _sound_of(name: str, pcm: bytes | None, level: float | None) -> list[Finding]:
    if pcm is None:
        return [Finding(name, "error", "sound", "no sound: run “ivr prompts render”")]
    return check_sound(name, pcm, level)


def _loudness_faults(samples: sound.Samples, set_level: float | None) -> list[str]:
    if len(samples) >= SHORTEST_S * SAMPLE_RATE:
        measured = loudness(samples)
        inside = LUFS[0] <= measured <= LUFS[1]
        return [] if inside else [f"loudness {measured:.1f} LUFS is outside {LUFS[0]:g} to {LUFS[1]:g}"]
    level = sound.active_level(samples)
    middle, by = (sound.TARGET_DBFS, _LEVEL_ALONE_DB) if set_level is None else (set_level, LEVEL_BY_DB)
    inside = middle - by <= level <= middle + by
    return [] if inside else [f"level {level:.1f} dBFS is more than {by:g} dB from {middle:.1f}"]


def _disturbances(samples: sound.Samples) -> list[str]:
    """Clipping, an offset, and steps that are heard as clicks: at either end, or out of silence and into it."""
    if not len(samples):
        return []
    size = np.abs(samples)
    found: list[str] = []
    if _longest_run(size >= _CLIPPED) >= _CLIPPED_RUN or (size >= _CLIPPED).mean() > 1e-4:
        found.append("sound is clipped")
    if abs(float(samples.mean())) > _DC:
        found.append(f"an offset of {float(samples.mean()):.3f} (direct current)")
    for end, value in (("begins", samples[0]), ("ends", samples[-1])):
        if abs(float(value)) > _EDGE_JUMP:
            found.append(f"click: {end} with a jump of {abs(float(value)):.3f}")
    if (at := _step_out_of_silence(size)) is not None:
        found.append(f"click at {at / SAMPLE_RATE:.2f} s: a jump of {size[at]:.3f} out of silence or into it")
    return found


def _step_out_of_silence(size: sound.Samples) -> int | None:
    """First sample that is loud although 5 ms right before, or right after it, are silent."""
    silent = np.concatenate([[0], np.cumsum(size < _SILENT)])
    quiet = silent[_SILENT_RUN:] - silent[:-_SILENT_RUN] == _SILENT_RUN  # the run that begins here
    loud = np.flatnonzero(size > _STEP_OUT_OF_SILENCE)
    after = [at for at in loud if at >= _SILENT_RUN and quiet[at - _SILENT_RUN]]
    before = [at for at in loud if at + 1 < len(quiet) and quiet[at + 1]]
    return min(map(int, [*after, *before]), default=None)


def _longest_run(marks: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _pattern(phrase: str) -> re.Pattern[str]:
    words = [re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in phrase.split()]
    return re.compile(r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)", re.IGNORECASE)


def _speakable(word: str, language: str) -> bool:
    return set(word.lower()) <= _LETTERS.get(language, frozenset())
