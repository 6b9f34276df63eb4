"""Events, alarms and recordings of other line nodes, on the office's journal: each once, whatever is sent again.

How far a node's journal is stored stands in the same database as the events, and is
written in the same transaction: a process that dies in between, or a backup that is put
back, leaves a state from which the node goes on sending.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ivr.events import JournalKind
from ivr.store.alarms import put_alarm
from ivr.store.database import StoreDatabase, writing
from ivr.store.erasure import without_person
from ivr.store.journal import Reading, put_event
from ivr.store.schema import Alarm, JournalEvent, moment, timestamp

NOT_FOUND: Final = "erasure.not_found"
"""The alarm by which a node says that it hasn't got calls that it was to erase."""
_FINAL: Final = "json_extract(data, '$.final')"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a node's journal is stored: the last rows (of the node's own counting) of events and alarms.

    ``stream`` names the node's present counting, and is empty while nothing came; ``mark`` is what the node said of
    these rows, so that it notices when its journal is another one by now.
    """

    stream: str = ""
    event: int = 0
    alarm: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A node as the office knows it: when it last delivered something."""

    node: str
    standing: Standing
    at: datetime
    events: int
    recordings: int


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A call (as it is named here) that was erased here ``at`` a moment, and perhaps not on its ``node``."""

    node: str
    call: str
    at: datetime


class Arrivals:
    """What came from other nodes. Use it in the thread that opened the database; methods raise StoreError."""

    def __init__(self, database: StoreDatabase) -> None:
        self._reading = Reading(database)

    def standing(self, node: str) -> Standing:
        """How far this node's journal is stored."""
        with self._reading.use() as db:
            return _standing(db, node)

    def take(
        self, node: str, after: Standing, until: Standing, events: Sequence[JournalEvent], alarms: Sequence[Alarm],
        at: datetime,
    ) -> Standing:  # fmt: skip
        """Store what lies between ``after`` and ``until``, all or nothing; returns how far the journal is stored now.

        What doesn't go on where the last delivery ended is left alone: the answer tells the node where to go on. A
        new ``stream`` begins at the beginning; what is there already is not written again.

        Raises also ValueError: an event belongs to somebody else's call, or to none that could be named here.
        """
        with self._reading.use() as db, writing(db):
            known = _standing(db, node)
            anew = after.stream != known.stream and (after.event, after.alarm) == (0, 0)
            if not anew and (after.stream, after.event, after.alarm) != (known.stream, known.event, known.alarm):
                return known
            taking = _Taking(db, node, until.stream)
            for event in events:
                taking.event(event)
            for alarm in alarms:
                put_alarm(db, replace(alarm, data={**alarm.data, "node": node}))
                if alarm.kind == NOT_FOUND:
                    taking.nothing_to_erase(alarm)
            db.execute(
                "INSERT OR REPLACE INTO sources (node, stream, event, alarm, mark, at) VALUES (?, ?, ?, ?, ?, ?)",
                [node, until.stream, until.event, until.alarm, until.mark, timestamp(at)],
            )
            return until

    def from_nodes(self, rows: Iterable[int]) -> frozenset[int]:
        """Which of these rows of events other nodes delivered."""
        places = json.dumps(list(rows))
        with self._reading.use() as db:
            found = db.execute("SELECT event FROM arrived WHERE event IN (SELECT value FROM json_each(?))", [places])
            return frozenset(row[0] for row in found)

    def heard(self) -> list[Heard]:
        """Every node that ever delivered something, by name."""
        with self._reading.use() as db:
            rows = db.execute(
                "SELECT node, stream, event, alarm, mark, at,"
                " (SELECT count(*) FROM arrived a WHERE a.node = s.node),"
                " (SELECT count(*) FROM arrived_recordings r WHERE r.node = s.node) FROM sources s ORDER BY node"
            ).fetchall()
        return [
            Heard(node, Standing(stream, event, alarm, mark), moment(at), events, recordings)
            for node, stream, event, alarm, mark, at, events, recordings in rows
        ]

    # -- recordings ------------------------------------------------------------

    def name_here(self, node: str, call: str) -> str | None:
        """A node's call as this journal names it; None: it isn't here, or not from this node."""
        with self._reading.use() as db:
            return _name_here(db, node, call)

    def recording_over(self, name: str) -> bool:
        """Whether the journal has the last word on the call's recording."""
        with self._reading.use() as db:
            query = f"SELECT 1 FROM events WHERE call_id = ? AND kind = ? AND {_FINAL} LIMIT 1"  # noqa: S608  (constant)
            return db.execute(query, [name, JournalKind.RECORDING_STATE.value]).fetchone() is not None

    def erased(self, name: str) -> bool:
        """Whether a lawful request has erased the call."""
        with self._reading.use() as db:
            return _erased(db, name)

    def recording(self, name: str) -> str | None:
        """Checksum (SHA-256, hexadecimal) of what arrived as the call's recording; None: nothing did."""
        with self._reading.use() as db:
            row = db.execute("SELECT sha256 FROM arrived_recordings WHERE call_id = ?", [name]).fetchone()
            return str(row[0]) if row else None

    def keep_recording(self, name: str, node: str, sha256: str, size: int, at: datetime) -> None:
        """Write down that the recording is here, whole."""
        with self._reading.use() as db, writing(db):
            db.execute(
                "INSERT OR IGNORE INTO arrived_recordings (call_id, node, sha256, bytes, at) VALUES (?, ?, ?, ?, ?)",
                [name, node, sha256, size, timestamp(at)],
            )

    def to_erase(self, node: str, limit: int = 50) -> tuple[str, ...]:
        """The node's calls (by its own names) that were erased here and, as far as it has said, not there."""
        unsaid = [one.call for one in self.unconfirmed() if one.node == node]
        return tuple(call.removesuffix(_renamed("", node)) for call in unsaid[:limit])

    def unconfirmed(self) -> list[Unconfirmed]:
        """Erasures that the call's node has not said to be done, in its present counting; oldest first."""
        with self._reading.use() as db:
            rows = db.execute(
                "SELECT e.call_id, max(e.at) FROM events e WHERE e.kind = ? GROUP BY e.call_id ORDER BY max(e.id)",
                [JournalKind.DATA_ERASED.value],
            ).fetchall()
            owned = [(call, at, node) for call, at in rows if (node := _owner(db, call)) is not None]
            return [Unconfirmed(node, call, moment(at)) for call, at, node in owned if not _said(db, node, call)]


