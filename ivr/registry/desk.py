"""The desk between the mind and the registry: keeps tries, counts them, and tells a verdict and nothing else (X6).

A try lives here between its rounds, with its answers, and is forgotten at its verdict or after ten minutes. Every
answer takes at least :attr:`DeskRules.least_s`, so that its time doesn't tell how much there was to compare.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from ivr.dialog.ports import AuthQuestion, AuthStep, Verdict
from ivr.identity.attempt import Attempt, Judged
from ivr.identity.choosing import Doubt, Rules
from ivr.identity.limits import Limits, number_may_try, person_may_pass
from ivr.identity.patterns import Finding, Thresholds, patterns
from ivr.identity.ports import PeopleRegistry, Try
from ivr.identity.questions import Question, Role
from ivr.identity.telling import told
from ivr.privacy import Pii, Secret
from ivr.registry.people import REGISTRATION_DIGITS
from ivr.registry.tries import TryLog

WITHHELD: Final = "withheld"
_KEPT_S: Final = 600.0  # a try whose caller is gone
_TOLD_S: Final = 3600.0  # a call's right to be told
_MOST: Final = 500  # tries and rights at once: more than the calls of one worker by far

Alarm = Callable[[str, Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class DeskRules:
    """``registration_digits``: length of a registration number; ``least_s``: no answer comes sooner."""

    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    thresholds: Thresholds = field(default_factory=Thresholds)
    registration_digits: int = REGISTRATION_DIGITS
    least_s: float = 0.5


@dataclass(slots=True)
class _Open:
    attempt: Attempt
    row: int
    number: str
    began: float
    parts: dict[str, Secret] = field(default_factory=dict)
    selected: bool = False  # who is meant was looked for, whether or not somebody was found


@dataclass(frozen=True, slots=True)
class _Right:
    person: str
    role: Role
    since: float


class IdentityDesk:
    """Implements the mind's port ``Registry``; usable from several threads.

    ``on_alarm`` is told the kind and data of a pattern; ``now`` gives the time of day in UTC.
    """

    def __init__(
        self,
        registry: PeopleRegistry,
        log: TryLog,
        now: Callable[[], datetime],
        random: Random,
        rules: DeskRules | None = None,
        *,
        on_alarm: Alarm = lambda kind, data: None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._registry, self._log, self._now, self._random = registry, log, now, random
        self._rules, self._on_alarm, self._clock, self._pause = rules or DeskRules(), on_alarm, clock, pause
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}
        self._rights: dict[str, _Right] = {}
        self._grammars = _grammars(self._rules.registration_digits)

    def begin(self, role: Role, caller: Pii) -> AuthStep | None:
        """The first questions, or None when this number may not try now. Raises RegistryAway, StoreError."""
        self._registry.ready()
        now, number = self._now(), self._log.hashed("number", caller) or WITHHELD
        limits, withheld = self._rules.limits, number == WITHHELD
        with self._log.one_step():
            earlier = self._log.of(number=number)
            if not number_may_try(earlier, now, limits, withheld=withheld):
                return None
            row = self._log.begin(Try(now, number))
        doubts = [Doubt.WITHHELD] if withheld else []
        if not withheld and any(not each.passed and (now - each.at).days < 1 for each in earlier):
            doubts.append(Doubt.FAILED_BEFORE)
        attempt = Attempt(role, self._registry, doubts, self._random, self._rules.rules, self._log.key)
        ticket = secrets.token_urlsafe(12)
        with self._lock:
            self._forget_old()
            self._open[ticket] = _Open(attempt, row, number, self._clock())
        return AuthStep(ticket, self._put(attempt.asked))

    def check(self, attempt: str, answers: Mapping[str, Secret], *, unsure: bool = False) -> AuthStep | Verdict:
        """Further questions or the verdict. Raises RegistryAway, StoreError: the try is over then, and counts."""
        began = self._clock()
        with self._lock:
            this = self._open.pop(attempt, None)
        try:
            step = self._checked(attempt, this, answers, unsure) if this is not None else Verdict(False)
        finally:
            left = self._rules.least_s - (self._clock() - began)
            if left > 0:
                self._pause(left)
        return step

    def personal(self, subject: str, about: str) -> Sequence[str]:
        """Sentences for an authenticated caller; none for anybody else, and none of the other role's (T6, T7)."""
        with self._lock:
            right = self._rights.get(subject)
        if right is None or self._clock() - right.since > _TOLD_S:
            return ()
        matters = self._registry.matters(right.person)
        return told(matters, about, right.role, self._now()) if matters is not None else ()

    def _checked(self, ticket: str, this: _Open, answers: Mapping[str, Secret], unsure: bool) -> AuthStep | Verdict:
        this.parts.update(answers)
        whole, attempt = _whole(this.parts), this.attempt
        doubts: list[Doubt] = []
        blocked: list[str] = []
        if not this.selected and Question.NAME in whole:
            this.selected = True
            people = attempt.select(whole)
            with self._log.one_step():
                doubts, blocked = self._standing(people)
                found = self._note_claim(this, whole, people)
            for finding in found:
                self._tell(finding)
        step = attempt.go_on(whole, unsure=unsure, blocked=blocked, doubts=doubts)
        if isinstance(step, Judged):
            return self._verdict(this, step)
        with self._lock:
            self._open[ticket] = this
        return AuthStep(ticket, self._put(step))

    def _standing(self, people: Sequence[str]) -> tuple[list[Doubt], list[str]]:
        """Doubts about these people, and those who may not be authenticated now."""
        now, doubts, blocked = self._now(), [], []
        for person in people:
            earlier = self._log.of(person=self._log.hashed("person", person))
            if not person_may_pass(earlier, now, self._rules.limits):
                blocked.append(person)
            elif any(not each.passed and (now - each.at).days < 1 for each in earlier):
                doubts.append(Doubt.FAILED_BEFORE)
        return doubts, blocked

    def _note_claim(self, this: _Open, whole: Mapping[Question, Secret], people: Sequence[str]) -> tuple[Finding, ...]:
        """The claim is in the log; the patterns that it completes."""
        name = self._log.hashed("name", whole[Question.NAME])
        digits = self._log.hashed("digits", whole.get(Question.LAST_FOUR, ""))
        marks = sorted(self._log.hashed("person", person) for person in people)
        self._log.claimed(this.row, name, digits, marks)
        person = marks[0] if marks else ""
        tries, now = self._log.of(number=this.number, name=name, person=person), self._now()
        latest = Try(now, this.number, name, digits, person)
        return patterns(tries, latest, now, self._rules.thresholds, withheld=this.number == WITHHELD)

    def _tell(self, finding: Finding) -> None:
        # A keyed hash's beginning is enough to see that two alarms are about the same.
        self._on_alarm(finding.pattern.value, {"count": finding.count, "mark": finding.key[:8], "within": "day"})

    def _verdict(self, this: _Open, judged: Judged) -> Verdict:
        this.parts.clear()
        if not judged.passed:
            return Verdict(False)
        self._log.passed(this.row)
        subject = secrets.token_urlsafe(12)
        with self._lock:
            self._rights[subject] = _Right(judged.person, this.attempt.role, self._clock())
        return Verdict(True, subject)

    def _put(self, questions: Sequence[Question]) -> tuple[AuthQuestion, ...]:
        return tuple(part for question in questions for part in self._grammars[question])

    def _forget_old(self) -> None:
        now = self._clock()
        for ticket, each in list(self._open.items()):
            if now - each.began > _KEPT_S or len(self._open) >= _MOST:
                each.attempt.forget()
                each.parts.clear()
                del self._open[ticket]
        for subject, right in list(self._rights.items()):
            if now - right.since > _TOLD_S or len(self._rights) >= _MOST:
                del self._rights[subject]


