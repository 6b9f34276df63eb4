"""What can be picked out of free speech: a telephone number, a name and surname (A12.19).

What is found here is a candidate: it is read back before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from ivr.dialog.ports import Grammars
from ivr.dialog.understand import normalise
from ivr.language.numbers import cardinal_words

_LONGEST_NUMBER = 24  # words: +370 and eight digits, one by one, with "tūkstančiai" and the like


def glean(text: str, grammars: Grammars) -> dict[str, str]:
    """Candidates by slot, ``phone`` and ``name``; what was said twice with different values is left out."""
    words = normalise(text).split()
    found: dict[str, str] = {}
    numbers = {value for value in (_phone(run, grammars) for run in _number_runs(words)) if value}
    if len(numbers) == 1:
        found["phone"] = numbers.pop()
    names = {value for value in (_name(pair, grammars) for pair in _pairs(words)) if value}
    if len(names) == 1:
        found["name"] = names.pop()
    return found


def full_name(value: object) -> str:
    """Given name and surname of what the grammar ``name`` understood; empty when one of them is missing."""
    given, surname = str(getattr(value, "given", "")), str(getattr(value, "surname", ""))
    return f"{given} {surname}" if given and surname else ""


def _number_runs(words: list[str]) -> Iterator[list[str]]:
    """Stretches of words that all belong to numbers."""
    known = _number_words()
    run: list[str] = []
    for word in [*words, ""]:
        if word in known:
            run.append(word)
        elif run:
            yield run
            run = []


def _phone(run: list[str], grammars: Grammars) -> str:
    if not 3 <= len(run) <= _LONGEST_NUMBER:
        return ""
    value = grammars.parse("phone", " ".join(run))
    return value if isinstance(value, str) else ""


def _pairs(words: list[str]) -> Iterator[str]:
    return (f"{first} {second}" for first, second in pairwise(words))


def _name(pair: str, grammars: Grammars) -> str:
    return full_name(grammars.parse("name", pair))


@lru_cache(maxsize=1)
def _number_words() -> frozenset[str]:
    return frozenset({*cardinal_words(), "plius"})
