"""The folder in which sealed recordings lie, behind a port: other stores can take its place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from ivr.errors import VaultError

SUFFIX: Final = ".sealed"
_PART: Final = ".part"


class Shelf(Protocol):
    """Names are recordings' ids. Every method may raise VaultError."""

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> int:
        """Keep what ``write`` writes, whole or not at all; returns its number of bytes."""

    def open(self, name: str) -> BinaryIO: ...

    def remove(self, name: str) -> None:
        """Gone; nothing happens when it is gone already."""

    def names(self) -> Iterator[str]: ...


class Folder:
    """Files of the line's user only, in a folder of the line's user only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> int:
        final = self._file(name)
        unfinished = final.with_name(final.name + _PART)
        try:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    write(file)
                    size = file.tell()
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(final)
            finally:
                unfinished.unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            remedy = "Free disk space, and see that the folder is the line's own"
            raise VaultError(name, f"can't be kept ({error.strerror})", remedy) from error
        return size

    def open(self, name: str) -> BinaryIO:
        try:
            return self._file(name).open("rb")
        except OSError as error:
            raise VaultError(name, f"can't be opened ({error.strerror})", "Look in the backup") from error

    def remove(self, name: str) -> None:
        try:
            self._file(name).unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise VaultError(name, f"can't be removed ({error.strerror})", "Remove the file by hand") from error

    def names(self) -> Iterator[str]:
        if self._path.is_dir():
            yield from sorted(path.name.removesuffix(SUFFIX) for path in self._path.glob(f"*{SUFFIX}"))

    def _file(self, name: str) -> Path:
        if not name or name.startswith(".") or Path(name).name != name:
            raise VaultError(name, "is no name of a recording", "Names come from the catalogue")
        return self._path / f"{name}{SUFFIX}"

    def _sync(self) -> None:
        with contextlib.suppress(OSError):  # some file systems can't sync a folder
            folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
