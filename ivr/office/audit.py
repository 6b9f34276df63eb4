"""Who opened, played or took out what, when and for which stated purpose (P70, X7): a chain that shows every change.

Each entry holds the SHA-256 of the one before it, so an entry that is changed, taken
out or put in between breaks the chain from there on. Cutting off the end would leave a
whole chain: against that the number of entries and the last hash are written among the
journal's alarms every day, which are append-only and travel to the MQTT broker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from ivr.errors import StoreError
from ivr.store.alarms import Alarm, Alarms
from ivr.store.database import StoreDatabase, open_database, writing
from ivr.store.schema import moment, timestamp

HEAD: Final = "audit.head"
BROKEN: Final = "audit.broken"
_START: Final = "0" * 64
STEPS = Migrations("audit")


@STEPS(name="001_entries")
def entries(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            who INTEGER NOT NULL,
            name TEXT NOT NULL,
            act TEXT NOT NULL,
            subject TEXT NOT NULL,
            purpose TEXT NOT NULL,
            hash TEXT NOT NULL
        )
        """
    )
    db.execute("CREATE INDEX entries_by_time ON entries (at)")
    for change in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER entries_no_{change.lower()} BEFORE {change} ON entries "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )


class Did(StrEnum):
    """What is written down."""

    OPENED = "opened"
    PLAYED = "played"
    SEARCHED = "searched"
    LINKED = "linked"  # a link for taking out was made
    TAKEN_OUT = "taken_out"
    REVIEWED = "reviewed"
    CORRECTED = "corrected"
    HELD = "held"
    GATHERED = "gathered"
    ERASED = "erased"
    REPORTED = "reported"
    READ_LOG = "read_log"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """``who``: employee; ``name``: as it was then; ``subject``: what it was done to; ``hash``: of all up to this."""

    number: int
    at: datetime
    who: int
    name: str
    act: str
    subject: str
    purpose: str
    hash: str


class Audit:
    """Use it in the thread that opened it. ``utcnow`` is injected. Raises StoreError, sqlite3.Error."""

    def __init__(self, path: Path, utcnow: Callable[[], datetime]) -> None:
        self.db: StoreDatabase = open_database(path, steps=STEPS)
        self.db.execute("PRAGMA synchronous=FULL")
        self._utcnow = utcnow

    def write(self, who: int, name: str, act: Did, subject: str, purpose: str = "") -> None:
        """One entry; what was not written down does not happen: call it before the deed.

        Raises:
            StoreError: the file was deleted or replaced, so that what is written would be seen by nobody.
        """
        if self.db.replaced():
            raise StoreError(self.db.path, "was replaced while in use", "Put the file back and start the office again")
        with writing(self.db):
            number, last = self.db.execute(
                "SELECT coalesce(max(id), 0), (SELECT hash FROM entries ORDER BY id DESC LIMIT 1) FROM entries"
            ).fetchone()
            at = timestamp(self._utcnow())
            row = (number + 1, at, who, name, act.value, subject, purpose)
            self.db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*row, _hash(last or _START, *row)])

    def close(self) -> None:
        self.db.close()

    def read(
        self, since: datetime | None = None, until: datetime | None = None, limit: int = 200, who: int | None = None
    ) -> list[Entry]:
        """The latest ``limit`` entries of a span, the latest first."""
        rows = self.db.execute(
            "SELECT id, at, who, name, act, subject, purpose, hash FROM entries "
            "WHERE at >= ? AND at < ? AND (? IS NULL OR who = ?) ORDER BY id DESC LIMIT ?",
            [timestamp(since) if since else "", timestamp(until) if until else "9", who, who, limit],
        )
        return [Entry(row[0], moment(row[1]), *row[2:]) for row in rows]

    def head(self) -> tuple[int, str]:
        """How many entries there are, and the last one's hash."""
        row = self.db.execute("SELECT id, hash FROM entries ORDER BY id DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, _START)

    def hash_of(self, number: int) -> str | None:
        row = self.db.execute("SELECT hash FROM entries WHERE id = ?", [number]).fetchone()
        return row[0] if row else _START if number == 0 else None

    def stamp(self) -> int:
        """Changes when another connection has written into the file."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    def verify(self, after: tuple[int, str] | None = None) -> Iterator[str]:
        """Every place where the chain is broken, in words: all, or behind a head (number, hash) that was whole."""
        first, last = after or (0, _START)
        if self.hash_of(first) != last:
            yield f"entry {first} or the end from there on is not what was verified"
        expected = first + 1
        for number, *row, kept in self.db.execute(
            "SELECT id, at, who, name, act, subject, purpose, hash FROM entries WHERE id > ? ORDER BY id", [first]
        ):
            if number != expected:
                yield f"entries {expected} to {number - 1} are missing"
            if _hash(last, number, *row) != kept:
                yield f"entry {number} ({row[0]}) or the one before it was changed"
            last, expected = kept, number + 1


def keep_head(audit: Audit, alarms: Alarms, at: datetime) -> None:
    """Write the log's length and last hash where the log itself can't be changed to fit."""
    number, digest = audit.head()
    told = alarms.of_kind(HEAD)
    if not told or told[-1].data.get("hash") != digest:
        alarms.append(HEAD, {"entries": number, "hash": digest}, at)


def check_heads(audit: Audit, heads: Iterable[Alarm]) -> Iterator[str]:
    """Every head (alarms of kind ``HEAD``) that was written down once and does not fit the log any more."""
    for alarm in heads:
        number = int(alarm.data["entries"])
        found = audit.hash_of(number)
        if found is None:
            yield f"entry {number}, which was the last one at {timestamp(alarm.at)}, is missing: the end was cut off"
        elif found != alarm.data["hash"]:
            yield f"entry {number} is not the one that was the last at {timestamp(alarm.at)}"


def _hash(last: str, *row: object) -> str:
    return hashlib.sha256(json.dumps([last, *row], ensure_ascii=False).encode()).hexdigest()
