"""Recordings to measure with: a manifest, or files called after what is said in them. Never trained on."""

from __future__ import annotations

import json
import random
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from scripts.train_asr.codecs import RATE_HZ, Samples

DIGITS: Final = ("nulis", "vienas", "du", "trys", "keturi", "penki")
EIGHT: Final = (*DIGITS, "taip", "ne")
STRINGS_PER_SPEAKER: Final = 8


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording at 8 kHz, in 16-bit units."""

    samples: Samples
    text: str
    speaker: str


def read_recordings(folder: Path) -> list[Recording]:
    """16-bit mono WAV files of any rate that ``manifest.jsonl`` lists (``audio``, ``text``, ``speaker`` a line).

    Without a manifest each ``<text>_<speaker>.wav`` is one, ``_`` in the text standing for a space.
    Raises SystemExit when the folder has neither.
    """
    manifest = folder / "manifest.jsonl"
    if manifest.is_file():
        entries = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines() if line.strip()]
        listed = [(folder / entry["audio"], entry["text"], str(entry["speaker"])) for entry in entries]
    else:
        named = ((path, *path.stem.rpartition("_")) for path in sorted(folder.glob("*.wav")))
        listed = [(path, text.replace("_", " "), speaker) for path, text, _, speaker in named if text]
    if not listed:
        raise SystemExit(f"{folder}: has no manifest.jsonl and no files called <text>_<speaker>.wav")
    return [Recording(_read(path), text, speaker) for path, text, speaker in listed]


def digit_strings(recordings: Iterable[Recording]) -> list[Recording]:
    """Strings of four digits for every speaker with at least four, out of that speaker's own words."""
    chance, strings = random.Random(7), []
    voices: dict[str, dict[str, Recording]] = {}
    for recording in recordings:
        if recording.text in DIGITS:
            voices.setdefault(recording.speaker, {})[recording.text] = recording
    for speaker, said in sorted(voices.items()):
        for _ in range(STRINGS_PER_SPEAKER if len(said) >= 4 else 0):
            digits = [chance.choice(sorted(said)) for _ in range(4)]
            sound = np.concatenate([said[digit].samples for digit in digits])
            strings.append(Recording(sound, " ".join(digits), speaker))
    return strings


def narrow(sound: npt.NDArray[np.float32], rate: int) -> Samples:
    """Mono sound of any rate at 8 kHz."""
    return np.asarray(soxr.resample(sound, rate, RATE_HZ, quality="VHQ"), np.float32)


def _read(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
        return narrow(samples, file.getframerate())
