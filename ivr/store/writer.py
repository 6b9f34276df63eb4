"""Writes the journal of live calls without ever making them wait.

:meth:`JournalWriter.append` only counts and queues; one thread owns the
database. When the database can't be used (disk full, locked, deleted,
replaced, damaged) events go to the spill file beside it, and when that can't
be written either, to standard error as JSON lines with personal data masked.
The thread keeps trying, each time a little later; once the database is back,
the spill is read into it, together with the events of the latest calls, so
that a call whose database was deleted half-way is whole again.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import sqlite3
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TextIO

from ivr.errors import StoreError
from ivr.store.database import StoreDatabase, open_database, waiting
from ivr.store.schema import Alarm, JournalEvent, masked, plain, timestamp, whole_ms
from ivr.store.spill import Record, Spill, put

BATCH: Final = 500
PATIENCE_S: Final = 0.02  # what waits longer for another process's lock waits in the spill, where no kill takes it
KEPT_CALLS: Final = 64  # calls whose events are written again to a database that was lost
KEPT_EVENTS: Final = 2000  # of each
COUNTED_CALLS: Final = 10_000


class WriterState(StrEnum):
    """Where events go just now, for the health page."""

    OK = "ok"
    SPILLING = "spilling"
    STDERR = "stderr"


def utc_now() -> datetime:
    """Wall time in UTC."""
    return datetime.now(UTC)


class JournalWriter:
    """Appends events of this process's calls; made once per process.

    Args:
        path: the database. Open it once with ``open_database`` before, to refuse a wrong one at start;
            here every fault is lived with.
        now: wall time of events that bring none.
        limit: events that may wait in memory; beyond it they go to standard error.
        busy_s: how long the thread waits for another process's lock.
        retry_s: pause before the first new attempt, doubling up to ``max_retry_s``.
        on_state: told of each change, with the reason, in the writer's thread.
        stderr: where the last resort writes; default the process's own.

    A call is numbered by one process at a time. Events that another process adds
    after the call (``task.done``, ``review.done``) go through ``Journal.append``.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = utc_now,
        limit: int = 10_000,
        busy_s: float = 1.0,
        retry_s: float = 0.5,
        max_retry_s: float = 30.0,
        on_state: Callable[[WriterState, str], None] | None = None,
        stderr: TextIO | None = None,
        opener: Callable[..., StoreDatabase] = open_database,
    ) -> None:
        self._path, self._now, self._busy_s = path, now, busy_s
        self._retry_s, self._max_retry_s = retry_s, max_retry_s
        self._on_state, self._stderr, self._opener = on_state, stderr, opener
        self._spill = Spill(path)
        self._queue: queue.Queue[Record | threading.Event | None] = queue.Queue(limit)
        self._seq: OrderedDict[str, int] = OrderedDict()
        self._append_lock = threading.Lock()
        self._closed = False
        # From here on the thread's own:
        self._db: StoreDatabase | None = None
        self._waits_aside = False  # what was put down before a lock was given back is in the spill still
        self._state = WriterState.OK
        self._delay = retry_s
        self._retry_at = 0.0
        self._latest: JournalEvent | None = None
        self._kept: OrderedDict[str, list[JournalEvent]] = OrderedDict()
        self._kept_alarms: deque[Alarm] = deque(maxlen=KEPT_EVENTS)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def state(self) -> WriterState:
        """Where the latest events went."""
        return self._state

    @property
    def path(self) -> Path:
        return self._path

    def append(
        self, call_id: str, kind: str, data: Mapping[str, object] | None = None, at: datetime | None = None
    ) -> JournalEvent:
        """Queue one event and return it, numbered, at once. Never raises, whatever the data or the disk."""
        when, kept = whole_ms(at or self._now()), plain(data or {})
        with self._append_lock:  # keeps queue order and numbers in step; held for microseconds
            seq = self._seq.pop(call_id, 0) + 1
            self._seq[call_id] = seq
            if len(self._seq) > COUNTED_CALLS:
                self._seq.popitem(last=False)
            event = JournalEvent(call_id, seq, when, str(kind), kept)
            self._offer(event)
        return event

    def alarm(self, kind: str, data: Mapping[str, object] | None = None, at: datetime | None = None) -> None:
        """Queue one alarm; like :meth:`append`."""
        self._offer(Alarm(whole_ms(at or self._now()), kind, plain(data or {})))

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything queued before is kept somewhere; False when that takes longer."""
        done, until = threading.Event(), time.monotonic() + timeout_s
        if not self._thread.is_alive():
            return True
        try:
            self._queue.put(done, timeout=timeout_s)
        except queue.Full:
            return False
        return done.wait(max(0.0, until - time.monotonic()))  # a full queue has had its part of the time

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write the rest, try a lost database once more, and end the thread; False when that takes longer."""
        if not self._closed:
            self._closed = True
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=timeout_s)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _offer(self, record: Record) -> None:
        if not self._closed:
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(record)
                return
        self._last_resort([record], "the journal's queue is full" if not self._closed else "the journal is closed")

    # -- the thread ----------------------------------------------------------

    def _run(self) -> None:
        while True:
            records, waiting, stop = self._collect()
            if records or stop or self._state is not WriterState.OK:
                try:
                    self._write(records, now_or_never=stop)
                except Exception as error:  # this thread must outlive every surprise: it is the only one that writes
                    self._last_resort(records, repr(error))
            for event in waiting:
                event.set()
            if stop:
                self._forget_database()
                return

    def _collect(self) -> tuple[list[Record], list[threading.Event], bool]:
        """What came in, as much as there is; when spilling, returns empty-handed as a new attempt is due."""
        records: list[Record] = []
        waiting: list[threading.Event] = []
        timeout = None if self._state is WriterState.OK else max(0.0, self._retry_at - time.monotonic())
        try:
            item = self._queue.get(timeout=timeout)
            while True:
                if item is None:
                    return records, waiting, True
                if isinstance(item, threading.Event):
                    waiting.append(item)
                else:
                    records.append(item)
                if len(records) >= BATCH:
                    break
                item = self._queue.get_nowait()
        except queue.Empty:
            pass
        return records, waiting, False

    def _write(self, records: Sequence[Record], *, now_or_never: bool) -> None:
        self._keep(records)
        if self._state is WriterState.OK:
            try:
                self._store(records)
                return
            except (sqlite3.Error, StoreError, OSError) as error:
                self._forget_database()
                reason = str(error)
                records = [*records, Alarm(whole_ms(self._now()), "journal.lost", {"reason": reason})]
                self._keep(records[-1:])
                self._delay, self._retry_at = self._retry_s, 0.0  # a deleted file is made anew at once
        else:
            reason = ""
        if now_or_never or time.monotonic() >= self._retry_at:
            try:
                self._return(records)
                return
            except (sqlite3.Error, StoreError, OSError) as error:
                self._forget_database()
                reason = reason or str(error)
                self._retry_at = time.monotonic() + self._delay
                self._delay = min(self._max_retry_s, self._delay * 2)
        if records:
            self._aside(records, reason)

    def _store(self, records: Sequence[Record]) -> None:
        """Into the database, seen there by a connection of its own; opens it first if need be."""
        if self._db is None:
            self._db = self._opener(self._path, busy_s=self._busy_s)
            self._waits_aside = True  # a former life may have left some; this one's events come first
        if self._db.replaced():
            raise StoreError(self._path, "was replaced while in use", "Leave the file alone while the line runs")
        self._put_soon(records)
        if self._latest is not None:
            self._look_up(self._latest)

    def _return(self, records: Sequence[Record]) -> None:
        """The database may be back: what was spilled, what is remembered, and ``records`` go into it."""
        self._forget_database()
        self._db = self._opener(self._path, busy_s=self._busy_s)
        spilled = self._spill.take(self._put)
        self._complain(spilled.unreadable)
        back = Alarm(whole_ms(self._now()), "journal.recovered", {"spilled": spilled.records})
        kept = itertools.chain.from_iterable(self._kept.values())
        self._put([*kept, *self._kept_alarms, *records, back])
        self._delay = self._retry_s
        self._change(WriterState.OK, "the database is back")

    def _put_soon(self, records: Sequence[Record]) -> None:
        """Into the open database; while somebody else has its lock, ``records`` wait in the spill, too."""
        if self._db is None:
            return
        try:
            with waiting(self._db, min(PATIENCE_S, self._busy_s), self._busy_s):
                self._put(records)
        except sqlite3.OperationalError as error:
            if self._busy_s <= PATIENCE_S or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            with contextlib.suppress(OSError):  # then they wait in memory
                self._spill.append(records)
                self._waits_aside = True
            self._put(records)
        if self._waits_aside:
            self._clear_aside()

    def _clear_aside(self) -> None:
        """Take back what waited there, now that it is written, or with a later event: nobody waits for this."""
        if self._db is None:
            return
        with contextlib.suppress(sqlite3.OperationalError, OSError):
            with waiting(self._db, min(PATIENCE_S, self._busy_s), self._busy_s):
                spilled = self._spill.take(self._put, wait=False)
            self._complain(spilled.unreadable)
            self._waits_aside = False

    def _put(self, records: Sequence[Record]) -> None:
        if self._db is None or not records:
            return
        for record, reason in put(self._db, records):
            self._last_resort([record], reason)

    def _look_up(self, event: JournalEvent) -> None:
        # Our own connection goes on in its caches although the file was overwritten; a new one sees what readers see.
        with contextlib.closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute(
                "SELECT 1 FROM events WHERE call_id = ? AND at = ? AND kind = ?",
                [event.call_id, timestamp(event.at), event.kind],
            ).fetchone()
        if row is None:
            raise StoreError(self._path, "was overwritten while in use", "Leave the file alone while the line runs")

    def _aside(self, records: Sequence[Record], reason: str) -> None:
        try:
            self._spill.append(records)
        except OSError as error:
            self._last_resort(records, reason or str(error))
            self._change(WriterState.STDERR, f"{reason or 'the database is away'}; {self._spill.path}: {error}")
        else:
            self._change(WriterState.SPILLING, reason)

    def _keep(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, Alarm):
                self._kept_alarms.append(record)
                continue
            self._latest = record
            events = self._kept.setdefault(record.call_id, [])
            self._kept.move_to_end(record.call_id)
            if len(events) < KEPT_EVENTS:
                events.append(record)
        while len(self._kept) > KEPT_CALLS:
            self._kept.popitem(last=False)

    def _change(self, state: WriterState, reason: str) -> None:
        changed, self._state = state is not self._state, state
        if changed and self._on_state is not None:
            self._on_state(state, reason)

    def _forget_database(self) -> None:
        database, self._db = self._db, None
        if database is not None:
            with contextlib.suppress(sqlite3.Error):
                database.close()

    def _last_resort(self, records: Sequence[Record], reason: str) -> None:
        for record in records:
            line: dict[str, Any] = {"event": "journal.unwritten", "reason": reason, "at": timestamp(record.at)}
            if isinstance(record, JournalEvent):
                line |= {"call": record.call_id, "seq": record.seq}
            self._say(line | {"kind": record.kind, "data": masked(record.data)})

    def _complain(self, unreadable: Sequence[str]) -> None:
        if unreadable:
            self._say({"event": "journal.spill_unreadable", "file": str(self._spill.path), "lines": len(unreadable)})

    def _say(self, line: Mapping[str, object]) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody is left to tell
            print(json.dumps(line, ensure_ascii=False), file=self._stderr or sys.stderr, flush=True)
