"""The line's own ear understands the building blocks that the line speaks, through the codec of the telephone."""

from __future__ import annotations

import pytest

from ivr.language.dates import MONTHS
from ivr.language.numbers import cardinal
from ivr.paths import project_file
from ivr.simulator import g711
from ivr.speech import blocks
from ivr.speech.shipped import ShippedSounds
from ivr.speech.vosk_decoder import VoskModel
from tests.speech.test_vosk import hear

DIGITS = tuple(cardinal(digit) for digit in range(10))


@pytest.fixture(scope="module")
def shipped() -> ShippedSounds:
    return ShippedSounds(project_file("prompts", "sounds", "lt"))


def on_the_line(pcm: bytes | None) -> bytes:
    assert pcm is not None
    return g711.decode("PCMA", g711.encode("PCMA", pcm))


def understood(model: VoskModel, shipped: ShippedSounds, said: tuple[str, ...]) -> list[str]:
    """Which of the words are heard as themselves, each alone, with all of them expected."""
    return [
        word
        for word in said
        if [turn.text for turn in hear(model, on_the_line(blocks.join(word, shipped.get)), *said)] == [word]
    ]


@pytest.mark.rule("Q3")
@pytest.mark.parametrize("words", [DIGITS, MONTHS], ids=["digits", "months"])
def test_words_are_understood(model: VoskModel, shipped: ShippedSounds, words: tuple[str, ...]) -> None:
    assert len(understood(model, shipped, words)) >= len(words) - 1


@pytest.mark.rule("Q3")
@pytest.mark.parametrize("number", ["37061234567", "37069850318"])
def test_a_phone_number_that_is_read_back_is_understood(model: VoskModel, shipped: ShippedSounds, number: str) -> None:
    words = " ".join(cardinal(int(digit)) for digit in number)
    heard = hear(model, on_the_line(blocks.join(words, shipped.get)), *DIGITS)
    said = " ".join(turn.text for turn in heard).split()
    right = sum(one == other for one, other in zip(said, words.split(), strict=False))
    assert right >= len(number) - 1, said