class Deliveries:
    """A node's own list of recordings that its office has. Same threads and errors as :class:`Arrivals`."""

    def __init__(self, database: StoreDatabase) -> None:
        self._reading = Reading(database)

    def confirmed(self) -> dict[str, datetime]:
        """Recordings that the office has, and since when this node knows."""
        with self._reading.use() as db:
            rows = db.execute("SELECT name, at FROM delivered_recordings").fetchall()
        return {name: moment(at) for name, at in rows}

    def confirm(self, name: str, at: datetime) -> None:
        """The office has it."""
        with self._reading.use() as db, writing(db):
            db.execute("INSERT OR IGNORE INTO delivered_recordings (name, at) VALUES (?, ?)", [name, timestamp(at)])


class _Taking:
    """Events of one delivery, inside the caller's transaction."""

    def __init__(self, db: StoreDatabase, node: str, stream: str) -> None:
        self._db, self._node, self._stream = db, node, stream
        self._names: dict[str, str] = {}
        self._erased: dict[str, bool] = {}

    def event(self, event: JournalEvent) -> None:
        call = self._names.setdefault(event.call_id, self._name(event.call_id))
        if call != event.call_id:
            data = dict(event.data)
            if data.get("file") == f"{event.call_id}.wav":
                data["file"] = f"{call}.wav"
            event = replace(event, call_id=call, data=data)
        if about := str(event.data.get("of") or ""):
            event = replace(event, data={**event.data, "of": self._own(about)})
        if self._erased.setdefault(call, _erased(self._db, call)):
            event = replace(event, data=without_person(event))  # it comes again, and must not come back
        row = put_event(self._db, event)
        if row is not None:
            self._db.execute("INSERT INTO arrived (event, node) VALUES (?, ?)", [row, self._node])
        if event.kind == JournalKind.DATA_ERASED:
            self._confirm(call)

    def nothing_to_erase(self, alarm: Alarm) -> None:
        """The node has lost these calls: there is nothing that could be erased there."""
        for call in alarm.data.get("calls", ()):
            name = _name_here(self._db, self._node, str(call))
            if name is not None:
                self._confirm(name)

    def _confirm(self, name: str) -> None:
        row = [self._node, name, self._stream]
        self._db.execute("INSERT OR REPLACE INTO erasures_at_nodes (node, call_id, stream) VALUES (?, ?, ?)", row)

    def _name(self, call: str) -> str:
        """Ids are drawn at random by every node: one that another call has already gets the node's name behind it."""
        for name in (call, _renamed(call, self._node)):
            if not _anothers(self._db, self._node, name):
                return name
        raise ValueError(f"call {call}: its name belongs to others, with the node's name behind it, too")

    def _own(self, call: str) -> str:
        """A call of this node to whose task an event belongs, as it is named here."""
        name = _name_here(self._db, self._node, call)
        if name is None:
            raise ValueError(f"a task of call {call}, which is not this node's")
        return name


def _standing(db: StoreDatabase, node: str) -> Standing:
    row = db.execute("SELECT stream, event, alarm, mark FROM sources WHERE node = ?", [node]).fetchone()
    return Standing(*row) if row else Standing()


def _owner(db: StoreDatabase, call: str) -> str | None:
    """The node that delivered a call; None: it is this machine's own, or isn't here."""
    row = db.execute(
        "SELECT a.node FROM events e JOIN arrived a ON a.event = e.id WHERE e.call_id = ? LIMIT 1", [call]
    ).fetchone()
    return str(row[0]) if row else None


def _anothers(db: StoreDatabase, node: str, call: str) -> bool:
    """Whether a call of this name is another node's, or this machine's own.

    That its recording was erased makes no call: the vault's catalogue may know of one that the journal has lost.
    """
    owner = _owner(db, call)
    if owner is not None:
        return owner != node
    query = "SELECT 1 FROM events WHERE call_id = ? AND kind <> ? LIMIT 1"
    return db.execute(query, [call, JournalKind.RECORDING_ERASED.value]).fetchone() is not None


def _name_here(db: StoreDatabase, node: str, call: str) -> str | None:
    return next((name for name in (call, _renamed(call, node)) if _owner(db, name) == node), None)


def _said(db: StoreDatabase, node: str, call: str) -> bool:
    """Whether the node has said that the call is erased there, in the counting that it goes by now."""
    row = db.execute("SELECT stream FROM erasures_at_nodes WHERE node = ? AND call_id = ?", [node, call]).fetchone()
    return row is not None and row[0] == _standing(db, node).stream


def _erased(db: StoreDatabase, call: str) -> bool:
    query = "SELECT 1 FROM events WHERE call_id = ? AND kind = ? LIMIT 1"
    return db.execute(query, [call, JournalKind.DATA_ERASED.value]).fetchone() is not None


def _renamed(call: str, node: str) -> str:
    return f"{call}-{node}"
