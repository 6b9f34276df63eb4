"""How the database came to its present shape, step by numbered step.

Each step is applied once, in a transaction, and recorded in
``_sqlite_migrations``. A released step is never edited; a change of shape is
a new step. A database with steps that this code doesn't know is newer than
the code and is refused.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

STEPS = Migrations("journal")


@STEPS(name="001_events")
def events(db: Database) -> None:
    """Events of calls; the database itself refuses to change or remove one."""
    db.execute(
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            call_id TEXT NOT NULL CHECK (call_id <> ''),
            seq INTEGER NOT NULL CHECK (seq >= 1),
            at TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind <> ''),
            data TEXT NOT NULL CHECK (json_valid(data)),
            UNIQUE (call_id, seq)
        )
        """
    )
    _append_only(db, "events", "NEW.call_id = call_id AND NEW.seq = seq")


@STEPS(name="002_alarms")
def alarms(db: Database) -> None:
    """What staff must know although it belongs to no call: a part fell, the journal was away."""
    db.execute(
        """
        CREATE TABLE alarms (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind <> ''),
            data TEXT NOT NULL CHECK (json_valid(data))
        )
        """
    )
    _append_only(db, "alarms", "0")


@STEPS(name="003_calls")
def calls(db: Database) -> None:
    """Calls as a reading of their events: a view, so that it can't disagree with them."""
    last = "SELECT json_extract(data, '$.{field}') FROM events e WHERE e.call_id = c.call_id AND e.kind = '{kind}'"
    at = "SELECT e.at FROM events e WHERE e.call_id = c.call_id AND e.kind = '{kind}' ORDER BY e.seq"
    db.execute(
        f"""
        CREATE VIEW calls AS
        SELECT
            c.call_id,
            c.first_id,
            c.events,
            (SELECT e.at FROM events e WHERE e.call_id = c.call_id ORDER BY e.seq LIMIT 1) AS started,
            ({at.format(kind="call.answered")} LIMIT 1) AS answered,
            ({at.format(kind="call.ended")} DESC LIMIT 1) AS ended,
            ({last.format(kind="call.offered", field="pii_caller")} ORDER BY e.seq LIMIT 1) AS pii_caller,
            ({last.format(kind="call.offered", field="node")} ORDER BY e.seq LIMIT 1) AS node,
            ({last.format(kind="call.ended", field="outcome")} ORDER BY e.seq DESC LIMIT 1) AS outcome,
            ({last.format(kind="recording.state", field="state")} ORDER BY e.seq DESC LIMIT 1) AS recording,
            (
                SELECT json_group_array(DISTINCT json_extract(e.data, '$.topic')) FROM events e
                WHERE e.call_id = c.call_id AND json_extract(e.data, '$.topic') IS NOT NULL
            ) AS topics
        FROM (SELECT call_id, min(id) AS first_id, count(*) AS events FROM events GROUP BY call_id) c
        """  # noqa: S608  (constants of this function)
    )


@STEPS(name="004_events_by_kind")
def events_by_kind(db: Database) -> None:
    """Tasks and reviews are looked for among all events of all calls."""
    db.execute("CREATE INDEX events_by_kind ON events (kind, id)")


@STEPS(name="005_deliveries")
def deliveries(db: Database) -> None:
    """What came from line nodes, beside the events themselves so that no backup can hold one without the other.

    ``sources``: how far each node's journal is stored here. ``arrived``: which events are not this machine's own.
    ``arrived_recordings`` is the office's, ``delivered_recordings`` the node's.
    """
    db.execute(
        """
        CREATE TABLE sources (
            node TEXT PRIMARY KEY CHECK (node <> ''),
            stream TEXT NOT NULL,
            event INTEGER NOT NULL,
            alarm INTEGER NOT NULL,
            mark TEXT NOT NULL,
            at TEXT NOT NULL
        ) WITHOUT ROWID
        """
    )
    db.execute("CREATE TABLE arrived (event INTEGER PRIMARY KEY REFERENCES events (id), node TEXT NOT NULL)")
    db.execute(
        """
        CREATE TABLE arrived_recordings (
            call_id TEXT PRIMARY KEY,
            node TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            at TEXT NOT NULL
        ) WITHOUT ROWID
        """
    )
    db.execute("CREATE TABLE delivered_recordings (name TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID")


@STEPS(name="006_erasures_at_nodes")
def erasures_at_nodes(db: Database) -> None:
    """The office's: which erasures a node has said to be done there, and in which counting of its journal.

    A node that comes back from a backup counts anew, and may hold again what it had erased.
    """
    db.execute(
        """
        CREATE TABLE erasures_at_nodes (
            node TEXT NOT NULL,
            call_id TEXT NOT NULL,
            stream TEXT NOT NULL,
            PRIMARY KEY (node, call_id)
        ) WITHOUT ROWID
        """
    )
    db.execute(
        "INSERT INTO erasures_at_nodes SELECT DISTINCT a.node, e.call_id, s.stream FROM events e"
        " JOIN arrived a ON a.event = e.id JOIN sources s ON s.node = a.node WHERE e.kind = 'data.erased'"
    )


def _append_only(db: Database, table: str, same: str) -> None:
    """Triggers that refuse UPDATE, DELETE and an INSERT OR REPLACE over a row that exists."""
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    db.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refusal}")
    db.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refusal}")
    taken = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR ({same}))"  # noqa: S608  (constants of this module)
    db.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} {refusal}")
