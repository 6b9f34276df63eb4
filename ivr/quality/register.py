"""What the journal has no place for, because it belongs to no call: seeds of draws, purposes, exports, breaches.

``quality.db`` beside the journal. Seeds and draws that were made are never altered: triggers refuse it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from ivr.sampling.population import CutPoints
from ivr.store.database import StoreDatabase, open_database, writing
from ivr.store.schema import moment, timestamp

GRANTED: Final = timedelta(minutes=30)
"""So long a purpose that was stated opens the recording; then it is asked again."""
LINK: Final = timedelta(minutes=15)
NOTICE: Final = timedelta(hours=24)
"""Within this time a breach of personal data is notified (P62.7)."""
STEPS = Migrations("quality-register")


@STEPS(name="001_register")
def register(db: Database) -> None:
    """``through``: the journal's last row when a draw was made; what came later was not known to it."""
    db.executescript(
        """
        CREATE TABLE months (
            month TEXT PRIMARY KEY,
            seed TEXT NOT NULL CHECK (seed <> ''),
            short_until_s REAL NOT NULL,
            middle_until_s REAL NOT NULL,
            per_month INTEGER NOT NULL
        );
        CREATE TABLE draws (
            month TEXT NOT NULL REFERENCES months (month),
            at TEXT NOT NULL,
            through INTEGER NOT NULL,
            made_at TEXT NOT NULL,
            PRIMARY KEY (month, at)
        );
        CREATE TABLE grants (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            visitor INTEGER NOT NULL,
            call TEXT NOT NULL,
            employee INTEGER NOT NULL,
            purpose TEXT NOT NULL CHECK (purpose <> ''),
            until TEXT NOT NULL,
            played INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX grants_by_call ON grants (call, visitor);
        CREATE TABLE links (
            token_hash TEXT PRIMARY KEY,
            visitor INTEGER NOT NULL,
            call TEXT NOT NULL,
            employee INTEGER NOT NULL,
            until TEXT NOT NULL
        );
        CREATE TABLE breaches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            found_at TEXT NOT NULL,
            by INTEGER NOT NULL,
            what TEXT NOT NULL CHECK (what <> ''),
            since TEXT NOT NULL,
            until TEXT NOT NULL,
            notified_at TEXT,
            notified_to TEXT NOT NULL DEFAULT ''
        );
        """
    )
    for table in ("months", "draws"):
        for change in ("UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} stay as they are'); END"
            )


@dataclass(frozen=True, slots=True)
class Opened:
    """A month of sampling: its seed, last month's thirds, and how many conversations each employee needs."""

    month: str
    seed: str
    cuts: CutPoints
    per_month: int


