"""How often one may try: per caller's number and per person, by the day and by the month, with growing pauses (X6).

A number that tried too often is told so little as that it can't be done now. A person for whom too many tries failed
is silently treated as unknown, because anything else would tell a stranger that the person exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.identity.ports import Try

DAY = timedelta(days=1)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limits:
    """Failed tries that are allowed; ``pauses_s``: seconds to wait after the first, second … failure of a day,
    the last one for all further failures. Callers who hide their number share one count."""

    number_per_day: int = 6
    withheld_per_day: int = 60
    person_per_day: int = 3
    person_per_month: int = 5
    pauses_s: tuple[float, ...] = (0.0, 60.0, 300.0, 1800.0)


def number_may_try(tries: Iterable[Try], now: datetime, limits: Limits, *, withheld: bool = False) -> bool:
    """``tries``: those from this number. Withheld numbers have no pauses between them: they are many people."""
    failed = _failed(tries, now, DAY)
    if withheld:
        return len(failed) < limits.withheld_per_day
    return len(failed) < limits.number_per_day and now >= _free_at(failed, limits)


def person_may_pass(tries: Iterable[Try], now: datetime, limits: Limits) -> bool:
    """``tries``: those in which this person was claimed to be calling, from whichever number."""
    month = _failed(tries, now, MONTH)
    today = [at for at in month if at > now - DAY]
    if len(month) >= limits.person_per_month or len(today) >= limits.person_per_day:
        return False
    return now >= _free_at(today, limits)


def _failed(tries: Iterable[Try], now: datetime, span: timedelta) -> list[datetime]:
    return sorted(each.at for each in tries if not each.passed and now - span < each.at <= now)


def _free_at(failed: Sequence[datetime], limits: Limits) -> datetime:
    if not failed or not limits.pauses_s:
        return datetime.min.replace(tzinfo=failed[-1].tzinfo) if failed else _EARLIEST
    pause = limits.pauses_s[min(len(failed), len(limits.pauses_s)) - 1]
    return failed[-1] + timedelta(seconds=pause)


_EARLIEST = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
