"""When draws are made: weekly on the 8th, 15th and 22nd, and a last one that closes the month (A19)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from ivr.errors import SamplingError

_WEEKLY = (8, 15, 22)
_CLOSES = time(20, 0)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of sampling in the office's time zone.

    It takes in what ended after last month's closing draw, so a conversation
    of a month's last evening is the next month's and nobody's last shift is exempt.
    """

    year: int
    month: int
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, zone: tzinfo) -> Month:
        """``2026-11`` to a month.

        Raises:
            SamplingError: anything else.
        """
        try:
            first = date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise SamplingError(f"{text!r} is not a month", "Write year and month: 2026-11") from error
        return cls(first.year, first.month, zone)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def before(self) -> Month:
        last = date(self.year, self.month, 1) - timedelta(days=1)
        return Month(last.year, last.month, self.zone)

    @property
    def opens(self) -> datetime:
        return self.before.closes

    @property
    def closes(self) -> datetime:
        """The evening of the last day: the top-up is drawn then."""
        last = calendar.monthrange(self.year, self.month)[1]
        return datetime.combine(date(self.year, self.month, last), _CLOSES, self.zone)

    @property
    def draws(self) -> tuple[datetime, ...]:
        """Times of the draws, oldest first; the last is ``closes``."""
        return (*(datetime(self.year, self.month, day, tzinfo=self.zone) for day in _WEEKLY), self.closes)


def due(draw: int, draws: int, per_month: int) -> int:
    """How many picks an employee should have after draw number ``draw`` (from 1) of ``draws``."""
    return -(-per_month * draw // draws)
