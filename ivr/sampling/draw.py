"""The monthly draw: at least eight conversations of every employee, spread over days, durations and topics (A19).

A draw is a function of its seed, last month's cut points and what was on the
journal at its time, so whoever doubts it can make it again. Between
conversations of the same day, third and topic a keyed hash decides, which
nobody can steer and which does not depend on the order of the journal.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.sampling.month import Month, due
from ivr.sampling.population import Conversation, CutPoints, Third


class Reason(StrEnum):
    """Why just this conversation was drawn."""

    WEEKLY = "weekly"  # a week's share
    TOP_UP = "top_up"  # the closing draw fills up to the month's number
    DURATION = "duration"  # no conversation of its third had been drawn
    TOPIC = "topic"  # fewer topics than wanted had been drawn
    DAY = "day"  # one day held more than a third of the sample
    REPLACEMENT = "replacement"  # in place of one whose sound was erased before anybody reviewed it


@dataclass(frozen=True, slots=True)
class Rules:
    """``per_month`` conversations at least, of at least ``topics`` topics where there are so many."""

    per_month: int = 8
    topics: int = 4


@dataclass(frozen=True, slots=True)
class Pick:
    """One drawn conversation, its third, why and when."""

    conversation: Conversation
    third: Third
    reason: Reason
    drawn_at: datetime


@dataclass(frozen=True, slots=True)
class Shortfall:
    """An employee whose month holds too little: ``found`` of ``wanted`` drawn, ``inaudible`` without sound.

    ``erased`` were drawn and lost their sound before anybody reviewed them.
    """

    employee: int
    wanted: int
    found: int
    inaudible: int
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn, in order, also what was lost since; shortfalls are known once the month is closed."""

    picks: tuple[Pick, ...]
    shortfalls: tuple[Shortfall, ...]


def draw_month(
    conversations: Iterable[Conversation],
    employees: Sequence[int],
    month: Month,
    cuts: CutPoints,
    seed: str,
    *,
    until: datetime,
    reviewed: Mapping[tuple[int, str], datetime] | None = None,
    lost: Mapping[tuple[int, str], datetime] | None = None,
    rules: Rules | None = None,
) -> Draw:
    """All draws of ``month`` that are due ``until`` then, as they were or will be made.

    ``reviewed`` says when a conversation (employee, recording) was reviewed for
    another reason: a later draw passes it over. ``lost`` says when one was erased
    that nobody had reviewed: a later draw passes it over, and draws another in its place.
    """
    rules, reviewed, lost = rules or Rules(), reviewed or {}, lost or {}
    of_month = [one for one in conversations if month.opens < one.ended <= month.closes]
    made = [at for at in month.draws if at <= until]
    picks: list[Pick] = []
    shortfalls: list[Shortfall] = []
    for employee in sorted(set(employees)):
        own = [one for one in of_month if one.employee == employee]
        sample = _Sample(cuts, rules, f"{seed}|{month}|{employee}")
        for number, at in enumerate(made, 1):
            passed = {key for times in (reviewed, lost) for key, since in times.items() if since <= at}
            known = [one for one in own if one.audible and one.ended <= at and one.key not in passed]
            sample.lose({key for key, since in lost.items() if since <= at})
            closing = at == month.closes
            sample.fill(known, due(number, len(month.draws), rules.per_month), at, closing=closing)
            if closing:
                sample.cover(known, at)
                sample.level_days(known, at)
        picks += [*sample.picks, *sample.gone]
        if month.closes in made and len(sample.picks) < rules.per_month:
            inaudible = sum(not one.audible for one in own)
            found = len(sample.picks)
            shortfalls.append(Shortfall(employee, rules.per_month, found, inaudible, len(sample.gone)))
    return Draw(tuple(sorted(picks, key=lambda pick: (pick.drawn_at, pick.conversation.key))), tuple(shortfalls))


