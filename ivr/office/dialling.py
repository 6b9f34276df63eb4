"""Click-to-call requests in the office's database: who calls whom about which task, and how far it is (A12.15)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.people.handover import RingStep
from ivr.people.staff import State
from ivr.store.database import StoreDatabase, writing
from ivr.store.schema import moment, timestamp

_COLUMNS: Final = "id, employee, call, task, step, reason, before, asked_at, changed_at, talked_at"


@dataclass(frozen=True, slots=True)
class Request:
    """``before`` is the employee's state that comes back when nobody was reached; ``talked_at`` when both talked."""

    id: int
    employee: int
    call: str
    task: int
    step: RingStep
    reason: str
    before: State
    asked_at: datetime
    changed_at: datetime
    talked_at: datetime | None


class Requests:
    """Use it in the thread that opened the database."""

    def __init__(self, database: StoreDatabase) -> None:
        self._db = database

    def add(self, employee: int, call: str, task: int, before: State, at: datetime) -> int | None:
        """A new request; None while the employee has one that lives."""
        try:
            with writing(self._db):
                cursor = self._db.execute(
                    "INSERT INTO click_calls (employee, call, task, step, before, asked_at, changed_at) "
                    "VALUES (?, ?, ?, 'agent', ?, ?, ?)",
                    [employee, call, task, before, timestamp(at), timestamp(at)],
                )
        except sqlite3.IntegrityError:
            return None
        return int(cursor.lastrowid or 0)

    def move(self, request: int, step: RingStep, reason: str, at: datetime) -> bool:
        """How far it is now; false when it was over before, or is not there."""
        with writing(self._db):
            cursor = self._db.execute(
                "UPDATE click_calls SET step = ?, reason = ?, changed_at = ?, "
                "talked_at = CASE WHEN ? = 'talking' THEN ? ELSE talked_at END "
                "WHERE id = ? AND step IN ('agent', 'person', 'talking')",
                [step, reason, timestamp(at), step, timestamp(at), request],
            )
        return cursor.rowcount == 1

    def by_id(self, request: int) -> Request | None:
        return self._one("WHERE id = ?", request)

    def latest(self, call: str, task: int) -> Request | None:
        """The last one about this task."""
        return self._one("WHERE call = ? AND task = ? ORDER BY id DESC LIMIT 1", call, task)

    def live(self) -> list[int]:
        """Ids of those that are not over."""
        rows = self._db.execute("SELECT id FROM click_calls WHERE step IN ('agent', 'person', 'talking') ORDER BY id")
        return [int(row[0]) for row in rows]

    def callers(self) -> set[int]:
        """Employees who have one that is not over."""
        rows = self._db.execute("SELECT employee FROM click_calls WHERE step IN ('agent', 'person', 'talking')")
        return {int(row[0]) for row in rows}

    def _one(self, where: str, *values: object) -> Request | None:
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM click_calls {where}",  # noqa: S608  (our own text)
            list(values),
        ).fetchone()
        if row is None:
            return None
        number, employee, call, task, step, reason, before, asked, changed, talked = row
        return Request(
            number,
            employee,
            call,
            task,
            RingStep(step),
            reason,
            State(before),
            moment(asked),
            moment(changed),
            moment(talked) if talked else None,
        )
