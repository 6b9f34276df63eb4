"""Calls that were offered to agents, and callers in line, in the office's database.

An offer is one agent's chance at one call. Its states are a one-way street: from ``ringing`` over ``accepted`` to
``bridged`` and ``ended``, or from any of the first two to ``declined``, ``no_answer`` or ``failed``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from ivr.store.database import StoreDatabase, writing
from ivr.store.schema import PII_PREFIX, moment, timestamp


class OfferState(StrEnum):
    """What became of an agent's chance."""

    RINGING = "ringing"
    ACCEPTED = "accepted"  # by key or on the desk; the caller is about to be connected
    BRIDGED = "bridged"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"  # nobody there, or nobody who accepted: a machine
    FAILED = "failed"  # busy, unreachable, or the line broke; ``reason`` says which
    ENDED = "ended"  # the conversation is over

    @property
    def live(self) -> bool:
        """The agent's telephone is taken by it."""
        return self in LIVE


LIVE: Final = frozenset({OfferState.RINGING, OfferState.ACCEPTED, OfferState.BRIDGED})
_AFTER: Final[Mapping[OfferState, frozenset[OfferState]]] = {
    OfferState.RINGING: frozenset(OfferState) - {OfferState.RINGING},
    OfferState.ACCEPTED: frozenset({OfferState.BRIDGED, OfferState.FAILED, OfferState.NO_ANSWER, OfferState.ENDED}),
    OfferState.BRIDGED: frozenset({OfferState.ENDED}),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """``context`` is the payload of :mod:`ivr.people.context`, ``summary`` its two sentences; both hold personal data.

    ``because`` is a value of :class:`ivr.people.choice.Because`. ``reason`` says why it failed or ended.
    ``note`` and ``disposition`` are the agent's own.
    """

    id: int
    call: str
    employee: int
    state: OfferState
    because: str
    context: Mapping[str, Any] = field(repr=False)
    summary: str = field(repr=False)
    reason: str
    offered_at: datetime
    changed_at: datetime
    bridged_at: datetime | None = None
    note: str = field(default="", repr=False)
    disposition: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in line; ``position`` 1 is next."""

    call: str
    topic: str
    language: str
    wanted: int | None
    since: datetime
    position: int


class Offers:
    """Reads and writes offers and the line of callers. Use it in the thread that opened the database."""

    def __init__(self, database: StoreDatabase) -> None:
        self._db = database

    def add(
        self, call: str, employee: int, because: str, context: Mapping[str, Any], summary: str, at: datetime
    ) -> int | None:
        """A new offer that rings; its id, or None when the agent has a live one or the caller has an agent."""
        try:
            with writing(self._db):
                cursor = self._db.execute(
                    "INSERT INTO offers (call, employee, state, because, context, summary, offered_at, changed_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        call,
                        employee,
                        OfferState.RINGING,
                        because,
                        json.dumps(context, ensure_ascii=False),
                        summary,
                        timestamp(at),
                        timestamp(at),
                    ],
                )
        except sqlite3.IntegrityError:
            return None
        return int(cursor.lastrowid or 0)

    def set_state(self, offer: int, state: OfferState, at: datetime, reason: str = "") -> bool:
        """Move an offer on; false when it is not there or may not go there any more."""
        before = [str(one) for one, after in _AFTER.items() if state in after]
        marks = ", ".join("?" * len(before))
        with writing(self._db):
            cursor = self._db.execute(
                "UPDATE offers SET state = ?, changed_at = ?, reason = ?, "  # noqa: S608  (question marks only)
                "bridged_at = CASE WHEN ? = 'bridged' THEN ? ELSE bridged_at END "
                f"WHERE id = ? AND state IN ({marks})",
                [state, timestamp(at), reason, state, timestamp(at), offer, *before],
            )
        return cursor.rowcount == 1

    def write_up(self, offer: int, note: str, disposition: str) -> bool:
        """The agent's own words on the call (A12.13) and how it went; false when there is no such offer."""
        with writing(self._db):
            cursor = self._db.execute(
                "UPDATE offers SET note = ?, disposition = ? WHERE id = ?", [note, disposition, offer]
            )
        return cursor.rowcount == 1

    def forget(self, call: str) -> None:
        """Overwrite who called and what they said in every offer of a call: a lawful request to erase."""
        rows = self._db.execute("SELECT id, context FROM offers WHERE call = ?", [call]).fetchall()
        self._db.execute("PRAGMA secure_delete=ON")
        with writing(self._db):
            for number, context in rows:
                left = json.dumps(_without_person(json.loads(context)), ensure_ascii=False)
                self._db.execute("UPDATE offers SET context = ?, summary = '', note = '' WHERE id = ?", [left, number])
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def by_id(self, offer: int) -> Offer | None:
        return self._one("WHERE id = ?", offer)

    def current_of(self, employee: int) -> Offer | None:
        """What rings at, or is talked about by, this employee now."""
        return self._one(f"WHERE employee = ? AND state IN {_LIVE}", employee)

    def latest_of(self, employee: int) -> Offer | None:
        """The last one that this employee was offered, over or not: wrap-up is about it."""
        return self._one("WHERE employee = ? ORDER BY id DESC LIMIT 1", employee)

    def history(self, employee: int, count: int = 50) -> list[Offer]:
        """Calls that this employee talked on, the latest first."""
        return self._many("WHERE employee = ? AND bridged_at IS NOT NULL ORDER BY id DESC LIMIT ?", employee, count)

    def of_call(self, call: str) -> list[Offer]:
        """Everybody's chances at one call, in their order."""
        return self._many("WHERE call = ? ORDER BY id", call)

    def live(self) -> list[Offer]:
        """All that ring or are talked about now."""
        return self._many(f"WHERE state IN {_LIVE} ORDER BY id")

    def handled_s(self, count: int = 50) -> list[float]:
        """Seconds of the latest conversations, newest first."""
        rows = self._db.execute(
            "SELECT bridged_at, changed_at FROM offers WHERE state = 'ended' AND bridged_at IS NOT NULL "
            "ORDER BY id DESC LIMIT ?",
            [count],
        )
        return [(moment(ended) - moment(bridged)).total_seconds() for bridged, ended in rows]

    def wait(self, call: str, topic: str, language: str, wanted: int | None, since: datetime) -> None:
        """Put a caller into the line; one who stands there already keeps their place."""
        with writing(self._db):
            self._db.execute(
                "INSERT INTO waiting (call, topic, language, wanted, since) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (call) DO UPDATE SET topic = excluded.topic, language = excluded.language, "
                "wanted = excluded.wanted",
                [call, topic, language, wanted, timestamp(since)],
            )

    def leave(self, call: str) -> bool:
        """A caller is served or gone; false when they did not stand in line."""
        with writing(self._db):
            return self._db.execute("DELETE FROM waiting WHERE call = ?", [call]).rowcount == 1

    def queue(self) -> list[Waiting]:
        """Who waits, the next one first."""
        rows = self._db.execute("SELECT call, topic, language, wanted, since FROM waiting ORDER BY since, call")
        return [
            Waiting(call, topic, language, wanted, moment(since), position)
            for position, (call, topic, language, wanted, since) in enumerate(rows, start=1)
        ]

    def _one(self, where: str, *values: object) -> Offer | None:
        return next(iter(self._many(where, *values)), None)

    def _many(self, where: str, *values: object) -> list[Offer]:
        return [_offer(row) for row in self._db.execute(f"SELECT {_COLUMNS} FROM offers {where}", list(values))]  # noqa: S608


_LIVE: Final = "('ringing', 'accepted', 'bridged')"
_COLUMNS: Final = (
    "id, call, employee, state, because, context, summary, reason, offered_at, changed_at, bridged_at, "
    "note, disposition"
)


def _offer(row: Sequence[Any]) -> Offer:
    number, call, employee, state, because, context, summary, reason, offered, changed, bridged, note, disposition = row
    return Offer(
        number,
        call,
        employee,
        OfferState(state),
        because,
        json.loads(context),
        summary,
        reason,
        moment(offered),
        moment(changed),
        moment(bridged) if bridged else None,
        note,
        disposition,
    )


def _without_person(value: Any) -> Any:
    """Nothing is left under keys of personal data but their kind."""
    if isinstance(value, dict):
        empty: dict[type, object] = {str: "", list: [], dict: {}}
        return {
            key: empty.get(type(one)) if key.startswith(PII_PREFIX) else _without_person(one)
            for key, one in value.items()
        }
    return [_without_person(one) for one in value] if isinstance(value, list) else value
