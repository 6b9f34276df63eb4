"""Spoken texts as people read them: the packs say numbers in words, a letter or a message shows digits.

Only what is certain is written anew: sums of money, days of a date, years, fractions, and numbers from ten on. A number
below ten stays a word, as in good print, and an ordinal too ("pirmosios grupės").
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from ivr.knowledge.facts import Mention, mentions
from ivr.language.dates import MONTHS
from ivr.language.declension import Case, decline
from ivr.language.spoken_numbers import number_of

_SMALLEST: Final = 10
_CENTS: Final = re.compile(r"\s+cent\w*")
_DAY: Final = re.compile(r"\s+dien\w*")
_POINT: Final = re.compile(r"papunk\w*\s\Z")
_POINTED: Final = re.compile(r"papunk\w*\s[\d.]+\Z")
_DATE: Final = re.compile(r"(?:(?P<year>\d{4})|-)-(?P<month>\d\d)-(?P<day>\d\d)")


def written(text: str) -> str:
    """The text with its numbers in digits.

    >>> written("Moka penkiasdešimt eurų šešiolika centų nuo kovo penkioliktosios.")
    'Moka 50,16 Eur nuo kovo 15 d.'
    >>> written("Per penkias darbo dienas arba dvylika mėnesių (papunktis dvidešimt du trys), pirmosios grupės žmogui.")
    'Per penkias darbo dienas arba 12 mėnesių (papunktis 22.3), pirmosios grupės žmogui.'
    """
    parts: list[str] = []
    place = 0
    for mention in mentions(text):
        before = text[place : mention.start]
        number = number_of(mention.said.lower())
        if number is not None and (_POINT.search(text[: mention.start]) or (before == " " and _pointed(parts))):
            parts += ["." if before == " " else before, str(number)]
            place = mention.end
            continue
        digits, end = _digits(mention, text)
        parts += [before, digits or text[mention.start : end]]
        place = end + (digits.endswith(".") and text.startswith(".", end))
    return "".join([*parts, text[place:]])


def _pointed(parts: list[str]) -> bool:
    """The last thing written is the number of a point, which goes on: "papunktis aštuoni vienas"."""
    return bool(_POINTED.search("".join(parts)))


def _digits(mention: Mention, text: str) -> tuple[str, int]:
    """What stands for the words, "" where they stay, and where the words end."""
    value, _, unit = mention.fact.partition(" ")
    if date := _DATE.fullmatch(mention.fact):
        month = decline(MONTHS[int(date["month"]) - 1], name=False)[Case.GENITIVE]
        year = f"{date['year']} m. " if date["year"] else ""
        return f"{year}{month} {int(date['day'])} d.", _past(_DAY, text, mention.end)
    if unit == "m.":
        return (f"{value} m." if "met" in mention.said else value), mention.end
    if unit == "eur" and "eur" in mention.said:
        return f"{_shown(Decimal(value), 2)} Eur", _past(_CENTS, text, mention.end) if "." in value else mention.end
    if "sveik" in mention.said or (number_of(mention.said.lower()) or 0) >= _SMALLEST:
        return _shown(Decimal(value)), mention.end
    return "", mention.end


def _past(word: re.Pattern[str], text: str, place: int) -> int:
    match = word.match(text, place)
    return match.end() if match else place


def _shown(value: Decimal, places: int | None = None) -> str:
    """1234.5 → "1 234,5"; with ``places`` after the comma, if it is not whole: "1 234,50"."""
    whole = value == value.to_integral_value()
    text = f"{int(value):,}" if whole else f"{value:,}" if places is None else f"{value:,.{places}f}"
    return text.replace(",", " ").replace(".", ",")
