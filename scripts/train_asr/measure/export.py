"""Writes the tests on recorded people as sound files with a manifest, for ``ivr asr eval`` (the whole ear).

The files hold what the line would receive, 8 kHz after A-law. They are recordings of
people: keep the folder outside the repository.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from scripts.train_asr.codecs import RATE_HZ, Samples
from scripts.train_asr.measure.lines import LINES
from scripts.train_asr.measure.people import tests
from scripts.train_asr.measure.recordings import EIGHT, Recording

FOREIGN: Final = "foreign"
_NAMED: Final = {"code_of_four": "digits:4"}  # tests whose grammar has a name that the line knows


def write(recordings: Sequence[Recording], folder: Path, repository: Path) -> int:
    """Fill ``folder``; the number of lines of its ``manifest.jsonl``.

    Sets are the tests of :mod:`people`, and ``foreign``: words that the eight don't have. Raises SystemExit for a
    folder inside the repository.
    """
    if folder.resolve().is_relative_to(repository.resolve()):
        raise SystemExit(f"{folder}: is inside the repository; recordings of people stay outside")
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number, (samples, entry) in enumerate(_lines(recordings)):
        name = f"{entry['set']}-{number:05}.wav"
        _write(folder / name, samples)
        entries.append({"audio": name, **entry})
    lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    (folder / "manifest.jsonl").write_text("".join(lines), encoding="utf-8")
    return len(entries)


def _lines(recordings: Sequence[Recording]) -> Iterator[tuple[Samples, dict[str, Any]]]:
    for name, test in tests(recordings).items():
        grammar = next((known for start, known in _NAMED.items() if name.startswith(start)), list(test.grammar))
        for recording in test.recordings:
            sound = LINES[test.line](recording.samples)
            yield sound, {"text": recording.text, "grammar": grammar, "set": name}
    for recording in recordings:
        if recording.text not in EIGHT:
            sound = LINES["plain"](recording.samples)
            yield sound, {"text": recording.text, "grammar": list(EIGHT), "set": FOREIGN, "foreign": True}


def _write(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes())
