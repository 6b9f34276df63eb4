"""Dates as callers say them, and back: months, days of a month, years.

Day and month go in any case ("kovo penkta", "kovo penktąją", "penkta kovo"), years as ordinals or plain numbers,
of four digits or two ("aštuoniasdešimt penktų").
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from ivr.language.declension import Case, decline, decline_plural_only
from ivr.language.numbers import Gender, cardinal, ordinal, ordinal_words
from ivr.language.spoken_numbers import number_of

MONTHS: Final = (
    "sausis", "vasaris", "kovas", "balandis", "gegužė", "birželis",
    "liepa", "rugpjūtis", "rugsėjis", "spalis", "lapkritis", "gruodis",
)  # fmt: skip
# 29 February included: the year may not be known.
DAYS_IN_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_CASES: Final = (Case.NOMINATIVE, Case.ACCUSATIVE, Case.GENITIVE)
EARLIEST_YEAR: Final = 1900


class MonthDay(NamedTuple):
    """A day of a year that was not said."""

    month: int
    day: int


@lru_cache(maxsize=1)
def month_words() -> dict[str, int]:
    """Every form of a month's name, with its number 1–12.

    >>> month_words()["rugpjūčio"], month_words()["gegužę"], month_words()["spalis"]
    (8, 5, 10)
    """
    return {form: number for number, month in enumerate(MONTHS, 1) for form in decline(month, name=False).values()}


@lru_cache(maxsize=1)
def _noise() -> frozenset[str]:
    """Words around a date that say nothing more."""
    words = {*decline("diena").values(), *decline("mėnesis").values(), *_year_nouns()}
    return frozenset(words | {"mėnuo", "gimęs", "gimusi", "gimiau"})


@lru_cache(maxsize=1)
def _year_nouns() -> frozenset[str]:
    return frozenset(decline_plural_only("metai").values())


def spoken_days(month: int, day: int) -> tuple[str, ...]:
    """How a day is said, the most usual first.

    >>> spoken_days(3, 5)[:4]
    ('kovo penkta', 'kovo penktoji', 'kovo penktą', 'kovo penktąją')
    """
    genitive = decline(MONTHS[month - 1], name=False)[Case.GENITIVE]
    days = [ordinal(day, case, Gender.FEMININE, definite=definite) for case in _DAY_CASES for definite in (False, True)]
    said = [f"{genitive} {word}" for word in days]
    said += [f"{genitive} {days[0]} diena", f"{genitive} mėnesio {days[0]} diena", f"{days[0]} {genitive}"]
    return tuple(said)


def spoken_years(year: int) -> tuple[str, ...]:
    """How a year is said before a month ("… penktų metų kovo penkta"), the most usual first.

    >>> spoken_years(1985)[0], spoken_years(2005)[3]
    ('tūkstantis devyni šimtai aštuoniasdešimt penktų metų', 'du tūkstančiai penki')
    """
    short = year % 100
    said = [
        f"{ordinal(year, Case.GENITIVE, plural=True)} metų",
        f"{ordinal(year, Case.GENITIVE, plural=True, definite=True)} metų",
        f"{ordinal(year, plural=True)} metai",
        cardinal(year),
    ]
    if short:
        said += [f"{ordinal(short, Case.GENITIVE, plural=True)} metų"]
    return tuple(said)


def spoken_dates(value: date) -> tuple[str, ...]:
    """How a whole date is said: year, month and day, or the day before the year."""
    days = spoken_days(value.month, value.day)
    years = spoken_years(value.year)
    return tuple(
        [f"{year} {day}" for year in years for day in days[:6]]
        + [f"{day} {year}" for day in days[:2] for year in years]
    )


def month_of(text: str) -> int | None:
    """The month that is named, 1–12; also "trečias mėnuo" and, alone, "trečias".

    >>> month_of("kovo mėnesį"), month_of("trečias mėnuo"), month_of("kovo ir gegužės")
    (3, 3, None)
    """
    words = [word for word in text.split() if word not in _noise()]
    if len(words) != 1:
        return _ordinal_month(words)
    return month_words().get(words[0]) or _ordinal_month(words)


def day_of(text: str) -> MonthDay | None:
    """Month and day, or None when either is missing, impossible, or said twice.

    >>> day_of("kovo penktąją"), day_of("penkta kovo"), day_of("vasario trisdešimta")
    (MonthDay(month=3, day=5), MonthDay(month=3, day=5), None)
    """
    found = _parts(text, latest=None)
    return MonthDay(found[1], found[2]) if found else None


def date_of(text: str, *, latest: int) -> date | None:
    """Year, month and day, or None. ``latest`` is the last year that can be meant; "penktų" is then 2005 or 1905.

    >>> date_of("tūkstantis devyni šimtai aštuoniasdešimt penktų metų kovo penkta", latest=2030)
    datetime.date(1985, 3, 5)
    >>> date_of("penktų metų gegužės pirmą", latest=2030), date_of("gegužės pirma", latest=2030)
    (datetime.date(2005, 5, 1), None)
    """
    found = _parts(text, latest=latest)
    if not found:
        return None
    try:
        return date(*found)
    except ValueError:
        return None  # 29 February of a common year


def _ordinal_month(words: list[str]) -> int | None:
    number = number_of(" ".join(words), ordinal=True)
    return number if number is not None and 1 <= number <= 12 and words[-1] in ordinal_words() else None


def _parts(text: str, *, latest: int | None) -> tuple[int, int, int] | None:
    """Year, month, day; the year is 0 when ``latest`` is None, and then none may be said."""
    words = text.split()
    named = [at for at, word in enumerate(words) if word in month_words()]
    if len(named) != 1:
        return None
    month = month_words()[words[named[0]]]
    found = {
        (year, month, day)
        for year_words, day_words in _splits(words[: named[0]], words[named[0] + 1 :])
        for year in _years(year_words, latest)
        for day in _days(day_words, month)
    }
    return found.pop() if len(found) == 1 else None


def _splits(before: list[str], after: list[str]) -> list[tuple[list[str], list[str]]]:
    """Which words may be the year's and which the day's: year month day, month day year, day month year.

    The word "metai" in any form says on which side the year stands.
    """
    year_before, year_after = (not _year_nouns().isdisjoint(side) for side in (before, after))
    before, after = ([word for word in side if word not in _noise()] for side in (before, after))
    if before and after:
        return [(before, after)] * (not year_after) + [(after, before)] * (not year_before)
    if before:
        return [([], before)]
    return [(after[at:], after[:at]) for at in range(1, len(after) + 1)]


def _years(words: list[str], latest: int | None) -> list[int]:
    if latest is None:
        return [] if words else [0]
    year = number_of(" ".join(words), ordinal=True) if words else None
    if year is None:
        return []
    if year < 100:
        year += 2000 if 2000 + year <= latest else 1900
    return [year] if EARLIEST_YEAR <= year <= latest else []


def _days(words: list[str], month: int) -> list[int]:
    day = number_of(" ".join(words), ordinal=True) if words else None
    return [day] if day is not None and 1 <= day <= DAYS_IN_MONTH[month - 1] else []
