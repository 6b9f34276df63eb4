"""Grammars of the calendar: a month, a day of a year, a whole date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ivr.language.dates import (
    DAYS_IN_MONTH,
    MONTHS,
    MonthDay,
    date_of,
    day_of,
    month_of,
    month_words,
    spoken_days,
    spoken_years,
)
from ivr.language.declension import Case, decline
from ivr.language.numbers import ordinal
from ivr.language.spoken_numbers import may_go_on
from ivr.speech.grammars.base import SpokenGrammar, without_fillers

# Longest life that a date of birth may show.
_YEARS_BACK: Final = 100


@dataclass(frozen=True, slots=True)
class Month(SpokenGrammar[int]):
    """A month. Value: 1–12."""

    @property
    def name(self) -> str:
        return "month"

    def phrases(self) -> tuple[str, ...]:
        named = [decline(month, name=False) for month in MONTHS]
        said = [forms[case] for case in (Case.NOMINATIVE, Case.GENITIVE, Case.ACCUSATIVE) for forms in named]
        said += [f"{forms[Case.GENITIVE]} mėnuo" for forms in named]
        said += [f"{forms[Case.GENITIVE]} mėnesį" for forms in named]
        return (*said, *(f"{ordinal(number)} mėnuo" for number in range(1, 13)))

    def parse(self, text: str) -> int | None:
        return month_of(without_fillers(text))

    def complete(self, text: str) -> bool:
        return bool(text) and text.split()[-1] in month_words() and self.parse(text) is not None


@dataclass(frozen=True, slots=True)
class Day(SpokenGrammar[MonthDay]):
    """A day of a year that goes without saying ("kovo penkta"). Value: month and day."""

    @property
    def name(self) -> str:
        return "day"

    def phrases(self) -> tuple[str, ...]:
        return tuple(said for month, day in _days() for said in spoken_days(month, day))

    def parse(self, text: str) -> MonthDay | None:
        return day_of(without_fillers(text))

    def complete(self, text: str) -> bool:
        return self.parse(text) is not None and not may_go_on(text)


@dataclass(frozen=True, slots=True)
class Date(SpokenGrammar[date]):
    """A date with its year, not after ``latest`` (a year): a birthday, a decision. Value: the date."""

    latest: int

    @property
    def name(self) -> str:
        return "date"

    def phrases(self) -> tuple[str, ...]:
        years = [said for year in range(self.latest - _YEARS_BACK, self.latest + 1) for said in spoken_years(year)]
        days = [said for month, day in _days() for said in spoken_days(month, day)[:4]]
        # A year leads to its month: twelve joins are enough for the bigram.
        joins = [f"metų {decline(month, name=False)[Case.GENITIVE]}" for month in MONTHS]
        return (*years, *days, *joins)

    def parse(self, text: str) -> date | None:
        return date_of(without_fillers(text), latest=self.latest)

    def complete(self, text: str) -> bool:
        return self.parse(text) is not None and not may_go_on(text)


def _days() -> list[tuple[int, int]]:
    """Every day that a year can have, 29 February included."""
    return [(month, day) for month, days in enumerate(DAYS_IN_MONTH, 1) for day in range(1, days + 1)]
