"""Dates and years in a text: "2019 m. sausio 1 d.", "2019-01-01", "1995–2008 m.", "2018 metais".

The case comes from the preposition ("nuo … dienos"), from a document that the date belongs to ("… dienos nutarimu"),
or is the accusative that answers "when"; a year alone answers it in the instrumental.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.language.counting import F, noun
from ivr.language.dates import DAYS_IN_MONTH, month_words
from ivr.language.days import day_words, month_name, year_words
from ivr.language.declension import Case
from ivr.language.numbers import ordinal
from ivr.language.reading.acronyms import ACRONYMS
from ivr.language.reading.context import PREPOSITIONS, preposition
from ivr.language.reading.tokens import Kind, Reading, Tokens

_YEARS: Final = {form: case for case, form in noun("metai").plural.items() if case is not Case.VOCATIVE}
_DAYS: Final = {
    "diena": Case.NOMINATIVE, "dienos": Case.GENITIVE, "dienai": Case.DATIVE, "dieną": Case.ACCUSATIVE,
    "dienoje": Case.LOCATIVE,
}  # fmt: skip
_DASHES: Final = frozenset("-–—‑")
_FIRST_YEAR: Final = 1800
_LAST_YEAR: Final = 2199
# What a date or year belongs to; the date before it stands in the genitive.
_DOCUMENTS: Final = (
    "nutarim", "įsakym", "įstatym", "sprendim", "nutart", "nutarč", "potvark", "protokol", "sutart", "sutarč", "rašt",
    "pranešim", "redakcij", "reglament", "direktyv", "biudžet", "pajam", "pradž", "pabaig", "ketvirt", "ketvirč",
    "duomen", "vidur", "program", "veikl", "rinkim", "mokest", "mokesč", "vasar", "rud", "žiem", "pavasar", "pusmet",
    "plan", "ataskait", "balans", "deklaracij", "algos", "dyd", "išmok", "atostog", "konvencij", "laikotarp", "darbo",
    "kodeks", "kalendor", "metin", "vidutin",
)  # fmt: skip
_TITLES: Final = ("lietuvos", "vyriausyb", "seim", "europ", "dk", "ck", "tarybos", "ministr")
_REACH: Final = 3
_SCHOOL: Final = re.compile(r"((?:19|20)\d\d)/(?:(?:19|20)?\d\d)")
# Between a preposition and its month: "iki einamųjų metų gruodžio 15 d."
_YEAR_WORDS: Final = frozenset(
    ["metų", "einamųjų", "kalendorinių", "šių", "tų", "pačių", "kitų", "praėjusių", "ateinančių", "kiekvienų", "mokslo"]
)


def read_date(tokens: Tokens, at: int) -> Reading | None:
    """A date, a year, a range of years, or a month with its day.

    >>> from ivr.language.reading.tokens import tokenise
    >>> read_date(tokenise("nuo 2019 m. sausio 1 d. bus"), 1).said
    'du tūkstančiai devynioliktų metų sausio pirmos dienos'
    >>> read_date(tokenise("2018 m. ir"), 0).said, read_date(tokenise("2005–2008 m. buvo"), 0).said
    ('du tūkstančiai aštuonioliktais metais', 'du tūkstančiai penktais, du tūkstančiai aštuntais metais')
    >>> read_date(tokenise("iki 2017-06-30"), 1).said
    'du tūkstančiai septynioliktų metų birželio trisdešimtosios'
    """
    if tokens[at].kind is Kind.DATE:
        return _written(tokens, at)
    if tokens.word(at) in month_words():
        return _day(tokens, at, at)
    if tokens[at].kind is Kind.CODE:
        return _school_year(tokens, at)
    if tokens[at].kind is Kind.NUMBER:
        return _year(tokens, at) or _month_and_day(tokens, at) or _day_of_month(tokens, at)
    return None


def _in_sentence(tokens: Tokens, at: int, end: int) -> bool:
    """Whether a bare date answers "when": beside a word that does not name it."""
    before, after = tokens.word(at - 1), tokens.word(end)
    if before:
        return not before.startswith(("data", "dienos", "termin", "diena"))
    return bool(after) and not tokens.is_capital(end) and tokens[at - 1].text != ":"


def _school_year(tokens: Tokens, at: int) -> Reading | None:
    """ "2019/2020 m. m.", "2019/20 mokslo metais"."""
    found = _SCHOOL.fullmatch(tokens[at].text)
    if not found:
        return None
    first = int(found[1])
    end = at + 1
    if tokens.word(end) == "m" and tokens[end + 1].text == ".":
        end = end + 4 if tokens.word(end + 2) == "m" and tokens[end + 3].text == "." else end + 2
        case = _year_case(tokens, at, end)
    elif tokens.word(end) == "mokslo" and tokens.word(end + 1) in _YEARS:
        case, end = _YEARS[tokens.word(end + 1)], end + 2
    else:
        return None
    years = [year_words(year, case, named=False) for year in (first, first + 1)]
    return Reading(f"{', '.join(years)} mokslo {noun('metai').plural[case]}", end)


def _day_of_month(tokens: Tokens, at: int) -> Reading | None:
    """ "kas mėnesį iki 25 d.": a day of a month that was said before."""
    day = _day_at(tokens, at, 1)
    if day is None or tokens.word(at + 1) != "d" or tokens[at + 2].text != "." or tokens.word(at + 3) == "d":
        return None
    words = [tokens.word(back) for back in range(at - 1, at - 5, -1)]
    if not any(word.startswith("mėnes") or word in month_words() for word in words):
        return None
    case = PREPOSITIONS.get(tokens.word(at - 1), Case.ACCUSATIVE)
    if case is Case.ACCUSATIVE and tokens.word(at - 1) in {"per", "už"}:
        return None
    return Reading(f"{ordinal(day, case, F)} {(noun('diena').singular or {})[case]}", at + 3)


def _month_and_day(tokens: Tokens, at: int) -> Reading | None:
    """ "nuo 07 01": a day without its year, in figures, behind a preposition."""
    first, second = tokens[at].text, tokens[at + 1].text
    if len(first) != 2 or len(second) != 2 or not (first + second).isdigit() or tokens.word(at - 1) not in PREPOSITIONS:
        return None
    month, day = int(first), int(second)
    if not 1 <= month <= 12 or not 1 <= day <= DAYS_IN_MONTH[month - 1] or first[0] not in "01":
        return None
    return Reading(day_words(month, day, PREPOSITIONS[tokens.word(at - 1)], named=False), at + 2)


def _written(tokens: Tokens, at: int) -> Reading | None:
    text = tokens[at].text
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    if day > DAYS_IN_MONTH[month - 1]:
        return None
    end = at + 1
    named = False
    if tokens.word(end) == "d" and tokens[end + 1].text == ".":
        end, named = end + 2, True
    if _document(tokens, end):
        case, named = Case.GENITIVE, True
    else:
        case = _when(tokens, at) or (Case.ACCUSATIVE if named or _in_sentence(tokens, at, end) else Case.NOMINATIVE)
    return Reading(f"{year_words(year)} {day_words(month, day, case, named=named)}", end)


def _year(tokens: Tokens, at: int) -> Reading | None:
    year = _year_at(tokens, at)
    if year is None:
        return None
    second, end = None, at + 1
    if tokens[end].text in _DASHES | {"/"}:
        second, end = _year_at(tokens, at + 2), at + 3
        if second is None:
            return None
    case: Case | None = None
    low = tokens.word(end)
    if low == "m" and tokens[end + 1].text == ".":
        end += 2
        school = tokens.word(end) == "m" and tokens[end + 1].text == "."
        end += 2 if school else 0
        school_word = " mokslo" if school else ""
    elif low in _YEARS:
        case, end, school_word = _YEARS[low], end + 1, ""
    elif low in {"mokslo", "kalendoriniais", "kalendorinių"} and tokens.word(end + 1) in _YEARS and low == "mokslo":
        case, end, school_word = _YEARS[tokens.word(end + 1)], end + 2, " mokslo"
    else:
        return None
    day = _day_after(tokens, at, end) if second is None else None
    if day is not None:
        said, end = day
        return Reading(f"{year_words(year)} {said}", end)
    if case is None or (case is Case.GENITIVE and second is None):
        case = case or _year_case(tokens, at, end)
    years = [year_words(value, case, named=False) for value in (year, second) if value is not None]
    return Reading(f"{', '.join(years)}{school_word} {noun('metai').plural[case]}", end)


def _year_at(tokens: Tokens, at: int) -> int | None:
    token = tokens[at]
    if token.kind is not Kind.NUMBER or len(token.text) != 4 or not token.text.isdigit():
        return None
    year = int(token.text)
    return year if _FIRST_YEAR <= year <= _LAST_YEAR else None


def _year_case(tokens: Tokens, at: int, end: int) -> Case:
    """The case of "2019 m." with nothing behind it."""
    if _document(tokens, end) or tokens.word(end) in month_words() or _is_roman_quarter(tokens, end):
        return Case.GENITIVE
    return _when(tokens, at) or (Case.NOMINATIVE if _whole_line(tokens, at, end) else Case.INSTRUMENTAL)


def _is_roman_quarter(tokens: Tokens, at: int) -> bool:
    return tokens[at].text in {"I", "II", "III", "IV"} and tokens.word(at + 1)[:6] in {"ketvir", "pusmet"}


def _day_after(tokens: Tokens, start: int, at: int) -> tuple[str, int] | None:
    """Month and perhaps day behind a year."""
    if tokens.word(at) not in month_words():
        return None
    reading = _day(tokens, start, at)
    if reading is not None:
        return reading.said, reading.end
    word, end = tokens[at].text, at + 1
    if tokens[end].text in _DASHES and tokens.word(end + 1) in month_words():
        word, end = f"{word} {tokens[end + 1].text}", end + 2
    if tokens.word(end) == "mėn" and tokens[end + 1].text == ".":
        case = preposition(tokens, start) or (Case.GENITIVE if tokens[end + 2].kind is Kind.NUMBER else Case.ACCUSATIVE)
        if tokens[end + 2].kind is Kind.NUMBER:
            reading = _day(tokens, start, at)
            if reading is not None:
                return reading.said, reading.end
        return f"{word} {(noun('mėnuo').singular or {})[case]}", end + 2
    return word, end


def _day(tokens: Tokens, start: int, at: int) -> Reading | None:
    """Month and day: "sausio 1 d.", "sausio 1 dieną", "sausio 1–15 d."; ``start`` is where the whole date begins."""
    month = month_words()[tokens.word(at)]
    if tokens.word(at) != month_name(month, Case.GENITIVE):
        return None
    number = at + 1
    if tokens.word(number) == "mėn":
        number = tokens.after_dot(number + 1)
    elif tokens.word(number) == "mėnesio":
        number += 1
    day, end = _day_at(tokens, number, month), number + 1
    if day is None:
        return None
    last = None
    if tokens[end].text in _DASHES:
        last, end = _day_at(tokens, end + 1, month), end + 2
        if last is None:
            return None
    case: Case | None = None
    if tokens.word(end) == "d" and tokens[end + 1].text == ".":
        end += 2
    elif tokens.word(end) in _DAYS:
        case, end = _DAYS[tokens.word(end)], end + 1
    elif tokens.word(end) in {"dienomis", "dienoms", "dienas", "dienų"} and last is not None:
        end += 1
    elif not (_ends(tokens, end) or preposition(tokens, start)):
        return None
    elif last is None:
        case = _when(tokens, start) or Case.ACCUSATIVE
        return Reading(day_words(month, day, case, named=False), end)
    if last is not None:
        first = ordinal(day, Case.GENITIVE, F)
        rest = f"iki {ordinal(last, Case.GENITIVE, F)} dienos"
        opening = "" if tokens.word(start - 1) == "nuo" else "nuo "
        return Reading(f"{opening}{month_name(month, Case.GENITIVE)} {first} {rest}", end)
    if case is None:
        case = Case.GENITIVE if _document(tokens, end) else _when(tokens, start) or _told(tokens, start, end)
    return Reading(day_words(month, day, case), end)


def _told(tokens: Tokens, start: int, end: int) -> Case:
    return Case.NOMINATIVE if _whole_line(tokens, start, end) else Case.ACCUSATIVE


def _day_at(tokens: Tokens, at: int, month: int) -> int | None:
    token = tokens[at]
    if token.kind is not Kind.NUMBER or not token.text.isdigit() or len(token.text) > 2:
        return None
    day = int(token.text)
    return day if 1 <= day <= DAYS_IN_MONTH[month - 1] else None


def _ends(tokens: Tokens, at: int) -> bool:
    return tokens[at].kind is Kind.LINE or tokens[at].text in {",", ".", ")", "?", ";"}


def _when(tokens: Tokens, at: int) -> Case | None:
    """The case that the word before asks for; "po" is "after" here, and "už" and "per" take a year whole."""
    for _ in range(_REACH):
        at -= tokens.word(at - 1) in _YEAR_WORDS
    word = tokens.word(at - 1)
    if word in {"ir", "arba", "ar", "bei"}:
        return None
    return PREPOSITIONS.get(word) or preposition(tokens, at)


def _document(tokens: Tokens, at: int) -> bool:
    """Whether what follows is a document or period that the date belongs to, perhaps behind its author's name."""
    for step in range(_REACH):
        word = tokens.word(at + step)
        if not word:
            return False
        if tokens[at + step].text in ACRONYMS:
            return True
        if word.startswith(_DOCUMENTS) and not word.endswith(("ti", "yti")):
            return True
        if not word.startswith(_TITLES):
            return False
    return False


def _whole_line(tokens: Tokens, at: int, end: int) -> bool:
    opens = tokens[at - 1].kind is Kind.LINE or tokens[at - 1].text in {"(", ":", "•"}
    return opens and (tokens[end].kind is Kind.LINE or tokens[end].text in {")", ";"})
