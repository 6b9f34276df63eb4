"""The journal: what happened in each call, once, in order, for good.

Everything else (lists, statistics, the agent's screen) is a reading of these
events. :class:`Journal` writes and reads in the thread that opened the
database; a live call appends through :class:`ivr.store.writer.JournalWriter`,
which never waits.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ivr.errors import StoreError
from ivr.events import JournalKind
from ivr.privacy import Pii
from ivr.store.database import StoreDatabase, open_database, store_error, writing
from ivr.store.schema import CallSummary, JournalEvent, encode, moment, plain, timestamp, whole_ms

__all__ = ["CallSummary", "Journal", "JournalEvent", "is_call_id", "put_event"]

_COLUMNS = "call_id, seq, at, kind, data, id"


def new_call_id(at: datetime) -> str:
    """Sorts by time, short enough to read aloud: ``20261121-210632-9f3a1c``."""
    return f"{at:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def is_call_id(text: str) -> bool:
    """Whether it may name a call that comes from elsewhere: calls name files, so it is nothing else in a path."""
    return 0 < len(text) <= 80 and text.isascii() and all(sign.isalnum() or sign in "-_" for sign in text)


class Reading:
    """A database that is opened anew when its file was replaced behind our back."""

    def __init__(self, database: StoreDatabase) -> None:
        self._database = database

    @contextmanager
    def use(self) -> Iterator[StoreDatabase]:
        """The open database; faults of SQLite leave as StoreError."""
        try:
            if self._database.replaced():
                self._database.close()
                self._database = open_database(self._database.path)
            yield self._database
        except sqlite3.Error as error:
            raise store_error(self._database.path, error) from error

    @property
    def path(self) -> Path:
        return self._database.path


class Journal:
    """Events by call. Methods raise StoreError when the database can't be used."""

    def __init__(self, database: StoreDatabase) -> None:
        self._reading = Reading(database)

    def append(self, call_id: str, kind: str, data: Mapping[str, object], at: datetime) -> int:
        """Write one event behind the call's last one; returns its ``seq``."""
        with self._reading.use() as db, writing(db):
            row = db.conn.execute("SELECT coalesce(max(seq), 0) + 1 FROM events WHERE call_id = ?", [call_id])
            seq = int(row.fetchone()[0])
            insert(db, JournalEvent(call_id, seq, whole_ms(at), str(kind), plain(data)))
        return seq

    def events(self, call_id: str) -> list[JournalEvent]:
        """All events of a call by ``seq``; empty when there is no such call."""
        return self._select("WHERE call_id = ? ORDER BY seq", [call_id])

    def follow(self, after: int, limit: int = 1000) -> list[JournalEvent]:
        """Events with a ``rowid`` beyond ``after``, oldest first.

        ``after`` beyond the last row means that the database is a new one (rows
        are never removed): then everything is returned.
        """
        with self._reading.use() as db:
            last = db.conn.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
        return self._select("WHERE id > ? ORDER BY id LIMIT ?", [after if after <= last else 0, limit])

    def at_row(self, row: int) -> JournalEvent | None:
        """The event of a row; None where there is none."""
        return next(iter(self._select("WHERE id = ?", [row])), None)

    def using(self) -> AbstractContextManager[StoreDatabase]:
        """The open database, for other readings of the store (erasure, deliveries)."""
        return self._reading.use()

    def last_row(self) -> int:
        """Row of the latest event; 0 for none."""
        with self._reading.use() as db:
            return int(db.conn.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0])

    def calls(self, limit: int = 50) -> list[CallSummary]:
        """The latest calls, newest first."""
        return self._calls("ORDER BY first_id DESC LIMIT ?", [limit])

    def call(self, call_id: str) -> CallSummary:
        """One call by its id or a unique beginning of it.

        Raises:
            StoreError: no call, or more than one, begins so.
        """
        found = self._calls(
            "WHERE call_id = ? OR substr(call_id, 1, ?) = ? ORDER BY call_id <> ?, call_id LIMIT 4",
            [call_id, len(call_id), call_id, call_id],
        )
        if found and (found[0].call_id == call_id or len(found) == 1):
            return found[0]
        if not found:
            raise StoreError(self._reading.path, f"no call begins with {call_id!r}", "See ivr calls list")
        names = ", ".join(call.call_id for call in found[:3]) + (" …" if len(found) > 3 else "")
        raise StoreError(self._reading.path, f"{call_id!r} begins more than one call: {names}", "Give more of the id")

    def open_calls(self) -> list[str]:
        """Ids of this machine's calls that were offered and have no ``call.ended``, oldest first.

        Other nodes' calls are theirs to end.
        """
        with self._reading.use() as db:
            rows = db.conn.execute(
                "SELECT call_id FROM events WHERE kind = ? AND id NOT IN (SELECT event FROM arrived)"
                " AND call_id NOT IN (SELECT call_id FROM events WHERE kind = ?) GROUP BY call_id ORDER BY min(id)",
                [JournalKind.CALL_OFFERED.value, JournalKind.CALL_ENDED.value],
            )
            return [row[0] for row in rows]

    def of_kind(self, *kinds: JournalKind, after: int = 0) -> list[JournalEvent]:
        """Events of these kinds with a ``rowid`` beyond ``after``, oldest first; all of them when the database is a
        new one."""
        places = ", ".join("?" * len(kinds))
        with self._reading.use() as db:
            last = db.conn.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
        parameters = [*(kind.value for kind in kinds), after if after <= last else 0]
        return self._select(f"WHERE kind IN ({places}) AND id > ? ORDER BY id", parameters)

    def _select(self, rest: str, parameters: list[Any]) -> list[JournalEvent]:
        with self._reading.use() as db:
            rows = db.conn.execute(f"SELECT {_COLUMNS} FROM events {rest}", parameters)  # noqa: S608  (our own text)
            return [
                JournalEvent(call_id, seq, moment(at), kind, json.loads(data), rowid)
                for call_id, seq, at, kind, data, rowid in rows
            ]

    def _calls(self, rest: str, parameters: list[Any]) -> list[CallSummary]:
        with self._reading.use() as db:
            return [_summary(row) for row in db.query(f"SELECT * FROM calls {rest}", parameters)]  # noqa: S608  (our own text)


