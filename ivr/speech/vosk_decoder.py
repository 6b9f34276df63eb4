"""Vosk (PyPI ``vosk`` 0.3.45) as a decoder: one loaded model, a grammar per listening."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import vosk

from ivr.errors import ModelError, UnknownWords
from ivr.events import SAMPLE_RATE, Grammar, Word
from ivr.speech.lexicon import Lexicon
from ivr.speech.models import check_model, read_rejection
from ivr.speech.ports import Evidence, Hypothesis
from ivr.speech.rejection import ACCEPTED_FROM, Rejection, gap
from ivr.speech.whole_answers import whole_answers

_GARBAGE: Final = "[unk]"
_ALTERNATIVES: Final = 10
# What a foreign sound between words costs, in log-likelihood. Without it the loop of phones takes a word out of
# one four-digit string in twenty (model 0.2, real people).
_GARBAGE_COST: Final = 3.0
# What a reading costs that is no whole answer. Where 14 people were heard to say a piece of a phrase, or a piece and
# another word, most of their phrases stand among the alternatives within this (model 0.4). Foreign sounds alone pay it
# too, so who does say only a piece is heard as before.
_PIECE_COST: Final = 3.0
_NO_OPEN_SPEECH: Final = "Give a model with it, or another recogniser for open speech in [speech] recognizers"


class VoskModel:
    """A model folder, checked against its manifest and loaded. Implements ``DecoderFactory``.

    Raises:
        ModelError: the folder is missing, incomplete, damaged or not a Vosk model.
    """

    def __init__(self, folder: Path) -> None:
        entry = check_model(folder)
        self.name, self.version = "vosk", entry.version
        self.folder = folder
        self.rejection = read_rejection(folder)
        self.hears_open_speech = (folder / "graph" / "Gr.fst").is_file()
        self.lexicon = Lexicon(folder)
        vosk.SetLogLevel(-1)
        try:
            self.native = vosk.Model(str(folder))
        except Exception as error:  # vosk raises a bare Exception
            raise ModelError(
                "vosk", folder, f"can't be loaded ({error})", "Give a folder in Vosk's format in [speech] model"
            ) from error

    def decoder(self, grammar: Grammar) -> VoskDecoder:
        """Raises UnknownWords for words that the lexicon lacks, ModelError for open speech without its graph."""
        if not grammar.phrases and not self.hears_open_speech:
            raise ModelError("vosk", self.folder, "has no graph/Gr.fst, so it can't hear open speech", _NO_OPEN_SPEECH)
        missing = self.lexicon.missing(grammar.phrases)
        if missing:
            raise UnknownWords("vosk", missing)
        return VoskDecoder(self, grammar)


class VoskDecoder:
    """Hears one grammar, or open speech when it has no phrases.

    With a grammar two ``KaldiRecognizer`` take the same sound, one with the phrases and ``[unk]`` for
    foreign sounds, one without any; :mod:`ivr.speech.rejection` compares how well they fit. A model without
    ``graph/Gr.fst`` has no free one: then only ``[unk]`` competes.
    """

    def __init__(self, model: VoskModel, grammar: Grammar) -> None:
        self._model = model
        self._phrases = tuple(dict.fromkeys(grammar.phrases))
        self._is_answer = whole_answers(grammar)
        self._within: _Listener | None = None  # only while a turn lasts: each holds 4 MB or more
        self._free: _Listener | None = None

    @property
    def refuses(self) -> bool:
        """With phrases, and free reading to judge them by."""
        return bool(self._phrases) and self._model.hears_open_speech

    def accept(self, pcm: bytes) -> None:
        """Take 8 kHz sound."""
        if self._within is None:
            self._renew()
        for listener in (self._within, self._free):
            if listener is not None:
                listener.accept(pcm)

    def text_so_far(self) -> str:
        """Known words of the best hypothesis by now."""
        return self._within.text_so_far() if self._within is not None else ""

    def result(self) -> Hypothesis:
        """Words since the last result; fresh recognisers follow, so times count from 0 again."""
        within, free = self._within, self._free
        self._within = self._free = None
        if within is None:
            return Hypothesis("", 0.0)
        within.finish()
        if not self._phrases:
            return _open(within.words)
        if free is not None:
            free.finish()
        judged = judge(
            within.words,
            gap(within.likelihood, free.likelihood, within.spoken_s) if free is not None else None,
            len(self._phrases),
            self._model.rejection,
        )
        return replace(judged, free=free.text) if free is not None else judged

    def close(self) -> None:
        """Free the recognisers."""
        self._within = self._free = None

    def _renew(self) -> None:
        if not self._phrases:
            self._within = _Listener(vosk.KaldiRecognizer(self._model.native, float(SAMPLE_RATE)), alternatives=0)
            return
        phrases = json.dumps([*self._phrases, _GARBAGE], ensure_ascii=False)
        self._within = _Listener(
            vosk.KaldiRecognizer(self._model.native, float(SAMPLE_RATE), phrases),
            alternatives=_ALTERNATIVES,
            is_answer=self._is_answer,
        )
        if self._model.hears_open_speech:
            self._free = _Listener(vosk.KaldiRecognizer(self._model.native, float(SAMPLE_RATE)), alternatives=1)


class _Listener:
    """One ``KaldiRecognizer`` during one turn.

    Vosk finds endpoints of its own. In open speech, which may last for minutes, the segment is closed there, its
    words are kept, and the next follows. A grammar's turn stays one segment: two likelihoods can only be
    compared over the same stretch, and the two recognisers' endpoints differ.
    """

    def __init__(
        self, recognizer: vosk.KaldiRecognizer, *, alternatives: int, is_answer: Callable[[str], bool] | None = None
    ) -> None:
        self._recognizer = recognizer
        self._is_answer = is_answer
        self._recognizer.SetWords(True)
        self._recognizer.SetMaxAlternatives(alternatives)
        self._segments = alternatives == 0
        self.words: list[Word] = []
        self.likelihood = 0.0

    @property
    def spoken_s(self) -> float:
        return sum(word.ended - word.started for word in self.words)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words if word.text != _GARBAGE)

    def accept(self, pcm: bytes) -> None:
        if self._recognizer.AcceptWaveform(pcm) and self._segments:
            self._collect(json.loads(self._recognizer.Result()))

    def finish(self) -> None:
        self._collect(json.loads(self._recognizer.FinalResult()))

    def text_so_far(self) -> str:
        partial = json.loads(self._recognizer.PartialResult())["partial"].split()
        return " ".join(word for word in [*(word.text for word in self.words), *partial] if word != _GARBAGE)

    def _collect(self, result: dict[str, Any]) -> None:
        alternatives = result.get("alternatives")
        if alternatives is None:
            self.words += [_word(item, item["conf"]) for item in result.get("result", ())]
            return
        # A voice was found, so a path without any word, which our word penalty favours, is no answer.
        worded = (alternative for alternative in alternatives if alternative.get("text"))
        best = max(worded, key=self._likelihood_of_words, default=alternatives[0])
        self.likelihood = best["confidence"]
        self.words = [_word(item, _agreement(item, alternatives)) for item in best.get("result", ())]

    def _likelihood_of_words(self, alternative: dict[str, Any]) -> float:
        words = alternative["text"].split()
        known = [word for word in words if word != _GARBAGE]
        cost = _GARBAGE_COST * (len(words) - len(known))
        if self._is_answer is not None and not self._is_answer(" ".join(known)):
            cost += _PIECE_COST
        return float(alternative["confidence"]) - cost


def _word(item: dict[str, Any], confidence: float) -> Word:
    return Word(item["word"], item["start"], item["end"], round(confidence, 3))


def _agreement(item: dict[str, Any], alternatives: list[dict[str, Any]]) -> float:
    """How much of the alternatives' likelihood has this word at this time."""
    top = alternatives[0]["confidence"]
    weights = [math.exp(alternative["confidence"] - top) for alternative in alternatives]
    agreeing = (
        weight
        for weight, alternative in zip(weights, alternatives, strict=True)
        if any(
            other["word"] == item["word"] and other["start"] < item["end"] and item["start"] < other["end"]
            for other in alternative.get("result", ())
        )
    )
    return sum(agreeing) / sum(weights)


