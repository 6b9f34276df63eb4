"""Impostors before the rules: some know nothing, some know all that is public and guess the rest as well as one can.

They have no ear to mislead them and don't tire: every try goes straight to the rules. Who knows nothing is let try
without limits. Who knows the public things tries as often as the limits let one person be tried for, from ever other
numbers, so that the limits of numbers don't hinder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from ivr.dialog.ports import AuthQuestion, AuthStep, Verdict
from ivr.identity.attempt import Attempt, Judged
from ivr.identity.choosing import Rules
from ivr.identity.matching import Record
from ivr.identity.personal_code import check_digit
from ivr.identity.questions import Question
from ivr.language.given_names import MEN, WOMEN
from ivr.language.places import streets
from ivr.language.surnames import MEN as FAMILIES
from ivr.language.surnames import womens_forms
from ivr.privacy import Pii, Secret
from ivr.registry.desk import GIVEN, HOUSE, MAIL_DOMAIN, MAILBOX, STREET, SURNAME, DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import REGISTRATION_DIGITS, VISITS, Person
from ivr.registry.tries import TryLog

START: Final = datetime(2025, 3, 3, 8, tzinfo=UTC)
_GAP: Final = timedelta(hours=2)  # between two tries for one person: longer than the longest pause
_KEY: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Tries of all impostors together, and how many of them got in."""

    impostors: int
    tries: int
    got_in: int


def knowing_nothing(people: Sequence[Person], tries: int, random: Random, tick: Callable[[], None]) -> Campaign:
    """Each try claims a random name with random digits and answers at random; ``tick`` is called after each."""
    registry, got_in = PeopleInMemory(people), 0
    for _ in range(tries):
        attempt = Attempt("job_seeker", registry, (), random, Rules(), _KEY)
        step: tuple[Question, ...] | Judged = attempt.asked
        while not isinstance(step, Judged):
            answers = {question: Secret(_any(question, random)) for question in step}
            if Question.NAME in answers:
                attempt.select(answers)
            step = attempt.go_on(answers)
        got_in += step.passed
        tick()
    return Campaign(tries, tries, got_in)


def knowing_what_is_public(
    people: Sequence[Person], targets: int, days: int, random: Random, tick: Callable[[], None]
) -> Campaign:
    """Each impostor is after one person for ``days`` days; got in: at least once."""
    moment = [START]
    log = TryLog(":memory:", _KEY)
    desk = IdentityDesk(PeopleInMemory(people), log, lambda: moment[0], random, DeskRules(least_s=0.0))
    got_in = tries = 0
    for number in range(targets):
        target = people[number % len(people)]
        left = _possible_digits(target, random)
        inside = False
        for day in range(days):
            for turn in range(DeskRules().limits.person_per_day):
                moment[0] = START + timedelta(days=day) + turn * _GAP
                tries += 1
                inside = inside or _tried(desk, target, left.pop(), f"+3706{random.randrange(10**7):07d}", random)
        got_in += inside
        tick()
    log.close()
    return Campaign(targets, tries, got_in)


def _tried(desk: IdentityDesk, target: Person, digits: str, number: str, random: Random) -> bool:
    step: AuthStep | Verdict | None = desk.begin("job_seeker", Pii(number))
    while isinstance(step, AuthStep):
        answers = {question.id: Secret(_best(question, target.record, digits, random)) for question in step.questions}
        step = desk.check(step.attempt, answers)
    return isinstance(step, Verdict) and step.passed


def _possible_digits(target: Person, random: Random) -> list[str]:
    """Last four digits that fit birthday and sex, which are no secrets: a thousand, in any order."""
    seven = target.code.reveal()[:7]
    digits = [f"{serial:03d}{check_digit(f'{seven}{serial:03d}')}" for serial in range(1000)]
    random.shuffle(digits)
    return digits


def _best(question: AuthQuestion, record: Record, digits: str, random: Random) -> str:
    """What somebody says who knows name, address and telephone, and guesses the rest as well as it can be guessed."""
    match question.id:
        case Question.LAST_FOUR:
            return digits
        case _ if question.id == GIVEN:
            return record.given.reveal()
        case _ if question.id == SURNAME:
            return record.surname.reveal()
        case Question.PHONE:
            return record.phone.reveal()
        case _ if question.id == STREET:
            return record.street.reveal()
        case _ if question.id == HOUSE:
            return record.house.reveal()
        case Question.LAST_VISIT:
            # Most were there lately: this month or the one before.
            return str(random.choice((START.month, (START.month - 2) % 12 + 1)))
        case Question.LAST_VISIT_ABOUT:
            return max(VISITS, key=lambda about: VISITS[about])
        case _ if question.id == MAILBOX:
            # Half of the addresses can be found out.
            return record.email.reveal().partition("@")[0] if random.random() < 0.5 else "nobody"
        case _ if question.id == MAIL_DOMAIN:
            return record.email.reveal().partition("@")[2]
        case _:
            return _any(Question(question.id), random)


def _any(question: Question, random: Random) -> str:
    """A well-formed answer out of the blue."""
    match question:
        case Question.LAST_FOUR:
            return f"{random.randrange(10_000):04d}"
        case Question.NAME:
            family = random.choice(FAMILIES)
            woman = random.random() < 0.5
            surname = random.choice(womens_forms(family)) if woman else family
            return f"{random.choice(WOMEN if woman else MEN)} {surname}"
        case Question.REGISTRATION:
            return f"{random.randrange(10 ** (REGISTRATION_DIGITS - 1), 10**REGISTRATION_DIGITS)}"
        case Question.ADDRESS:
            return f"{random.choice(streets())}|{random.randrange(1, 120)}"
        case Question.PHONE:
            return f"+3706{random.randrange(10**7):07d}"
        case Question.LAST_VISIT:
            return str(random.randrange(1, 13))
        case Question.LAST_VISIT_ABOUT:
            return random.choice(list(VISITS))
        case Question.EMPLOYMENT_END:
            return (START.date() - timedelta(days=random.randrange(1, 1500))).isoformat()
        case Question.EMAIL:
            return f"{random.choice(MEN).lower()}@gmail.com"
