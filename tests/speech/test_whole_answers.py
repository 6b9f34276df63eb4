"""Of readings that are nearly as likely, the one that is an answer is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ivr.events import Grammar
from ivr.speech.vosk_decoder import VoskModel
from ivr.speech.whole_answers import whole_answers

MOVES = Grammar("moves", ("į viršų", "į apačią", "ne", "ne ačiū"))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("į viršų", True),
        ("viršų", False),
        ("į", False),
        ("ne viršų", False),
        ("ne į viršų", True),
        ("ne ačiū", True),
        ("ačiū ne", False),
        ("", False),
    ],
)
def test_whole_phrases_of_a_list_are_an_answer_and_pieces_are_not(text: str, whole: bool) -> None:
    assert whole_answers(MOVES)(text) is whole


@pytest.mark.parametrize(
    ("name", "text", "whole"),
    [
        ("digits:4", "du trys keturi penki", True),
        ("digits:4", "dvidešimt trys keturiasdešimt penki", True),
        ("digits:4", "du trys keturi", False),
        ("month", "kovas", True),
        ("yes_no", "taip taip", True),
    ],
)
def test_words_are_an_answer_when_a_typed_grammar_reads_a_value_in_them(name: str, text: str, whole: bool) -> None:
    assert whole_answers(Grammar(name, ("taip", "ne")))(text) is whole


class Readings:
    """A ``KaldiRecognizer`` that has heard something already: texts with their log-likelihoods."""

    def __init__(self, found: dict[str, float]) -> None:
        self._found = found

    def SetWords(self, _: bool) -> None: ...

    def SetMaxAlternatives(self, _: int) -> None: ...

    def AcceptWaveform(self, _: bytes) -> bool:
        return False

    def FinalResult(self) -> str:
        return json.dumps(
            {
                "alternatives": [
                    {"text": text, "confidence": likelihood, "result": _timed(text)}
                    for text, likelihood in self._found.items()
                ]
            }
        )


def _timed(text: str) -> list[dict[str, Any]]:
    return [{"word": word, "start": at * 0.4, "end": at * 0.4 + 0.4} for at, word in enumerate(text.split())]


def heard(model: VoskModel, monkeypatch: pytest.MonkeyPatch, **readings: float) -> str:
    found = {text.replace("_", " "): likelihood for text, likelihood in readings.items()}
    monkeypatch.setattr("ivr.speech.vosk_decoder.vosk.KaldiRecognizer", lambda *_: Readings(found))
    decoder = model.decoder(MOVES)
    decoder.accept(bytes(320))
    return decoder.result().text


def test_a_phrase_is_believed_before_a_piece_that_is_little_likelier(
    model: VoskModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heard(model, monkeypatch, viršų=102.0, į_viršų=100.0) == "į viršų"
    assert heard(model, monkeypatch, ne_viršų=101.0, į_viršų=100.0, viršų=99.0) == "į viršų"


def test_a_piece_that_is_far_likelier_stays(model: VoskModel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard(model, monkeypatch, viršų=110.0, į_viršų=100.0) == "viršų"


def test_foreign_sounds_don_t_replace_a_piece(model: VoskModel, monkeypatch: pytest.MonkeyPatch) -> None:
    unk: dict[str, float] = {"viršų": 100.0, "[unk]": 101.0}
    assert heard(model, monkeypatch, **unk) == "viršų"
