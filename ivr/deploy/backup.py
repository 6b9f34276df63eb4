"""A backup of a line that goes on taking calls.

All databases are read at one moment: a read transaction is opened on each before the
first is copied, and SQLite's online backup copies what that transaction sees; in WAL
mode no writer waits for it. Recordings come after the journal, open ones before the
vault's catalogue and sealed ones after it: a recording that is sealed meanwhile is in
the archive at least once. What is being written when its turn comes is cut at the
length it then has; ``ivr serve`` makes such recordings whole when it starts.
"""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ivr import __version__
from ivr.config import Config
from ivr.deploy.archive import Manifest, Snapshot, Writer
from ivr.errors import BackupError
from ivr.paths import ROOT
from ivr.processes.lock import LOCK_NAME
from ivr.store.schema import timestamp
from ivr.store.spill import Spill
from ivr.vault.shelf import SUFFIX

Progress = Callable[[int, int, str], None]
"""bytes done, bytes in all (an estimate while databases grow), what is being copied."""

LAST_NAME: Final = "backup.json"
"""In the data folder: when the last backup was made; not part of any backup."""

_PASSING: Final = (LOCK_NAME, "parts.json", LAST_NAME)
_PASSING_ENDS: Final = ("-wal", "-shm", "-journal", ".tmp", f"{SUFFIX}.part", ".sock")
_KEY_ENDS: Final = (".key", ".keys")
_MADE_AGAIN: Final = ("line.data_dir", "speech.model", "speech.piper_model", "speech.prompt_cache")
_PUBLIC_FILES: Final = (
    "registry.ca_file", "registry.cert_file", "proxy.tls_ca_file", "mqtt.ca_file", "upstream.ca_file",
)  # fmt: skip
_SQLITE: Final = b"SQLite format 3\0"
_IN_MEMORY: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outside:
    """A path that the configuration names outside the data folder: ``setting`` as ``section.key``."""

    setting: str
    path: Path
    secret: bool


def outside(config: Config) -> Iterator[Outside]:
    """Every file and folder that the settings name and a release does not bring."""
    for section, settings in config:
        for key in getattr(type(settings), "model_fields", ()):
            path, setting = getattr(settings, key), f"{section}.{key}"
            if not isinstance(path, Path) or setting in _MADE_AGAIN or path.is_relative_to(ROOT):
                continue
            secret = key.endswith("_file") and setting not in _PUBLIC_FILES
            if secret or not path.is_relative_to(config.line.data_dir):
                yield Outside(setting, path, secret)


def back_up(
    config: Config,
    target: Path,
    at: datetime,
    *,
    source: Path | None,
    with_keys: bool = False,
    progress: Progress = lambda _done, _total, _what: None,
) -> Manifest:
    """Write ``target``, readable by its owner only, whole or not at all; the line may run meanwhile.

    ``source``: the configuration's file. ``with_keys``: also keys and passwords, which otherwise are only named.

    Raises:
        BackupError: ``target`` exists or can't be written, there is nothing to save, or a database is damaged.
    """
    if target.exists():
        raise BackupError(target, "is there already", "Name another file: a backup is never overwritten")
    if not config.journal_path.exists():
        remedy = "Give the configuration (--config) of the line whose data it is"
        raise BackupError(config.line.data_dir, "holds no journal", remedy)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, tempfile.TemporaryDirectory(dir=target.parent) as folder:
            taking = _Taking(config, Path(folder), {target, unfinished}, progress, with_keys=with_keys)
            taking.files = Writer(file, taking.advanced)
            manifest = taking.all(source, at)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    except OSError as error:
        remedy = "See that the folder exists, is yours and has room for the line's data"
        raise BackupError(target, f"can't be written ({error.strerror or error})", remedy) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


