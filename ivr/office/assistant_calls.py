"""Calls of the assistant about tasks, in the office's database: a task has one at a time, whoever asks for it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.store.database import StoreDatabase, writing
from ivr.store.schema import moment, timestamp


class Stage(StrEnum):
    """How far a call of the assistant is, for the office."""

    CALLING = "calling"  # a worker was told to
    OVER = "over"  # the worker is done, or gone; the end is not yet known from the journal
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AssistantCall:
    """One call about ``task`` of ``call``."""

    id: int
    call: str
    task: int
    stage: Stage
    changed_at: datetime


class AssistantCalls:
    """Use it in the thread that opened the database."""

    def __init__(self, database: StoreDatabase) -> None:
        self._db = database

    def add(self, call: str, task: int, at: datetime) -> int | None:
        """A new call; None while the task has one that is not closed, or an employee calls about it just now."""
        try:
            with writing(self._db):
                cursor = self._db.execute(
                    "INSERT INTO assistant_calls (call, task, stage, asked_at, changed_at) "
                    "SELECT ?, ?, 'calling', ?, ? WHERE NOT EXISTS (SELECT 1 FROM click_calls "
                    "WHERE call = ? AND task = ? AND step IN ('agent', 'person', 'talking'))",
                    [call, task, timestamp(at), timestamp(at), call, task],
                )
        except sqlite3.IntegrityError:
            return None
        return int(cursor.lastrowid or 0) if cursor.rowcount == 1 else None

    def move(self, request: int, stage: Stage, at: datetime) -> bool:
        """Further on its one-way street; false when it was there already, or is not known."""
        before = "('calling')" if stage is Stage.OVER else "('calling', 'over')"
        with writing(self._db):
            cursor = self._db.execute(
                f"UPDATE assistant_calls SET stage = ?, changed_at = ? WHERE id = ? AND stage IN {before}",  # noqa: S608
                [stage, timestamp(at), request],
            )
        return cursor.rowcount == 1

    def resume(self, request: int, at: datetime) -> None:
        """A worker that was thought gone still has it."""
        with writing(self._db):
            self._db.execute(
                "UPDATE assistant_calls SET stage = 'calling', changed_at = ? WHERE id = ? AND stage = 'over'",
                [timestamp(at), request],
            )

    def unclosed(self) -> list[AssistantCall]:
        """All whose end is not known, the oldest first."""
        rows = self._db.execute(
            "SELECT id, call, task, stage, changed_at FROM assistant_calls WHERE stage <> 'closed' ORDER BY id"
        )
        return [AssistantCall(number, call, task, Stage(stage), moment(at)) for number, call, task, stage, at in rows]

    def calling(self, call: str, task: int) -> bool:
        """The assistant rings or speaks with the task's person now."""
        rows = self._db.execute(
            "SELECT 1 FROM assistant_calls WHERE call = ? AND task = ? AND stage = 'calling'", [call, task]
        )
        return rows.fetchone() is not None
