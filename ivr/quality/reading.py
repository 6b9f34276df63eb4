"""One finished call as the quality unit counts it: whose conversations it holds, and its figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ivr.events import JournalKind, Outcome, RecordingState
from ivr.people.context import Entry
from ivr.people.quality_line import told_to_quality_line
from ivr.sampling.population import ASSISTANT, Flag

OTHER: Final = "other"
"""The topic of a call that nobody gave one."""
_UNSURE: Final = 0.5
_OFTEN: Final = 2  # unsure turns of one call that are worth a hearing
_AUDIBLE: Final = (RecordingState.OK, RecordingState.DEGRADED)
_COMPLAINT: Final = "complaint"  # what the quality line is told has readers of its own and is never drawn

EmployeeOf = Callable[[Mapping[str, Any]], int | None]
"""Who picked up, by the data of a ``transfer.bridged`` and the choice before it; None where nobody can say."""


@dataclass(frozen=True, slots=True)
class Part:
    """One employee's part of a call; ``started`` and ``ended`` are wall times."""

    employee: int
    started: datetime
    ended: datetime

    @property
    def duration_s(self) -> float:
        return (self.ended - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class CallFigures:
    """A finished call.

    ``answered_ms``: from the offer to the answer, None if never answered.
    ``waited_s``: from each offer of a transfer to its end, summed. ``offered``
    and ``bridged`` count transfers. ``auth``: ``""``, ``passed`` or ``failed``.
    ``delays_ms``: from the end of each of the caller's turns to the line's next word.
    ``unanswered``: questions that were refused or left as a question for people.
    ``guarded``: the quality line was told something, or might have been. ``erased_at``: when its sound was destroyed.
    ``placed``: the line called, nobody called the line.
    ``sound_began``: when the recording's first sample was taken, None without sound.
    """

    offered_at: datetime
    ended_at: datetime
    answered_ms: float | None
    outcome: str
    topic: str
    caller: str
    state: str
    sound_began: datetime | None
    offered: int
    bridged: int
    waited_s: float
    auth: str
    unanswered: int
    delays_ms: tuple[int, ...]
    flags: frozenset[Flag]
    parts: tuple[Part, ...]
    guarded: bool = False
    erased_at: datetime | None = None
    placed: bool = False

    @property
    def audible(self) -> bool:
        return self.state in _AUDIBLE


def read_call(events: Sequence[Entry], employee_of: EmployeeOf) -> CallFigures | None:
    """The figures of a call from all its events; None while it goes on."""
    offered = _first(events, JournalKind.CALL_OFFERED)
    ended = _last(events, JournalKind.CALL_ENDED)
    if offered is None or ended is None:
        return None
    answered = _first(events, JournalKind.CALL_ANSWERED)
    began = _first(events, JournalKind.RECORDING_STARTED)
    state = _last(events, JournalKind.RECORDING_STATE)
    started = began.at if began else answered.at if answered else offered.at
    after = answered.data.get("after_ms") if answered else None
    placed = offered.data.get("direction") == "out"  # how soon somebody picks up whom we call is no figure of ours
    if answered is not None and not isinstance(after, int | float) and not placed:
        after = (answered.at - offered.at).total_seconds() * 1000
    topics = [str(event.data["topic"]) for event in events if event.data.get("topic")]
    verdict = _last(events, JournalKind.AUTH_VERDICT)
    erased = _first(events, JournalKind.RECORDING_ERASED) or _first(events, JournalKind.DATA_ERASED)
    return CallFigures(
        offered.at,
        ended.at,
        float(after) if after is not None else None,
        str(ended.data.get("outcome", "")),
        topics[-1] if topics else OTHER,
        str(offered.data.get("pii_caller") or ""),
        str(state.data.get("state", "")) if state else "",
        began.at if began else None,
        _number(events, JournalKind.TRANSFER_OFFERED),
        _number(events, JournalKind.TRANSFER_BRIDGED),
        _waited(events),
        str(verdict.data.get("verdict", "")) if verdict else "",
        _unanswered(events),
        tuple(_delays(events)),
        frozenset(_flags(events, ended)),
        tuple(_parts(events, started, ended.at, employee_of)),
        told_to_quality_line(events),
        erased.at if erased else None,
        offered.data.get("direction") == "out",
    )


def _parts(events: Sequence[Entry], started: datetime, ended: datetime, employee_of: EmployeeOf) -> Iterable[Part]:
    """The assistant's part is all of the call that no person spoke in, in one piece for the sake of its review."""
    with_people = timedelta()
    people: list[Part] = []
    bridged: Entry | None = None
    chosen: Mapping[str, Any] = {}
    for event in events:
        if event.kind == JournalKind.TRANSFER_CONTEXT:
            chosen = {"employee": event.data.get("employee")}
        elif event.kind == JournalKind.TRANSFER_BRIDGED:
            bridged = event
        elif event.kind in (JournalKind.TRANSFER_RETURNED, JournalKind.CALL_ENDED) and bridged is not None:
            with_people += event.at - bridged.at
            employee = employee_of({**chosen, **bridged.data})
            if employee is not None and employee != ASSISTANT:
                people.append(Part(employee, bridged.at, event.at))
            bridged, chosen = None, {}
    yield Part(ASSISTANT, started, max(started, ended - with_people))
    longest: dict[int, Part] = {}
    for part in people:
        if part.employee not in longest or part.duration_s > longest[part.employee].duration_s:
            longest[part.employee] = part
    yield from longest.values()


def _waited(events: Sequence[Entry]) -> float:
    waited, since = 0.0, None
    for event in events:
        if event.kind in (JournalKind.TRANSFER_OFFERED, JournalKind.TRANSFER_QUEUED):
            since = since or event.at
        elif since is not None and event.kind in (
            JournalKind.TRANSFER_BRIDGED,
            JournalKind.TRANSFER_FAILED,
            JournalKind.CALL_ENDED,
        ):
            waited, since = waited + (event.at - since).total_seconds(), None
    return round(waited, 3)


def _unanswered(events: Sequence[Entry]) -> int:
    refused = [
        event for event in events if event.kind == JournalKind.ANSWER_SOUGHT and event.data.get("decision") == "refuse"
    ]
    left = [
        event for event in events if event.kind == JournalKind.TASK_CREATED and event.data.get("type") == "question"
    ]
    return max(len(refused), len(left))


def _delays(events: Sequence[Entry]) -> Iterable[int]:
    """Milliseconds from the end of a turn of the caller's to the next word of the line's."""
    said = sorted(
        float(event.data["started_s"])
        for event in events
        if event.kind == JournalKind.TURN_SAID and isinstance(event.data.get("started_s"), int | float)
    )
    for event in events:
        ended = event.data.get("ended_s") if event.kind == JournalKind.TURN_HEARD else None
        if isinstance(ended, int | float):
            following = next((at for at in said if at >= ended), None)
            if following is not None:
                yield round(1000 * (following - ended))


def _flags(events: Sequence[Entry], ended: Entry) -> Iterable[Flag]:
    unsure = 0
    for event in events:
        confidence = event.data.get("confidence")
        if event.kind == JournalKind.TURN_HEARD and isinstance(confidence, int | float):
            unsure += int(confidence < _UNSURE)
        elif event.kind == JournalKind.TASK_CREATED and event.data.get("type") == _COMPLAINT:
            yield Flag.COMPLAINT
        elif event.kind == JournalKind.AUTH_VERDICT and event.data.get("verdict") == "failed":
            yield Flag.FAILED_AUTHENTICATION
    if unsure >= _OFTEN:
        yield Flag.LOW_CONFIDENCE
    if ended.data.get("outcome") == Outcome.DROPPED:
        yield Flag.DROPPED


def _first(events: Sequence[Entry], kind: JournalKind) -> Entry | None:
    return next((event for event in events if event.kind == kind), None)


def _last(events: Sequence[Entry], kind: JournalKind) -> Entry | None:
    return next((event for event in reversed(events) if event.kind == kind), None)


def _number(events: Sequence[Entry], kind: JournalKind) -> int:
    return len([event for event in events if event.kind == kind])
