"""What staff have to do after calls, read from the journal: messages, callbacks, complaints (A12.10–A12.12, A12.25).

A task is its ``task.created``. What people do about it is ``task.seen``, ``task.tried`` and, once, ``task.done``; they
name it by ``task``, the ``seq`` of its creation within the call. What happened in another call, which the assistant
placed about the task, stands on that one's journal and names the task's call by ``of``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from ivr.events import JournalKind
from ivr.people.calling import Calling
from ivr.people.choice import stand_ins
from ivr.people.context import Entry
from ivr.people.staff import Employee, Staff
from ivr.privacy import Pii

URGENT: Final = timedelta(minutes=15)
"""Within this time whoever was cut off is called back (A12.25)."""

TASK_KINDS: Final = (
    JournalKind.TASK_CREATED,
    JournalKind.TASK_SEEN,
    JournalKind.TASK_PLANNED,
    JournalKind.TASK_TRIED,
    JournalKind.TASK_DONE,
)
"""What a :class:`TaskBook` reads."""


class Tried(StrEnum):
    """What came of a try."""

    NOT_REACHED = "not_reached"
    NOT_YET = "not_yet"  # reached, the answer isn't there yet, the next time is agreed (A12.11)
    NOT_NOW = "not_now"  # reached, they can't talk, the next time is agreed (A12.15)
    OTHER_PERSON = "other_person"  # somebody else answered and was told nothing (A12.15)
    WRONG_NUMBER = "wrong_number"  # nobody of that name is known at this number
    BROKEN_OFF = "broken_off"  # reached, and they hung up before it was done
    LOST = "lost"  # reached, and the line broke (A12.25)


_MISSED: Final = frozenset({Tried.NOT_REACHED, Tried.OTHER_PERSON, Tried.LOST})
"""The person was not spoken to, or not to the end, through no wish of theirs: the assistant may try again."""


@dataclass(frozen=True, slots=True)
class Task:
    """``number`` is the ``seq`` of its ``task.created``; ``due`` is when it should be done at the latest.

    ``seen_by`` and ``seen_at`` are the receipt: who opened it first (A12.19). ``tries`` counts those that did not
    reach the person, ``last`` is how the latest one ended (a :class:`Tried`); ``done_by`` and ``done_at`` are set once
    it is done. ``calling``: what the assistant does about it, None: nothing. ``requests``: calls of the assistant whose
    end is known, by the office's numbers. ``row``: where the journal says when it is due.
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
    seen_at: datetime | None = None
    seen_by: int | None = None
    tries: int = 0
    done_at: datetime | None = None
    done_by: int | None = None
    last: str = ""
    calling: Calling | None = None
    requests: frozenset[int] = frozenset()
    row: int = 0

    @property
    def open(self) -> bool:
        return self.done_at is None

    def overdue(self, at: datetime) -> bool:
        return self.open and self.due < at


class Numbered(Entry, Protocol):
    """An event with its place within the call and on the journal."""

    @property
    def call_id(self) -> str: ...

    @property
    def seq(self) -> int: ...

    @property
    def rowid(self) -> int: ...


class TaskBook:
    """Tasks as they are after the events so far, which may be of any calls.

    ``next_working_day`` gives the end of the working day after a moment: that is
    when a task without an agreed time is due.
    """

    def __init__(self, next_working_day: Callable[[datetime], datetime]) -> None:
        self._next_working_day = next_working_day
        self._found: dict[tuple[str, int], Task] = {}

    def add(self, event: Numbered) -> None:
        """Events that are about no task are nothing."""
        if event.kind == JournalKind.TASK_CREATED:
            self._found[event.call_id, event.seq] = _created(event, self._next_working_day)
            return
        data = event.data
        key = (str(data.get("of") or event.call_id), int(data.get("task") or 0))
        task = self._found.get(key)
        if task is None or not task.open:
            return
        request = int(data.get("request") or 0)
        told = request in task.requests and event.kind == JournalKind.TASK_TRIED
        if told and str(data.get("result") or "") in _MISSED:
            return  # two parties may tell of the end of one call, each in case the other can't; who guesses says missed
        if request:
            task = replace(task, requests=task.requests | {request})
        match event.kind:
            case JournalKind.TASK_SEEN if task.seen_at is None:
                self._found[key] = replace(task, seen_at=event.at, seen_by=data.get("by"))
            case JournalKind.TASK_DONE:
                self._found[key] = replace(task, done_at=event.at, done_by=data.get("by"), calling=None)
            case JournalKind.TASK_PLANNED:
                self._found[key] = replace(task, calling=_planned(data))
            case JournalKind.TASK_TRIED:
                self._found[key] = _tried(task, event)

    def tasks(self) -> list[Task]:
        """In the order in which they should be done: urgent ones first, then by due time; done ones follow, the
        latest first."""
        return sorted(self._found.values(), key=_order)


def tasks_of(events: Iterable[Numbered], next_working_day: Callable[[datetime], datetime]) -> list[Task]:
    """Tasks from ``events``, as :class:`TaskBook` keeps them."""
    book = TaskBook(next_working_day)
    for event in events:
        book.add(event)
    return book.tasks()


def concerns(task: Task, employee: Employee, staff: Staff, at: datetime) -> bool:
    """The task is for this employee: by name, for their unit, or for a colleague whom they stand in for (A10)."""
    if not task.wanted:
        return False
    if task.wanted in (employee.name, employee.unit):
        return True
    owner = next((one for one in staff.employees if one.name == task.wanted), None)
    return owner is not None and staff.absence(owner.id, at) is not None and employee in stand_ins(owner, staff, at)


def _planned(data: Mapping[str, Any]) -> Calling | None:
    """An employee leaves the task to the assistant, or (without a time) takes it back."""
    at = _agreed(data)
    return Calling(at, int(data.get("by") or 0), Pii(str(data.get("pii_answer") or ""))) if at is not None else None


def _tried(task: Task, event: Numbered) -> Task:
    """Whoever agreed the next time keeps it: the assistant its own, an employee theirs."""
    data, agreed = event.data, _agreed(event.data)
    result = str(data.get("result") or "")
    again = event.at + (URGENT if result == Tried.LOST else timedelta(hours=1))
    calling = task.calling
    if agreed is not None and "by" in data:
        calling = None
    elif agreed is not None:
        calling = replace(calling, at=agreed, tries=0, tried_at=None) if calling else Calling(agreed)
    elif result not in _MISSED:
        calling = None
    elif calling is not None:
        calling = calling.missed(event.at, lost=result == Tried.LOST)
    tries = task.tries + (result in _MISSED)
    return replace(task, due=agreed or again, tries=tries, last=result, calling=calling, row=event.rowid)


def _created(event: Numbered, next_working_day: Callable[[datetime], datetime]) -> Task:
    data = event.data
    urgent = bool(data.get("urgent"))
    soon = urgent or bool(data.get("in_line_since"))  # who left the line for a callback keeps the place
    agreed = _agreed(data)
    due = agreed or (event.at + URGENT if soon else next_working_day(event.at))
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
        # What an employee agreed with the person is theirs to keep.
        calling=Calling(agreed) if agreed and data.get("type") == "callback" and "by" not in data else None,
        row=event.rowid,
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
