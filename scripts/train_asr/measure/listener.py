"""A bare Vosk model as its users run it, and the scores of what it hears."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from ivr.speech.evaluation import align
from scripts.train_asr.codecs import RATE_HZ, Samples
from scripts.train_asr.measure.lines import LINES
from scripts.train_asr.measure.recordings import Recording

COMMONEST: Final = 6
_PACKET: Final = 1600  # samples
Result = dict[str, Any]


class Ears(Protocol):
    """What the tests need of a recogniser."""

    def hear(self, samples: Samples, grammar: Sequence[str]) -> list[dict[str, Any]]: ...


class Listener:
    """A loaded Vosk model; ``floor`` is the RMS of white noise added at the ear, in 16-bit units."""

    def __init__(self, folder: Path, floor: float = 0.0) -> None:
        import vosk  # not beside kaldifst in one process: loading both stops the process

        vosk.SetLogLevel(-1)
        self._recognizer = vosk.KaldiRecognizer
        self._model = vosk.Model(str(folder))
        self.floor = floor

    def hear(self, samples: Samples, grammar: Sequence[str]) -> list[dict[str, Any]]:
        """Words heard, with ``word``, ``conf``, ``start`` and ``end``; an empty grammar is open speech."""
        phrases = [json.dumps(list(grammar), ensure_ascii=False)] if grammar else []
        recognizer = self._recognizer(self._model, float(RATE_HZ), *phrases)
        recognizer.SetWords(True)
        hiss = np.random.default_rng(1883).normal(0.0, self.floor, len(samples)) if self.floor else 0.0
        pcm = np.clip(np.round(samples + hiss), -32768, 32767).astype("<i2").tobytes()
        words: list[dict[str, Any]] = []
        for at in range(0, len(pcm), 2 * _PACKET):
            if recognizer.AcceptWaveform(pcm[at : at + 2 * _PACKET]):
                words += json.loads(recognizer.Result()).get("result", [])
        return words + list(json.loads(recognizer.FinalResult()).get("result", []))


@dataclass(frozen=True, slots=True)
class Trial:
    """Recordings, the phrases that may be heard (none: open speech), the line; ``reads`` gives what two texts mean."""

    recordings: Sequence[Recording]
    grammar: Sequence[str]
    line: str
    reads: Callable[[str], object] = str


def accuracy(ears: Ears, test: Trial) -> Result:
    """``n``, ``right`` (share of whole strings), ``longer``, ``shorter`` (strings with words too many, too few) and
    the commonest ``mistakes``."""
    mistakes: Counter[str] = Counter()
    longer = shorter = 0
    for recording in test.recordings:
        heard = _heard(ears, recording, test)
        if test.reads(heard) != test.reads(recording.text):
            mistakes[f"{recording.text} → {heard or '–'}"] += 1
            longer += len(heard.split()) > len(recording.text.split())
            shorter += len(heard.split()) < len(recording.text.split())
    return {
        "n": len(test.recordings),
        "right": 1 - mistakes.total() / max(1, len(test.recordings)),
        "longer": longer,
        "shorter": shorter,
        "mistakes": dict(mistakes.most_common(COMMONEST)),
    }


def word_errors(ears: Ears, test: Trial) -> Result:
    """``n`` sentences, ``words`` in them, ``word_error`` (substituted, missing and added words over said ones)."""
    wrong = said = 0
    confused: Counter[str] = Counter()
    for recording in test.recordings:
        words = recording.text.split()
        pairs = [pair for pair in align(words, _heard(ears, recording, test).split()) if pair[0] != pair[1]]
        confused.update(f"{word or '–'} → {other or '–'}" for word, other in pairs)
        wrong, said = wrong + len(pairs), said + len(words)
    return {
        "n": len(test.recordings),
        "words": said,
        "word_error": wrong / max(1, said),
        "mistakes": dict(confused.most_common(COMMONEST)),
    }


def _heard(ears: Ears, recording: Recording, test: Trial) -> str:
    return " ".join(word["word"] for word in ears.hear(LINES[test.line](recording.samples), test.grammar))
