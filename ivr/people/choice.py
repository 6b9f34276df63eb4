"""Whom a caller is connected to: by wish, skill, language, state and absence (A10, A12.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.people.staff import Employee, Role, Staff


class Because(StrEnum):
    """Why just this employee; the whisper and the journal say it."""

    WANTED = "wanted"  # the caller asked for them
    SUBSTITUTE = "substitute"  # stands in for the one who was asked for
    COLLEAGUE = "colleague"  # of the wanted one's unit, and knows the topic
    SKILL = "skill"  # the topic is theirs
    FREE = "free"  # takes any topic


@dataclass(frozen=True, slots=True)
class Need:
    """What a caller needs: ``topic`` and ``language``; ``wanted`` is an employee's id; ``tried`` had their chance."""

    topic: str = ""
    language: str = "lt"
    wanted: int | None = None
    tried: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """``instead_of`` is whom the caller had asked for."""

    employee: Employee
    because: Because
    instead_of: Employee | None = None


def choose(need: Need, staff: Staff, at: datetime) -> Choice | None:
    """Who is called next; None while nobody suitable is ready.

    Whoever was asked for comes first, then who stands in for them, then their
    unit. Otherwise those whose topic it is, then those who take any; among
    equals the one who has been ready longest, so that calls are shared fairly.
    """
    suitable = [one for one in staff.employees if _suits(one, need, staff, at)]
    wanted = staff.by_id(need.wanted) if need.wanted is not None else None
    if wanted is not None:
        if wanted in suitable:
            return Choice(wanted, Because.WANTED)
        chosen = next((one for one in stand_ins(wanted, staff, at) if one in suitable), None)
        if chosen is not None:
            return Choice(chosen, Because.SUBSTITUTE, wanted)
    if not suitable:
        return None
    best = min(suitable, key=lambda one: _order(one, need, staff, wanted))
    if wanted is not None and best.unit == wanted.unit:
        return Choice(best, Because.COLLEAGUE, wanted)
    skilled = bool(need.topic) and need.topic in best.skills
    return Choice(best, Because.SKILL if skilled else Because.FREE, wanted)


def stand_ins(employee: Employee, staff: Staff, at: datetime) -> Sequence[Employee]:
    """Who stands in for an absent employee, nearest first; a circle of substitutes ends where it began."""
    found: list[Employee] = []
    here: Employee | None = employee
    while here is not None:
        absence = staff.absence(here.id, at)
        here = staff.by_id(absence.substitute) if absence and absence.substitute is not None else None
        if here in found or here == employee:
            break
        if here is not None:
            found.append(here)
    return found


def _suits(one: Employee, need: Need, staff: Staff, at: datetime) -> bool:
    """A wanted employee need not know the topic: the caller knows why they ask for just them."""
    able = one.knows(need.topic) or one.id == need.wanted
    return (
        Role.AGENT in one.roles
        and bool(one.extension)
        and need.language in one.languages
        and bool(able)
        and one.id not in need.tried
        and staff.ready(one.id, at)
    )


def _order(one: Employee, need: Need, staff: Staff, wanted: Employee | None) -> tuple[bool, int, datetime, int]:
    return (wanted is None or one.unit != wanted.unit, -one.knows(need.topic), staff.presence[one.id].since, one.id)
