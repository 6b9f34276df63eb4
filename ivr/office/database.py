"""The office's own database: employees, accounts, sessions, absences, states, offered calls.

It is apart from the journal because it changes: the journal tells what
happened in calls and is never altered, this one says who works here now. Same
rules for steps as in ``ivr/store/migrations.py``.
"""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from ivr.store.database import StoreDatabase, open_database

STEPS = Migrations("office")


@STEPS(name="001_people")
def people(db: Database) -> None:
    """Employee 0 is the assistant. Lists are JSON; times UTC as in the journal."""
    db.execute(
        """
        CREATE TABLE employees (
            id INTEGER PRIMARY KEY CHECK (id >= 0),
            name TEXT NOT NULL CHECK (name <> ''),
            unit TEXT NOT NULL DEFAULT '',
            roles TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(roles)),
            languages TEXT NOT NULL DEFAULT '["lt"]' CHECK (json_valid(languages)),
            skills TEXT NOT NULL DEFAULT '["*"]' CHECK (json_valid(skills)),
            extension TEXT NOT NULL DEFAULT '',
            active INTEGER NOT NULL DEFAULT 1
        )
        """
    )
    db.execute("INSERT INTO employees (id, name, skills) VALUES (0, 'Virtualioji asistentė', '[\"*\"]')")
    db.execute(
        """
        CREATE TABLE absences (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            employee INTEGER NOT NULL REFERENCES employees (id),
            since TEXT NOT NULL,
            until TEXT CHECK (until IS NULL OR until > since),
            substitute INTEGER REFERENCES employees (id) CHECK (substitute IS NULL OR substitute <> employee),
            cancelled INTEGER NOT NULL DEFAULT 0
        )
        """
    )
    db.execute(
        """
        CREATE TABLE states (
            employee INTEGER PRIMARY KEY REFERENCES employees (id),
            state TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            since TEXT NOT NULL
        )
        """
    )


@STEPS(name="002_accounts")
def accounts(db: Database) -> None:
    """Who may sign in. Of a session only the hash of its token is kept, so a copy of the file opens no page."""
    db.execute(
        """
        CREATE TABLE accounts (
            employee INTEGER PRIMARY KEY REFERENCES employees (id),
            username TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (username <> ''),
            password_hash TEXT NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            locked_until TEXT
        )
        """
    )
    db.execute(
        """
        CREATE TABLE sessions (
            token_hash TEXT PRIMARY KEY,
            employee INTEGER NOT NULL REFERENCES employees (id),
            form_key TEXT NOT NULL,
            created TEXT NOT NULL,
            seen TEXT NOT NULL
        )
        """
    )


@STEPS(name="003_offers")
def offers(db: Database) -> None:
    """Calls that were offered to agents, and callers who wait for one.

    The two indexes are the promise that an agent has one caller and a caller one agent, whoever writes here.
    """
    db.execute(
        """
        CREATE TABLE offers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            call TEXT NOT NULL CHECK (call <> ''),
            employee INTEGER NOT NULL REFERENCES employees (id),
            state TEXT NOT NULL
                CHECK (state IN ('ringing', 'accepted', 'bridged', 'declined', 'no_answer', 'failed', 'ended')),
            because TEXT NOT NULL DEFAULT '',
            context TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(context)),
            summary TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            offered_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            bridged_at TEXT,
            note TEXT NOT NULL DEFAULT '',
            disposition TEXT NOT NULL DEFAULT ''
        )
        """
    )
    live = "state IN ('ringing', 'accepted', 'bridged')"
    db.execute(f"CREATE UNIQUE INDEX one_caller_an_agent ON offers (employee) WHERE {live}")
    db.execute(f"CREATE UNIQUE INDEX one_agent_a_caller ON offers (call) WHERE {live}")
    db.execute("CREATE INDEX offers_by_call ON offers (call, id)")
    db.execute(
        """
        CREATE TABLE waiting (
            call TEXT PRIMARY KEY CHECK (call <> ''),
            topic TEXT NOT NULL DEFAULT '',
            language TEXT NOT NULL DEFAULT 'lt',
            wanted INTEGER REFERENCES employees (id),
            since TEXT NOT NULL
        )
        """
    )


@STEPS(name="004_click_calls")
def click_calls(db: Database) -> None:
    """Calls that employees asked the line to place about a task; an employee has one at a time."""
    db.execute(
        """
        CREATE TABLE click_calls (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            employee INTEGER NOT NULL REFERENCES employees (id),
            call TEXT NOT NULL,
            task INTEGER NOT NULL,
            step TEXT NOT NULL CHECK (step IN ('agent', 'person', 'talking', 'ended', 'failed')),
            reason TEXT NOT NULL DEFAULT '',
            before TEXT NOT NULL,
            asked_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            talked_at TEXT
        )
        """
    )
    live = "step IN ('agent', 'person', 'talking')"
    db.execute(f"CREATE UNIQUE INDEX one_click_call_an_employee ON click_calls (employee) WHERE {live}")
    db.execute("CREATE INDEX click_calls_by_task ON click_calls (call, task, id)")


@STEPS(name="005_assistant_calls")
def assistant_calls(db: Database) -> None:
    """Calls of the assistant about tasks; a task has one at a time, from before it is placed until its end is known."""
    db.execute(
        """
        CREATE TABLE assistant_calls (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            call TEXT NOT NULL,
            task INTEGER NOT NULL,
            stage TEXT NOT NULL CHECK (stage IN ('calling', 'over', 'closed')),
            asked_at TEXT NOT NULL,
            changed_at TEXT NOT NULL
        )
        """
    )
    db.execute("CREATE UNIQUE INDEX one_assistant_call_a_task ON assistant_calls (call, task) WHERE stage <> 'closed'")


@STEPS(name="006_second_factors")
def second_factors(db: Database) -> None:
    """Secrets of authenticator applications, sealed; a session that ``needs`` something opens no page yet."""
    db.execute(
        """
        CREATE TABLE second_factors (
            employee INTEGER PRIMARY KEY REFERENCES employees (id),
            sealed BLOB NOT NULL,
            confirmed INTEGER NOT NULL DEFAULT 0,
            last_step INTEGER NOT NULL,
            since TEXT NOT NULL
        )
        """
    )
    db.execute("ALTER TABLE sessions ADD COLUMN needs TEXT NOT NULL DEFAULT ''")


def open_office(path: Path, *, busy_s: float = 5.0) -> StoreDatabase:
    """The office's database, made when it is not there; ``busy_s`` is how long to wait for other writers.

    Raises:
        StoreError: as :func:`ivr.store.database.open_database`.
    """
    database = open_database(path, busy_s=busy_s, steps=STEPS)
    database.execute("PRAGMA foreign_keys=ON")
    return database
