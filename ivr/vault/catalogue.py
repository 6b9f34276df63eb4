"""What lies in the vault, with each recording's wrapped key; and what was erased, when, by whom, and why.

Erasing a recording destroys its key: the row's pages are overwritten (``secure_delete``)
and the write-ahead log is emptied, so that no copy of the sealed file, wherever it
may be, can be opened again. What remains is a certificate without sound.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from ivr.store.database import StoreDatabase, open_database, writing
from ivr.store.schema import moment, timestamp

STEPS = Migrations("vault")


@STEPS(name="001_recordings")
def recordings(db: Database) -> None:
    """``master`` names the key that wrapped ``wrapped``; ``sha256`` is of the sealed file."""
    db.execute(
        """
        CREATE TABLE recordings (
            name TEXT PRIMARY KEY CHECK (name <> ''),
            call_id TEXT NOT NULL,
            kept_at TEXT NOT NULL,
            state TEXT NOT NULL,
            frames INTEGER NOT NULL CHECK (frames >= 0),
            bytes INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            masks TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(masks)),
            master TEXT NOT NULL,
            wrapped BLOB NOT NULL,
            held TEXT NOT NULL DEFAULT ''
        )
        """
    )
    db.execute("CREATE INDEX recordings_by_call ON recordings (call_id)")
    db.execute(
        """
        CREATE TABLE certificates (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            call_id TEXT NOT NULL,
            kept_at TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            erased_at TEXT NOT NULL,
            by TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> '')
        )
        """
    )
    for change in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER certificates_no_{change.lower()} BEFORE {change} ON certificates "
            "BEGIN SELECT RAISE(ABORT, 'certificates stay'); END"
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """One recording. ``frames``: sample frames; ``size``: sealed bytes.

    ``masks``: silenced spans in seconds; ``held``: why it must stay.
    """

    name: str
    call_id: str
    kept_at: datetime
    state: str
    frames: int
    size: int
    sha256: str
    masks: tuple[tuple[float, float], ...]
    master: str
    wrapped: bytes = field(repr=False)
    held: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof that a recording can be opened no more; it holds nothing of the call."""

    name: str
    call_id: str
    kept_at: datetime
    sha256: str
    erased_at: datetime
    by: str
    reason: str

    def public(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "recording": self.name,
            "call": self.call_id,
            "kept_at": timestamp(self.kept_at),
            "sha256": self.sha256,
            "erased_at": timestamp(self.erased_at),
            "by": self.by,
            "reason": self.reason,
        }


class Catalogue:
    """Use it in the thread that opened it. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._db: StoreDatabase = open_database(path, steps=STEPS)
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute("PRAGMA synchronous=FULL")  # a key that a power cut took would be a lost recording

    def add(self, kept: Kept) -> None:
        with writing(self._db):
            self._db.execute(
                f"INSERT INTO recordings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  (constant)
                [
                    kept.name,
                    kept.call_id,
                    timestamp(kept.kept_at),
                    kept.state,
                    kept.frames,
                    kept.size,
                    kept.sha256,
                    json.dumps(kept.masks),
                    kept.master,
                    kept.wrapped,
                    kept.held,
                ],
            )

    def get(self, name: str) -> Kept | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM recordings WHERE name = ?", [name]).fetchone()  # noqa: S608
        return _kept(row) if row else None

    def all(self) -> Iterator[Kept]:
        for row in self._db.execute(f"SELECT {_COLUMNS} FROM recordings ORDER BY kept_at, name").fetchall():  # noqa: S608
            yield _kept(row)

    def rewrap(self, name: str, master: str, wrapped: bytes) -> None:
        with writing(self._db):
            self._db.execute("UPDATE recordings SET master = ?, wrapped = ? WHERE name = ?", [master, wrapped, name])

    def hold(self, name: str, reason: str) -> bool:
        """Keep it whatever the rules say; an empty reason lets it go. False: there is no such recording."""
        with writing(self._db):
            return bool(self._db.execute("UPDATE recordings SET held = ? WHERE name = ?", [reason, name]).rowcount)

    def erase(self, kept: Kept, at: datetime, by: str, reason: str) -> Certificate:
        """Destroy the key and write the certificate, both or neither."""
        certificate = Certificate(kept.name, kept.call_id, kept.kept_at, kept.sha256, at, by, reason)
        with writing(self._db):
            self._db.execute("UPDATE recordings SET wrapped = zeroblob(length(wrapped)) WHERE name = ?", [kept.name])
            self._db.execute("DELETE FROM recordings WHERE name = ?", [kept.name])
            self._db.execute(
                "INSERT INTO certificates (name, call_id, kept_at, sha256, erased_at, by, reason) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [kept.name, kept.call_id, timestamp(kept.kept_at), kept.sha256, timestamp(at), by, reason],
            )
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return certificate

    def certificates(self) -> list[Certificate]:
        rows = self._db.execute(
            "SELECT name, call_id, kept_at, sha256, erased_at, by, reason FROM certificates ORDER BY id"
        )
        return [
            Certificate(name, call, moment(kept), digest, moment(erased), by, reason)
            for name, call, kept, digest, erased, by, reason in rows
        ]


_COLUMNS = "name, call_id, kept_at, state, frames, bytes, sha256, masks, master, wrapped, held"


def _kept(row: tuple[Any, ...]) -> Kept:
    name, call, kept_at, state, frames, size, digest, masks, master, wrapped, held = row
    spans = tuple((float(start), float(end)) for start, end in json.loads(masks))
    return Kept(name, call, moment(kept_at), state, frames, size, digest, spans, master, bytes(wrapped), held)
