"""The line's figures of a span of days, without personal data: for a page, for CSV and for Prometheus."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from ivr.events import Outcome
from ivr.quality.index import ZONE, Index
from ivr.ranks import at_shares
from ivr.store.schema import timestamp

THIRD_RING_MS: Final = 10_000.0
"""A phone rings every five seconds, at once for the first time: the third ring begins after ten (A12.2)."""
REPEAT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of calls unless the name says otherwise.

    ``contained``: answered by the assistant alone, and the same number did not
    call again within 24 hours (hidden numbers can't be followed and count as not
    calling again). ``waited_s`` and ``answered_in_ms``, ``voice_to_voice_ms``: p50 and p95.
    """

    calls: int
    answered: int
    before_third_ring: int
    contained: int
    repeated: int
    abandoned: int
    dropped: int
    transfers_offered: int
    transfers_bridged: int
    auth_started: int
    auth_passed: int
    unanswered: int
    waited_s: tuple[float, float]
    voice_to_voice_ms: tuple[float, float]
    topics: tuple[tuple[str, int], ...]
    outcomes: tuple[tuple[str, int], ...]
    days: tuple[tuple[str, int], ...]

    def rows(self) -> list[tuple[str, float | int]]:
        """Name and value of each single figure, in the page's order."""
        return [
            ("calls", self.calls),
            ("answered", self.answered),
            ("before_third_ring", self.before_third_ring),
            ("contained", self.contained),
            ("repeated", self.repeated),
            ("abandoned", self.abandoned),
            ("dropped", self.dropped),
            ("transfers_offered", self.transfers_offered),
            ("transfers_bridged", self.transfers_bridged),
            ("auth_started", self.auth_started),
            ("auth_passed", self.auth_passed),
            ("unanswered", self.unanswered),
            ("waited_s_p50", self.waited_s[0]),
            ("waited_s_p95", self.waited_s[1]),
            ("voice_to_voice_ms_p50", self.voice_to_voice_ms[0]),
            ("voice_to_voice_ms_p95", self.voice_to_voice_ms[1]),
        ]


def span(since: date, until: date) -> tuple[datetime, datetime]:
    """From the first moment of ``since`` to the first after ``until``, on the office's clock."""
    return (
        datetime.combine(since, time(), ZONE),
        datetime.combine(until + timedelta(days=1), time(), ZONE),
    )


def figures_of(index: Index, since: date, until: date) -> Figures:
    """Figures of the calls that came in on these days, both included; those that the line placed are none of them."""
    start, end = span(since, until)
    rows = index.db.execute(
        "SELECT c.answered_ms, c.outcome, c.topic, c.offered, c.bridged, c.waited_s, c.auth, c.unanswered, c.delays, "
        "c.offered_at, c.caller <> '' AND EXISTS (SELECT 1 FROM calls later WHERE later.caller = c.caller "
        "AND later.placed = 0 AND later.offered_at > c.offered_at AND later.offered_at <= "
        "strftime('%Y-%m-%dT%H:%M:%fZ', c.ended_at, '+1 day')) "
        "FROM calls c WHERE c.placed = 0 AND c.offered_at >= ? AND c.offered_at < ?",
        [timestamp(start), timestamp(end)],
    ).fetchall()
    return _counted(rows)


def _counted(rows: Sequence[Sequence[Any]]) -> Figures:
    answered = [row for row in rows if row[0] is not None]
    delays = [delay for row in rows for delay in json.loads(row[8])]
    alone = [row for row in answered if row[1] == Outcome.ANSWERED and not row[4]]
    days = Counter(datetime.fromisoformat(row[9]).astimezone(ZONE).date().isoformat() for row in rows)
    return Figures(
        calls=len(rows),
        answered=len(answered),
        before_third_ring=sum(row[0] < THIRD_RING_MS for row in answered),
        contained=sum(not row[10] for row in alone),
        repeated=sum(bool(row[10]) for row in rows),
        abandoned=sum(row[1] == Outcome.ABANDONED for row in rows),
        dropped=sum(row[1] == Outcome.DROPPED for row in rows),
        transfers_offered=sum(row[3] for row in rows),
        transfers_bridged=sum(row[4] for row in rows),
        auth_started=sum(bool(row[6]) for row in rows),
        auth_passed=sum(row[6] == "passed" for row in rows),
        unanswered=sum(row[7] for row in rows),
        waited_s=_middle_and_high([row[5] for row in rows if row[3]]),
        voice_to_voice_ms=_middle_and_high(delays),
        topics=_ordered(row[2] for row in rows),
        outcomes=_ordered(row[1] for row in rows if row[1]),
        days=tuple(sorted(days.items())),
    )


def _ordered(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def _middle_and_high(values: Sequence[float]) -> tuple[float, float]:
    """p50 and p95; zeros for none."""
    middle, high = at_shares(values, 0.50, 0.95)
    return middle or 0.0, high or 0.0
