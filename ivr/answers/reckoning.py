"""What an answer depends on and a caller's words hold: a number for its table, a date for its term."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from ivr.knowledge.deadlines import Deadline
from ivr.knowledge.facts import mentions
from ivr.knowledge.words import words_of
from ivr.language.days import date_words, day_words
from ivr.language.declension import Case
from ivr.language.spoken_numbers import number_of

_NAMED: Final = {"siandien": 0, "rytoj": 1, "poryt": 2, "vakar": -1}
_WEEKDAYS: Final = (
    "pirmadienis", "antradienis", "trečiadienis", "ketvirtadienis", "penktadienis", "šeštadienis", "sekmadienis",
)  # fmt: skip
_BARE: Final = re.compile(r"\d+")


def number_in(text: str) -> int | None:
    """The one number of years, or without a unit, that the words name.

    >>> number_in("jai dvidešimt treji metai"), number_in("dvidešimt trys"), number_in("23"), number_in("nežinau")
    (23, 23, 23, None)
    """
    found = {int(value) for value, _, unit in (m.fact.partition(" ") for m in mentions(text)) if _years(value, unit)}
    if not found and (whole := number_of(text.strip().lower(), ordinal=True)) is not None:
        return whole
    return found.pop() if len(found) == 1 else None


def _years(value: str, unit: str) -> bool:
    return bool(_BARE.fullmatch(value)) and unit in ("", "metai")


def date_in(text: str, today: date) -> date | None:
    """The one day that the words name; without a year the one nearest to ``today``.

    >>> date_in("atleidžiame kovo penkioliktą", date(2026, 11, 22)), date_in("nuo rytojaus, rytoj", date(2026, 11, 22))
    (datetime.date(2027, 3, 15), datetime.date(2026, 11, 23))
    """
    found = {day for mention in mentions(text) if (day := _day(mention.fact, today))}
    if not found:
        words = set(words_of(text))
        found = {today + timedelta(days=days) for word, days in _NAMED.items() if word in words}
    return found.pop() if len(found) == 1 else None


def _day(fact: str, today: date) -> date | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", fact):
            return date.fromisoformat(fact)
        if re.fullmatch(r"--\d{2}-\d{2}", fact):
            month, day = int(fact[2:4]), int(fact[5:])
            near = [date(year, month, day) for year in (today.year - 1, today.year, today.year + 1)]
            return min(near, key=lambda one: abs(one - today))
    except ValueError:
        return None  # 29 February of another year
    return None


def last_day_said(term: Deadline, event: date, today: date) -> str:
    """The last day of a term as a sentence, empty where the decree sets none.

    >>> term = Deadline(count=5, unit="working_days", direction="before")
    >>> last_day_said(term, date(2027, 3, 15), date(2027, 1, 4))  # the eleventh of March is a public holiday
    'Jeigu skaičiuojama iki kovo penkioliktosios, paskutinė termino diena yra kovo penktoji, penktadienis.'
    """
    last = term.last_day(event)
    if last is None:
        return ""
    way = "nuo" if term.direction == "after" else "iki"
    counted, ends = _said(event, Case.GENITIVE, today), _said(last, Case.NOMINATIVE, today)
    return f"Jeigu skaičiuojama {way} {counted}, paskutinė termino diena yra {ends}, {_WEEKDAYS[last.weekday()]}."


def _said(day: date, case: Case, today: date) -> str:
    if day.year == today.year:
        return day_words(day.month, day.day, case, named=False)
    return date_words(day, case, named=False)
