"""Patterns over many calls that no right person makes; staff are told of them (X6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.identity.limits import DAY
from ivr.identity.ports import Try


class Pattern(StrEnum):
    """Kinds of alarms, as on the topic ``ivr/v1/<node>/alarm/<kind>``."""

    MANY_PERSONS = "identity.many_persons"  # one number claims to be many people
    MANY_NUMBERS = "identity.many_numbers"  # one person is claimed from many numbers
    DIGIT_SWEEP = "identity.digit_sweep"  # one name with ever other digits


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many within a day are a pattern."""

    persons: int = 4
    numbers: int = 4
    digits: int = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """``count`` of what differs; ``key`` is the keyed hash of what they have in common."""

    pattern: Pattern
    key: str
    count: int


def patterns(
    tries: Iterable[Try], latest: Try, now: datetime, thresholds: Thresholds, *, withheld: bool = False
) -> tuple[Finding, ...]:
    """Patterns that ``latest`` is part of, at the moment when its count reaches a threshold or a multiple of it.

    ``tries``: those of the last day that share number, person or name with it, ``latest`` among them. Withheld
    numbers are no common mark of one caller.
    """
    today = [each for each in tries if now - DAY < each.at <= now]
    persons = {(t.name, t.digits) for t in today if t.number == latest.number and t.name}
    numbers = {t.number for t in today if latest.person and t.person == latest.person}
    digits = {t.digits for t in today if latest.name and t.name == latest.name}
    counted = [
        Finding(Pattern.MANY_PERSONS, latest.number, 0 if withheld else len(persons)),
        Finding(Pattern.MANY_NUMBERS, latest.person, len(numbers)),
        Finding(Pattern.DIGIT_SWEEP, latest.name, len(digits)),
    ]
    limits = (thresholds.persons, thresholds.numbers, thresholds.digits)
    return tuple(f for f, limit in zip(counted, limits, strict=True) if f.count and f.count % limit == 0)
