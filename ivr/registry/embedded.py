"""A registry of made-up people in SQLite, where no UT IS is within reach: for trials, measurements and tests.

It holds nobody real and says so: the file is marked, and a file without the mark is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ivr.errors import StoreError
from ivr.identity.matching import Record, agrees, askable, is_candidate
from ivr.identity.ports import Matters
from ivr.identity.questions import Question
from ivr.language.places import streets
from ivr.privacy import Masked, Pii, Secret
from ivr.registry.people import Person

_MARK: Final = "fictitious"
_SCHEMA: Final = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE people (
    id TEXT PRIMARY KEY,
    fictitious INTEGER NOT NULL CHECK (fictitious = 1),
    code TEXT NOT NULL CHECK (length(code) = 11),
    last4 TEXT NOT NULL,
    record TEXT NOT NULL CHECK (json_valid(record)),
    matters TEXT NOT NULL CHECK (json_valid(matters))
);
CREATE INDEX people_last4 ON people (last4);
"""


class EmbeddedRegistry:
    """People of one file. Usable from several threads. Raises StoreError when the file is none of ours."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._streets = frozenset(streets())
        if not path.exists():
            raise StoreError(path, "there is no registry here", "Make one of fictitious people: ivr registry seed")
        try:
            self._db = sqlite3.connect(path, check_same_thread=False)
            marked = self._db.execute("SELECT value FROM about WHERE key = ?", [_MARK]).fetchone()
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        if marked != ("yes",):
            raise StoreError(path, "is not marked as fictitious", "Make a new one: ivr registry seed")

    def close(self) -> None:
        self._db.close()

    def ready(self) -> None:
        self._rows("SELECT 1 FROM people LIMIT 1", [])

    def candidates(self, last4: Secret, name: Secret) -> Sequence[str]:
        rows = self._rows("SELECT id, record FROM people WHERE last4 = ?", [last4.reveal()])
        return [person for person, data in rows if is_candidate(_record(data), last4.reveal(), name.reveal())]

    def askable(self, person: str) -> Collection[Question]:
        record = self._one(person)
        return askable(record, self._streets) if record is not None else frozenset()

    def judge(self, person: str, question: Question, value: Secret) -> bool:
        record = self._one(person)
        return agrees(record or _NOBODY, question, value.reveal()) & (record is not None)

    def matters(self, person: str) -> Matters | None:
        rows = self._rows("SELECT matters FROM people WHERE id = ?", [person])
        return _matters(rows[0][0]) if rows else None

    def count(self) -> int:
        """How many people there are."""
        return int(self._rows("SELECT count(*) FROM people", [])[0][0])

    def _one(self, person: str) -> Record | None:
        rows = self._rows("SELECT record FROM people WHERE id = ?", [person])
        return _record(rows[0][0]) if rows else None

    def _rows(self, query: str, parameters: Sequence[str]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error


def seed(path: Path, people: Iterable[Person]) -> int:
    """Write a new registry, readable by its owner only; returns how many people it has. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.executescript(_SCHEMA)
            db.execute("INSERT INTO about VALUES (?, 'yes')", [_MARK])
            rows = (
                (p.id, 1, p.code.reveal(), p.record.last4.reveal(), _text(p.record), _text(p.matters)) for p in people
            )
            count = db.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", rows).rowcount
            db.commit()
    except FileExistsError as error:
        raise StoreError(path, "is there already", "Name another file, or remove this one first") from error
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error
    return count


def _text(part: Record | Matters) -> str:
    return json.dumps({field.name: _plain(getattr(part, field.name)) for field in fields(part)}, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, Masked):
        return value.reveal()
    return value.isoformat() if isinstance(value, date) else value


_DATES: Final = frozenset({"last_visit", "employment_end", "last_decision"})
_PLAIN: Final = frozenset({"registered", "specialist"})


def _record(text: str) -> Record:
    return Record(**{key: _typed(key, value) for key, value in json.loads(text).items()})


def _matters(text: str) -> Matters:
    return Matters(**{key: _typed(key, value) for key, value in json.loads(text).items()})


def _typed(key: str, value: Any) -> Any:
    if value is None or key in _PLAIN:
        return value
    if key in _DATES:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if key == "next_visit" else Pii(value)


_NOBODY: Final = Record(Pii("0000"), Pii("Niekas"), Pii("Niekas"))


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(path, f"can't be used ({error})", "See that the file is a registry made by ivr registry seed")
