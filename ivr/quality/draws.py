"""The monthly draw as it is really made: once, at its time, written on the journal with its reasons (A19).

The pure draw (:mod:`ivr.sampling`) is a function of seed, cut points and the
conversations known at its time. What "known" means is settled here: each draw keeps
the journal's last row, and whatever was written later (a spill file read back, a
clock that was set back) counts as having ended after the draw. So a draw that was
made can be made again, and comes out the same, whatever the clock does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ivr.errors import SamplingError
from ivr.events import JournalKind
from ivr.quality.index import ZONE, Index
from ivr.quality.register import Made, Opened, Register
from ivr.sampling.draw import Draw, Rules, draw_month
from ivr.sampling.extra import draw_extras
from ivr.sampling.month import Month
from ivr.sampling.population import Conversation, Flag, cut_points
from ivr.store.alarms import Alarms
from ivr.store.journal import Journal
from ivr.store.schema import moment, timestamp

SHORTFALL: Final = "sampling.shortfall"
_EXTRAS: Final = 2  # of each sign, with each draw
_AFTER: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Known:
    """A conversation, and when its sound was erased as the draws see it."""

    conversation: Conversation
    gone: datetime | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the draw: ``third`` of last month's durations; ``reason`` as in ``ivr.sampling``."""

    employee: int
    recording: str
    day: str
    third: str
    topic: str
    reason: str
    drawn_at: str
    seed: str
    month: str

    def public(self) -> dict[str, Any]:
        """JSON-able, and the data of ``review.drawn`` but for the recording, which is its call."""
        return {
            "employee": self.employee,
            "recording": self.recording,
            "day": self.day,
            "third": self.third,
            "topic": self.topic,
            "reason": self.reason,
            "drawn_at": self.drawn_at,
            "seed": self.seed,
            "month": self.month,
        }


