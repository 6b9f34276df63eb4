"""The form of a backup: a tar file of plain members whose last one says what all of them are.

::

    data/…                     the data folder; databases are snapshots, never copies of files in use
    settings/ivr.toml          the configuration's file
    settings/<section>.<key>…  files and folders that it names outside the data folder and the project
    keys/<section>.<key>       key and password files, only when they were asked for
    keys/data/…                keys that lie in the data folder, likewise
    manifest-<sha256>.json     last: sizes, checksums, databases' steps and counts; its name is its checksum

A file that was cut off has no manifest, a changed member or manifest has another
checksum: what can't be believed whole is refused before anything is put back. The
archive is not encrypted and not signed: keep it as carefully as the line's own disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from ivr.errors import BackupError

FORMAT: Final = 1
_MANIFEST: Final = re.compile(r"^manifest-([0-9a-f]{64})\.json$")
_BLOCK: Final = 1024 * 1024
_MAX_MANIFEST: Final = 256 * 1024 * 1024
_ROOMS: Final = ("data", "settings", "keys")

Progress = Callable[[int], None]
"""Told the number of bytes that were just dealt with."""


@dataclass(frozen=True, slots=True)
class Member:
    """Bytes and SHA-256 of one file."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database: names of applied steps by set of steps, rows by table."""

    steps: Mapping[str, list[str]]
    tables: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. ``missing_keys``: path by setting, of keys that were left out on purpose."""

    program: str
    made_at: str
    node: str
    with_keys: bool
    counts: Mapping[str, int]
    files: Mapping[str, Member]
    databases: Mapping[str, Snapshot]
    missing_keys: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Of all files together."""
        return sum(member.bytes for member in self.files.values())

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode()


class Writer:
    """Appends members to an archive; :meth:`finish` makes it one that can be believed. Raises OSError."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  (closed in finish)
        self._progress = progress
        self.files: dict[str, Member] = {}

    def add(self, name: str, source: BinaryIO, size: int) -> None:
        """Write the first ``size`` bytes of ``source``. Raises OSError when it has fewer."""
        reader = _Hashing(source, self._progress)
        self._tar.addfile(_info(name, size), reader)
        self.files[name] = Member(size, reader.digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the end of the archive."""
        text = manifest.to_json()
        self._tar.addfile(_info(f"manifest-{hashlib.sha256(text).hexdigest()}.json", len(text)), io.BytesIO(text))
        self._tar.close()


class Reader:
    """An archive that is proved while it is read.

    Raises:
        BackupError: no archive of ours, cut off, changed, or of a newer format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._tar = tarfile.open(path, mode="r:")  # noqa: SIM115  (closed by close)
            self._members = self._tar.getmembers()
        except OSError as error:
            raise BackupError(path, f"can't be read ({error.strerror})", "Give the path of a backup") from error
        except tarfile.TarError as error:
            raise self._damaged("is cut off or no backup") from error
        self.manifest = self._read_manifest()

    def close(self) -> None:
        self._tar.close()

    def files(self, progress: Progress) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Every file's name and its bytes; the last piece of a file is only given when its checksum was right."""
        for member in self._members[:-1]:
            yield member.name, self._pieces(member, progress)

    def _pieces(self, member: tarfile.TarInfo, progress: Progress) -> Iterator[bytes]:
        expected = self.manifest.files[member.name]
        digest = hashlib.sha256()
        held = b""
        try:
            source = self._tar.extractfile(member)
            assert source is not None  # noqa: S101  (only regular files pass _read_manifest)
            while piece := source.read(_BLOCK):
                if held:
                    yield held
                digest.update(piece)
                progress(len(piece))
                held = piece
        except (OSError, tarfile.TarError) as error:
            raise self._damaged(f"{member.name} can't be read") from error
        if digest.hexdigest() != expected.sha256:
            raise self._damaged(f"{member.name} has another checksum than when it was saved")
        yield held

    def _read_manifest(self) -> Manifest:
        last = self._members[-1] if self._members else None
        named = _MANIFEST.match(last.name) if last is not None else None
        if last is None or named is None or not last.isreg() or last.size > _MAX_MANIFEST:
            raise self._damaged("has no manifest at its end: it is cut off, or no backup")
        try:
            source = self._tar.extractfile(last)
            text = source.read() if source is not None else b""
        except (OSError, tarfile.TarError) as error:
            raise self._damaged("its manifest can't be read") from error
        if hashlib.sha256(text).hexdigest() != named[1]:
            raise self._damaged("its manifest was changed")
        manifest = self._parsed(text)
        there = {member.name: member for member in self._members[:-1]}
        if len(there) != len(self._members) - 1 or set(there) != set(manifest.files):
            raise self._damaged("does not hold the files that its manifest names")
        for name, member in there.items():
            if not member.isreg() or member.size != manifest.files[name].bytes or not _safe(name):
                raise self._damaged(f"{name} is not the file that the manifest names")
        return manifest

    def _parsed(self, text: bytes) -> Manifest:
        try:
            fields: dict[str, Any] = json.loads(text)
            number = fields.pop("format")
            if number != FORMAT:
                raise BackupError(
                    self._path,
                    f"was made in format {number}; this version reads {FORMAT}",
                    "Install the version that made it, or a newer one",
                )
            files = {name: Member(**member) for name, member in fields.pop("files").items()}
            databases = {name: Snapshot(**one) for name, one in fields.pop("databases").items()}
            return Manifest(**fields, files=files, databases=databases)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged("its manifest is not one of ours") from error

    def _damaged(self, problem: str) -> BackupError:
        return BackupError(
            self._path, problem, "Nothing was put back: take another copy of this backup, or an older one"
        )


class _Hashing:
    """A reader that keeps a checksum of what passed."""

    def __init__(self, source: BinaryIO, progress: Progress) -> None:
        self._source, self._progress = source, progress
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self.digest.update(piece)
        self._progress(len(piece))
        return piece


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def _safe(name: str) -> bool:
    """A path that stays in its room: no way up, nothing absolute."""
    parts = PurePosixPath(name).parts
    return len(parts) >= 2 and parts[0] in _ROOMS and ".." not in parts and str(PurePosixPath(*parts)) == name
