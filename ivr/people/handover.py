"""What a line worker and the office's switchboard say to each other about one caller; pure, as JSON objects.

A worker seeks somebody for a call (:class:`Seek`), is told whom to call (:class:`Found`), that the caller stands in
line (:class:`InLine`) or that there is nobody (:class:`Nobody`), and reports what became of it (:class:`Report`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import UnionType
from typing import Any, Final, get_origin, get_type_hints


class Step(StrEnum):
    """What a worker reports of an offer."""

    ACCEPTED = "accepted"
    BRIDGED = "bridged"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Seek:
    """Somebody is wanted for ``call``. ``wanted``: the name of the employee who was asked for; ``tried``: their ids.

    ``since``: when the caller began to wait, ISO 8601 in UTC: it is their place in line.
    """

    call: str
    topic: str = ""
    language: str = "lt"
    wanted: str = ""
    tried: tuple[int, ...] = ()
    since: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Nobody is sought for ``call`` any more."""

    call: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an offer."""

    offer: int
    step: Step
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """After a lost connection: offers that still live, by id, with how far they are (ringing: empty)."""

    offers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """Call ``uri``: the employee is reserved. ``whisper`` is for their ear alone; ``no_answer_s`` is all they have.

    ``context`` is the payload of :mod:`ivr.people.context`: personal data, never for SIP.
    """

    call: str
    offer: int
    employee: int
    name: str
    uri: str
    because: str
    no_answer_s: float
    whisper: str = field(repr=False)
    context: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InLine:
    """Everybody suitable is busy. ``position`` 1 is next; ``minutes`` is None without grounds for an estimate."""

    call: str
    position: int
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody is there to wait for. ``staffed``: some suitable employee is at work, but had their chance."""

    call: str
    staffed: bool


@dataclass(frozen=True, slots=True)
class Pressed:
    """The agent answered ``offer`` on the desk."""

    call: str
    offer: int
    accept: bool


class CheckStep(StrEnum):
    """What an employee does about a caller's identity."""

    START = "start"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """On the desk an employee began to ask who the caller is, or decided it: from start to verdict nothing is kept."""

    call: str
    offer: int
    step: CheckStep


@dataclass(frozen=True, slots=True)
class Ring:
    """Click-to-call: ring the employee at ``agent`` and, once they picked up, the person at ``person`` (A12.15).

    It is about ``task`` of ``call``; ``number`` is what the person's address was made of.
    """

    request: int
    agent: str
    person: str = field(repr=False)
    no_answer_s: float
    employee: int = 0
    call: str = ""
    task: int = 0
    number: str = field(default="", repr=False)


class RingStep(StrEnum):
    """How far a click-to-call is."""

    AGENT = "agent"  # the employee's telephone rings
    PERSON = "person"  # they picked up, and the person's telephone rings
    TALKING = "talking"
    ENDED = "ended"  # the conversation is over
    FAILED = "failed"  # there was none

    @property
    def live(self) -> bool:
        return self in (RingStep.AGENT, RingStep.PERSON, RingStep.TALKING)


@dataclass(frozen=True, slots=True)
class Rang:
    """What became of a :class:`Ring`. ``reason``: of a failure or end, as :class:`ivr.events.HangupReason`."""

    request: int
    step: RingStep
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallBack:
    """The assistant is to call ``person`` about ``task`` of ``call`` and to speak with them itself (A12.11, A12.15).

    ``number`` is what the address was made of. ``name``: whom to ask for; ``answer``: what to tell them, empty: they
    are offered a person; ``wanted``: the employee whose matter it is; ``matter``: what they came with.
    """

    request: int
    person: str = field(repr=False)
    number: str = field(repr=False)
    call: str
    task: int
    type: str
    no_answer_s: float
    name: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    wanted: str = ""
    topic: str = ""
    matter: str = field(default="", repr=False)


class CallStep(StrEnum):
    """How far a call of the assistant is."""

    LIVE = "live"
    OVER = "over"  # its end is on the journal, or will be
    NOT_PLACED = "not_placed"  # nobody was rung, and nothing is on the journal


@dataclass(frozen=True, slots=True)
class CalledBack:
    """What became of a :class:`CallBack`."""

    request: int
    step: CallStep


@dataclass(frozen=True, slots=True)
class PassOn:
    """On the desk an employee leaves the caller to somebody else: to the assistant, or to a colleague.

    ``wanted``: the colleague's name, ``topic``: whose topic it is; both empty: whoever can take the call.
    """

    call: str
    offer: int
    to_assistant: bool = False
    wanted: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are for a caller who comes now. ``desks``: anybody has an extension at all.

    ``staffed``: somebody is at work; ``wait_s``: estimated wait, 0 without one or grounds for it.
    """

    desks: bool = False
    staffed: bool = False
    wait_s: float = 0.0


Reply = Found | InLine | Nobody | Pressed | Check | PassOn
Order = Ring | CallBack
Message = Seek | Leave | Report | Resume | Reply | Order | Rang | CalledBack | Standing
LONGEST: Final = 1 << 20
"""Bytes of a line; a call's whole context has some thousand."""
_GREATEST: Final = 2**63 - 1  # that a database keeps
_KINDS: Final[Mapping[str, type[Message]]] = {
    kind.__name__.lower(): kind
    for kind in (
        Seek, Leave, Report, Resume, Found, InLine, Nobody, Pressed, Check, PassOn, Ring, Rang, CallBack, CalledBack,
        Standing,
    )
}  # fmt: skip


def _types(kind: type[Message]) -> Mapping[str, Any]:
    """What a kind's fields may be, as ``isinstance`` takes it; JSON writes a whole number of seconds as an integer."""
    hints = get_type_hints(kind)
    plain = {name: hint if isinstance(hint, UnionType) else get_origin(hint) or hint for name, hint in hints.items()}
    return {name: (float, int) if hint is float else hint for name, hint in plain.items()}


_TYPES: Final = {kind: _types(kind) for kind in _KINDS.values()}


def line_of(message: Message) -> bytes:
    """The message as a JSON line."""
    fields = {"kind": type(message).__name__.lower(), **asdict(message)}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def message_of(line: bytes) -> Message:
    """The inverse of :func:`line_of`. Raises KeyError, TypeError, ValueError for anything else."""
    try:
        fields = dict(json.loads(line))
        kind = _KINDS[fields.pop("kind")]
        if kind is Seek:
            fields["tried"] = tuple(int(one) for one in fields["tried"])
    except (OverflowError, RecursionError) as error:  # 1e999, and brackets without an end
        raise ValueError(str(error)) from error
    if "step" in _TYPES[kind]:
        fields["step"] = _TYPES[kind]["step"](fields["step"])
    for name, wanted in _TYPES[kind].items():
        value = fields.get(name)
        if name in fields and not isinstance(value, wanted):
            raise ValueError(f"{name} is of another type")
        if isinstance(value, int) and abs(value) > _GREATEST:
            raise ValueError(f"{name} is no number of ours")
    return kind(**fields)
