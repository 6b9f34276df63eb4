"""Faults of prompts that a program can see: in the text and in the sound (A12.5, A12.8, A12.22)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.speech import sound
from ivr.speech.prompt_cache import PromptCache

LONGEST_LEAD_S: Final = 0.15
LEVEL_DBFS: Final = (sound.TARGET_DBFS - 3.0, sound.TARGET_DBFS + 3.0)
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


@dataclass(frozen=True, slots=True)
class Finding:
    """``severity``: ``error`` (must not be heard) or ``warning`` (a person should look)."""

    prompt: str
    severity: str
    rule: str
    problem: str


def lint_text(prompt: str, text: str) -> list[Finding]:
    """Abbreviations, capitals read as letters, digits and signs: nothing here that a voice must guess."""
    short = [match[0] for match in _SHORTENED.finditer(text)] + _CAPITALS.findall(text)
    found = [Finding(prompt, "error", "A12.5", f"abbreviation “{word}”") for word in short]
    found += [Finding(prompt, "warning", "A12.5", f"digits “{n}”: write them as words") for n in _DIGITS.findall(text)]
    found += [Finding(prompt, "warning", "A12.5", f"sign “{s}”: write it as a word") for s in _SIGNS.findall(text)]
    return found


def check_sound(prompt: str, pcm: bytes) -> list[Finding]:
    """Level, clipping and silence before the first word."""
    samples = sound.to_samples(pcm)
    level = sound.active_level(samples)
    lead, _ = sound.silence_at_edges(samples)
    found: list[Finding] = []
    if not LEVEL_DBFS[0] <= level <= LEVEL_DBFS[1]:
        found.append(Finding(prompt, "error", "A12.8", f"level {level:.1f} dBFS is outside {LEVEL_DBFS}"))
    if len(samples) and float(np.abs(samples).max()) >= 32767 / 32768:
        found.append(Finding(prompt, "error", "A12.22", "sound is clipped"))
    if lead > LONGEST_LEAD_S:
        found.append(Finding(prompt, "error", "A12.8", f"{lead * 1000:.0f} ms of silence before the first word"))
    return found


def check(cache: PromptCache) -> list[Finding]:
    """Everything about the prompts of a book and their sounds, in the book's order."""
    found: list[Finding] = []
    for prompt in cache.book.ids:
        found += lint_text(prompt, cache.book.text(prompt))
        pcm = cache.get(prompt)
        if pcm is None:
            found.append(Finding(prompt, "error", "sound", "no sound: run “ivr prompts render”"))
            continue
        found += check_sound(prompt, pcm)
        record = cache.record(prompt)
        if record is not None and record.spoken_by != record.voice:
            found.append(Finding(prompt, "warning", "sound", f"spoken by {record.spoken_by}, not by {record.voice}"))
    found += [Finding("", "warning", "sound", f"{path.name} belongs to no prompt") for path in cache.stale()]
    return found