def lot(seed: str, recording: str) -> int:
    """The number that decides between equals: the smaller is drawn first."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{recording}".encode()).digest()[:8])


class _Sample:
    """One employee's picks of one month, growing from draw to draw; ``gone``: those that were lost again."""

    def __init__(self, cuts: CutPoints, rules: Rules, seed: str) -> None:
        self.picks: list[Pick] = []
        self.gone: list[Pick] = []
        self._to_replace = 0
        self._cuts, self._rules, self._seed = cuts, rules, seed
        self._days: Counter[object] = Counter()
        self._thirds: Counter[object] = Counter()
        self._topics: Counter[object] = Counter()

    def lose(self, keys: Set[tuple[int, str]]) -> None:
        """These are drawn no longer: their places, days, thirds and topics are free again."""
        gone = [pick for pick in self.picks if pick.conversation.key in keys]
        self.picks = [pick for pick in self.picks if pick not in gone]
        self.gone += gone
        self._to_replace += len(gone)
        for pick in gone:
            self._count(pick, -1)

    def fill(self, known: Sequence[Conversation], number: int, at: datetime, *, closing: bool) -> None:
        """Up to ``number`` picks, each the one that spreads the sample most; full days wait for the closing draw."""
        while len(self.picks) < number:
            left = [one for one in self._left(known) if closing or not self._full(one)]
            if not left:
                return
            usual = Reason.TOP_UP if closing else Reason.WEEKLY
            self._take(min(left, key=self._spread), Reason.REPLACEMENT if self._to_replace else usual, at)
            self._to_replace = max(0, self._to_replace - 1)

    def cover(self, known: Sequence[Conversation], at: datetime) -> None:
        """Beyond the month's number, while a third or a wanted topic that exists is missing."""
        for reason, lacks in ((Reason.DURATION, self._lacks_third), (Reason.TOPIC, self._lacks_topic)):
            while left := [one for one in self._left(known) if lacks(one)]:
                self._take(min(left, key=self._spread), reason, at)

    def level_days(self, known: Sequence[Conversation], at: datetime) -> None:
        """More of other days while one day holds over a third; nothing when no number of them would help."""
        added: list[Conversation] = []
        days = self._days.copy()
        left = sorted(self._left(known), key=self._spread)
        while days and 3 * max(days.values()) > days.total():
            other = [one for one in left if one not in added and days[one.day] < max(days.values())]
            if not other or days.total() >= 2 * self._rules.per_month:
                return
            added.append(min(other, key=lambda one: days[one.day]))
            days[added[-1].day] += 1
        for one in added:
            self._take(one, Reason.DAY, at)

    def _left(self, known: Sequence[Conversation]) -> list[Conversation]:
        taken = {pick.conversation.recording for pick in self.picks}
        return [one for one in known if one.recording not in taken]

    def _take(self, one: Conversation, reason: Reason, at: datetime) -> None:
        pick = Pick(one, self._cuts.third(one.duration_s), reason, at)
        self.picks.append(pick)
        self._count(pick, 1)

    def _count(self, pick: Pick, step: int) -> None:
        one = pick.conversation
        for counter, key in ((self._days, one.day), (self._thirds, pick.third), (self._topics, one.topic)):
            counter[key] += step
            if not counter[key]:
                del counter[key]

    def _lacks_third(self, one: Conversation) -> bool:
        return not self._thirds[self._cuts.third(one.duration_s)]

    def _lacks_topic(self, one: Conversation) -> bool:
        return len(self._topics) < self._rules.topics and not self._topics[one.topic]

    def _full(self, one: Conversation) -> bool:
        return self._days[one.day] >= max(1, self._rules.per_month // 3)

    def _spread(self, one: Conversation) -> tuple[bool, int, int, int, int, int]:
        """Order of preference: a day that isn't full, what is missing, the rarest day, third and topic, the lot."""
        return (
            self._full(one),
            -self._lacks_third(one) - self._lacks_topic(one),
            self._days[one.day],
            self._thirds[self._cuts.third(one.duration_s)],
            self._topics[one.topic],
            lot(self._seed, one.recording),
        )
