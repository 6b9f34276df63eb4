"""Terms of the personnel decree as data, so that the last day can be named when a caller names a date.

A term in days begins on the day after the event. One in calendar days or months whose last day is no working day ends
on the next working day; a term that runs back from an event ends, for safety, on the working day before it.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import holidays
from pydantic import BaseModel, ConfigDict, Field

Unit = Literal["working_days", "days", "months", "hours", "day_of_month", "day_of_year", "none"]


class Deadline(BaseModel):
    """``count`` of ``unit``, ``after`` or ``before`` the event. Zero days: the same day.

    ``day_of_month``: by that day of the event's month. ``day_of_year``: ``count`` is month × 100 + day, of the event's
    year or, where that is past, the next. ``none``: somebody names the term in each case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(ge=0)
    unit: Unit
    direction: Literal["after", "before"] = "after"

    def last_day(self, event: date) -> date | None:
        """The last day on which it is in time, or None where the decree sets no term.

        >>> Deadline(count=3, unit="working_days").last_day(date(2026, 12, 23))
        datetime.date(2026, 12, 30)
        """
        sign = 1 if self.direction == "after" else -1
        match self.unit:
            case "working_days":
                return _working(event, self.count, sign)
            case "days":
                return _settled(event + timedelta(days=sign * self.count), sign) if self.count else event
            case "hours":
                return event + timedelta(days=self.count // 24)
            case "months":
                return _settled(_months(event, sign * self.count), sign)
            case "day_of_month":
                return event.replace(day=self.count)
            case "day_of_year":
                day = date(event.year, *divmod(self.count, 100))
                return day if day >= event else day.replace(year=event.year + 1)
            case "none":
                return None


def is_working_day(day: date) -> bool:
    """Monday to Friday, unless it is a public holiday of Lithuania."""
    return day.weekday() < 5 and day not in _public(day.year)


def _working(start: date, count: int, sign: int) -> date:
    day = start
    while count:
        day += timedelta(days=sign)
        count -= is_working_day(day)
    return day


def _settled(day: date, sign: int) -> date:
    return day if is_working_day(day) else _working(day, 1, sign)


def _months(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 + count
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@lru_cache(maxsize=8)
def _public(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("LT", years=year))
