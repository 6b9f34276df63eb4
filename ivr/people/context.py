"""What an agent should know before saying hello, read from a call's journal (A12.17.2).

The journal is the only source: whatever the line heard, said and decided is
there already. Flags come from words alone; nothing is inferred from a voice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from ivr.events import JournalKind
from ivr.people.quality_line import without_quality_line
from ivr.privacy import Pii

VERSION: Final = 1
_OPEN: Final = "open"  # grammars of open speech begin with it
_OFTEN: Final = 3


def card_of(call: str) -> str:
    """The page of a call on the office's site."""
    return f"/skambutis/{call}"


class Entry(Protocol):
    """One event of a journal."""

    @property
    def kind(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def data(self) -> Mapping[str, Any]: ...


class Proof(StrEnum):
    """How far the caller has proved who they are."""

    NONE = "none"
    STARTED = "started"
    PASSED = "passed"
    FAILED = "failed"


class Sign(StrEnum):
    """What an agent should be ready for."""

    INSULT = "insult"
    THREAT = "threat"
    MISUNDERSTOOD = "misunderstood"
    COMPLAINT = "complaint"
    NOT_RECORDED = "not_recorded"


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that the caller heard, ``whole`` or in part."""

    id: str
    source: str
    whole: bool


@dataclass(frozen=True, slots=True)
class CallContext:
    """``offered_at`` is when the call came; ``proved_at`` when authentication came to its present state.

    ``slots`` holds what was agreed or noted (name, number, time, employee
    wanted), as the journal names it: keys that begin with ``pii_`` identify people.
    """

    call: str
    node: str
    caller: Pii
    offered_at: datetime
    topic: str = ""
    questions: tuple[str, ...] = field(default=(), repr=False)
    answers: tuple[Given, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict, repr=False)
    proof: Proof = Proof.NONE
    proved_at: datetime | None = None
    signs: frozenset[Sign] = frozenset()

    def payload(self, summary: str, links: Mapping[str, str]) -> dict[str, Any]:
        """For MQTT, by the schema in ``docs/asyncapi.yaml``: JSON values only, personal data under ``pii_`` keys."""
        return {
            "v": VERSION,
            "call": self.call,
            "node": self.node,
            "offered_at": self.offered_at.isoformat(),
            "pii_caller": self.caller.reveal(),
            "topic": self.topic,
            "pii_questions": list(self.questions),
            "answers": [{"id": one.id, "source": one.source, "whole": one.whole} for one in self.answers],
            "slots": dict(self.slots),
            "authentication": {
                "state": self.proof,
                "at": self.proved_at.isoformat() if self.proved_at else None,
            },
            "signs": sorted(self.signs),
            "pii_summary": summary,
            "links": dict(links),
        }


_SIGNS_OF_INTENTS: Final = {
    "insult": Sign.INSULT,
    "threat": Sign.THREAT,
    "complaint": Sign.COMPLAINT,
    "unrecord": Sign.NOT_RECORDED,
}
_VERDICTS: Final = {"passed": Proof.PASSED, "undecided": Proof.STARTED}
_SLOTS: Final = ("pii_name", "pii_caller", "for", "agreed_at", "topic", "type")


def context_of(call: str, events: Iterable[Entry]) -> CallContext:
    """The context of ``call`` from its events so far, in their order; what the quality line was told is no part of it.

    Raises:
        ValueError: there is no ``call.offered`` among them.
    """
    events = list(events)
    offered = next((event for event in events if event.kind == JournalKind.CALL_OFFERED), None)
    if offered is None:
        raise ValueError(f"call {call} was never offered")
    events = without_quality_line(events)
    proof, proved_at = _proof(events)
    return CallContext(
        call,
        str(offered.data.get("node", "")),
        Pii(str(offered.data.get("pii_caller") or "")),
        offered.at,
        _topic(events),
        tuple(_questions(events)),
        tuple(_given(events)),
        _slots(events),
        proof,
        proved_at,
        frozenset(_signs(events)),
    )


def _topic(events: Sequence[Entry]) -> str:
    """The latest one that was decided or answered."""
    topics = [str(event.data["topic"]) for event in events if event.data.get("topic")]
    return topics[-1] if topics else ""


def _questions(events: Sequence[Entry]) -> Iterable[str]:
    """What the caller said in their own words, each once."""
    said: dict[str, None] = {}
    for event in events:
        if event.kind == JournalKind.TURN_HEARD and str(event.data.get("grammar", "")).startswith(_OPEN):
            text = str(event.data.get("pii_text") or event.data.get("text") or "").strip()
            if text:
                said[text] = None
    return said


def _given(events: Sequence[Entry]) -> Iterable[Given]:
    for event in events:
        if event.kind == JournalKind.ANSWER_GIVEN:
            data = event.data
            yield Given(str(data.get("answer", "")), str(data.get("source", "")), data.get("heard") == "whole")


def _slots(events: Sequence[Entry]) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    for event in events:
        if event.kind == JournalKind.TASK_CREATED:
            slots |= {key: event.data[key] for key in _SLOTS if event.data.get(key)}
    return slots


def _proof(events: Sequence[Entry]) -> tuple[Proof, datetime | None]:
    proof, at = Proof.NONE, None
    for event in events:
        if event.kind == JournalKind.AUTH_STARTED:
            proof, at = Proof.STARTED, event.at
        elif event.kind == JournalKind.AUTH_VERDICT:
            proof, at = _VERDICTS.get(str(event.data.get("verdict")), Proof.FAILED), event.at
    return proof, at


def _signs(events: Sequence[Entry]) -> Iterable[Sign]:
    unclear = 0
    for event in events:
        if event.kind == JournalKind.INTENT_DECIDED and (sign := _SIGNS_OF_INTENTS.get(str(event.data.get("intent")))):
            yield sign
        unclear += event.kind == JournalKind.TURN_HEARD and not (event.data.get("text") or event.data.get("pii_text"))
    if unclear >= _OFTEN:
        yield Sign.MISUNDERSTOOD
