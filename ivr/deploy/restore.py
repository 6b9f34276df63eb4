"""A backup put back: proved whole first, then moved into place in one step, never over data that is there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from ivr.config import Config
from ivr.deploy.archive import Manifest, Reader
from ivr.deploy.backup import describe, outside
from ivr.errors import BackupError
from ivr.office import audit
from ivr.office import database as office
from ivr.quality import index_steps, register
from ivr.store import migrations
from ivr.vault import catalogue

Progress = Callable[[int, int, str], None]

KNOWN_STEPS: Final[Mapping[str, frozenset[str]]] = {
    steps.name: frozenset(step.name for step in steps.pending(Database(memory=True)))
    for steps in (migrations.STEPS, office.STEPS, catalogue.STEPS, audit.STEPS, register.STEPS, index_steps.STEPS)
}
"""Steps that this version knows, by set of steps."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. ``kept``: settings whose file was there already, with other content, and stayed."""

    manifest: Manifest
    written: tuple[Path, ...]
    kept: tuple[str, ...]


def saved_configuration(archive: Path, target: Path) -> bool:
    """Write the archive's configuration file to ``target``, which does not exist; False when it holds none.

    Raises:
        BackupError: the archive is damaged, or ``target`` can't be written.
    """
    with contextlib.closing(Reader(archive)) as reader:
        for name, pieces in reader.files(lambda _count: None):
            if name == "settings/ivr.toml":
                text = b"".join(pieces)
                try:
                    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                        file.write(text)
                except OSError as error:
                    remedy = "Give the path of a file in a folder that is there and yours"
                    raise BackupError(target, f"can't be written ({error.strerror})", remedy) from error
                return True
    return False


def verify(archive: Path, progress: Progress = lambda _done, _total, _what: None) -> Manifest:
    """Read all of an archive and prove it, without writing anything but a passing copy of its databases.

    Raises:
        BackupError: damaged, no archive of ours, or newer than this version.
    """
    with contextlib.closing(Reader(archive)) as reader, tempfile.TemporaryDirectory() as folder:
        _refuse_newer(archive, reader.manifest)
        for name, pieces in _shown(reader, progress):
            if name in reader.manifest.databases:
                copy = Path(folder) / "database"
                _write(copy, pieces)
                _check_database(archive, reader.manifest, name, copy)
                copy.unlink()
            else:
                for _ in pieces:
                    pass
        return reader.manifest


def restore(archive: Path, config: Config, progress: Progress = lambda _done, _total, _what: None) -> Restored:
    """Put the data folder back, and files of settings that are not there.

    Raises:
        BackupError: the data folder holds something, the archive is damaged or newer, or the disk refuses.
    """
    target = config.line.data_dir
    with contextlib.closing(Reader(archive)) as reader:
        _refuse_newer(archive, reader.manifest)
        try:
            if target.exists() and (not target.is_dir() or any(target.iterdir())):
                remedy = "Stop the line and move that folder away; a backup is put into an empty place only"
                raise BackupError(target, "is not empty", remedy)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
            try:
                for name, pieces in _shown(reader, progress):
                    path = staging / name
                    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    _write(path, pieces)
                    if name in reader.manifest.databases:
                        _check_database(archive, reader.manifest, name, path)
                for name in reader.manifest.left_out.keys() & reader.manifest.files.keys():
                    (staging / name).unlink(missing_ok=True)  # erased while the backup was made
                written, kept = _place(staging, target, config)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
        except OSError as error:
            remedy = "See that its folder is yours and that the disk has room"
            raise BackupError(target, f"can't be written ({error.strerror or error})", remedy) from error
        return Restored(reader.manifest, tuple(written), tuple(kept))


def _place(staging: Path, target: Path, config: Config) -> tuple[list[Path], list[str]]:
    """Everything was proved: move it to where it belongs."""
    keys = staging / "keys" / "data"
    if keys.is_dir():
        shutil.copytree(keys, staging / "data", dirs_exist_ok=True)
        shutil.rmtree(keys)
    written, kept = [target], []
    places = {one.setting: one.path for one in outside(config)}
    for room in ("settings", "keys"):
        for source in sorted((staging / room).iterdir()) if (staging / room).is_dir() else ():
            if source.name == "ivr.toml":
                continue
            place = places.get(source.name)
            if place is None:
                kept.append(f"{source.name}: this configuration does not name it")
            elif place.exists():
                if not _same(source, place):
                    kept.append(f"{source.name}: {place} is there and differs")
            elif place.is_relative_to(target):
                inside = staging / "data" / place.relative_to(target)
                inside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.move(source, inside)
            else:
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.move(source, place)
                written.append(place)
    (staging / "data").chmod(0o700)
    if target.exists():
        target.rmdir()
    (staging / "data").rename(target)
    return written, kept


def _same(one: Path, other: Path) -> bool:
    if one.is_dir():
        return all(_same(path, other / path.relative_to(one)) for path in one.rglob("*") if path.is_file())
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _shown(reader: Reader, progress: Progress) -> Iterator[tuple[str, Iterator[bytes]]]:
    total, done, what = reader.manifest.size, 0, ""

    def advanced(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total, what)

    for name, pieces in reader.files(advanced):
        what = Path(name).name
        yield name, pieces


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _check_database(archive: Path, manifest: Manifest, name: str, path: Path) -> None:
    try:
        found = describe(path)
    except sqlite3.Error as error:
        raise BackupError(archive, f"{name} is damaged ({error})", "Take an older backup") from error
    if found != manifest.databases[name]:
        raise BackupError(archive, f"{name} does not hold the rows that its manifest counts", "Take an older backup")


def _refuse_newer(archive: Path, manifest: Manifest) -> None:
    for name, database in manifest.databases.items():
        for group, steps in database.steps.items():
            newer = sorted(set(steps) - KNOWN_STEPS.get(group, frozenset()))
            if newer:
                raise BackupError(
                    archive,
                    f"{name} was made by a newer version of this program (step {newer[-1]}, {manifest.program})",
                    "Install that version, and restore with it",
                )
