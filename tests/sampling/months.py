"""Simulated months of an office: shifts, busy days, topics of unequal weight, durations with a long tail."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from ivr.sampling.month import Month
from ivr.sampling.population import Conversation, Flag

TOPICS = [f"topic-{number}" for number in range(20)]
NOVEMBER = Month(2026, 11, UTC)


def one(
    employee: int = 1,
    recording: str = "a",
    day: int = 3,
    *,
    duration_s: float = 100.0,
    topic: str = "line",
    audible: bool = True,
    flags: frozenset[Flag] = frozenset(),
) -> Conversation:
    started = datetime(2026, 11, day, 10, tzinfo=UTC)
    ended = started + timedelta(seconds=duration_s)
    return Conversation(recording, employee, started, ended, duration_s, topic, audible, flags)


def office(seed: int, *, employees: int = 30, calls: int = 5000) -> list[Conversation]:
    """``calls`` conversations of employees 0 … ``employees`` − 1, some of whom work little."""
    chance = random.Random(seed)
    weights = [chance.choice([0.02, 0.3, 1, 1, 1, 2]) for _ in range(employees)]
    days = {who: chance.sample(range(1, 31), chance.choice([1, 2, 3, 8, 15, 21, 30])) for who in range(employees)}
    return [
        one(
            who := chance.choices(range(employees), weights)[0],
            f"call-{number}",
            chance.choice(days[who]),
            duration_s=chance.lognormvariate(5, 0.8),
            topic=chance.choices(TOPICS, [1 / (rank + 1) for rank in range(20)])[0],
            audible=chance.random() > 0.05,
        )
        for number in range(calls)
    ]
