"""What staff have to do after calls, read from the journal: messages, callbacks, complaints (A12.10–A12.12, A12.25).

A task is its ``task.created``. What people do about it is ``task.tried`` and, once, ``task.done``; both name it by
``task``, the ``seq`` of its creation within the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from ivr.events import JournalKind
from ivr.people.context import Entry
from ivr.privacy import Pii

URGENT: Final = timedelta(minutes=15)
"""Within this time whoever was cut off is called back (A12.25)."""

QUALITY: Final = "quality"
"""Messages on service quality and corruption have readers of their own."""


class Tried(StrEnum):
    """What came of a try."""

    NOT_REACHED = "not_reached"
    NOT_YET = "not_yet"  # reached, the answer isn't there yet, the next time is agreed (A12.11)


@dataclass(frozen=True, slots=True)
class Task:
    """``number`` is the ``seq`` of its ``task.created``; ``due`` is when it should be done at the latest.

    ``tries`` counts unanswered ones; ``done_by`` and ``done_at`` are set once it is done.
    """

    call: str
    number: int
    kind: str
    created: datetime
    due: datetime
    urgent: bool
    caller: Pii
    name: Pii
    reason: Pii
    wanted: str
    topic: str
    data: Mapping[str, Any] = field(repr=False)
    tries: int = 0
    done_at: datetime | None = None
    done_by: int | None = None

    @property
    def open(self) -> bool:
        return self.done_at is None

    def overdue(self, at: datetime) -> bool:
        return self.open and self.due < at


class Numbered(Entry, Protocol):
    """An event with its place within the call."""

    @property
    def call_id(self) -> str: ...

    @property
    def seq(self) -> int: ...


def tasks_of(events: Iterable[Numbered], next_working_day: Callable[[datetime], datetime]) -> list[Task]:
    """Tasks from ``task.*`` events of any calls, in the order in which they should be done.

    ``next_working_day`` gives the end of the working day after a moment: that is
    when a task without an agreed time is due. Open ones come first: urgent, then
    by due time; done ones follow, the latest first.
    """
    found: dict[tuple[str, int], Task] = {}
    for event in events:
        if event.kind == JournalKind.TASK_CREATED:
            found[event.call_id, event.seq] = _created(event, next_working_day)
            continue
        key = (event.call_id, int(event.data.get("task") or 0))
        task = found.get(key)
        if task is None:
            continue
        if event.kind == JournalKind.TASK_DONE and task.open:
            found[key] = replace(task, done_at=event.at, done_by=event.data.get("by"))
        elif event.kind == JournalKind.TASK_TRIED and task.open:
            again = _agreed(event.data) or event.at + timedelta(hours=1)
            missed = event.data.get("result") == Tried.NOT_REACHED
            found[key] = replace(task, due=again, tries=task.tries + missed)
    return sorted(found.values(), key=_order)


def _created(event: Numbered, next_working_day: Callable[[datetime], datetime]) -> Task:
    data = event.data
    urgent = bool(data.get("urgent"))
    due = _agreed(data) or (event.at + URGENT if urgent else next_working_day(event.at))
    return Task(
        event.call_id,
        event.seq,
        str(data.get("type") or "task"),
        event.at,
        due,
        urgent,
        Pii(str(data.get("pii_caller") or "")),
        Pii(str(data.get("pii_name") or "")),
        Pii(str(data.get("pii_reason") or "")),
        str(data.get("for") or ""),
        str(data.get("topic") or ""),
        data,
    )


def _agreed(data: Mapping[str, Any]) -> datetime | None:
    """The agreed time; None when there is none or nobody could say which moment it means."""
    try:
        at = datetime.fromisoformat(str(data.get("agreed_at") or ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _order(task: Task) -> tuple[bool, bool, float]:
    if task.done_at is not None:
        return (True, False, -task.done_at.timestamp())
    return (False, not task.urgent, task.due.timestamp())
