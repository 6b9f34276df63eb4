"""Building blocks: what the line says in numbers, dates and letters is joined from them, or not at all."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.language.dates import spoken_days, spoken_years
from ivr.language.numbers import Gender, cardinal
from ivr.language.phones import spoken_phone
from ivr.language.spelling import dictated, spell
from ivr.speech import sound
from ivr.speech.blocks import join, lithuanian, tight

CLIP = bytes(4000)


def ready(text: str) -> bytes | None:
    return CLIP if text in lithuanian() else None


def taken(text: str) -> list[str]:
    """Blocks that a text is joined from, in order."""
    asked: list[str] = []

    def find(block: str) -> bytes | None:
        if block in lithuanian():
            asked.append(block)
            return CLIP
        return None

    assert join(text, find) is not None
    return asked


@given(st.integers(0, 9999), st.sampled_from(list(Gender)))
def test_every_count_is_ready(number: int, gender: Gender) -> None:
    assert join(cardinal(number, gender=gender), ready) is not None


@given(st.text("aąbcčdeęėfghiįyjklmnopqrsštuųūvwxzž0123456789@._+- AĄŽ", max_size=40))
def test_whatever_is_dictated_is_ready(text: str) -> None:
    said = dictated(text)
    assert (join(said, ready) is None) == (said == "")


@pytest.mark.rule("Q3")
@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_every_date_is_ready(day: date) -> None:
    nominative, accusative = spoken_days(day.month, day.day)[1:3]  # "kovo penktoji", "kovo penktą"
    assert join(f"{spoken_years(day.year)[0]} {nominative}", ready) is not None
    assert join(f"{accusative} dieną", ready) is not None


@given(st.from_regex(r"\+370[3-6][0-9]{7}", fullmatch=True))
def test_every_phone_number_is_ready(number: str) -> None:
    assert join(spoken_phone(number), ready) is not None


@given(st.text("abcčdeėfghiįyjklmnoprsštuųūvzž0123456789@.-_", min_size=1, max_size=30))
def test_every_address_can_be_spelled(text: str) -> None:
    assert join(spell(text), ready) is not None


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("Rytoj, antradienį, dešimtą valandą.", ["rytoj", "antradienį", "dešimtą", "valandą"]),
        ("dvidešimt trys eurai", ["dvidešimt trys", "eurai"]),
        ("apatinis brūkšnys, i nosinė", ["apatinis brūkšnys", "i nosinė"]),
        ("Maždaug vienuolika minučių.", ["maždaug", "vienuolika", "minučių"]),
        ("kovo dvidešimt trečią dieną", ["kovo", "dvidešimt", "trečią", "dieną"]),
    ],
)
def test_longest_blocks_are_taken(text: str, blocks: list[str]) -> None:
    assert taken(text) == blocks


@pytest.mark.parametrize("text", ["du šunys", "Jonas Kazlauskas.", "12", "trys ir ketvirtis"])
def test_a_sentence_with_another_word_is_not_joined(text: str) -> None:
    assert join(text, ready) is None


@pytest.mark.parametrize("text", ["", " … ", "!?"])
def test_nothing_to_say_is_no_sound(text: str) -> None:
    assert join(text, ready) is None


def test_pauses_stand_at_commas_and_full_stops() -> None:
    short, comma, stop = (len(join(text, ready) or b"") for text in ("du trys", "du, trys", "du. trys"))
    assert short < comma < stop


def test_a_tight_clip_keeps_the_word_and_loses_the_silence() -> None:
    word = np.full(4000, 3000, dtype="<i2").tobytes()
    clip = tight(bytes(960) + word + bytes(2560))
    assert len(word) <= len(clip) <= len(word) + 2 * 640
    assert sound.active_level(sound.to_samples(clip)) > -22
    assert word in clip
