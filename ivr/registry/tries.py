"""The log of tries that limits and alarms are read from: who tried is kept as keyed hashes, for a month.

One file for all workers of a machine. Its key lies beside it; without the key the hashes tell nothing, and with it
only whether a value that one already has is among them.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from ivr.errors import StoreError
from ivr.identity.limits import MONTH
from ivr.identity.ports import Try
from ivr.privacy import Masked

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL, digits TEXT NOT NULL, person TEXT NOT NULL,
    passed INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS tries_number ON tries (number, at);
CREATE INDEX IF NOT EXISTS tries_person ON tries (person, at);
CREATE INDEX IF NOT EXISTS tries_name ON tries (name, at);
"""
_COLUMNS: Final = "at, number, name, digits, person, passed"


class TryLog:
    """``path``: the database, or ``:memory:`` for one that is gone with the process. Usable from several threads."""

    def __init__(self, path: Path | str, key: bytes) -> None:
        self._path, self._key, self._lock = path, key, threading.RLock()
        try:
            if isinstance(path, Path):
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=5.0)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error

    def close(self) -> None:
        self._db.close()

    @property
    def key(self) -> bytes:
        return self._key

    def hashed(self, kind: str, value: Masked | str) -> str:
        """The keyed hash of a value; equal values of different kinds differ. Empty for what is empty."""
        text = value.reveal() if isinstance(value, Masked) else value
        return hmac.digest(self._key, f"{kind}:{text.casefold()}".encode(), hashlib.sha256).hex()[:32] if text else ""

    def forget(self, now: datetime) -> int:
        """Remove what is older than a month; returns how many tries went. Raises StoreError."""
        with self.one_step() as db:
            return db.execute("DELETE FROM tries WHERE at < ?", [(now - MONTH).isoformat()]).rowcount

    def begin(self, tried: Try) -> int:
        """Write a try that has not ended; until it passes it counts as failed. Returns its number."""
        with self.one_step() as db:
            self.forget(tried.at)
            row = db.execute(
                f"INSERT INTO tries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608  (constant)
                [tried.at.isoformat(), tried.number, tried.name, tried.digits, tried.person, tried.passed],
            )
            return int(row.lastrowid or 0)

    def claimed(self, number: int, name: str, digits: str, people: Sequence[str]) -> None:
        """The try is for these people; for nobody whom the registry knows when there are none."""
        first, *others = people or ("",)
        with self.one_step() as db:
            db.execute("UPDATE tries SET name = ?, digits = ?, person = ? WHERE id = ?", [name, digits, first, number])
            for person in others:
                db.execute(
                    "INSERT INTO tries (at, number, name, digits, person, passed)"
                    " SELECT at, '', name, digits, ?, 0 FROM tries WHERE id = ?",
                    [person, number],
                )

    def passed(self, number: int) -> None:
        with self.one_step() as db:
            db.execute("UPDATE tries SET passed = 1 WHERE id = ?", [number])

    def of(self, *, number: str = "", name: str = "", person: str = "") -> list[Try]:
        """Tries of the last month that share at least one of the marks that are given, oldest first."""
        wanted = {column: mark for column, mark in (("number", number), ("name", name), ("person", person)) if mark}
        if not wanted:
            return []
        where = " OR ".join(f"{column} = ?" for column in wanted)
        try:
            with self._lock:
                rows = self._db.execute(
                    f"SELECT {_COLUMNS} FROM tries WHERE {where} ORDER BY id",  # noqa: S608  (our own column names)
                    list(wanted.values()),
                ).fetchall()
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error
        return [
            Try(datetime.fromisoformat(at), number, name, digits, person, bool(passed))
            for at, number, name, digits, person, passed in rows
        ]

    def from_number(self, spellings: Iterable[str]) -> list[Try]:
        """Tries of the last month from a number that may be written in any of these ways, oldest first."""
        found = [one for text in sorted(set(spellings)) if text for one in self.of(number=self.hashed("number", text))]
        return sorted(found, key=lambda one: one.at)

    @contextlib.contextmanager
    def one_step(self) -> Iterator[sqlite3.Connection]:
        """What is read and written inside is one step: no thread and no other worker writes between. Raises StoreError.

        Two callers who would both be the last one let try would else both read the log before either is in it. A step
        inside a step is part of it.
        """
        try:
            with self._lock:
                if self._db.in_transaction:  # ours: the lock is held
                    yield self._db
                    return
                self._db.execute("BEGIN IMMEDIATE")
                with self._db:
                    yield self._db
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error


def _unusable(path: Path | str, error: Exception) -> StoreError:
    return StoreError(path, f"can't be used ({error})", "See that the line's user may write there and the disk works")
