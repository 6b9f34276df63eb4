"""Where the journal goes while the database is away: a file of JSON lines beside it.

``<database>.spill.jsonl``, readable by its owner only. Several processes may
share it: each appends and takes under an exclusive lock, which is held for as
long as a file is written or moved. One line is one
event (``{"call_id", "seq", "at", "kind", "data"}``) or one alarm
(``{"at", "kind", "data"}``).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ivr.store.alarms import put_alarm
from ivr.store.database import StoreDatabase, writing
from ivr.store.journal import put_event
from ivr.store.schema import Alarm, JournalEvent, moment, timestamp

Record = JournalEvent | Alarm
_LOOK_S: Final = 0.001  # between looks at a lock


class Taken(NamedTuple):
    """What was read back: how many records, and the lines that are none."""

    records: int
    unreadable: list[str]


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
    """The file beside the database ``path``, and another one while it is being read back.

    Whoever takes first moves the file aside under its lock, so that nobody who appends waits for a database; the lock
    goes along with the file, and is the takers' from then on. What a killed taker left aside is taken before the rest.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".spill.jsonl")
        self._aside = database.with_name(database.name + ".spill.taken.jsonl")

    @property
    def files(self) -> tuple[Path, Path]:
        """Where records may be; whoever copies them in this order misses none that is just moved."""
        return self.path, self._aside

    @property
    def empty(self) -> bool:
        """Nothing waits here, nor is just being taken."""
        return not any(path.exists() for path in self.files)

    def records(self) -> list[Record]:
        """What waits here now, for whoever only looks. Raises OSError."""
        found: list[Record] = []
        for path in self.files:
            with contextlib.suppress(FileNotFoundError):
                found += _parse(path.read_text(encoding="utf-8", errors="replace"))[0]
        return found

    def append(self, records: Iterable[Record]) -> None:
        """Write whole lines, or nothing. Raises OSError."""
        text = "".join(to_line(record) + "\n" for record in records).encode()
        with self._locked(self.path, os.O_RDWR | os.O_CREAT) as descriptor:
            size = os.lseek(descriptor, 0, os.SEEK_END)
            try:
                written = 0
                while written < len(text):
                    written += os.write(descriptor, text[written:])
            except OSError:
                os.ftruncate(descriptor, size)  # half a line would spoil the next one
                raise

    def take(self, keep: Callable[[Sequence[Record]], None], *, wait: bool = True) -> Taken:
        """Give all records to ``keep``, the oldest first; what it took without an error is removed.

        Raises what ``keep`` does, OSError, and BlockingIOError when another process is taking now and ``wait`` is
        false; what was not kept stays.
        """
        count, unreadable, last = 0, list[str](), False
        while not last:
            with contextlib.ExitStack() as stack:
                found = self._oldest(stack, wait)
                if found is None:
                    break
                descriptor, last = found
                with os.fdopen(os.dup(descriptor), "rb") as file:
                    records, bad = _parse(file.read().decode("utf-8", "replace"))
                keep(records)
                self._aside.unlink(missing_ok=True)
                count, unreadable = count + len(records), unreadable + bad
        return Taken(count, unreadable)

    def _oldest(self, stack: contextlib.ExitStack, wait: bool) -> tuple[int, bool] | None:
        """Lock what was left aside, or move the file itself there (True); None when there is neither."""
        while True:
            for path in (self._aside, self.path):
                with contextlib.suppress(FileNotFoundError):
                    descriptor = stack.enter_context(self._locked(path, os.O_RDWR, wait=wait))
                    break
            else:
                return None
            if path == self._aside:
                return descriptor, False
            if not self._aside.exists():
                self.path.rename(self._aside)
                return descriptor, True
            stack.close()  # somebody moved the one before aside since we looked there

    @contextlib.contextmanager
    def _locked(self, path: Path, flags: int, *, wait: bool = True) -> Iterator[int]:
        """The file that lies at ``path``; one that was moved away or removed is not waited for."""
        while True:
            descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
            try:
                if _lock(descriptor) and _lies_at(path, descriptor):
                    yield descriptor
                    return
            finally:
                os.close(descriptor)
            if not wait:
                raise BlockingIOError(errno.EAGAIN, "another process has it now", str(path))
            time.sleep(_LOOK_S)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lies_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _parse(text: str) -> tuple[list[Record], list[str]]:
    records: list[Record] = []
    unreadable: list[str] = []
    for line in filter(None, text.split("\n")):  # splitlines() would also break at U+2028
        try:
            records.append(from_line(line))
        except (ValueError, KeyError, TypeError):
            unreadable.append(line)
    return records, unreadable
