"""Values that are keyed: every number, date and choice has a way by keys (X4).

A code ends with its last digit; what may be longer ends with # or a pause. Names and streets are keyed with the
letters that stand on the keys; which of the public list that may be is offered one after another. An e-mail address is
no matter of lists: its keys are compared with those of the registered one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from ivr.dialog.nodes import AuthChoice
from ivr.language.given_names import given_names
from ivr.language.keypad_letters import by_keys
from ivr.language.mailboxes import DOMAINS, KEYED, address_keys
from ivr.language.phones import phone_of_digits
from ivr.language.places import streets
from ivr.language.surnames import surnames

DIGITS: Final = "0123456789"
_DATE_DIGITS: Final = 8
# How many digits each kind has at the most.
_MOST: Final = {
    "phone": 13, "month": 2, "number": 4, "date": _DATE_DIGITS, "choice": 1, "given": 30, "surname": 30, "street": 30,
    "mailbox": 40, "maildomain": 30,
}  # fmt: skip
LETTERED: Final = frozenset({"given", "surname", "street", "mailbox", "maildomain"})
_ENDED_BY_HASH: Final = ("phone", "month", "number", *LETTERED)


def digits(grammar: str) -> int:
    """How many digits a code of this grammar has; 0 for everything else.

    >>> digits("digits:4"), digits("phone")
    (4, 0)
    """
    kind, _, length = grammar.partition(":")
    return int(length) if kind == "digits" and length else 0


def most(grammar: str) -> int:
    """After so many digits nothing more is waited for; 0: it can't be keyed."""
    return digits(grammar) or _MOST.get(grammar, 0)


def keys(grammar: str, choices: Sequence[AuthChoice] = ()) -> str:
    """Keys that belong to an answer. A choice has its own, so that 0 and the others keep their meaning.

    >>> keys("month"), keys("digits:4"), keys("name")
    ('0123456789#', '0123456789', '')
    """
    if choices:
        return "".join(choice.key for choice in choices)
    return (DIGITS if most(grammar) else "") + ("#" if grammar in _ENDED_BY_HASH else "")


def value(grammar: str, keyed: str, choices: Sequence[AuthChoice] = ()) -> str:
    """The value of keyed digits as :func:`~ivr.dialog.skills.read_back.canonical` would give it; empty: none.

    >>> value("month", "3"), value("month", "13"), value("date", "20240503"), value("date", "20240231")
    ('3', '', '2024-05-03', '')
    >>> value("phone", "061234567"), value("digits:4", "123"), value("number", "012"), value("mailbox", "566271")
    ('+37061234567', '', '12', 'keys:566271')
    """
    if choices:
        return next((choice.id for choice in choices if choice.key == keyed), "")
    if not keyed:
        return ""
    match grammar:
        case "phone":
            return phone_of_digits(keyed) or ""
        case "month":
            return str(int(keyed)) if 1 <= int(keyed) <= 12 else ""
        case "number":
            return str(int(keyed))
        case "date":
            return _date(keyed)
        case "mailbox" | "maildomain":  # letters that share a key are told apart by nobody: the keys are compared
            return f"{KEYED}{keyed}"
        case _:
            return keyed if len(keyed) == digits(grammar) else ""


def _date(keyed: str) -> str:
    if len(keyed) != _DATE_DIGITS:
        return ""
    try:
        return date.fromisoformat(keyed).isoformat()
    except ValueError:
        return ""


def names(grammar: str, keyed: str) -> tuple[str, ...]:
    """Names of the public list with these letters' keys; none for grammars without a list.

    >>> names("given", "56627"), names("surname", "527738537"), names("given", "2")
    (('Jonas',), (), ())
    >>> names("maildomain", "46245"), names("maildomain", "462451266"), names("mailbox", "56627")
    (('gmail.com',), ('gmail.com',), ())
    """
    return _lists(grammar).get(keyed, ()) if grammar in _LISTED else ()


@lru_cache(maxsize=4)
def _lists(grammar: str) -> Mapping[str, tuple[str, ...]]:
    if grammar == "maildomain":
        return _by_address_keys(DOMAINS)
    return by_keys({"given": given_names, "surname": surnames, "street": streets}[grammar]())


def _by_address_keys(domains: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """By the keys of the whole domain, and by those of its name alone, of which several may begin with the same."""
    found: dict[str, list[str]] = {}
    for domain in domains:
        for part in (domain, domain.partition(".")[0]):
            found.setdefault(address_keys(part), []).append(domain)
    return {keys: tuple(own) for keys, own in found.items()}


_LISTED: Final = LETTERED - {"mailbox"}
