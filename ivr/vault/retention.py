"""How long recordings are kept, by class of call: the shortest rule that applies wins (GDPR 5(1)(e)). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Due:
    """A recording whose time is over, and the class whose rule says so."""

    name: str
    rule: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Aged:
    """A recording, when its call ended, the classes it belongs to (``call`` is everybody's), and whether it is held."""

    name: str
    ended: datetime
    classes: frozenset[str]
    held: bool = False


def due(recordings: Iterable[Aged], days: Mapping[str, int], at: datetime) -> list[Due]:
    """What must go by ``at``, the longest overdue first; ``days`` by class."""
    found = []
    for one in recordings:
        rules = [(days[name], name) for name in one.classes if name in days]
        if rules and not one.held:
            shortest, rule = min(rules)
            since = one.ended + timedelta(days=shortest)
            if since <= at:
                found.append(Due(one.name, rule, since))
    return sorted(found, key=lambda one: (one.since, one.name))
