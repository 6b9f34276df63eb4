"""Whether one answer agrees with what is stored: tolerant in names, exact in digits (T3, T4.3). Pure.

Values are canonical, as the line's grammars give them; they are compared in constant time.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from ivr.identity.names import bare, names_agree
from ivr.identity.questions import Question
from ivr.language.mailboxes import KEYED, address_keys
from ivr.privacy import Pii

_HOUSE: Final = re.compile(r"[1-9]\d*")


@dataclass(frozen=True, slots=True)
class Record:
    """What the registry knows of one person; empty or None: not stored. ``street`` without its kind ("Laisvės")."""

    last4: Pii
    given: Pii
    surname: Pii
    registration: Pii = field(default_factory=lambda: Pii(""))
    street: Pii = field(default_factory=lambda: Pii(""))
    house: Pii = field(default_factory=lambda: Pii(""))
    phone: Pii = field(default_factory=lambda: Pii(""))
    last_visit: date | None = field(default=None, repr=False)
    last_visit_about: Pii = field(default_factory=lambda: Pii(""))
    employment_end: date | None = field(default=None, repr=False)
    email: Pii = field(default_factory=lambda: Pii(""))


def askable(record: Record, hearable_streets: Collection[str]) -> frozenset[Question]:
    """Questions to which an answer is stored. An address counts only if its street is one that the ear expects."""
    stored = {
        Question.NAME: record.given and record.surname,
        Question.REGISTRATION: record.registration,
        Question.ADDRESS: record.street.reveal() in hearable_streets and _HOUSE.search(record.house.reveal()),
        Question.PHONE: record.phone,
        Question.LAST_VISIT: record.last_visit,
        Question.LAST_VISIT_ABOUT: record.last_visit_about,
        Question.EMPLOYMENT_END: record.employment_end,
        Question.EMAIL: record.email,
    }
    return frozenset(question for question, value in stored.items() if value)


def is_candidate(record: Record, last4: str, name: str) -> bool:
    """Digits and name of the first round; both are compared whatever the other says."""
    digits = _same(record.last4.reveal(), last4)
    return names_agree(name, record.given.reveal(), record.surname.reveal()) & digits


def agrees(record: Record, question: Question, value: str) -> bool:
    """``value``: digits; „Vardas Pavardė“; "street|house"; +370…; a month 1–12; a choice's id; a date (ISO); an e-mail,
    of which each half may be given by its keys (``keys:56627@gmail.com``).

    False for what is not stored (T5): an answer that can't be checked is not right.
    """
    match question:
        case Question.LAST_FOUR:
            return _same(record.last4.reveal(), value)
        case Question.NAME:
            return names_agree(value, record.given.reveal(), record.surname.reveal())
        case Question.REGISTRATION:
            return _same(record.registration.reveal(), value)
        case Question.ADDRESS:
            return _same_address(record, value)
        case Question.PHONE:
            return _same(record.phone.reveal(), value)
        case Question.LAST_VISIT:
            return _same(str(record.last_visit.month) if record.last_visit else "", value)
        case Question.LAST_VISIT_ABOUT:
            return _same(record.last_visit_about.reveal(), value)
        case Question.EMPLOYMENT_END:
            return _same(record.employment_end.isoformat() if record.employment_end else "", value)
        case Question.EMAIL:
            return _same_email(record.email.reveal().lower(), value.lower())


def _same_address(record: Record, value: str) -> bool:
    """Street and number of the house; a letter behind the number, and the flat, don't matter."""
    street, _, house = value.partition("|")
    stored, said = (_HOUSE.search(text) for text in (record.house.reveal(), house))
    number = _same(stored[0] if stored else "", said[0] if said else "")
    return _same(_street(record.street.reveal()), _street(street)) & number


def _same_email(stored: str, said: str) -> bool:
    """Both halves exactly; of one that was keyed, its keys. A keyed provider may be without what follows the dot."""
    (box, _, domain), (said_box, _, said_domain) = stored.partition("@"), said.partition("@")
    short = domain.partition(".")[0]
    provider = _same_half(domain, said_domain) | _same_half(short if said_domain.startswith(KEYED) else "", said_domain)
    return _same_half(box, said_box) & provider


def _same_half(stored: str, said: str) -> bool:
    keyed = said.startswith(KEYED)
    return _same(address_keys(stored) if keyed else stored, said.removeprefix(KEYED))


def _street(name: str) -> str:
    return " ".join(bare(name.lower()).split())


def _same(stored: str, said: str) -> bool:
    """Equal and not empty, in a time that does not depend on where they differ."""
    return hmac.compare_digest(stored.encode(), said.encode()) & bool(stored)