@dataclass(frozen=True, slots=True)
class Made:
    """A draw that was made; ``through`` is the journal's last row at that time."""

    at: datetime
    through: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A stated purpose that opens one conversation's recording for a while."""

    id: int
    purpose: str
    played: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach of personal data, found at ``found_at``; what happened lies between ``since`` and ``until``."""

    id: int
    found_at: datetime
    by: int
    what: str
    since: datetime
    until: datetime
    notified_at: datetime | None
    notified_to: str

    @property
    def due(self) -> datetime:
        return self.found_at + NOTICE

    def late(self, at: datetime) -> bool:
        return (self.notified_at or at) > self.due


class Register:
    """Use it in the thread that opened it. ``utcnow`` and ``token`` are injected. Raises StoreError, sqlite3.Error."""

    def __init__(self, path: Path, utcnow: Callable[[], datetime], token: Callable[[], str]) -> None:
        self._db: StoreDatabase = open_database(path, steps=STEPS)
        self._utcnow, self._token = utcnow, token

    def opened(self, month: str) -> Opened | None:
        row = self._db.execute(
            "SELECT seed, short_until_s, middle_until_s, per_month FROM months WHERE month = ?", [month]
        ).fetchone()
        return Opened(month, row[0], CutPoints(row[1], row[2]), row[3]) if row else None

    def open(self, month: str, cuts: CutPoints, per_month: int) -> Opened:
        """Freeze a month's seed and cut points; whoever comes second gets what the first one froze."""
        with writing(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO months VALUES (?, ?, ?, ?, ?)",
                [month, self._token(), cuts.short_until_s, cuts.middle_until_s, per_month],
            )
        opened = self.opened(month)
        if opened is None:
            raise ValueError(f"{month} was not kept")
        return opened

    def made(self, month: str) -> list[Made]:
        rows = self._db.execute("SELECT at, through FROM draws WHERE month = ? ORDER BY at", [month])
        return [Made(moment(at), through) for at, through in rows]

    def make(self, month: str, at: datetime, through: int) -> None:
        with writing(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO draws VALUES (?, ?, ?, ?)",
                [month, timestamp(at), through, timestamp(self._utcnow())],
            )

    def grant(self, visitor: int, call: str, employee: int, purpose: str) -> None:
        with writing(self._db):
            self._db.execute(
                "INSERT INTO grants (visitor, call, employee, purpose, until) VALUES (?, ?, ?, ?, ?)",
                [visitor, call, employee, purpose, timestamp(self._utcnow() + GRANTED)],
            )

    def granted(self, visitor: int, call: str, employee: int) -> Grant | None:
        """The latest purpose that this visitor stated for this conversation, if it still counts."""
        row = self._db.execute(
            "SELECT id, purpose, played FROM grants WHERE visitor = ? AND call = ? AND employee = ? AND until > ? "
            "ORDER BY id DESC LIMIT 1",
            [visitor, call, employee, timestamp(self._utcnow())],
        ).fetchone()
        return Grant(row[0], row[1], bool(row[2])) if row else None

    def last_purpose(self, visitor: int) -> str:
        """What this visitor stated last, for whichever conversation; empty for nothing yet."""
        row = self._db.execute(
            "SELECT purpose FROM grants WHERE visitor = ? ORDER BY id DESC LIMIT 1", [visitor]
        ).fetchone()
        return str(row[0]) if row else ""

    def played(self, grant: int) -> None:
        with writing(self._db):
            self._db.execute("UPDATE grants SET played = 1 WHERE id = ?", [grant])

    def link(self, visitor: int, call: str, employee: int) -> str:
        """A word that opens one download for the visitor who asked, for a quarter of an hour. Only its hash is kept."""
        token = self._token()
        with writing(self._db):
            self._db.execute(
                "INSERT INTO links VALUES (?, ?, ?, ?, ?)",
                [_hash(token), visitor, call, employee, timestamp(self._utcnow() + LINK)],
            )
        return token

    def linked(self, token: str, visitor: int) -> tuple[str, int] | None:
        """Call and employee that a link opens for this visitor now."""
        row = self._db.execute(
            "SELECT call, employee FROM links WHERE token_hash = ? AND visitor = ? AND until > ?",
            [_hash(token), visitor, timestamp(self._utcnow())],
        ).fetchone()
        return (row[0], row[1]) if row else None

    def add_breach(self, by: int, what: str, since: datetime, until: datetime) -> int:
        with writing(self._db):
            cursor = self._db.execute(
                "INSERT INTO breaches (found_at, by, what, since, until) VALUES (?, ?, ?, ?, ?)",
                [timestamp(self._utcnow()), by, what, timestamp(since), timestamp(until)],
            )
        return int(cursor.lastrowid or 0)

    def notified(self, breach: int, to: str) -> bool:
        """The breach was notified to ``to`` now; False: there is no such breach, or it was notified before."""
        with writing(self._db):
            cursor = self._db.execute(
                "UPDATE breaches SET notified_at = ?, notified_to = ? WHERE id = ? AND notified_at IS NULL",
                [timestamp(self._utcnow()), to, breach],
            )
        return bool(cursor.rowcount)

    def breaches(self) -> list[Breach]:
        """The latest first."""
        rows = self._db.execute(
            "SELECT id, found_at, by, what, since, until, notified_at, notified_to FROM breaches ORDER BY id DESC"
        )
        return [
            Breach(number, moment(found), by, what, moment(since), moment(until), moment(told) if told else None, whom)
            for number, found, by, what, since, until, told, whom in rows
        ]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
