"""Grammars of figures: digits, numbers, telephone numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ivr.language.counting import numeral
from ivr.language.declension import Case, decline, decline_plural
from ivr.language.numbers import Gender, cardinal
from ivr.language.phones import phone_of
from ivr.language.spoken_numbers import digits_of, may_go_on, number_of
from ivr.speech.grammars.base import SpokenGrammar, without_fillers

_CASES: Final = (Case.NOMINATIVE, Case.ACCUSATIVE)
DIGITS: Final = tuple(cardinal(digit) for digit in range(10))
_HUNDREDS: Final = tuple(cardinal(hundred) for hundred in range(100, 1000, 100))


def _strings() -> tuple[str, ...]:
    """Digits alone and every two of them: beside numbers of two digits the bigram then still expects single ones.

    Without the pairs, groups cost a tenth of the strings that are said digit by digit; with them half of that.
    """
    return (*DIGITS, *(f"{first} {second}" for first in DIGITS for second in DIGITS))


def _grouped() -> tuple[str, ...]:
    """Two-digit numbers, as callers group digits."""
    return tuple(cardinal(number) for number in range(10, 100))


@dataclass(frozen=True, slots=True)
class Digits(SpokenGrammar[str]):
    """A code of exactly ``length`` digits. Value: the digits.

    ``groups``: "keturiasdešimt aštuoni" is heard too; without, digits said one by one are heard a little better.
    """

    length: int
    groups: bool = True

    @property
    def name(self) -> str:
        return f"digits:{self.length}"

    def phrases(self) -> tuple[str, ...]:
        return (*_strings(), *_grouped()) if self.groups and self.length > 1 else DIGITS

    def parse(self, text: str) -> str | None:
        return digits_of(without_fillers(text), self.length)

    def complete(self, text: str) -> bool:
        too_many = len(digits_of(without_fillers(text)) or "") > self.length  # nothing more to wait for
        return (too_many or self.parse(text) is not None) and not may_go_on(text)


def _number(text: str, counted: Collection[str], most: int) -> int | None:
    """The number up to ``most`` that is said, with or without words of what is counted."""
    number = number_of(" ".join(word for word in without_fillers(text).split() if word not in counted))
    return number if number is not None and number <= most else None


@dataclass(frozen=True, slots=True)
class Number(SpokenGrammar[int]):
    """One number up to ``most``, with or without what is counted ("penkis eurus", "trisdešimt metų")."""

    most: int = 999_999

    @property
    def name(self) -> str:
        return "number" if self.most == 999_999 else f"number:{self.most}"

    def phrases(self) -> tuple[str, ...]:
        counts = [*range(min(self.most, 99) + 1), *range(100, min(self.most, 999) + 1, 100)]
        if self.most >= 1000:
            counts += [1000, 2000, 5000, 10_000, 20_000, 100_000, 500_000]
        said = [cardinal(number, case, gender) for number in counts for case in _CASES for gender in Gender]
        return tuple(dict.fromkeys(said)) + _COUNTED

    def parse(self, text: str) -> int | None:
        return _number(text, _COUNTED, self.most)


# What callers count on this line, in the cases that numbers govern.
_NOUNS: Final = ("euras", "centas", "diena", "mėnesis", "savaitė", "valanda", "vaikas", "procentas")
_COUNTED: Final = tuple(
    dict.fromkeys(
        [decline(noun, name=False)[case] for noun in _NOUNS for case in _CASES]
        + [decline_plural(noun)[case] for noun in _NOUNS for case in (*_CASES, Case.GENITIVE)]
        + ["metai", "metus", "metų"]
    )
)


@dataclass(frozen=True, slots=True)
class Age(SpokenGrammar[int]):
    """Somebody's age: "dvidešimt treji", "dvidešimt trijų", "penkerių metų". Value: whole years."""

    most: int = 110

    @property
    def name(self) -> str:
        return "age"

    def phrases(self) -> tuple[str, ...]:
        said = [
            numeral(number, case, Gender.MASCULINE, collectively=collectively)
            for collectively in (True, False)
            for case in _AGES
            for number in range(1, self.most + 1)
        ]
        return (*dict.fromkeys(said), *_YEARS)

    def parse(self, text: str) -> int | None:
        return _number(text, _YEARS, self.most)

    def complete(self, text: str) -> bool:
        return text.endswith(_YEARS) and self.parse(text) is not None


_AGES: Final = (Case.NOMINATIVE, Case.GENITIVE, Case.ACCUSATIVE)
_YEARS: Final = ("metai", "metų", "metus")


@dataclass(frozen=True, slots=True)
class Phone(SpokenGrammar[str]):
    """A Lithuanian telephone number. Value: ``+370`` and eight digits."""

    @property
    def name(self) -> str:
        return "phone"

    def phrases(self) -> tuple[str, ...]:
        heads = ("plius trys septyni nulis", "plius trys šimtai septyniasdešimt", "aštuoni šeši", "nulis šeši")
        return (*_strings(), *_grouped(), *_HUNDREDS, *heads)

    def parse(self, text: str) -> str | None:
        return phone_of(without_fillers(text))

    def complete(self, text: str) -> bool:
        return self.parse(text) is not None and not may_go_on(text)