class _Taking:
    """One backup on its way."""

    files: Writer

    def __init__(self, config: Config, folder: Path, own: set[Path], progress: Progress, *, with_keys: bool) -> None:
        self._config, self._folder, self._progress, self._with_keys = config, folder, progress, with_keys
        self._own = {path.resolve() for path in own}
        self._data = config.line.data_dir
        self._catalogue = config.vault_dir / "catalogue.db"
        self._secrets = {one.path.resolve(): one for one in outside(config) if one.secret}
        self._databases: dict[str, Snapshot] = {}
        self._missing: dict[str, str] = {}
        self._left_out: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._done = self._total = 0
        self._what = ""

    def advanced(self, count: int) -> None:
        self._done += count
        self._progress(self._done, max(self._total, self._done), self._what)

    def all(self, source: Path | None, at: datetime) -> Manifest:
        """Everything, in the order that this module's head explains."""
        known = list(self._regular(self._data))
        self._total = sum(size for _, size in known)
        sealed_dir = self._config.vault_dir / "sealed"
        databases = [path for path, _ in known if _is_database(path) and path != self._catalogue]
        open_dir = self._config.recordings_dir
        spill = Spill(self._config.journal_path).files
        apart = {*databases, *spill, self._catalogue}
        kept_apart = (open_dir, sealed_dir)
        others = [path for path, _ in known if path not in apart and not any(map(path.is_relative_to, kept_apart))]
        for path in (*others, *spill):  # the feed's cursor and the spill before the journal: twice is better than never
            self._file(f"data/{path.relative_to(self._data)}", path)
        self._snapshots(databases)
        # Looked for again: a call that began since then is in the journal's snapshot, and may not be sealed for long.
        for path, _ in self._regular(open_dir):
            self._file(f"data/{path.relative_to(self._data)}", path)
        self._sealed(sealed_dir)
        self._settings(source)
        self._count()
        manifest = Manifest(
            program=__version__,
            made_at=timestamp(at),
            node=self._config.line.node,
            with_keys=self._with_keys,
            counts=self._counts,
            files=self.files.files,
            databases=self._databases,
            missing_keys=self._missing,
            left_out=self._left_out,
        )
        self.files.finish(manifest)
        return manifest

    def _regular(self, folder: Path) -> Iterator[tuple[Path, int]]:
        """Files in the data folder, or in a folder of it, that belong into a backup, with their sizes, in order."""
        for at, folders, names in os.walk(folder):
            here = Path(at)
            folders[:] = sorted(name for name in folders if here / name != self._config.prompt_cache_dir)
            for name in sorted(names):
                path = here / name
                if name in _PASSING or name.endswith(_PASSING_ENDS) or path.resolve() in self._own:
                    continue
                with contextlib.suppress(FileNotFoundError):
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode):
                        yield path, status.st_size
                    elif stat.S_ISLNK(status.st_mode):
                        self._left_out[f"data/{path.relative_to(self._data)}"] = "is a link"

    def _file(self, name: str, path: Path) -> None:
        """One file; a key only when keys were asked for; nothing when it is gone by now."""
        known = self._secrets.get(path.resolve())
        if known is not None and not name.startswith("keys/"):
            return  # it goes by its setting's name
        if name.startswith("data/") and name.endswith(_KEY_ENDS):
            if not self._with_keys:
                self._missing[name.removeprefix("data/")] = str(path)
                return
            name = f"keys/{name}"
        self._what = path.name
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= _IN_MEMORY:  # small files may be written anew at any time: read them at one go
                whole = file.read()
                self.files.add(name, io.BytesIO(whole), len(whole))
            else:
                self.files.add(name, file, size)

    def _snapshots(self, paths: list[Path]) -> None:
        """The databases, all as they were at the same moment."""
        with contextlib.ExitStack() as stack:
            connections = []
            for path in paths:
                try:
                    connection = stack.enter_context(contextlib.closing(_connect(path)))
                    connection.execute("BEGIN")
                    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                except sqlite3.Error as error:
                    raise _unreadable(path, error) from error
                connections.append((path, connection))
            for path, connection in connections:
                self._snapshot(path, connection)

    def _snapshot(self, path: Path, connection: sqlite3.Connection) -> None:
        name = f"data/{path.relative_to(self._data)}" if path.is_relative_to(self._data) else str(path)
        copy = self._folder / f"{len(self._databases)}-{path.name}"
        self._what = path.name
        try:
            with contextlib.closing(sqlite3.connect(copy)) as target:
                connection.backup(target)
        except sqlite3.Error as error:
            raise _unreadable(path, error) from error
        self._add_database(name, path, copy)

    def _add_database(self, name: str, path: Path, copy: Path) -> None:
        try:
            self._databases[name] = describe(copy)
        except sqlite3.Error as error:
            raise _unreadable(path, error) from error
        with copy.open("rb") as file:
            self.files.add(name, file, copy.stat().st_size)
        if path == self._config.journal_path:
            with contextlib.closing(_connect(copy, immutable=True)) as journal:
                self._counts["calls"] = journal.execute("SELECT count(DISTINCT call_id) FROM events").fetchone()[0]
        copy.unlink()

    def _sealed(self, folder: Path) -> None:
        """The catalogue, and each recording that it names; what was erased meanwhile needs a newer catalogue."""
        if not self._catalogue.exists():
            return
        copied: set[str] = set()
        copy = self._folder / "catalogue.db"
        for last in (False, False, True):
            copy.unlink(missing_ok=True)
            with (
                contextlib.closing(_connect(self._catalogue)) as source,
                contextlib.closing(sqlite3.connect(copy)) as target,
            ):
                try:
                    source.backup(target)
                    names = {str(row[0]) for row in target.execute("SELECT name FROM recordings")}
                except sqlite3.Error as error:
                    raise _unreadable(self._catalogue, error) from error
            for name in sorted(names - copied):
                member = f"data/{(folder / name).relative_to(self._data)}{SUFFIX}"
                self._file(member, folder / f"{name}{SUFFIX}")
                if member in self.files.files:
                    copied.add(name)
            if names <= copied or last:
                break
        place = folder.relative_to(self._data)
        for name in sorted(names - copied):
            self._left_out[f"data/{place}/{name}{SUFFIX}"] = "is in the catalogue, its file is missing"
        for name in sorted(copied - names):
            self._left_out[f"data/{place}/{name}{SUFFIX}"] = "was erased while the backup was made"
        self._counts["sealed"] = len(copied & names)
        self._add_database(f"data/{self._catalogue.relative_to(self._data)}", self._catalogue, copy)

    def _settings(self, source: Path | None) -> None:
        if source is not None:
            self._file("settings/ivr.toml", source)
        for one in outside(self._config):
            if one.secret and not self._with_keys:
                self._missing[one.setting] = str(one.path)
            elif _is_database(one.path):
                self._outside_database(one)
            elif one.path.is_dir():
                for path in sorted(path for path in one.path.rglob("*") if path.is_file()):
                    self._file(f"settings/{one.setting}/{path.relative_to(one.path)}", path)
            elif one.path.exists():
                self._file(f"{'keys' if one.secret else 'settings'}/{one.setting}", one.path)
            else:
                self._left_out[one.setting] = f"{one.path} is not there"

    def _outside_database(self, one: Outside) -> None:
        copy = self._folder / one.setting
        try:
            with contextlib.closing(_connect(one.path)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise _unreadable(one.path, error) from error
        self._add_database(f"settings/{one.setting}", one.path, copy)

    def _count(self) -> None:
        journal = self._databases[f"data/{self._config.journal_path.relative_to(self._data)}"]
        self._counts["events"] = journal.tables.get("events", 0)
        folder = f"data/{self._config.recordings_dir.relative_to(self._data)}/"
        names = [name for name in self.files.files if name.startswith(folder)]
        self._counts["recordings"] = sum(name.endswith(".wav") for name in names)
        self._counts["unfinished"] = sum(name.endswith(".part") for name in names)


def describe(path: Path) -> Snapshot:
    """Steps and rows of a database that nobody writes. Raises sqlite3.DatabaseError when it is damaged."""
    with contextlib.closing(_connect(path, immutable=True)) as database:
        sound = database.execute("PRAGMA quick_check").fetchone()[0]
        if sound != "ok":
            raise sqlite3.DatabaseError(sound)
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        tables = [str(row[0]) for row in rows]
        counts = {
            table: int(database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608  (its own tables)
            for table in sorted(tables)
        }
        steps: dict[str, list[str]] = {}
        if "_sqlite_migrations" in tables:
            for group, name in database.execute("SELECT migration_set, name FROM _sqlite_migrations ORDER BY name"):
                steps.setdefault(group, []).append(name)
    return Snapshot(steps, counts)


def public(manifest: Manifest) -> Mapping[str, object]:
    """What ``--json`` and :data:`LAST_NAME` tell of a backup: no file names, so no calls."""
    return {
        "made_at": manifest.made_at,
        "node": manifest.node,
        "program": manifest.program,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "with_keys": manifest.with_keys,
        **manifest.counts,
        "missing_keys": dict(manifest.missing_keys),
        "left_out": len(manifest.left_out),
    }


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def _connect(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    mode = "mode=ro&immutable=1" if immutable else "mode=rw"
    return sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=10.0)


def _unreadable(path: Path, error: Exception) -> BackupError:
    return BackupError(path, f"can't be saved ({error})", "Repair or remove this database; no backup was made")
