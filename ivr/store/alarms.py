"""Alarms: what staff must know although it belongs to no call.

Written by the supervisor (``part.fell``) and by the journal's writer
(``journal.lost``, ``journal.recovered``); read by the feed to MQTT.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from ivr.store.database import StoreDatabase, writing
from ivr.store.journal import Reading
from ivr.store.schema import Alarm, encode, moment, plain, timestamp, whole_ms

__all__ = ["Alarm", "Alarms", "put_alarm"]


class Alarms:
    """Alarms in order. Methods raise StoreError when the database can't be used."""

    def __init__(self, database: StoreDatabase) -> None:
        self._reading = Reading(database)

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> None:
        """Write one alarm."""
        with self._reading.use() as db, writing(db):
            put_alarm(db, Alarm(whole_ms(at), kind, plain(data)))

    def follow(self, after: int, limit: int = 1000) -> list[Alarm]:
        """Alarms with a ``rowid`` beyond ``after``, oldest first; all of them when the database is a new one."""
        with self._reading.use() as db:
            last = db.conn.execute("SELECT coalesce(max(id), 0) FROM alarms").fetchone()[0]
            rows = db.conn.execute(
                "SELECT at, kind, data, id FROM alarms WHERE id > ? ORDER BY id LIMIT ?",
                [after if after <= last else 0, limit],
            )
            return [Alarm(moment(at), kind, json.loads(data), rowid) for at, kind, data, rowid in rows]

    def at_row(self, row: int) -> Alarm | None:
        """The alarm of a row; None where there is none."""
        with self._reading.use() as db:
            found = db.conn.execute("SELECT at, kind, data, id FROM alarms WHERE id = ?", [row]).fetchone()
            return Alarm(moment(found[0]), found[1], json.loads(found[2]), found[3]) if found else None

    def last_row(self) -> int:
        """Row of the latest alarm; 0 for none."""
        with self._reading.use() as db:
            return int(db.conn.execute("SELECT coalesce(max(id), 0) FROM alarms").fetchone()[0])

    def between(self, start: datetime, end: datetime) -> list[Alarm]:
        """Alarms of a span of time, both ends included."""
        with self._reading.use() as db:
            rows = db.conn.execute(
                "SELECT at, kind, data, id FROM alarms WHERE at BETWEEN ? AND ? ORDER BY id",
                [timestamp(start), timestamp(end)],
            )
            return [Alarm(moment(at), kind, json.loads(data), rowid) for at, kind, data, rowid in rows]

    def of_kind(self, kind: str) -> list[Alarm]:
        """Every alarm of a kind, oldest first."""
        with self._reading.use() as db:
            rows = db.conn.execute("SELECT at, kind, data, id FROM alarms WHERE kind = ? ORDER BY id", [kind])
            return [Alarm(moment(at), kind, json.loads(data), rowid) for at, kind, data, rowid in rows]


def put_alarm(db: StoreDatabase, alarm: Alarm) -> None:
    """Write ``alarm`` once, however often it is given, inside a transaction of the caller's."""
    row = [timestamp(alarm.at), alarm.kind, encode(alarm.data)]
    if db.conn.execute("SELECT 1 FROM alarms WHERE at = ? AND kind = ? AND data = ?", row).fetchone() is None:
        db.conn.execute("INSERT INTO alarms (at, kind, data) VALUES (?, ?, ?)", row)
