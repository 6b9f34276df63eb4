"""The card of an offered call, as the desk shows it: what :mod:`ivr.people.context` says, read with care.

The payload may come from another version of the line; what it lacks is left out and nothing is taken for a link
that a browser might run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ivr.office.offers import Offer
from ivr.people.context import Given, Proof, Sign
from ivr.privacy import Pii

DISPOSITIONS: Final = ("answered", "callback", "passed_on", "complaint", "wrong_number", "dropped", "other")
"""How a call went, in the agent's choice (A12.13)."""
_SELF: Final = "card"  # the link to this very card, for other programs


@dataclass(frozen=True, slots=True)
class Card:
    """``name`` and ``number`` are what the caller left, if they did; ``called_at`` is when the call came."""

    offer: Offer
    caller: Pii
    called_at: datetime | None
    topic: str
    questions: Sequence[str] = field(repr=False)
    answers: Sequence[Given]
    name: Pii
    number: Pii
    wanted: str
    agreed_at: datetime | None
    proof: Proof
    proved_at: datetime | None
    signs: Sequence[Sign]
    links: Mapping[str, str]


def card_of(offer: Offer) -> Card:
    """``offer`` with its context taken apart."""
    context = offer.context
    slots, proof = _mapping(context, "slots"), _mapping(context, "authentication")
    return Card(
        offer,
        Pii(_text(context, "pii_caller")),
        _time(context, "offered_at"),
        _text(context, "topic"),
        [str(one) for one in _list(context, "pii_questions")],
        [
            Given(_text(one, "id"), _text(one, "source"), one.get("whole") is True)
            for one in _list(context, "answers")
            if isinstance(one, Mapping)
        ],
        Pii(_text(slots, "pii_name")),
        Pii(_text(slots, "pii_caller")),
        _text(slots, "for"),
        _time(slots, "agreed_at"),
        Proof(state) if (state := _text(proof, "state")) in list(Proof) else Proof.NONE,
        _time(proof, "at"),
        [Sign(one) for one in _list(context, "signs") if one in list(Sign)],
        {
            str(label): str(target)
            for label, target in _mapping(context, "links").items()
            if label != _SELF
            and str(target).startswith(("https://", "http://", "/"))
            and not str(target).startswith("//")
        },
    )


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _time(data: Mapping[str, Any], key: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(data, key))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
