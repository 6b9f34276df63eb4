"""Vosk (PyPI ``vosk`` 0.3.45) as a decoder: one loaded model, a grammar per listening."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import vosk

from ivr.errors import ModelError, UnknownWords
from ivr.events import SAMPLE_RATE, Grammar, Word
from ivr.speech.lexicon import Lexicon
from ivr.speech.models import check_model
from ivr.speech.ports import Hypothesis

_GARBAGE: Final = "[unk]"
# White noise added at the ear, RMS in 16-bit units: digital silence (mute, discontinuous transmission,
# lost packets) is a sound that the model never heard; a constant floor hides it.
NOISE_FLOOR: Final = 60.0


class VoskModel:
    """A model folder, checked against its manifest and loaded. Implements ``DecoderFactory``.

    Raises:
        ModelError: the folder is missing, incomplete, damaged or not a Vosk model.
    """

    def __init__(self, folder: Path, *, noise_floor: float = NOISE_FLOOR) -> None:
        entry = check_model(folder)
        self.name, self.version = "vosk", entry.version
        self.folder = folder
        self.lexicon = Lexicon(folder)
        self._floor = np.random.default_rng(1883).normal(0.0, noise_floor, SAMPLE_RATE).astype(np.float32)
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(folder))
        except Exception as error:  # vosk raises a bare Exception
            raise ModelError(
                "vosk", folder, f"can't be loaded ({error})", "Give a folder in Vosk's format in [speech] model"
            ) from error

    def decoder(self, grammar: Grammar) -> VoskDecoder:
        """Raises UnknownWords when the grammar has words that the lexicon lacks."""
        missing = self.lexicon.missing(grammar.phrases)
        if missing:
            raise UnknownWords("vosk", missing)
        return VoskDecoder(self._model, grammar, self._floor)


class VoskDecoder:
    """One ``KaldiRecognizer``; foreign speech falls into ``[unk]`` and lowers the confidence."""

    def __init__(
        self, model: vosk.Model, grammar: Grammar, floor: np.ndarray[tuple[int], np.dtype[np.float32]]
    ) -> None:
        self._model = model
        self._phrases = (
            json.dumps([*dict.fromkeys(grammar.phrases), _GARBAGE], ensure_ascii=False) if grammar.phrases else ""
        )
        self._floor = floor
        self._floor_at = 0
        self._recognizer: vosk.KaldiRecognizer | None = None
        self._words: list[Word] = []
        self._renew()

    def accept(self, pcm: bytes) -> None:
        """Take 8 kHz sound."""
        if self._recognizer is None:
            self._renew()
        if self._recognizer.AcceptWaveform(self._with_floor(pcm)):  # type: ignore[union-attr]
            # Vosk's own endpoint closed a segment inside our turn: keep its words and go on.
            self._collect(self._recognizer.Result())  # type: ignore[union-attr]

    def words_so_far(self) -> int:
        """Known words of the best hypothesis by now."""
        partial = json.loads(self._recognizer.PartialResult())["partial"].split() if self._recognizer else []
        return sum(word != _GARBAGE for word in [*(word.text for word in self._words), *partial])

    def result(self) -> Hypothesis:
        """Words since the last result; a fresh recogniser follows, so times count from 0 again."""
        if self._recognizer is not None:
            self._collect(self._recognizer.FinalResult())
        self._recognizer = None
        heard, self._words = self._words, []
        return weigh(heard)

    def close(self) -> None:
        """Free the recogniser."""
        self._recognizer = None

    def _renew(self) -> None:
        arguments = (self._model, float(SAMPLE_RATE), *((self._phrases,) if self._phrases else ()))
        self._recognizer = vosk.KaldiRecognizer(*arguments)
        self._recognizer.SetWords(True)

    def _with_floor(self, pcm: bytes) -> bytes:
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        noise = np.take(self._floor, np.arange(self._floor_at, self._floor_at + len(samples)), mode="wrap")
        self._floor_at = (self._floor_at + len(samples)) % len(self._floor)
        mixed: bytes = np.clip(samples + noise, -32768, 32767).astype("<i2").tobytes()
        return mixed

    def _collect(self, result: str) -> None:
        self._words += [
            Word(item["word"], item["start"], item["end"], item["conf"])
            for item in json.loads(result).get("result", ())
        ]


def weigh(words: list[Word]) -> Hypothesis:
    """Words without garbage, and a confidence that falls with the garbage's share of the time.

    A known word between long stretches of foreign speech is more often a
    coincidence than an answer; at equal length the confidence is halved.
    """
    known = tuple(word for word in words if word.text != _GARBAGE)
    spoken = sum(word.ended - word.started for word in known)
    total = sum(word.ended - word.started for word in words)
    if not known or total <= 0:
        return Hypothesis("", 0.0)
    mean = sum(word.confidence * (word.ended - word.started) for word in known) / spoken
    confidence = min(1.0, mean * spoken / total)
    return Hypothesis(" ".join(word.text for word in known), round(confidence, 3), known)
