"""A caller's words without what tells who they are, so that editors may read which questions were not answered (A3.1).

Names, long numbers and addresses become ``•••``. Words that the packs themselves use are never names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final

from ivr.knowledge.words import words_of
from ivr.language.given_names import given_names
from ivr.language.numbers import cardinal_words, ordinal_words
from ivr.language.surnames import surnames
from ivr.privacy import MASK

LONG: Final = 5
"""Words of a number that is too long for an age, an amount or a year."""
DIGITS: Final = 3
"""Single digits in a row: part of a code or a telephone number."""
_AT: Final = frozenset(("eta", "et"))
_FIGURES: Final = re.compile(r"\d{5,}|\S*@\S*|\d{3,}[-/]\d+")


def anonymous(text: str, ordinary: Collection[str] = frozenset()) -> str:
    """The text with names, long numbers and addresses masked. ``ordinary``: folded words that are nobody's name.

    >>> anonymous("Jono Petraičio pensija, numeris aštuoni šeši vienas du trys keturi penki")
    '••• pensija numeris •••'
    >>> anonymous("kiek gausiu jeigu man šešiasdešimt treji metai"), anonymous("rašykite jonas eta gmail taškas com")
    ('kiek gausiu jeigu man šešiasdešimt treji metai', 'rašykite •••')
    """
    words = [word for part in _FIGURES.sub(f" {MASK} ", text).split() for word in _split(part)]
    hidden = {at for span in _spans(words, ordinary) for at in range(*span)}
    shown = [MASK if at in hidden else word for at, word in enumerate(words)]
    return " ".join(word for at, word in enumerate(shown) if not (word == MASK and at and shown[at - 1] == MASK))


def _split(part: str) -> list[str]:
    return [part] if part == MASK else re.findall(r"[^\W_]+", part)


def _spans(words: Sequence[str], ordinary: Collection[str]) -> Iterator[tuple[int, int]]:
    """From–to of what is hidden."""
    for at, word in enumerate(words):
        if word.lower() in _names() and " ".join(words_of(word)) not in ordinary:
            yield at, at + 1
        if word.lower() in _AT and at:
            yield at - 1, at + 4
    numbers, units = _numbers()
    for known, least in ((numbers, LONG), (units, DIGITS)):
        for start, stop in _runs([word.lower() in known for word in words]):
            if stop - start >= least:
                yield start, stop


def _runs(marks: Sequence[bool]) -> Iterator[tuple[int, int]]:
    start = 0
    for at, mark in enumerate([*marks, False]):
        if not mark:
            if at > start:
                yield start, at
            start = at + 1


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Every form of every name."""
    names = (*given_names().values(), *surnames().values())
    return frozenset(form.lower() for forms in names for form in forms.values())


@lru_cache(maxsize=1)
def _numbers() -> tuple[frozenset[str], frozenset[str]]:
    """Words of numbers, and those of single digits."""
    values = {**ordinal_words(), **cardinal_words()}
    return frozenset((*values, "plius")), frozenset(word for word, value in values.items() if value < 10)
