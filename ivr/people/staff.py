"""Employees, their absences and what they are doing just now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

ANY_TOPIC: Final = "*"
"""A skill that covers every topic, less well than the topic's own."""


class Role(StrEnum):
    """What somebody may do; the office's pages and the ways to sound ask for it (A18)."""

    AGENT = "agent"
    HEAD = "head"
    QUALITY = "quality"
    QUALITY_LINE = "quality_line"
    PROTECTION = "protection"
    ADMIN = "admin"


class State(StrEnum):
    """What an agent is doing. Only ``READY`` takes calls."""

    OFFLINE = "offline"
    READY = "ready"
    PAUSE = "pause"
    RINGING = "ringing"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True, slots=True)
class Employee:
    """``id`` 0 is the assistant. ``skills`` are topic ids or ``ANY_TOPIC``; ``extension`` is their phone's number."""

    id: int
    name: str
    unit: str
    roles: frozenset[Role]
    languages: frozenset[str] = frozenset({"lt"})
    skills: frozenset[str] = frozenset({ANY_TOPIC})
    extension: str = ""

    def knows(self, topic: str) -> int:
        """2: the topic is theirs, 1: they take any, 0: not for them. A topic that isn't known yet is anybody's."""
        if topic in self.skills or not topic:
            return 2
        return int(ANY_TOPIC in self.skills)


@dataclass(frozen=True, slots=True)
class Absence:
    """From ``since`` until they are back (None: nobody knows); ``substitute`` is who stands in (A10)."""

    employee: int
    since: datetime
    until: datetime | None = None
    substitute: int | None = None

    def covers(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Presence:
    """A state and the time since when."""

    state: State
    since: datetime


@dataclass(frozen=True)
class Staff:
    """Everybody, as they are at one moment.

    Raises:
        ValueError: two employees have one id (a fault of whoever reads them in).
    """

    employees: tuple[Employee, ...]
    absences: tuple[Absence, ...] = ()
    presence: dict[int, Presence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = [employee.id for employee in self.employees]
        if len(ids) != len(set(ids)):
            raise ValueError("two employees have one id")

    def by_id(self, employee: int) -> Employee | None:
        return next((one for one in self.employees if one.id == employee), None)

    def absence(self, employee: int, at: datetime) -> Absence | None:
        """The absence that covers ``at``; of several the one that lasts longest."""
        return _longest(one for one in self.absences if one.employee == employee and one.covers(at))

    def ready(self, employee: int, at: datetime) -> bool:
        """May be called now."""
        presence = self.presence.get(employee)
        return presence is not None and presence.state is State.READY and self.absence(employee, at) is None


def _longest(absences: Iterable[Absence]) -> Absence | None:
    far = datetime.max
    found = list(absences)
    return max(found, key=lambda one: one.until.replace(tzinfo=None) if one.until else far, default=None)
