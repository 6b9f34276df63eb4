"""People who do not exist, for tests, measurements and demonstrations: names from public lists, codes of right form.

What they have is drawn independently, and their visits are as unevenly spread over the months as real ones: most
were here lately. So what an impostor can guess of them is not less than of real people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from ivr.identity.matching import Record
from ivr.identity.names import bare
from ivr.identity.personal_code import check_digit
from ivr.identity.ports import Matters
from ivr.language.given_names import MEN, WOMEN
from ivr.language.places import streets
from ivr.language.surnames import MEN as FAMILIES
from ivr.language.surnames import womens_forms
from ivr.privacy import Pii, Secret

# What the last visit was about (T3.6), with its share; the plan has the words for each.
VISITS: Final = {"offer": 30, "measure": 25, "consultation": 20, "plan": 10, "benefit": 10, "registration": 5}
REGISTRATION_DIGITS: Final = 7
_PROVIDERS: Final = ("gmail.com", "inbox.lt", "yahoo.com", "mail.lt")
_WITHOUT: Final = 0.1  # share of people of whom an answer is not stored, for each of them
_WITHOUT_EMAIL: Final = 0.3
_MONTHS_SINCE: Final = (40, 20, 12, 8, 5, 4, 3, 3, 2, 1, 1, 1)  # weights of 0, 1, 2 … months since the last visit


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person. ``code`` is the whole personal code, which nobody is ever asked for."""

    id: str
    code: Secret
    record: Record
    matters: Matters


def fictitious(count: int, random: Random, today: date, *, digits: int = REGISTRATION_DIGITS) -> Iterator[Person]:
    """So many people; the same ``random`` makes the same ones. ``digits`` of a registration number."""
    numbers = random.sample(range(10 ** (digits - 1), 10**digits), count)
    for at in range(count):
        yield _person(f"{random.getrandbits(64):016x}", f"{numbers[at]}", random, today)


def _person(identifier: str, registration: str, random: Random, today: date) -> Person:
    woman = random.random() < 0.5
    born = date(1960, 1, 1) + timedelta(days=random.randrange(45 * 365))
    ten = f"{(3 if born.year < 2000 else 5) + woman}{born:%y%m%d}{random.randrange(1000):03d}"
    code = f"{ten}{check_digit(ten)}"
    family = random.choice(FAMILIES)
    given, surname = random.choice(WOMEN if woman else MEN), random.choice(womens_forms(family)) if woman else family
    visited = _visit(random, today)

    def stored(value: str, without: float = _WITHOUT) -> Pii:
        return Pii("" if random.random() < without else value)

    email = f"{bare(given).lower()}.{bare(surname).lower()}@{random.choice(_PROVIDERS)}"
    record = Record(
        last4=Pii(code[-4:]),
        given=Pii(given),
        surname=Pii(surname),
        registration=stored(registration),
        street=stored(random.choice(streets())),
        house=Pii(str(random.randrange(1, 120))),
        phone=stored(f"+3706{random.randrange(10**7):07d}"),
        last_visit=visited if random.random() >= _WITHOUT else None,
        last_visit_about=stored(random.choices(list(VISITS), list(VISITS.values()))[0]),
        employment_end=today - timedelta(days=random.randrange(1, 1500)) if random.random() >= _WITHOUT else None,
        email=stored(email, _WITHOUT_EMAIL),
    )
    at = time(random.randrange(8, 17), random.choice((0, 15, 30, 45)))
    matters = Matters(
        registered=random.random() < 0.9,
        registration=record.registration,
        next_visit=datetime.combine(today + timedelta(days=random.randrange(1, 60)), at, UTC),
        specialist=f"{random.choice(WOMEN)} {womens_forms(random.choice(FAMILIES))[0]}",
        last_decision=visited,
        login=Pii(record.email.reveal().partition("@")[0]),
    )
    return Person(identifier, Secret(code), record, matters)


def _visit(random: Random, today: date) -> date:
    months = random.choices(range(len(_MONTHS_SINCE)), _MONTHS_SINCE)[0]
    return today - timedelta(days=30 * months + random.randrange(30))
