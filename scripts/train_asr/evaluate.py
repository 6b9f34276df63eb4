"""Measures a model on recorded people: words and strings through telephone lines of every kind.

A folder of recordings has a ``manifest.jsonl`` with ``audio``, ``text`` and
``speaker`` a line. The grammar of a test is just its words; foreign words are those
that the grammar of eight words lacks. Recordings are only measured with, never
trained on, and nothing of them is written anywhere but counts.
"""

from __future__ import annotations

import json
import random
import wave
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from scripts.train_asr.channel import active_level, band
from scripts.train_asr.codecs import RATE_HZ, Samples, a_law, discontinuous

EIGHT: Final = ("nulis", "vienas", "du", "trys", "keturi", "penki", "taip", "ne")
DIGITS: Final = EIGHT[:6]
GARBAGE: Final = "[unk]"
STRINGS_PER_SPEAKER: Final = 8
FALSE_REJECTIONS: Final = 0.03
_PACKET: Final = 1600  # samples


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording at 8 kHz, in 16-bit units."""

    samples: Samples
    text: str
    speaker: str


def read_recordings(folder: Path) -> list[Recording]:
    """The recordings that ``folder/manifest.jsonl`` lists (16-bit mono WAV of any rate)."""
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines if line.strip()]
    return [Recording(_read(folder / entry["audio"]), entry["text"], str(entry["speaker"])) for entry in entries]


def plain(samples: Samples) -> Samples:
    """Bit-exact A-law, quiet around."""
    return a_law(_quiet_around(samples))


def gated(samples: Samples) -> Samples:
    """A-law with discontinuous transmission: digital zeros around and between words."""
    return _quiet_around(discontinuous(a_law(samples), below_db=-30.0))


def hard_and_noisy(samples: Samples) -> Samples:
    """White noise 15 dB under the speech, a brick wall at 300 and 3400 Hz, A-law."""
    sound = _quiet_around(samples)
    hiss = np.random.default_rng(len(samples)).normal(0.0, active_level(samples) * 10 ** (-15 / 20), len(sound))
    return a_law(band(sound + np.asarray(hiss, np.float32), 300.0, 3400.0, None))


LINES: Final[dict[str, Callable[[Samples], Samples]]] = {
    "plain": plain,
    "gated": gated,
    "hard_and_noisy": hard_and_noisy,
}


class Listener:
    """A loaded Vosk model; ``floor`` is the RMS of white noise added at the ear, in 16-bit units."""

    def __init__(self, folder: Path, floor: float = 0.0) -> None:
        import vosk  # not beside kaldifst in one process: loading both stops the process

        vosk.SetLogLevel(-1)
        self._recognizer = vosk.KaldiRecognizer
        self._model = vosk.Model(str(folder))
        self.floor = floor

    def hear(self, samples: Samples, grammar: Sequence[str]) -> list[dict[str, Any]]:
        """Words heard, with ``word``, ``conf``, ``start`` and ``end``."""
        recognizer = self._recognizer(self._model, float(RATE_HZ), json.dumps(list(grammar), ensure_ascii=False))
        recognizer.SetWords(True)
        hiss = np.random.default_rng(1883).normal(0.0, self.floor, len(samples)) if self.floor else 0.0
        pcm = np.clip(np.round(samples + hiss), -32768, 32767).astype("<i2").tobytes()
        words: list[dict[str, Any]] = []
        for at in range(0, len(pcm), 2 * _PACKET):
            if recognizer.AcceptWaveform(pcm[at : at + 2 * _PACKET]):
                words += json.loads(recognizer.Result()).get("result", [])
        return words + list(json.loads(recognizer.FinalResult()).get("result", []))


def measure(listener: Listener, recordings: Sequence[Recording]) -> dict[str, dict[str, Any]]:
    """Counts of every test: ``n``, ``right`` (share) and the commonest ``mistakes``."""
    every = tuple(dict.fromkeys(recording.text for recording in recordings))
    eight = [recording for recording in recordings if recording.text in EIGHT]
    strings = digit_strings(recordings)
    tests = {
        "words": (recordings, every, "plain"),
        "words_gated": (recordings, every, "gated"),
        "words_hard_and_noisy": (recordings, every, "hard_and_noisy"),
        "eight": (eight, EIGHT, "plain"),
        "eight_gated": (eight, EIGHT, "gated"),
        "eight_hard_and_noisy": (eight, EIGHT, "hard_and_noisy"),
        "yes_no": ([r for r in eight if r.text in ("taip", "ne")], ("taip", "ne"), "plain"),
        "strings": (strings, DIGITS, "plain"),
        "strings_gated": (strings, DIGITS, "gated"),
        "strings_hard_and_noisy": (strings, DIGITS, "hard_and_noisy"),
    }
    results = {name: _accuracy(listener, *test) for name, test in tests.items()}
    results["rejection"] = rejection(listener, recordings)
    return results


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


def rejection(listener: Listener, recordings: Sequence[Recording]) -> dict[str, Any]:
    """Share of foreign words refused where at most 3 % of the right ones are, and the confidence that does it."""
    grammar = (*EIGHT, GARBAGE)
    known: list[float] = []
    foreign: list[float] = []
    for recording in recordings:
        confidence = _confidence(listener.hear(plain(recording.samples), grammar))
        (known if recording.text in EIGHT else foreign).append(confidence)
    threshold = sorted(known)[int(FALSE_REJECTIONS * len(known))] if known else 0.0
    return {
        "n": len(known) + len(foreign),
        "threshold": round(threshold, 3),
        "false": float(np.mean(np.array(known) < threshold)),
        "rejected": float(np.mean(np.array(foreign) < threshold)),
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """One line a test, for people."""
    lines = []
    for name, result in results.items():
        if name == "rejection":
            lines.append(
                f"{name:22} {100 * result['rejected']:5.1f} % of foreign words refused "
                f"at {100 * result['false']:.1f} % of right ones, below {result['threshold']}"
            )
        else:
            lines.append(f"{name:22} {100 * result['right']:5.1f} % of {result['n']:4}  {result['mistakes']}")
    return "\n".join(lines)


def _accuracy(listener: Listener, recordings: Sequence[Recording], words: Sequence[str], line: str) -> dict[str, Any]:
    mistakes: Counter[str] = Counter()
    for recording in recordings:
        heard = " ".join(word["word"] for word in listener.hear(LINES[line](recording.samples), words))
        if heard != recording.text:
            mistakes[f"{recording.text} → {heard or '–'}"] += 1
    wrong = sum(mistakes.values())
    return {
        "n": len(recordings),
        "right": 1 - wrong / max(1, len(recordings)),
        "mistakes": dict(mistakes.most_common(6)),
    }


def _confidence(words: Sequence[dict[str, Any]]) -> float:
    """The line's own measure: mean confidence of known words times their share of all time that was spoken."""
    total = sum(word["end"] - word["start"] for word in words)
    known = [word for word in words if word["word"] != GARBAGE]
    return float(sum(word["conf"] * (word["end"] - word["start"]) for word in known) / total) if total else 0.0


def _quiet_around(samples: Samples) -> Samples:
    return np.pad(samples, (RATE_HZ // 4, RATE_HZ // 2))


def _read(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
        return np.asarray(soxr.resample(samples, file.getframerate(), RATE_HZ, quality="VHQ"), np.float32)