class Draws:
    """Makes what is due. ``agents`` gives the employees whose conversations are reviewed, the assistant among them."""

    def __init__(
        self,
        register: Register,
        index: Index,
        journal: Journal,
        alarms: Alarms,
        agents: Callable[[], Iterable[int]],
        utcnow: Callable[[], datetime],
    ) -> None:
        self._register, self._index, self._journal, self._alarms = register, index, journal, alarms
        self._agents, self._utcnow = agents, utcnow
        self._settled: dict[str, tuple[tuple[datetime, ...], str]] = {}

    def make(self, month: Month) -> tuple[list[Drawn], list[dict[str, Any]]]:
        """Make every draw of ``month`` that is due; returns all that was drawn so far, and the shortfalls.

        Raises:
            SamplingError: the month has not begun.
        """
        now = self._utcnow()
        if now < month.opens:
            raise SamplingError(f"{month} has not begun", "Its first draw is on the 8th")
        self._index.catch_up(self._journal)
        opened = self._register.opened(str(month)) or self._open(month)
        before = {made.at for made in self._register.made(str(month))}
        for at in month.draws:
            if at <= now and at not in before:
                self._register.make(str(month), at, self._journal.last_row())
        made = self._register.made(str(month))
        drawn, draw = self.again(month, opened, made)
        self._write(month, drawn)
        if month.closes not in before:
            self._tell(month, draw)
        return drawn, [one.data for one in self._alarms.of_kind(SHORTFALL) if one.data.get("month") == str(month)]

    def settle(self, month: Month) -> bool:
        """Make what is due, however often it is asked for; whether anything was computed.

        Draws that were made come out the same whatever happens later, so they are computed anew only when another one
        came due, when somebody new is known whose conversations they could hold, or when this process has just begun:
        the one before may have fallen between a draw and its last line.
        """
        self._index.catch_up(self._journal)
        state = (tuple(at for at in month.draws if at <= self._utcnow()), self._index.people())
        if self._settled.get(str(month)) == state:
            return False
        self.make(month)
        self._settled[str(month)] = state
        return True

    def again(self, month: Month, opened: Opened, made: Sequence[Made]) -> tuple[list[Drawn], Draw]:
        """All draws that were made, computed anew from the journal as it was then."""
        known, reviewed = self._known(month, made), self._reviewed(made)
        lost = self._lost(known, reviewed, made)
        conversations = [one.conversation for one in known]
        employees = sorted({*self._agents(), *(one.employee for one in conversations)})
        rules = Rules(per_month=opened.per_month)
        passed, extras = dict(reviewed), []
        draw = Draw((), ())
        before = month.opens
        for one in made:
            draw = draw_month(
                conversations,
                employees,
                month,
                opened.cuts,
                opened.seed,
                until=one.at,
                reviewed=passed,
                lost=lost,
                rules=rules,
            )
            over = {pick.conversation.key for pick in draw.picks}
            over |= {key for times in (passed, lost) for key, at in times.items() if at <= one.at}
            of_week = [each for each in conversations if before < each.ended <= one.at]
            for extra in draw_extras(of_week, f"{opened.seed}|{one.at:%m-%d}", per_flag=_EXTRAS, passed_over=over):
                passed[extra.conversation.key] = one.at + _AFTER
                extras.append(_line(extra.conversation, extra.flag, one.at, opened))
            before = one.at
        picks = [_line(pick.conversation, pick.reason, pick.drawn_at, opened) for pick in draw.picks]
        return sorted([*picks, *extras], key=lambda one: (one.drawn_at, one.employee, one.recording)), draw

    def _open(self, month: Month) -> Opened:
        before = [one.conversation for one in self._known(month.before, ())]
        return self._register.open(str(month), cut_points([one.duration_s for one in before]), Rules().per_month)

    def _known(self, month: Month, made: Sequence[Made]) -> list[Known]:
        rows = self._index.db.execute(
            "SELECT c.call, c.row, c.audible, c.flags, p.employee, p.started, c.ended_at, p.duration_s, p.topic, "
            "c.erased_at, c.erased_row FROM parts p JOIN calls c ON c.id = p.call_id "
            "WHERE p.ended >= ? AND p.ended <= ? AND c.guarded = 0",  # the quality line has readers of its own
            [timestamp(month.opens - timedelta(days=1)), timestamp(month.closes + timedelta(days=1))],
        ).fetchall()
        found = []
        for call, row, audible, flags, employee, started, ended, duration_s, topic, erased, erased_row in rows:
            conversation = Conversation(
                call,
                employee,
                moment(started).astimezone(ZONE),
                _effective(moment(ended), row, made),
                duration_s,
                topic,
                bool(audible),
                frozenset(map(Flag, json.loads(flags))),
            )
            if month.opens < conversation.ended <= month.closes:
                gone = _effective(moment(erased), erased_row, made) if erased and erased_row else None
                found.append(Known(conversation, gone))
        return sorted(found, key=lambda one: one.conversation.key)

    def _reviewed(self, made: Sequence[Made]) -> Mapping[tuple[int, str], datetime]:
        """When each conversation was reviewed, seen from the draws."""
        rows = self._index.db.execute("SELECT employee, call, row, at FROM reviews")
        return {(employee, call): _effective(moment(at), row, made) for employee, call, row, at in rows}

    def _lost(
        self, known: Iterable[Known], reviewed: Mapping[tuple[int, str], datetime], made: Sequence[Made]
    ) -> Mapping[tuple[int, str], datetime]:
        """When a conversation lost its sound that nobody had reviewed by then."""
        gone = {one.conversation.key: one.gone for one in known if one.gone is not None}
        return {key: at for key, at in gone.items() if not (key in reviewed and reviewed[key] <= at)}

    def _write(self, month: Month, drawn: Iterable[Drawn]) -> None:
        there = {(one["call"], one["employee"]) for one in self._index.drawn(str(month))}
        for one in drawn:
            if (one.recording, one.employee) not in there:
                data = {key: value for key, value in one.public().items() if key != "recording"}
                self._journal.append(one.recording, JournalKind.REVIEW_DRAWN, data, self._utcnow())
        self._index.catch_up(self._journal)

    def _tell(self, month: Month, draw: Draw) -> None:
        """Shortfalls of a month that was closed just now."""
        for one in draw.shortfalls:
            data = {"month": str(month), "employee": one.employee, "wanted": one.wanted, "found": one.found}
            data |= {"inaudible": one.inaudible, "erased": one.erased}
            self._alarms.append(SHORTFALL, data, self._utcnow())


def due_months(now: datetime) -> list[Month]:
    """The month that is going on, and the one before it, whose closing draw may have been missed."""
    local = now.astimezone(ZONE)
    month = Month(local.year, local.month, ZONE)
    return [month.before, month]


def _effective(at: datetime, row: int, made: Sequence[Made]) -> datetime:
    """``at``, or just after the last draw that did not know of it."""
    missed = [one.at for one in made if row > one.through and at <= one.at]
    return max(missed) + _AFTER if missed else at


def _line(one: Conversation, reason: str, at: datetime, opened: Opened) -> Drawn:
    return Drawn(
        one.employee,
        one.recording,
        one.day.isoformat(),
        opened.cuts.third(one.duration_s),
        one.topic,
        str(reason),
        timestamp(at),
        opened.seed,
        opened.month,
    )
