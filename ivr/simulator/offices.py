"""The office behind the line, invented: people, free times, answers and a registry, for calls as text.

Everybody here is made up. What is asked of them is answered at once; the virtual call decides how long that takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.dialog.ports import AuthQuestion, Employee, Ports, Role, SpokenAnswer, Understood, Verdict
from ivr.privacy import Pii, Secret

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
_PAGE = "Socialinės apsaugos ir darbo ministerija, klausimai ir atsakymai"
ANSWERS = {
    "atostog": SpokenAnswer(
        "5.7",
        "labour_relations",
        (
            "Kasmetinės atostogos trunka ne mažiau kaip dvidešimt darbo dienų.",
            "Tai du tūkstančiai devynioliktų metų informacija, ji galėjo pasikeisti.",
        ),
        f"{_PAGE} 5.7",
        "2019-01-14",
    ),
    "dokument": SpokenAnswer(
        "10.1",
        "social_assistance",
        (
            "Kreipdamiesi pateikite prašymą ir asmens dokumentą.",
            "Pateikti galite atvykę į savivaldybę arba internetu.",
            "Tai du tūkstančiai devynioliktų metų informacija, ji galėjo pasikeisti.",
        ),
        f"{_PAGE} 10.1",
        "2019-01-10",
    ),
}


class FakeDirectory:
    """Finds people by their whole name."""

    def find(self, name: str) -> Sequence[Employee]:
        return [employee for employee in EMPLOYEES if employee.name.lower() == name.lower()]


class FakeCallbacks:
    """Free is the second full hour from now, and the two hours after it; times of day do not matter to it."""

    def free(self, after: datetime, count: int) -> Sequence[datetime]:
        first = (after + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
        return [first + timedelta(hours=number) for number in range(count)]


class FakeAnswers:
    """Knows two answers by a word of the question."""

    def answer(self, text: str, after: str = "") -> Understood | None:
        found = tuple(answer for word, answer in ANSWERS.items() if word in text.lower())
        if not found:
            return Understood("oos", 0.9, "refuse")
        return Understood("faq", 0.9, "answer", found)


@dataclass
class FakeRegistry:
    """One person. ``checked`` holds which questions were answered, never how."""

    answers: Mapping[Role, Mapping[str, str]] = field(
        default_factory=lambda: {
            "job_seeker": {"last_four": "1234", "name": "Jonas Petraitis", "last_visit": "3", "phone": "+37061234567"},
            "e_service": {"last_four": "1234", "email": "jonas@example.lt", "name": "Jonas Petraitis"},
        }
    )
    checked: list[tuple[str, ...]] = field(default_factory=list)

    def begin(self, role: Role, claimed: Pii) -> Sequence[AuthQuestion]:
        grammars = {"last_four": "digits:4", "name": "name", "last_visit": "month", "phone": "phone", "email": "email"}
        return [AuthQuestion(name, grammars[name]) for name in self.answers[role]]

    def check(self, role: Role, answers: Mapping[str, Secret]) -> Verdict:
        self.checked.append(tuple(answers))
        right = self.answers[role]
        passed = all(answers.get(name, Secret("")).reveal().lower() == value.lower() for name, value in right.items())
        return Verdict(passed, "p-1" if passed else "")

    def personal(self, subject: str, about: str) -> Sequence[str]:
        told = {
            "status": ("Jūs esate registruotas kaip darbo ieškantis asmuo.", "Kitas vizitas kovo dvyliktą dieną."),
            "login": ("Jūsų prisijungimo vardas yra jonas brūkšnys petraitis.",),
        }
        return told.get(about, ()) if subject == "p-1" else ()


def fake_ports() -> Ports:
    """An office in which everybody answers."""
    return Ports(FakeDirectory(), FakeCallbacks(), FakeAnswers(), FakeRegistry())
