"""Dates and times as the line says them; what callers say is read by ``dates``.

A year is an ordinal in the plural with "metai", a day an ordinal of "diena": "du tūkstančiai dvidešimt šeštų metų
lapkričio dvidešimt antra diena". A day named without its noun takes the definite form ("dvidešimt antroji").
"""

from __future__ import annotations

from datetime import date

from ivr.language.counting import F, form_after, noun, numeral
from ivr.language.dates import DAYS_IN_MONTH, MONTHS
from ivr.language.declension import Case, decline
from ivr.language.numbers import ordinal


def year_words(year: int, case: Case = Case.GENITIVE, *, named: bool = True) -> str:
    """A year, 1 ≤ year < 10 000; ``named`` adds "metai". Raises ValueError outside.

    >>> year_words(2026), year_words(1990, Case.INSTRUMENTAL)
    ('du tūkstančiai dvidešimt šeštų metų', 'tūkstantis devyni šimtai devyniasdešimtais metais')
    >>> year_words(2000), year_words(1900, Case.NOMINATIVE), year_words(2018, named=False)
    ('dutūkstantųjų metų', 'tūkstantis devyni šimtieji metai', 'du tūkstančiai aštuonioliktų')
    """
    said = ordinal(year, case, plural=True, definite=year % 100 == 0)
    return f"{said} {noun('metai').plural[case]}" if named else said


def month_name(month: int, case: Case = Case.NOMINATIVE) -> str:
    """A month 1–12; raises IndexError outside.

    >>> month_name(11, Case.GENITIVE), month_name(5, Case.LOCATIVE)
    ('lapkričio', 'gegužėje')
    """
    return decline(MONTHS[month - 1], name=False)[case]


def day_words(month: int, day: int, case: Case = Case.NOMINATIVE, *, named: bool = True) -> str:
    """A day of a month; ``named`` adds "diena", otherwise the ordinal is definite. Raises ValueError for no day.

    >>> day_words(11, 22), day_words(1, 1, Case.ACCUSATIVE), day_words(7, 31, Case.GENITIVE, named=False)
    ('lapkričio dvidešimt antra diena', 'sausio pirmą dieną', 'liepos trisdešimt pirmosios')
    """
    if not 1 <= month <= 12 or not 1 <= day <= DAYS_IN_MONTH[month - 1]:
        raise ValueError(f"month {month} has no day {day}")
    said = f"{month_name(month, Case.GENITIVE)} {ordinal(day, case, F, definite=not named)}"
    return f"{said} {form_after(1, 'diena', case)}" if named else said


def date_words(value: date, case: Case = Case.NOMINATIVE, *, named: bool = True) -> str:
    """A whole date: year and month in the genitive, the day in ``case``.

    >>> date_words(date(2026, 11, 22))
    'du tūkstančiai dvidešimt šeštų metų lapkričio dvidešimt antra diena'
    >>> date_words(date(2019, 5, 3), Case.GENITIVE, named=False)
    'du tūkstančiai devynioliktų metų gegužės trečiosios'
    """
    return f"{year_words(value.year)} {day_words(value.month, value.day, case, named=named)}"


def time_words(hour: int, minute: int = 0, case: Case = Case.ACCUSATIVE) -> str:
    """A time of the clock, 0–24 hours; by default as an answer to "when". Raises ValueError outside.

    >>> time_words(8), time_words(17, 30, Case.GENITIVE), time_words(0, 5)
    ('aštuntą valandą', 'septynioliktos valandos trisdešimt minučių', 'nulinę valandą penkias minutes')
    >>> time_words(10, 1, Case.NOMINATIVE)
    'dešimta valanda viena minutė'
    """
    if not 0 <= hour <= 24 or not 0 <= minute < 60:
        raise ValueError(f"{hour}:{minute} is no time")
    nought = decline("nulinė", name=False)[case]
    said = f"{ordinal(hour, case, F) if hour else nought} {form_after(1, 'valanda', case)}"
    if minute:
        said += f" {numeral(minute, case, F)} {form_after(minute, 'minutė', case)}"
    return said
