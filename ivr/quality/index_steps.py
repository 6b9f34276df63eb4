"""The shape of the index of calls, step by step; it is a reading of the journal, so a step may begin anew."""

from __future__ import annotations

import secrets

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

STEPS = Migrations("quality-index")


@STEPS(name="001_index")
def index(db: Database) -> None:
    """``row``: the journal's row of ``call.ended``, by which draws know what came after them."""
    db.executescript(
        """
        CREATE TABLE meta (cursor INTEGER NOT NULL, salt TEXT NOT NULL);
        CREATE TABLE calls (
            id INTEGER PRIMARY KEY,
            call TEXT NOT NULL UNIQUE,
            row INTEGER NOT NULL,
            offered_at TEXT NOT NULL,
            ended_at TEXT NOT NULL,
            answered_ms REAL,
            outcome TEXT NOT NULL,
            topic TEXT NOT NULL,
            caller TEXT NOT NULL,
            state TEXT NOT NULL,
            audible INTEGER NOT NULL,
            offered INTEGER NOT NULL,
            bridged INTEGER NOT NULL,
            waited_s REAL NOT NULL,
            auth TEXT NOT NULL,
            unanswered INTEGER NOT NULL,
            delays TEXT NOT NULL,
            flags TEXT NOT NULL
        );
        CREATE INDEX calls_by_time ON calls (offered_at);
        CREATE INDEX calls_by_caller ON calls (caller, offered_at);
        CREATE TABLE parts (
            call_id INTEGER NOT NULL REFERENCES calls (id),
            employee INTEGER NOT NULL,
            started TEXT NOT NULL,
            ended TEXT NOT NULL,
            day TEXT NOT NULL,
            duration_s REAL NOT NULL,
            topic TEXT NOT NULL,
            outcome TEXT NOT NULL,
            PRIMARY KEY (call_id, employee)
        ) WITHOUT ROWID;
        CREATE INDEX parts_by_day ON parts (day, started);
        CREATE INDEX parts_by_time ON parts (started);
        CREATE INDEX parts_by_end ON parts (ended);
        CREATE INDEX parts_by_employee ON parts (employee, started);
        CREATE INDEX parts_by_topic ON parts (topic, started);
        CREATE INDEX parts_by_outcome ON parts (outcome, started);
        CREATE TABLE drawn (
            call TEXT NOT NULL,
            employee INTEGER NOT NULL,
            month TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (call, employee)
        );
        CREATE INDEX drawn_by_month ON drawn (month, employee);
        CREATE TABLE reviews (
            call TEXT NOT NULL,
            employee INTEGER NOT NULL,
            row INTEGER NOT NULL,
            at TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (call, employee)
        );
        CREATE INDEX reviews_by_time ON reviews (at);
        CREATE VIRTUAL TABLE transcripts USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2');
        """
    )
    db.execute("INSERT INTO meta (cursor, salt) VALUES (0, ?)", [secrets.token_hex(16)])


@STEPS(name="002_people")
def people(db: Database) -> None:
    """``people``: a mark of who was known when calls were read, because they are found by extension or name."""
    db.execute("ALTER TABLE meta ADD COLUMN people TEXT NOT NULL DEFAULT ''")


@STEPS(name="003_access")
def access(db: Database) -> None:
    """``guarded``: the quality line's own; ``erased_at`` and ``erased_row``: when, and by which event, its sound went.

    ``marks``: by whose number or address a call is found for a person's request. All calls are read anew.
    """
    for column in ("guarded INTEGER NOT NULL DEFAULT 0", "erased_at TEXT", "erased_row INTEGER"):
        db.execute(f"ALTER TABLE calls ADD COLUMN {column}")
    db.execute(
        "CREATE TABLE marks (mark TEXT NOT NULL, call_id INTEGER NOT NULL REFERENCES calls (id), how TEXT NOT NULL, "
        "PRIMARY KEY (mark, call_id)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX marks_by_call ON marks (call_id)")
    for table in ("parts", "transcripts", "drawn", "reviews", "calls"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608  (our own text)
    db.execute("UPDATE meta SET cursor = 0")


@STEPS(name="004_placed")
def placed(db: Database) -> None:
    """``placed``: the line called; statistics count who called the line."""
    db.execute("ALTER TABLE calls ADD COLUMN placed INTEGER NOT NULL DEFAULT 0")
