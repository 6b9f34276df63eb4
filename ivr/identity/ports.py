"""What the rules ask of the registry (UT IS) and of the log of earlier tries. Adapters are in ``ivr.registry``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from ivr.identity.questions import Question
from ivr.privacy import Pii, Secret

NOBODY = "nobody"  # an identifier that belongs to no person: asked about so that an unknown person costs the same


@dataclass(frozen=True, slots=True)
class Matters:
    """What an authenticated person may be told about themselves; None or empty where the registry has nothing."""

    registered: bool
    registration: Pii = field(default_factory=lambda: Pii(""))
    next_visit: datetime | None = None
    specialist: str = ""
    last_decision: date | None = None
    login: Pii = field(default_factory=lambda: Pii(""))


class PeopleRegistry(Protocol):
    """The registry of job seekers and of users of e-services. Every method may block and raise RegistryAway."""

    def ready(self) -> None:
        """Raise RegistryAway when nothing can be asked now."""

    def candidates(self, last4: Secret, name: Secret) -> Sequence[str]:
        """Identifiers of all people with these digits and a name that agrees; the order tells nothing."""

    def askable(self, person: str) -> Collection[Question]:
        """Questions that can be checked for this person; e-mail only where one is stored (T3)."""

    def judge(self, person: str, question: Question, value: Secret) -> bool:
        """Whether the answer agrees (T4.3); False for NOBODY and for what is not stored."""

    def matters(self, person: str) -> Matters | None:
        """What the person may be told; None when there is no such person."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try as the log keeps it: who tried is known by keyed hashes only. ``person`` is empty for a claim
    that fits nobody."""

    at: datetime
    number: str
    name: str = ""
    digits: str = ""
    person: str = ""
    passed: bool = False
