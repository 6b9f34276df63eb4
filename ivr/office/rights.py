"""Who may do what with whose recordings (A18, P64, P67): one table, asked by every page. Pure.

Agents see their own marks and the findings in summary. Heads oversee their unit, the
quality unit everybody. What the quality line was told (key 7) only its own readers
meet, whatever else they may. Data protection opens what a citizen asks for and reads the log
of who did; whoever runs the machine sees figures alone. Nobody reviews themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import Final

from ivr.people.staff import Employee, Role
from ivr.sampling.population import ASSISTANT


class Act(StrEnum):
    """What somebody wants to do."""

    PLAN = "plan"  # see the month's draw, progress and marks
    FIND = "find"  # search conversations
    OPEN = "open"  # transcript and sound, for a stated purpose
    REVIEW = "review"
    CORRECT = "correct"  # a transcript
    EXPORT = "export"
    REPORT = "report"  # findings without personal data
    FIGURES = "figures"  # statistics
    LOG = "log"  # the audit log
    GATHER = "gather"  # a person's own data
    ERASE = "erase"
    HOLD = "hold"
    BREACH = "breach"


class Reach(IntEnum):
    """Whose data an act extends to."""

    NOBODY = 0
    OWN = 1
    UNIT = 2
    EVERYBODY = 3


_ALL: Final = Reach.EVERYBODY
RIGHTS: Final[Mapping[Role, Mapping[Act, Reach]]] = {
    Role.AGENT: {Act.PLAN: Reach.OWN, Act.REPORT: _ALL},
    Role.HEAD: {
        Act.PLAN: Reach.UNIT,
        Act.FIND: Reach.UNIT,
        Act.OPEN: Reach.UNIT,
        Act.REVIEW: Reach.UNIT,
        Act.REPORT: _ALL,
        Act.FIGURES: _ALL,
    },
    Role.QUALITY: {
        Act.PLAN: _ALL,
        Act.FIND: _ALL,
        Act.OPEN: _ALL,
        Act.REVIEW: _ALL,
        Act.CORRECT: _ALL,
        Act.EXPORT: _ALL,
        Act.REPORT: _ALL,
        Act.FIGURES: _ALL,
    },
    Role.PROTECTION: {
        Act.FIND: _ALL,
        Act.OPEN: _ALL,
        Act.EXPORT: _ALL,
        Act.REPORT: _ALL,
        Act.LOG: _ALL,
        Act.GATHER: _ALL,
        Act.ERASE: _ALL,
        Act.HOLD: _ALL,
        Act.BREACH: _ALL,
    },
    Role.QUALITY_LINE: {},
    Role.ADMIN: {Act.FIGURES: _ALL},
}


def reach(visitor: Employee, act: Act) -> Reach:
    """How far an act extends for somebody with these roles."""
    return max((RIGHTS.get(role, {}).get(act, Reach.NOBODY) for role in visitor.roles), default=Reach.NOBODY)


def may(visitor: Employee, act: Act, owner: Employee | None = None, *, guarded: bool = False) -> bool:
    """Whether ``visitor`` may do it at all or, with ``owner``, with that employee's conversations.

    ``guarded``: the conversation is in a call of the quality line.
    """
    if guarded and not reads_quality_line(visitor):
        return False
    extent = reach(visitor, act)
    if owner is None:
        return extent > Reach.NOBODY
    if act is Act.REVIEW and owner.id == visitor.id:
        return False
    if extent is Reach.UNIT:
        return owner.id != ASSISTANT and bool(owner.unit) and owner.unit == visitor.unit
    return extent is Reach.EVERYBODY or (extent is Reach.OWN and owner.id == visitor.id)


def reads_quality_line(visitor: Employee) -> bool:
    """Whether calls of the quality line are among what the visitor may meet."""
    return Role.QUALITY_LINE in visitor.roles


def within(visitor: Employee, act: Act, people: Iterable[Employee]) -> frozenset[int] | None:
    """The employees whose conversations the act extends to; None: everybody's."""
    if reach(visitor, act) is Reach.EVERYBODY:
        return None
    return frozenset(one.id for one in people if may(visitor, act, one))
