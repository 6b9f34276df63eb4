"""The office behind the line, invented: people, free times, answers and a registry, for calls as text.

Everybody here is made up. What is asked of them is answered at once; the virtual call decides how long that takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from ivr.dialog.ports import Employee, Ports
from ivr.identity.choosing import Rules
from ivr.identity.matching import Record
from ivr.identity.ports import Matters
from ivr.identity.questions import Question
from ivr.privacy import Pii, Secret
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person
from ivr.registry.tries import TryLog
from ivr.simulator.clock import START
from ivr.simulator.invented_answers import FakeAnswers

_ZONE = ZoneInfo("Europe/Vilnius")
_ONA = Employee("Ona Petraitienė", "Klientų aptarnavimo skyrius", "agent")
EMPLOYEES = (
    _ONA,
    Employee(
        "Jonas Kazlauskas",
        "Klientų aptarnavimo skyrius",
        "agent",
        present=False,
        returns=datetime(2025, 3, 4, 9, tzinfo=_ZONE),
        substitute=_ONA,
    ),
    Employee("Rasa Jankauskienė", "Personalo skyrius", "agent", present=False),
)


class FakeDirectory:
    """Finds people by their whole name."""

    def find(self, name: str) -> Sequence[Employee]:
        return [employee for employee in EMPLOYEES if employee.name.lower() == name.lower()]


class FakeCallbacks:
    """Free is the second full hour from now, and the two hours after it; times of day do not matter to it."""

    def free(self, after: datetime, count: int) -> Sequence[datetime]:
        first = (after + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
        return [first + timedelta(hours=number) for number in range(count)]


JONAS = Person(
    "p-1",
    Secret("38501011234"),
    Record(
        last4=Pii("1234"),
        given=Pii("Jonas"),
        surname=Pii("Petraitis"),
        phone=Pii("+37061234567"),
        last_visit=date(2025, 3, 1),
        email=Pii("jonas@gmail.com"),
    ),
    Matters(
        registered=True,
        registration=Pii("4861234"),
        next_visit=datetime(2025, 3, 12, 9, 30, tzinfo=_ZONE),
        specialist="Ona Petraitienė",
        last_decision=date(2025, 2, 3),
        login=Pii("jonas-petraitis"),
    ),
)
_RIGHT_ORDER = 0  # with this seed the month is asked for before the telephone


def fake_registry(people: PeopleInMemory | None = None) -> IdentityDesk:
    """The real desk before one person, with questions in an order that scenarios know."""
    asked = Rules(hearable=frozenset({Question.NAME, Question.LAST_VISIT, Question.PHONE}))
    return IdentityDesk(
        people or PeopleInMemory([JONAS]),
        TryLog(":memory:", bytes(32)),
        lambda: START,
        Random(_RIGHT_ORDER),  # noqa: S311  (a scenario is the same each time)
        DeskRules(rules=asked, least_s=0.0),
    )


def fake_ports() -> Ports:
    """An office in which everybody answers."""
    return Ports(FakeDirectory(), FakeCallbacks(), FakeAnswers(), fake_registry())
