"""All finished calls in a SQLite file of their own: found by date, employee, topic, duration, outcome and words.

A reading of the journal that follows it by row, so clocks that are set back change
nothing. It may be deleted at any time and is then made anew. Callers' numbers, and
numbers and addresses that were left in a call, are kept as keyed hashes only, whose
key is in the same file: they tell repeated calls apart, find a person's own data and
are gone with the file. Words are masked as in :mod:`ivr.quality.transcript`. The shape
of the file is in :mod:`ivr.quality.index_steps`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from ivr.events import JournalKind
from ivr.knowledge.words import words_of
from ivr.quality.identifiers import How, canonical, identifiers
from ivr.quality.index_steps import STEPS
from ivr.quality.reading import CallFigures, EmployeeOf, read_call
from ivr.quality.transcript import searchable
from ivr.store.database import StoreDatabase, open_database, writing
from ivr.store.journal import Journal
from ivr.store.schema import JournalEvent, moment, timestamp

ZONE: Final = ZoneInfo("Europe/Vilnius")
PAGE: Final = 50
_BATCH: Final = 5000
_FEW: Final = 3
_FOUND: Final = (
    "c.call, p.employee, p.started, p.duration_s, p.topic, p.outcome, c.state, "
    "c.audible AND c.erased_at IS NULL, c.guarded"
)
_ERASING: Final = (JournalKind.RECORDING_ERASED, JournalKind.DATA_ERASED)
_TOUCHING: Final = frozenset(
    {
        JournalKind.CALL_ENDED,
        JournalKind.RECORDING_STATE,
        JournalKind.TASK_CREATED,
        JournalKind.TRANSCRIPT_CORRECTED,
        JournalKind.CALL_NOTED,
        JournalKind.TASK_TRIED,
        JournalKind.TASK_DONE,
        JournalKind.RECORDING_ERASED,
        JournalKind.DATA_ERASED,
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """One conversation in a list; ``audible``: sound was kept and not erased; ``guarded``: the quality line's own."""

    call: str
    employee: int
    started: datetime
    duration_s: float
    topic: str
    outcome: str
    state: str
    audible: bool
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class OfPerson:
    """A call that is found by a person's number or address."""

    call: str
    offered_at: datetime
    how: How


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; empty fields don't matter. Days are local, both included; ``employees`` None: anybody.

    ``guarded``: also calls of the quality line.
    """

    since: str = ""
    until: str = ""
    employees: frozenset[int] | None = None
    topic: str = ""
    outcome: str = ""
    shortest_s: float | None = None
    longest_s: float | None = None
    words: str = ""
    guarded: bool = False


class Index:
    """Use it in the thread that opened it. Methods raise StoreError and sqlite3.Error.

    ``people_mark`` changes when somebody could be found who was not known before.
    """

    def __init__(self, path: Path, employee_of: EmployeeOf, people_mark: Callable[[], str]) -> None:
        self.db: StoreDatabase = open_database(path, steps=STEPS)
        self.db.execute("PRAGMA secure_delete=ON")
        self._employee_of, self._people_mark = employee_of, people_mark

    def catch_up(self, journal: Journal) -> int:
        """Take in what the journal has gained; returns the number of calls that were read."""
        read = self._look_again(journal)
        while True:
            cursor = int(self.db.execute("SELECT cursor FROM meta").fetchone()[0])
            if journal.last_row() < cursor:
                self._forget()  # the journal is another one
                cursor = 0
            events = journal.follow(cursor, _BATCH)
            if not events:
                return read
            touched = dict.fromkeys(event.call_id for event in events if event.kind in _TOUCHING)
            whole = [(call, journal.events(call)) for call in touched]
            with writing(self.db):
                read += sum(self._put(call, entries) for call, entries in whole)
                self._put_reviews(events)
                self.db.execute("UPDATE meta SET cursor = ?", [events[-1].rowid])
            if any(event.kind == JournalKind.DATA_ERASED for event in events):
                self.db.execute("INSERT INTO transcripts (transcripts) VALUES ('optimize')")  # old words leave the file
                self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def people(self) -> str:
        """A mark of who was known when calls were read last; another one: conversations may have been added."""
        return str(self.db.execute("SELECT people FROM meta").fetchone()[0])

    def _look_again(self, journal: Journal) -> int:
        """Read calls anew that somebody unknown took over, once somebody new is known."""
        mark = self._people_mark()
        if self.people() == mark:
            return 0
        unknown = self.db.execute(
            "SELECT call FROM calls c WHERE bridged > 0 AND NOT EXISTS "
            "(SELECT 1 FROM parts p WHERE p.call_id = c.id AND p.employee <> 0)"
        ).fetchall()
        whole = [(call, journal.events(call)) for (call,) in unknown]
        with writing(self.db):
            read = sum(self._put(call, entries) for call, entries in whole)
            self.db.execute("UPDATE meta SET people = ?", [mark])
        return read

    def find(self, wanted: Wanted, page: int = 0) -> list[Found]:
        """One page (and one more row, if there is a next page), the latest first."""
        words = [f'"{word}"*' for word in words_of(wanted.words)]
        if wanted.words.strip() and not words:
            return []
        clauses, values = _clauses(wanted)
        source, order = "parts p JOIN calls c ON c.id = p.call_id", "p.started DESC"
        if words:
            first, last = self._spanned(wanted)
            clauses.append("transcripts MATCH ? AND t.rowid BETWEEN ? AND ?")
            values += [" ".join(words), first, last]
            if _is_rare(wanted):  # few conversations are left, and each is looked up among all that hold the words
                clauses[-1] = f"p.call_id IN (SELECT t.rowid FROM transcripts t WHERE {clauses[-1]})"  # noqa: S608  (our own text)
            else:  # the words' own order is that of the calls: the latest fifty are found without looking at the rest
                source = "transcripts t CROSS JOIN parts p ON p.call_id = t.rowid CROSS JOIN calls c ON c.id = t.rowid"
                order = "t.rowid DESC"  # and nothing else: only then does FTS5 itself walk backwards
        rows = self.db.execute(
            f"SELECT {_FOUND} "  # noqa: S608  (our own text)
            f"FROM {source} WHERE {' AND '.join(clauses) or '1'} ORDER BY {order} LIMIT ? OFFSET ?",
            [*values, PAGE + 1, PAGE * page],
        )
        return sorted(map(_found, rows), key=lambda one: one.started, reverse=True)

    def _spanned(self, wanted: Wanted) -> tuple[int, int]:
        """The first and the last call of the days that are searched."""
        if not wanted.since and not wanted.until:
            return 0, 2**62
        row = self.db.execute(
            "SELECT min(call_id), max(call_id) FROM parts WHERE day BETWEEN ? AND ?",
            [wanted.since, wanted.until or "9"],
        ).fetchone()
        return row[0] or 0, row[1] or 0

    def one(self, call: str, employee: int) -> Found | None:
        """One conversation; None: there is none."""
        row = self.db.execute(
            f"SELECT {_FOUND} FROM calls c JOIN parts p ON p.call_id = c.id WHERE c.call = ? AND p.employee = ?",  # noqa: S608
            [call, employee],
        ).fetchone()
        return _found(row) if row else None

    def of_person(self, identifier: str) -> list[OfPerson]:
        """Calls in which this number called, or this number or address was left, oldest first."""
        known = canonical(identifier)
        rows = self.db.execute(
            "SELECT c.call, c.offered_at, m.how FROM marks m JOIN calls c ON c.id = m.call_id WHERE m.mark = ? "
            "ORDER BY c.offered_at",
            [self._mark(known)],
        )
        return [OfPerson(call, moment(at), How(how)) for call, at, how in rows] if known else []

    def drawn(self, month: str) -> list[dict[str, Any]]:
        """What ``review.drawn`` says of a month, with ``call`` and ``employee``, in the order of the draws.

        ``guarded``: the call is the quality line's; ``erased``: when its sound was destroyed, as a timestamp or empty.
        """
        rows = self.db.execute(
            "SELECT d.data, d.call, coalesce(c.guarded, 0), coalesce(c.erased_at, '') "
            "FROM drawn d LEFT JOIN calls c ON c.call = d.call WHERE d.month = ?",
            [month],
        )
        found = [
            json.loads(data) | {"call": call, "guarded": bool(guarded), "erased": erased}
            for data, call, guarded, erased in rows
        ]
        return sorted(found, key=lambda one: (one.get("drawn_at", ""), one["employee"], one["call"]))

    def reviews(self, since: datetime, until: datetime) -> list[tuple[str, int, datetime, dict[str, Any]]]:
        """Call, employee, moment and data of reviews in a span (its end excluded), oldest first."""
        rows = self.db.execute(
            "SELECT call, employee, at, data FROM reviews WHERE at >= ? AND at < ? ORDER BY row",
            [timestamp(since), timestamp(until)],
        )
        return [(call, employee, moment(at), json.loads(data)) for call, employee, at, data in rows]

    def review(self, call: str, employee: int) -> dict[str, Any] | None:
        row = self.db.execute("SELECT data FROM reviews WHERE call = ? AND employee = ?", [call, employee]).fetchone()
        return dict(json.loads(row[0])) if row else None

    def reviewed(self, calls: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
        """Which of these conversations were reviewed, by call and employee."""
        wanted = set(calls)
        marks = {call for call, _ in wanted}
        rows = self.db.execute(
            "SELECT call, employee FROM reviews WHERE call IN (SELECT value FROM json_each(?))",
            [json.dumps(sorted(marks))],
        )
        return wanted & {(call, employee) for call, employee in rows}

    def _put(self, call: str, events: Sequence[JournalEvent]) -> bool:
        figures = read_call(events, self._employee_of)
        if figures is None:
            return False
        ended = next(event.rowid for event in reversed(events) if event.kind == JournalKind.CALL_ENDED)
        kept = self.db.execute("SELECT id FROM calls WHERE call = ?", [call]).fetchone()
        if kept:
            for column in ("parts.call_id", "transcripts.rowid", "marks.call_id", "calls.id"):
                table = column.partition(".")[0]
                self.db.execute(f"DELETE FROM {table} WHERE {column} = ?", [kept[0]])  # noqa: S608  (our own text)
        erased = any(event.kind == JournalKind.DATA_ERASED for event in events)
        words, caller = "" if erased else searchable(events), self._mark(figures.caller)
        number = put_call(self.db, kept[0] if kept else None, call, ended, figures, caller, words)
        gone = next((event.rowid for event in events if event.kind in _ERASING), None)
        self.db.execute("UPDATE calls SET erased_row = ? WHERE id = ?", [gone, number])
        for identifier, how in identifiers(events).items():
            row = [self._mark(identifier), number, how.value]
            self.db.execute("INSERT OR IGNORE INTO marks (mark, call_id, how) VALUES (?, ?, ?)", row)
        return True

    def _put_reviews(self, events: Iterable[JournalEvent]) -> None:
        for event in events:
            if event.kind == JournalKind.REVIEW_DRAWN:
                self.db.execute(
                    "INSERT OR IGNORE INTO drawn (call, employee, month, data) VALUES (?, ?, ?, ?)",
                    [event.call_id, event.data["employee"], event.data["month"], json.dumps(event.data)],
                )
            elif event.kind == JournalKind.REVIEW_DONE and "employee" in event.data:
                self.db.execute(
                    "INSERT OR IGNORE INTO reviews (call, employee, row, at, data) VALUES (?, ?, ?, ?, ?)",
                    [
                        event.call_id,
                        event.data["employee"],
                        event.rowid,
                        timestamp(event.at),
                        json.dumps(event.data, ensure_ascii=False),
                    ],
                )

    def _forget(self) -> None:
        with writing(self.db):
            for table in ("parts", "transcripts", "marks", "drawn", "reviews", "calls"):
                self.db.execute(f"DELETE FROM {table}")  # noqa: S608  (our own text)
            self.db.execute("UPDATE meta SET cursor = 0")

    def _mark(self, number: str) -> str:
        if not number:
            return ""
        salt = str(self.db.execute("SELECT salt FROM meta").fetchone()[0])
        return hashlib.blake2b(number.encode(), key=bytes.fromhex(salt), digest_size=12).hexdigest()


def put_call(
    db: StoreDatabase, number: int | None, call: str, row: int, figures: CallFigures, caller: str, words: str
) -> int:
    """Write one call, inside a transaction of the caller's; ``number`` None: a new one. Returns its number."""
    cursor = db.execute(
        "INSERT INTO calls (id, call, row, offered_at, ended_at, answered_ms, outcome, topic, caller, state, audible, "
        "offered, bridged, waited_s, auth, unanswered, delays, flags, guarded, erased_at, placed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number,
            call,
            row,
            timestamp(figures.offered_at),
            timestamp(figures.ended_at),
            figures.answered_ms,
            figures.outcome,
            figures.topic,
            caller,
            figures.state,
            figures.audible,
            figures.offered,
            figures.bridged,
            figures.waited_s,
            figures.auth,
            figures.unanswered,
            json.dumps(figures.delays_ms),
            json.dumps(sorted(figures.flags)),
            figures.guarded,
            timestamp(figures.erased_at) if figures.erased_at else None,
            figures.placed,
        ],
    )
    number = int(cursor.lastrowid or 0)
    for part in figures.parts:
        db.execute(
            "INSERT INTO parts (call_id, employee, started, ended, day, duration_s, topic, outcome) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                number,
                part.employee,
                timestamp(part.started),
                timestamp(part.ended),
                part.started.astimezone(ZONE).date().isoformat(),
                round(part.duration_s, 3),
                figures.topic,
                figures.outcome,
            ],
        )
    db.execute("INSERT INTO transcripts (rowid, words) VALUES (?, ?)", [number, words])
    return number


