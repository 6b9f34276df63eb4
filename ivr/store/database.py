"""Opening the line's database: created, upgraded, shared between processes.

SQLite in WAL mode with ``synchronous=NORMAL``: readers never wait for the
writer, and what a killed process had committed is there; only a power cut may
take the last transactions. The file is readable by its owner only.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from ivr.errors import StoreError
from ivr.store.migrations import STEPS


class StoreDatabase(Database):
    """A connection that knows its file, and whether a :func:`writing` is open. Use it in the thread that opened it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.path = path
        self.writes = False
        self._identity = _identity(path)

    def replaced(self) -> bool:
        """The file was deleted, or another one lies in its place; this connection sees the old one."""
        return _identity(self.path) != self._identity


def open_database(path: Path, *, create: bool = True, busy_s: float = 5.0, steps: Migrations = STEPS) -> StoreDatabase:
    """Open the database, upgrading an older one by ``steps``; ``busy_s`` is how long to wait for other writers.

    Raises:
        StoreError: missing (and ``create`` is false), unreadable, no database at all, or newer than this code.
    """
    try:
        if create:
            _create(path)
        elif not path.exists():
            raise StoreError(
                path,
                "there is no journal here",
                "Give the configuration (--config) of the line that took the calls, or start it once with ivr serve",
            )
        connection = sqlite3.connect(path, timeout=busy_s)
    except (sqlite3.Error, OSError) as error:
        raise store_error(path, error) from error
    try:
        database = StoreDatabase(path, connection)
        _into_wal(database, busy_s)
        database.execute("PRAGMA synchronous=NORMAL")
        _upgrade(database, steps)
    except sqlite3.Error as error:
        connection.close()
        raise store_error(path, error) from error
    except StoreError:
        connection.close()
        raise
    return database


@contextlib.contextmanager
def writing(database: StoreDatabase) -> Iterator[None]:
    """One transaction that takes the write lock at its start, so that it can't fail half-way for a lock.

    Inside another one it is a part of that.
    """
    if database.writes:
        yield
        return
    database.conn.execute("BEGIN IMMEDIATE")
    database.writes = True
    try:
        yield
        database.conn.execute("COMMIT")
    except BaseException:
        if database.conn.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                database.conn.execute("ROLLBACK")
        raise
    finally:
        database.writes = False


@contextlib.contextmanager
def waiting(database: StoreDatabase, most_s: float, usual_s: float) -> Iterator[None]:
    """Within the block other writers' locks are waited for no longer than ``most_s``, afterwards ``usual_s``."""
    database.execute(f"PRAGMA busy_timeout={round(most_s * 1000)}")
    try:
        yield
    finally:
        database.execute(f"PRAGMA busy_timeout={round(usual_s * 1000)}")


def store_error(path: Path, error: Exception) -> StoreError:
    """What a fault of SQLite or of the file system means to an operator."""
    text = str(error)
    if isinstance(error, OSError):
        text = error.strerror or text
    remedy = "See that the folder exists, that the line's user may write there, and that the disk works"
    if "locked" in text or "busy" in text:
        remedy = "End the program that keeps it locked"
    elif "not a database" in text or "malformed" in text:
        remedy = "Move the file away: a new one is made, and events of live calls are written again"
    elif "full" in text or "No space" in text:
        remedy = "Free disk space"
    return StoreError(path, f"can't be used ({text})", remedy)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # SQLite would take the umask; its -wal and -shm files copy the mode of this one.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _into_wal(database: StoreDatabase, busy_s: float) -> None:
    """WAL mode. SQLite doesn't wait for others while it changes the mode, so whoever opens at the same time does."""
    deadline = time.monotonic() + busy_s
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)


def _upgrade(database: StoreDatabase, steps: Migrations) -> None:
    known = {step.name for step in steps.pending(Database(memory=True))}
    applied = {step.name for step in steps.applied(database)}
    newer = sorted(applied - known)
    if newer:
        raise StoreError(
            database.path,
            f"was made by a newer version of this program (step {newer[-1]})",
            "Install that version again, or restore the backup made before the upgrade",
        )
    if applied != known:
        with writing(database):  # a second process waits here and then finds nothing to do
            steps.apply(database)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
