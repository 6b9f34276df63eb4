"""The format of a sealed recording: chunks under AES-256-GCM that can be read from any place.

::

    magic    8 bytes   b"1883seal"
    version  1 byte    1
    prefix   7 bytes   random, begins every nonce of the file
    chunk*             ciphertext of 64 KiB (the last one: of what is left, may be none) + 16 bytes of tag

A chunk's nonce is ``prefix``, its number (4 bytes, big-endian) and 1 for the last
one, else 0 (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár,
2015): chunks can't be swapped, left out, repeated or cut off without a tag failing. The
recording's name is associated data, so a file can't pass for another's.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.errors import VaultError
from ivr.privacy import Secret

KEY_BYTES: Final = 32
CHUNK: Final = 64 * 1024
_MAGIC: Final = b"1883seal\x01"
_PREFIX: Final = 7
_TAG: Final = 16
HEAD: Final = len(_MAGIC) + _PREFIX
_STORED: Final = CHUNK + _TAG
_MAX_CHUNKS: Final = 2**32 - 1


def seal(plain: BinaryIO, sealed: BinaryIO, key: bytes, name: str) -> None:
    """Write ``plain`` from its current place to its end as a sealed file.

    ``key``: 32 bytes that seal nothing else. Raises OSError.
    """
    cipher, prefix = AESGCM(key), os.urandom(_PREFIX)
    sealed.write(_MAGIC + prefix)
    chunk, number = plain.read(CHUNK), 0
    while True:
        following = plain.read(CHUNK) if len(chunk) == CHUNK else b""
        last = not following
        sealed.write(cipher.encrypt(_nonce(prefix, number, last=last), chunk, name.encode()))
        if last:
            return
        chunk, number = following, number + 1


class SealedReader:
    """Reads a sealed file from any place; ``size`` is the number of plain bytes.

    Raises:
        VaultError: no sealed file, cut off, changed, another recording's, or a wrong key. Nothing unproved is returned.
    """

    def __init__(self, sealed: BinaryIO, key: bytes, name: str) -> None:
        self._file, self._cipher, self._name = sealed, AESGCM(key), name
        sealed.seek(0, os.SEEK_END)
        body = sealed.tell() - HEAD
        sealed.seek(0)
        head = sealed.read(HEAD)
        if head[: len(_MAGIC)] != _MAGIC or body < _TAG:
            raise VaultError(name, "is no sealed recording", "Look in the backup")
        self._prefix = head[len(_MAGIC) :]
        self._chunks = max(1, -(-body // _STORED))
        self.size = body - self._chunks * _TAG
        # The last chunk's tag proves how long the file is, before anything of it is believed.
        self._chunk(self._chunks - 1)

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Plain bytes from ``start``, chunk by chunk, ``length`` of them (None: to the end)."""
        end = self.size if length is None else min(self.size, start + length)
        while start < end:
            chunk = self._chunk(start // CHUNK)
            within = start % CHUNK
            part = chunk[within : within + end - start]
            yield part
            start += len(part)

    def _chunk(self, number: int) -> bytes:
        self._file.seek(HEAD + number * _STORED)
        stored = self._file.read(_STORED)
        try:
            nonce = _nonce(self._prefix, number, last=number == self._chunks - 1)
            return self._cipher.decrypt(nonce, stored, self._name.encode())
        except InvalidTag as error:
            raise VaultError(
                self._name, f"was changed or cut off at part {number + 1} of {self._chunks}", "Look in the backup"
            ) from error


def new_key() -> Secret:
    """A key for one recording, as hexadecimal digits."""
    return Secret(os.urandom(KEY_BYTES).hex())


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    if number > _MAX_CHUNKS:
        raise ValueError("a sealed file has at most 256 TiB")
    return prefix + struct.pack(">IB", number, last)
