"""Numbers with an ending ("3-oje", "1-ąjį", "18-metis") and Roman numerals ("II grupė", "XX amžius")."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ivr.language.counting import numeral
from ivr.language.declension import CASES, Case, decline
from ivr.language.numbers import ROMAN_DIGITS, Gender, cardinal, ordinal, roman
from ivr.language.reading.agreement import case_of, noun_after
from ivr.language.reading.context import PREPOSITIONS
from ivr.language.reading.times import read_time
from ivr.language.reading.tokens import Kind, Reading, Tokens

_LARGEST: Final = 9999
_FEMININE: Final = ("kategorij", "klas", "grup", "pakop", "versij", "lentel", "eil", "ligon", "dal")
_JOINERS: Final = frozenset({"–", "-", "ir", ",", "ar", "arba", "bei", "/"})
_MOST_JOINED: Final = 8
_MANY: Final = ("iai", "ų", "ams", "ais", "uose", "ose", "oms", "ims")
_WEEKDAYS: Final = (
    "pirmadienis", "antradienis", "trečiadienis", "ketvirtadienis", "penktadienis", "šeštadienis", "sekmadienis",
)  # fmt: skip
# Parts of a year, "III ketv.", and what they have.
_PERIODS: Final = {"ketv": "ketvirtis", "pusm": "pusmetis"}
_OF_PERIODS: Final = ("pradž", "pabaig", "vidur", "duomen", "ataskait", "rezultat", "rodikl", "pajam", "metu", "eig")
# What has a number by rank: "12 kategorija" is the twelfth.
RANKED: Final = (
    "kategorij", "klas", "grup", "kurs", "laipsn", "lygi", "lygmen", "aukšt", "etap", "pakop", "ketvirt", "ketvirč",
    "kvartal", "versij", "kabinet", "langel", "lentel", "paveiksl", "žings", "ligon", "eil", "pried", "amži",
    "poskyr", "tom", "variant",
)  # fmt: skip
# First parts of compounds ("penkiametis"); the rest of the tens and teens only lose their "-a".
_COMPOUND: Final = {
    1: "vien", 2: "dvi", 3: "tri", 4: "ketur", 5: "penkia", 6: "šešia", 7: "septynia", 8: "aštuonia", 9: "devynia",
    10: "dešimt", 100: "šimt", 1000: "tūkstant",
}  # fmt: skip
_COMPOUNDED: Final = ("met", "meč", "dien", "mėn", "val", "aukšt", "viet", "kamb", "kart", "asm", "dal", "pus", "ratis",
                      "rat", "proc", "mil", "tūkst", "minu")  # fmt: skip


def read_ordinal(tokens: Tokens, at: int) -> Reading | None:
    """A number whose ending is written, or a Roman numeral before its noun.

    >>> from ivr.language.reading.tokens import tokenise
    >>> [read_ordinal(tokenise(text), 0).said for text in ("3-oje klasėje", "1-ojo", "2-ųjų", "18-metis", "5-ių")]
    ['trečioje', 'pirmojo', 'antrųjų', 'aštuoniolikmetis', 'penkių']
    >>> read_ordinal(tokenise("II grupės"), 0).said, read_ordinal(tokenise("XX a."), 0).said
    ('antrosios', 'dvidešimtojo amžiaus')
    >>> read_ordinal(tokenise("I ir"), 0)
    """
    token = tokens[at]
    if token.kind is Kind.SUFFIXED:
        number, ending = re.split(r"[-–‑]", token.text, maxsplit=1)
        said = suffixed(int(number), ending) if len(number) < 5 else None
        return Reading(said, at + 1) if said else None
    if token.kind is Kind.WORD and token.text[0] in ROMAN_DIGITS:
        return _roman(tokens, at)
    return None


def suffixed(number: int, ending: str) -> str | None:
    """The ordinal, cardinal or collective of the number that ends so; None when there is none.

    >>> suffixed(3, "iojoje"), suffixed(21, "as"), suffixed(6, "erius"), suffixed(12, "os"), suffixed(7, "x")
    ('trečiojoje', 'dvidešimt pirmas', 'šešerius', 'dvyliktos', None)
    """
    if not 1 <= number <= _LARGEST:
        return None
    if ending.startswith(_COMPOUNDED):
        return f"{_first_part(number)}{ending}"
    if ending in {"jų", "ių", "iejų", "ims", "iem", "iems", "is", "iais", "ies"}:
        count = cardinal(number, Case.GENITIVE)
        if ending.endswith("ų"):
            return count
        kinds = (*_forms(number)[1:], _forms(number)[0])
    else:
        kinds = _forms(number)
    for forms in kinds:
        fitting = [form for form in forms if form.endswith(ending)]
        if fitting:
            return min(fitting, key=len)
    return None


def _roman(tokens: Tokens, at: int) -> Reading | None:
    value = roman(tokens[at].text)
    if value is None:
        return None
    if tokens.word(at + 1) == "a" and tokens[at + 2].text == ".":
        return Reading(f"{ordinal(value, Case.GENITIVE, definite=True)} amžiaus", at + 3)
    if tokens.word(at + 1) in _PERIODS and tokens[at + 2].text == ".":
        case = PREPOSITIONS.get(tokens.word(at - 1)) or (
            Case.GENITIVE if tokens.word(at + 3).startswith(_OF_PERIODS) else Case.ACCUSATIVE
        )
        period = decline(_PERIODS[tokens.word(at + 1)], name=False)[case]
        return Reading(f"{ordinal(value, case, definite=True)} {period}", at + 3)
    head = at + 1
    while tokens[head].text in _JOINERS and roman(tokens[head + 1].text) and head < at + _MOST_JOINED:
        head += 2
    if tokens[head].kind in {Kind.TIME, Kind.DOTTED, Kind.NUMBER} and read_time(tokens, head):
        return _weekdays(tokens, at, head)
    word = tokens.word(head)
    if len(tokens[at].text) == 1 and (word in _ordinals() or tokens[head].text.istitle()):
        return None  # "I pirmasis mėnuo" has its number already, and a name has none
    # "I invalidumo grupė": the noun may come behind its own attribute.
    if tokens.word(head + 1).startswith(RANKED) and not word.startswith(RANKED):
        word = tokens.word(head + 1)
    if len(word) < 4:
        return Reading(ordinal(value, definite=True), at + 1) if len(tokens[at].text) > 1 else None
    # "II–IV skyriai": the noun of several is in the plural, each number in the singular.
    agreed = case_of(word, singular=not word.endswith(_MANY)) or noun_after(tokens, head, singular=True)
    if agreed is None:
        return Reading(ordinal(value, definite=True), at + 1) if len(tokens[at].text) > 1 else None
    gender = Gender.FEMININE if word.startswith(_FEMININE) else agreed[1]
    return Reading(ordinal(value, agreed[0], gender, definite=True), at + 1)


def _weekdays(tokens: Tokens, at: int, head: int) -> Reading | None:
    """ "I–IV 8.00–17.00": days of the week before their hours."""
    days = [roman(tokens[at].text), roman(tokens[at + 2].text) if head > at + 1 else None]
    if any(day is not None and day > len(_WEEKDAYS) for day in days):
        return None
    first, last = (decline(_WEEKDAYS[day - 1], name=False) if day else None for day in days)
    if first is None:
        return None
    if last is None:
        return Reading(first[Case.ACCUSATIVE], at + 1)
    return Reading(f"nuo {first[Case.GENITIVE]} iki {last[Case.GENITIVE]}", head)


@lru_cache(maxsize=1)
def _ordinals() -> frozenset[str]:
    """Every form of an ordinal that one Roman numeral may have become."""
    return frozenset(form for number in range(1, 51) for form in _forms(number)[0])


@lru_cache(maxsize=256)
def _forms(number: int) -> tuple[tuple[str, ...], ...]:
    """All forms, the likeliest kind first."""
    ordinals = tuple(
        ordinal(number, case, gender, plural=plural, definite=definite)
        for definite in (False, True)
        for plural in (False, True)
        for gender in Gender
        for case in CASES[:-1]
    )
    cardinals = tuple(cardinal(number, case, gender) for gender in Gender for case in CASES[:-1])
    collectives: tuple[str, ...] = ()
    if number % 10 and not 10 < number % 100 < 20:
        collectives = tuple(
            numeral(number, case, gender, collectively=True) for gender in Gender for case in CASES[:-1]
        )
    return ordinals, cardinals, collectives


def _first_part(number: int) -> str:
    if number in _COMPOUND:
        return _COMPOUND[number]
    unit = number % 10
    if unit and number > 20:
        return f"{cardinal(number - unit)}{_COMPOUND[unit]}".replace(" ", "")
    return cardinal(number).removesuffix("a")