GIVEN: Final = "name_given"
SURNAME: Final = "name_surname"
STREET: Final = "address_street"
HOUSE: Final = "address_house"
MAILBOX: Final = "email_box"
MAIL_DOMAIN: Final = "email_domain"


def _grammars(registration_digits: int) -> dict[Question, tuple[AuthQuestion, ...]]:
    """What is listened for: one grammar for everybody, whatever is stored. Names and addresses come in parts."""
    single = {
        Question.LAST_FOUR: "digits:4",
        Question.REGISTRATION: f"digits:{registration_digits}",
        Question.PHONE: "phone",
        Question.LAST_VISIT: "month",
        Question.LAST_VISIT_ABOUT: "choice",
        Question.EMPLOYMENT_END: "date",
    }
    found = {question: (AuthQuestion(question.value, grammar),) for question, grammar in single.items()}
    # Parts are heard better one by one, and only the one that was heard wrong is put again.
    return found | {
        Question.NAME: (AuthQuestion(GIVEN, "given"), AuthQuestion(SURNAME, "surname")),
        Question.ADDRESS: (AuthQuestion(STREET, "street"), AuthQuestion(HOUSE, "number")),
        Question.EMAIL: (AuthQuestion(MAILBOX, "mailbox"), AuthQuestion(MAIL_DOMAIN, "maildomain")),
    }


def _whole(parts: Mapping[str, Secret]) -> dict[Question, Secret]:
    """Answers by question; names and addresses only with both of their parts (T5)."""
    found = {Question(name): value for name, value in parts.items() if name not in _PARTS}
    for question, first, second, between in (
        (Question.NAME, GIVEN, SURNAME, " "), (Question.ADDRESS, STREET, HOUSE, "|"),
        (Question.EMAIL, MAILBOX, MAIL_DOMAIN, "@"),
    ):  # fmt: skip
        one, other = parts.get(first), parts.get(second)
        if one and other:
            found[question] = Secret(f"{one.reveal()}{between}{other.reveal()}")
    return found


_PARTS: Final = frozenset({GIVEN, SURNAME, STREET, HOUSE, MAILBOX, MAIL_DOMAIN})
