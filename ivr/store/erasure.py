"""The one way in which the journal forgets: a person's lawful request to erase (GDPR 17).

What tells who somebody is (every value under a ``pii_`` key, and every word the caller
said) is overwritten in the call's own events; that the call happened, when and how it
ended stays, and the journal says that it was erased, by whom and why. Nothing else ever
changes an event; the triggers that see to it are taken away for this transaction alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ivr.events import JournalKind
from ivr.privacy import MASK
from ivr.store.database import writing
from ivr.store.journal import Journal
from ivr.store.schema import PII_PREFIX, JournalEvent, encode, plain, timestamp

_TRIGGER: Final = "events_no_update"


def erase_personal(journal: Journal, call_id: str, data: Mapping[str, object], at: datetime) -> int:
    """Forget who called and what they said; returns how many events were overwritten.

    ``data`` is of the ``data.erased`` that is written behind them.

    Raises:
        StoreError: the database can't be used; then nothing was changed.
    """
    events = journal.events(call_id)
    changed = [(event, without_person(event)) for event in events]
    changed = [(event, left) for event, left in changed if left != event.data]
    with journal.using() as db:
        db.execute("PRAGMA secure_delete=ON")
        with writing(db):
            (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", [_TRIGGER]).fetchone()
            db.execute(f"DROP TRIGGER {_TRIGGER}")
            for event, left in changed:
                db.execute("UPDATE events SET data = ? WHERE id = ?", [encode(left), event.rowid])
            db.execute(made)
            db.execute(
                "INSERT INTO events (call_id, seq, at, kind, data) VALUES (?, ?, ?, ?, ?)",
                [call_id, events[-1].seq + 1, timestamp(at), JournalKind.DATA_ERASED.value, encode(plain(data))],
            )
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(changed)


def without_person(event: JournalEvent) -> dict[str, Any]:
    """The event's data with what the caller said, and all that identifies anybody, masked."""
    spoken = event.kind in (JournalKind.TURN_HEARD, JournalKind.TURN_KEY)
    return {
        key: _masked(value) if key.startswith(PII_PREFIX) or (spoken and key in ("text", "key")) else _inner(value)
        for key, value in event.data.items()
    }


def _inner(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item) if key.startswith(PII_PREFIX) else _inner(item) for key, item in value.items()}
    return [_inner(item) for item in value] if isinstance(value, list) else value


def _masked(value: Any) -> Any:
    return MASK if value not in ("", None) else value
