"""A registry in memory whose look-ups are counted, and people for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from random import Random

from ivr.identity.attempt import Attempt, Judged
from ivr.identity.choosing import Doubt, Rules
from ivr.identity.matching import Record
from ivr.identity.ports import Matters
from ivr.identity.questions import FIRST, T3, Question, Role
from ivr.privacy import Pii, Secret
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person

KEY = bytes(range(32))
ALL = Rules(hearable=frozenset(T3))
EVERYTHING = Record(
    last4=Pii("4861"),
    given=Pii("Jonas"),
    surname=Pii("Petraitis"),
    registration=Pii("1234567"),
    street=Pii("Laisvės"),
    house=Pii("12A-3"),
    phone=Pii("+37061234567"),
    last_visit=date(2025, 2, 17),
    last_visit_about=Pii("offer"),
    employment_end=date(2024, 5, 3),
    email=Pii("Jonas.P@gmail.com"),
)
RIGHT = {
    Question.LAST_FOUR: "4861",
    Question.NAME: "Jonas Petraitis",
    Question.REGISTRATION: "1234567",
    Question.ADDRESS: "Laisvės|12",
    Question.PHONE: "+37061234567",
    Question.LAST_VISIT: "2",
    Question.LAST_VISIT_ABOUT: "offer",
    Question.EMPLOYMENT_END: "2024-05-03",
    Question.EMAIL: "jonas.p@gmail.com",
}
WRONG = {
    Question.LAST_FOUR: "4862",
    Question.NAME: "Ona Kazlauskienė",
    Question.REGISTRATION: "1234568",
    Question.ADDRESS: "Laisvės|13",
    Question.PHONE: "+37061234568",
    Question.LAST_VISIT: "3",
    Question.LAST_VISIT_ABOUT: "measure",
    Question.EMPLOYMENT_END: "2024-05-04",
    Question.EMAIL: "jonas.k@gmail.com",
}


class Watched(PeopleInMemory):
    """Keeps what was asked, in order."""

    def __init__(self, *records: Record) -> None:
        matters = Matters(registered=True)
        super().__init__(
            Person(f"p-{at}", Secret("33309240064"), record, matters) for at, record in enumerate(records, 1)
        )
        self.judged: list[tuple[str, Question]] = []

    def judge(self, person: str, question: Question, value: Secret) -> bool:
        self.judged.append((person, question))
        return super().judge(person, question, value)


def attempt(
    registry: PeopleInMemory, role: Role = "job_seeker", doubts: Collection[Doubt] = (), seed: int = 0,
    rules: Rules | None = None,
) -> Attempt:  # fmt: skip
    return Attempt(role, registry, doubts, Random(seed), rules or ALL, KEY)


def secrets(values: dict[Question, str]) -> dict[Question, Secret]:
    return {question: Secret(value) for question, value in values.items()}


def go(tried: Attempt, answers: dict[Question, str], *, unsure: bool = False) -> tuple[Sequence[Question], Judged]:
    """Answer every round; the further questions, and the verdict."""
    first = FIRST[tried.role]
    given = secrets({question: answers[question] for question in first if question in answers})
    tried.select(given)
    step = tried.go_on(given, unsure=unsure)
    asked: list[Question] = []
    while not isinstance(step, Judged):
        asked += step
        step = tried.go_on(secrets({question: answers[question] for question in step if question in answers}))
    return asked, step