def insert(db: StoreDatabase, event: JournalEvent) -> int | None:
    """Write ``event`` as it is, inside a transaction of the caller's; returns its row."""
    return db.conn.execute(
        "INSERT INTO events (call_id, seq, at, kind, data) VALUES (?, ?, ?, ?, ?)",
        [event.call_id, event.seq, timestamp(event.at), event.kind, encode(event.data)],
    ).lastrowid


def put_event(db: StoreDatabase, event: JournalEvent) -> int | None:
    """Write ``event`` once, however often it is given, inside a transaction of the caller's; returns its new row.

    None: it was there. Its number may have been taken by another process meanwhile; then it gets the
    call's next one rather than being lost.
    """
    same = "call_id = ? AND at = ? AND kind = ? AND data = ?"
    key = [event.call_id, timestamp(event.at), event.kind, encode(event.data)]
    taken = db.conn.execute("SELECT 1 FROM events WHERE call_id = ? AND seq = ?", [event.call_id, event.seq])
    if taken.fetchone() is None:
        return insert(db, event)
    if db.conn.execute(f"SELECT 1 FROM events WHERE {same}", key).fetchone() is None:  # noqa: S608  (constant)
        last = db.conn.execute("SELECT max(seq) FROM events WHERE call_id = ?", [event.call_id]).fetchone()[0]
        return insert(db, replace(event, seq=last + 1))
    return None


def _summary(row: Mapping[str, Any]) -> CallSummary:
    started, answered, ended = (
        moment(row[key]) if row[key] is not None else None for key in ("started", "answered", "ended")
    )
    if started is None:
        raise ValueError("a call without events")
    return CallSummary(
        call_id=row["call_id"],
        started=started,
        answered=answered,
        ended=ended,
        caller=Pii(str(row["pii_caller"] or "")),
        outcome=row["outcome"],
        recording=row["recording"],
        duration_s=round((ended - (answered or started)).total_seconds(), 3) if ended else None,
        node=str(row["node"] or ""),
        topics=tuple(str(topic) for topic in json.loads(row["topics"])),
        events=row["events"],
    )