def _clauses(wanted: Wanted) -> tuple[list[str], list[Any]]:
    pairs: Iterator[tuple[str, Any]] = (
        (clause, value)
        for clause, value in (
            ("p.day >= ?", wanted.since),
            ("p.day <= ?", wanted.until),
            ("p.topic = ?", wanted.topic),
            ("p.outcome = ?", wanted.outcome),
            ("p.duration_s >= ?", wanted.shortest_s),
            ("p.duration_s <= ?", wanted.longest_s),
        )
        if value not in ("", None)
    )
    clauses, values = [], []
    for clause, value in pairs:
        clauses.append(clause)
        values.append(value)
    if not wanted.guarded:
        clauses.append("c.guarded = 0")
    if wanted.employees is not None:
        clauses.append("p.employee IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(sorted(wanted.employees)))
    return clauses, values


def _is_rare(wanted: Wanted) -> bool:
    """Somebody's own conversations, or a topic's, are a small part of all."""
    return bool(wanted.topic) or (wanted.employees is not None and len(wanted.employees) <= _FEW)


def _found(row: Sequence[Any]) -> Found:
    call, employee, started, duration_s, topic, outcome, state, audible, guarded = row
    return Found(
        call, employee, moment(started), duration_s, topic, outcome, state, bool(audible), guarded=bool(guarded)
    )
