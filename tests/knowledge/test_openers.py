"""Polite words before a matter say nothing about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.knowledge.openers import matter_words

MATTER = ["kiek", "trunka", "atostogos"]


@pytest.mark.parametrize(
    "opening",
    [
        "",
        "Laba diena,",
        "Laba diena, norėčiau paklausti,",
        "Alio, labas, tai va, aš noriu sužinoti:",
        "gal žinot",
        "darbuotojo nereikia,",
        "nenoriu operatoriaus,",
    ],
)
def test_what_comes_before_a_matter_is_left_out(opening: str) -> None:
    assert matter_words(f"{opening} kiek trunka atostogos?") == MATTER


def test_a_wish_is_no_opening() -> None:
    assert matter_words("noriu kalbėti su žmogumi")[0] == "noriu"
    assert matter_words("norėčiau palikti žinutę")[0] == "noreciau"
    assert matter_words("noriu operatoriaus")[0] == "noriu"


@given(st.lists(st.sampled_from(["laba", "diena", "tai", "na", "norėčiau", "paklausti", "pensija"]), max_size=8))
def test_whatever_is_said_something_is_left(words: list[str]) -> None:
    assert bool(matter_words(" ".join(words))) == bool(words)
