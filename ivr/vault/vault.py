"""The vault: takes finished recordings in, gives their sound out piece by piece, erases, verifies, changes keys."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ivr.errors import VaultError
from ivr.vault import flac
from ivr.vault.catalogue import Catalogue, Certificate, Kept
from ivr.vault.keys import MasterKeys
from ivr.vault.sealed import SealedReader, new_key, seal
from ivr.vault.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as the catalogue says."""

    name: str
    problem: str
    remedy: str


class Vault:
    """Use it in one thread. ``utcnow`` is injected.

    Raises (every method): VaultError, StoreError.
    """

    def __init__(self, catalogue: Catalogue, shelf: Shelf, keys: MasterKeys, utcnow: Callable[[], datetime]) -> None:
        self._catalogue, self._shelf, self._keys, self._utcnow = catalogue, shelf, keys, utcnow

    def take_in(self, wav: Path, call_id: str, state: str, masks: Iterable[tuple[float, float]] = ()) -> Kept:
        """Seal a finished recording and, only after it was read back whole, remove the file that came in.

        A fall in between leaves the WAV file: it is taken in again, and what lay there half-done is replaced.
        """
        name = wav.stem
        known = self._catalogue.get(name)
        if known is None:
            known = self._seal(wav, name, call_id, state, tuple(masks))
        else:
            self._check(known, deep=True)
        wav.unlink(missing_ok=True)  # whoever erases a call removes its sound from the folder, too
        return known

    def _seal(self, wav: Path, name: str, call_id: str, state: str, masks: tuple[tuple[float, float], ...]) -> Kept:
        sound, length = flac.encode(wav)
        key = new_key()
        plain_key = bytes.fromhex(key.reveal())
        size = self._shelf.put(name, lambda file: seal(sound, file, plain_key, name))
        with closing(self._shelf.open(name)) as sealed:
            back = io.BytesIO(b"".join(SealedReader(sealed, plain_key, name).read()))
            if flac.frames(back) != length:
                raise VaultError(name, "is not what it was when read back", "The file that came in is kept; try again")
            digest = _digest(sealed)
        master, wrapped = self._keys.wrap(key)
        kept = Kept(name, call_id, self._utcnow(), state, length, size, digest, masks, master, wrapped)
        self._catalogue.add(kept)
        return kept

    def kept(self, name: str) -> Kept | None:
        """What the catalogue says of a recording; None: it is not here."""
        return self._catalogue.get(name)

    def size(self, name: str) -> int:
        """Number of FLAC bytes."""
        with closing(self._shelf.open(name)) as sealed:
            return self._reader(self._known(name), sealed).size

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """FLAC bytes from ``start``, piece by piece: what a player asks for, no more is decrypted."""
        kept = self._known(name)
        with closing(self._shelf.open(name)) as sealed:
            yield from self._reader(kept, sealed).read(start, length)

    def erase(self, name: str, by: str, reason: str) -> Certificate:
        """Destroy the key, then the file. A recording under legal hold stays."""
        kept = self._known(name)
        if kept.held:
            raise VaultError(name, f"is held ({kept.held})", "Release the hold first: ivr recordings hold --release")
        certificate = self._catalogue.erase(kept, self._utcnow(), by, reason)
        self._shelf.remove(name)
        return certificate

    def leftovers(self) -> list[str]:
        """Files that an interrupted erasure left: their keys are destroyed, and nothing will ever open them."""
        kept = {one.name for one in self._catalogue.all()}
        erased = {one.name for one in self._catalogue.certificates()}
        return [name for name in self._shelf.names() if name in erased - kept]

    def sweep(self, name: str) -> None:
        """Remove one of the :meth:`leftovers`."""
        if name in self.leftovers():
            self._shelf.remove(name)

    def hold(self, name: str, reason: str) -> None:
        """Keep it whatever the rules say; an empty ``reason`` lets it go."""
        if not self._catalogue.hold(name, reason):
            raise _missing(name)

    def rotate(self) -> int:
        """Wrap every key that an older master key wrapped anew; returns how many. The sound is not touched."""
        changed = 0
        for kept in self._catalogue.all():
            if kept.master != self._keys.present:
                master, wrapped = self._keys.wrap(self._keys.unwrap(kept.master, kept.wrapped, kept.name))
                self._catalogue.rewrap(kept.name, master, wrapped)
                changed += 1
        return changed

    def verify(self, *, deep: bool = True) -> Iterator[Fault]:
        """Every recording that is missing, damaged, unreadable or unknown; ``deep`` decrypts all of each."""
        there = set(self._shelf.names())
        known = set()
        for kept in self._catalogue.all():
            known.add(kept.name)
            if kept.name not in there:
                yield Fault(kept.name, "is in the catalogue, its file is missing", "Put it back from the backup")
                continue
            try:
                self._check(kept, deep=deep)
            except VaultError as error:
                yield Fault(kept.name, error.problem, error.remedy)
        for name in sorted(there - known):
            problem = "lies there and is not in the catalogue"
            yield Fault(name, problem, "Put the catalogue back from the backup, or remove the file")

    def _check(self, kept: Kept, *, deep: bool) -> None:
        with closing(self._shelf.open(kept.name)) as sealed:
            reader = self._reader(kept, sealed)
            if deep:
                for _ in reader.read():
                    pass
                if _digest(sealed) != kept.sha256:
                    raise VaultError(kept.name, "is another file than the one that was kept", "Look in the backup")

    def _reader(self, kept: Kept, sealed: BinaryIO) -> SealedReader:
        key = self._keys.unwrap(kept.master, kept.wrapped, kept.name)
        return SealedReader(sealed, bytes.fromhex(key.reveal()), kept.name)

    def _known(self, name: str) -> Kept:
        kept = self._catalogue.get(name)
        if kept is None:
            raise _missing(name)
        return kept


def _missing(name: str) -> VaultError:
    return VaultError(
        name, "is not in the vault", "ivr recordings list names what is; certificates tell what was erased"
    )


def _digest(sealed: BinaryIO) -> str:
    sealed.seek(0)
    return hashlib.file_digest(sealed, "sha256").hexdigest()  # type: ignore[arg-type]  # any reader will do
