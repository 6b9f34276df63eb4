"""Where the journal goes while the database is away: a file of JSON lines beside it.

``<database>.spill.jsonl``, readable by its owner only. Several processes may
share it: each appends and takes under an exclusive lock. One line is one
event (``{"call_id", "seq", "at", "kind", "data"}``) or one alarm
(``{"at", "kind", "data"}``).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from ivr.store.alarms import put_alarm
from ivr.store.database import StoreDatabase, writing
from ivr.store.journal import put_event
from ivr.store.schema import Alarm, JournalEvent, moment, timestamp

Record = JournalEvent | Alarm


def to_line(record: Record) -> str:
    """One record as JSON without a line break; holds personal data in clear."""
    line: dict[str, object] = {"at": timestamp(record.at), "kind": record.kind, "data": record.data}
    if isinstance(record, JournalEvent):
        line = {"call_id": record.call_id, "seq": record.seq, **line}
    return json.dumps(line, ensure_ascii=False)


def from_line(line: str) -> Record:
    """The inverse of :func:`to_line`. Raises ValueError, KeyError or TypeError for anything else."""
    try:
        fields = json.loads(line)
        at, kind, data = moment(fields["at"]), str(fields["kind"]), dict(fields["data"])
        if "call_id" in fields:
            return JournalEvent(str(fields["call_id"]), int(fields["seq"]), at, kind, data)
    except (OverflowError, RecursionError) as error:  # 1e999, and brackets without an end: JSON that is no record
        raise ValueError(str(error)) from error
    return Alarm(at, kind, data)


def put(db: StoreDatabase, records: Iterable[Record]) -> list[tuple[Record, str]]:
    """Write ``records`` in one transaction, each once however often it is given.

    Returns those that the database refuses for a fault of their own, with its reason: the others must not suffer.
    Raises sqlite3.Error.
    """
    refused: list[tuple[Record, str]] = []
    with writing(db):
        for record in records:
            try:
                if isinstance(record, JournalEvent):
                    put_event(db, record)
                else:
                    put_alarm(db, record)
            except sqlite3.IntegrityError as error:
                refused.append((record, str(error)))
    return refused


class Spill:
    """The file beside the database ``path``."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".spill.jsonl")

    def append(self, records: Iterable[Record]) -> None:
        """Write whole lines, or nothing. Raises OSError."""
        text = "".join(to_line(record) + "\n" for record in records).encode()
        with self._locked(os.O_RDWR | os.O_CREAT) as descriptor:
            size = os.lseek(descriptor, 0, os.SEEK_END)
            try:
                written = 0
                while written < len(text):
                    written += os.write(descriptor, text[written:])
            except OSError:
                os.ftruncate(descriptor, size)  # half a line would spoil the next one
                raise

    @contextlib.contextmanager
    def taken(self, *, wait: bool = True) -> Iterator[tuple[list[Record], list[str]]]:
        """All records and all unreadable lines; the file is removed when the block ends without an error.

        Raises OSError, BlockingIOError when another process has the file now and ``wait`` is false.
        """
        with contextlib.ExitStack() as stack:
            try:
                descriptor = stack.enter_context(self._locked(os.O_RDWR, wait=wait))
            except FileNotFoundError:
                yield [], []
                return
            with os.fdopen(os.dup(descriptor), "rb") as file:
                text = file.read().decode("utf-8", "replace")
            yield self._parse(text)
            self.path.unlink(missing_ok=True)

    @staticmethod
    def _parse(text: str) -> tuple[list[Record], list[str]]:
        records: list[Record] = []
        unreadable: list[str] = []
        for line in filter(None, text.split("\n")):  # splitlines() would also break at U+2028
            try:
                records.append(from_line(line))
            except (ValueError, KeyError, TypeError):
                unreadable.append(line)
        return records, unreadable

    @contextlib.contextmanager
    def _locked(self, flags: int, *, wait: bool = True) -> Iterator[int]:
        while True:
            descriptor = os.open(self.path, flags | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not self._is_current(descriptor):
                    continue  # another process took and removed it while we waited
                yield descriptor
                return
            finally:
                os.close(descriptor)

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False