def judge(words: list[Word], gap_per_frame: float | None, phrases: int, rejection: Rejection) -> Hypothesis:
    """What is believed of words heard within a grammar of so many phrases; no text when they are refused.

    A word's confidence says that it was this word and not another of the grammar, the gap's that it was one
    of them at all; a hypothesis has the product. Without a gap (a model without open speech) nothing is refused.
    """
    known = [word for word in words if word.text != _GARBAGE]
    if not known:
        return Hypothesis("", 0.0)
    text = " ".join(word.text for word in known)
    evidence = Evidence(text, gap_per_frame, phrases) if gap_per_frame is not None else None
    belief = rejection.confidence(gap_per_frame or 0.0, phrases)
    if belief < ACCEPTED_FROM:
        return Hypothesis("", round(belief, 3), evidence=evidence)
    weighed = tuple(replace(word, confidence=round(belief * word.confidence, 3)) for word in known)
    return Hypothesis(text, _mean(weighed), weighed, evidence)


def _open(words: list[Word]) -> Hypothesis:
    known = tuple(word for word in words if word.text != _GARBAGE)
    return Hypothesis(" ".join(word.text for word in known), _mean(known), known)


def _mean(words: tuple[Word, ...]) -> float:
    spoken = sum(word.ended - word.started for word in words)
    return round(sum(word.confidence * (word.ended - word.started) for word in words) / spoken, 3) if spoken else 0.0
