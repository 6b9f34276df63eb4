"""Master keys: they wrap each recording's own key (RFC 3394) and never touch sound themselves.

A key file has one key a line, 64 hexadecimal digits; the first wraps, all of them
unwrap, so a key is changed by putting a new line on top and running ``ivr
recordings rotate``. Without its master key a recording is lost: keep the file apart
from the backups of the recordings, and keep it twice.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from ivr.errors import VaultError
from ivr.privacy import Secret
from ivr.private_file import write_private
from ivr.vault.sealed import KEY_BYTES


class MasterKeys:
    """The keys of one vault, the present one first.

    Raises:
        VaultError: no key, one of a wrong form, or the same one twice.
    """

    def __init__(self, keys: Sequence[Secret], source: str) -> None:
        self._keys: dict[str, bytes] = {}
        self._source = source
        for number, key in enumerate(keys, 1):
            try:
                plain = bytes.fromhex(key.reveal())
            except ValueError:
                plain = b""
            if len(plain) != KEY_BYTES:
                raise VaultError(
                    source, f"line {number} is no key", "A key is 64 hexadecimal digits: ivr recordings key"
                )
            name = fingerprint(plain)
            if name in self._keys:
                raise VaultError(source, f"line {number} repeats a key", "Remove the line")
            self._keys[name] = plain
        if not self._keys:
            raise VaultError(source, "holds no key", "Make one: ivr recordings key")

    @property
    def present(self) -> str:
        """Fingerprint of the key that wraps new ones."""
        return next(iter(self._keys))

    def wrap(self, key: Secret) -> tuple[str, bytes]:
        """Which master key wrapped it, and the wrapped key."""
        return self.present, aes_key_wrap(self._keys[self.present], bytes.fromhex(key.reveal()))

    def unwrap(self, master: str, wrapped: bytes, name: str) -> Secret:
        """The key of recording ``name``.

        Raises:
            VaultError: the master key is not among ours, or the wrapped key was changed.
        """
        if master not in self._keys:
            raise VaultError(
                name, f"needs the master key {master}", f"Put that key back as a further line of {self._source}"
            )
        try:
            return Secret(aes_key_unwrap(self._keys[master], wrapped).hex())
        except InvalidUnwrap as error:
            raise VaultError(name, "has a damaged key", "Restore the vault's catalogue from the backup") from error


def read_keys(path: Path) -> MasterKeys:
    """Keys from a file that only its owner may read.

    Raises:
        VaultError: missing, readable by others, or not keys.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise VaultError(path, "may be read by others", f"chmod 600 {path}")
        lines = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(path, f"can't be read ({error})", "Make a key: ivr recordings key") from error
    return MasterKeys([Secret(line) for line in lines], str(path))


def write_new_key(path: Path) -> str:
    """Make a key file with one new key, or put a new key on top of the old ones; returns its fingerprint.

    Raises:
        VaultError: the file can't be written, or holds something else.
    """
    key = os.urandom(KEY_BYTES)
    old = ""
    if path.exists():
        read_keys(path)
        old = path.read_text(encoding="ascii")
    try:
        write_private(path, f"{key.hex()}\n{old}")
    except OSError as error:
        raise VaultError(
            path, f"can't be written ({error.strerror})", "See that its folder exists and is yours"
        ) from error
    return fingerprint(key)


def fingerprint(key: bytes) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(b"1883 master key" + key).hexdigest()[:16]
