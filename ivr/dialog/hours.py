"""When people answer: weekdays, public holidays of Lithuania, days that staff add (A12.18, A12.10).

Pure: a moment is handed in. Times of the plan are local ones; moments may be in any zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import holidays
from pydantic import Field, field_validator

from ivr.dialog.parts import Part

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
_LOOK_AHEAD_DAYS = 60


class Hours(Part):
    """Office hours by weekday; a weekday that is not named is a day off."""

    timezone: str = Field("Europe/Vilnius", description="zone of all times here")
    days: dict[Weekday, Annotated[str, Field(pattern=_SPAN)]] = Field(
        min_length=1, description='hours of a weekday, as in "08:00-17:00"'
    )
    closed: tuple[date, ...] = Field((), description="days off besides weekends and public holidays")
    callback_slot_minutes: int = Field(60, ge=15, le=480, description="length of a callback's time")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError("there is no such time zone") from error
        return value

    @field_validator("days")
    @classmethod
    def _opens_before_it_closes(cls, value: dict[Weekday, str]) -> dict[Weekday, str]:
        for day, span in value.items():
            opens, closes = span.split("-")
            if opens >= closes:
                raise ValueError(f"{day} closes before it opens")
        return value

    def local(self, at: datetime) -> datetime:
        """The moment on the office's clock."""
        return at.astimezone(ZoneInfo(self.timezone))

    def is_holiday(self, at: datetime) -> bool:
        """A public holiday of Lithuania, or a day that staff added."""
        day = self.local(at).date()
        return day in self.closed or day in _public(day.year)

    def is_open(self, at: datetime) -> bool:
        """People answer at this moment."""
        local = self.local(at)
        span = self._span(local.date())
        return span is not None and span[0] <= local.time() < span[1]

    def open_from(self, at: datetime) -> datetime | None:
        """The first moment of office hours that is not before ``at``; None when there is none within two months."""
        return at if self.is_open(at) else self.opens_after(at)

    def opens_after(self, at: datetime) -> datetime | None:
        """The next moment in which the office opens; None when it never does within two months."""
        local = self.local(at)
        for day, (opens, _) in self._spans(local.date()):
            moment = datetime.combine(day, opens, ZoneInfo(self.timezone))
            if moment > local:
                return moment
        return None

    def next_working_day(self, at: datetime) -> datetime:
        """When the working day after the day of ``at`` ends; ``at`` itself when there is none within two months."""
        tomorrow = self.local(at).date() + timedelta(days=1)
        for day, (_, closes) in self._spans(tomorrow):
            return datetime.combine(day, closes, ZoneInfo(self.timezone))
        return at

    def callback_times(self, after: datetime, count: int) -> tuple[datetime, ...]:
        """The next full slots that begin at least one slot's length after ``after``, within office hours."""
        slot = timedelta(minutes=self.callback_slot_minutes)
        earliest = self.local(after) + slot
        found: list[datetime] = []
        for day, (opens, closes) in self._spans(earliest.date()):
            start = datetime.combine(day, opens, ZoneInfo(self.timezone))
            end = datetime.combine(day, closes, ZoneInfo(self.timezone))
            while start + slot <= end:
                if start >= earliest:
                    found.append(start)
                    if len(found) == count:
                        return tuple(found)
                start += slot
        return tuple(found)

    def _span(self, day: date) -> tuple[time, time] | None:
        span = self.days.get(_WEEKDAYS[day.weekday()])
        if span is None or day in self.closed or day in _public(day.year):
            return None
        opens, closes = span.split("-")
        return time.fromisoformat(opens), time.fromisoformat(closes)

    def _spans(self, first: date) -> Iterator[tuple[date, tuple[time, time]]]:
        for offset in range(min(_LOOK_AHEAD_DAYS, (date.max - first).days + 1)):
            day = first + timedelta(days=offset)
            span = self._span(day)
            if span is not None:
                yield day, span


@lru_cache(maxsize=8)
def _public(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("LT", years=year))
