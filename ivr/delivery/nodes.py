"""Which line nodes may deliver to this office, and the key that each shares with it.

A node holds a token. The office's file has one line a node, ``name key``, and the key
is derived from the token: whoever reads the office's file can't sign in as a node. What
travels over MQTT is sealed with the key, uploads show the token itself over TLS.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Final

from ivr.errors import OfficeError
from ivr.privacy import Secret

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_PURPOSE: Final = b"1883 node to office"


def key_of(token: Secret) -> bytes:
    """The 32 bytes that node and office share.

    Raises:
        OfficeError: this is no token.
    """
    if not _HEX.fullmatch(token.reveal()):
        raise OfficeError("The node's token is no token", "The office gives it: ivr nodes admit NAME")
    return hmac.digest(bytes.fromhex(token.reveal()), _PURPOSE, "sha256")


class Nodes:
    """The office's file, read again when it was changed: a node is admitted or dismissed while the office runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._keys: dict[str, bytes] = {}

    def key(self, node: str) -> bytes | None:
        """The node's key; None: it may not deliver. Raises OfficeError."""
        return self.read().get(node)

    def admits(self, node: str, token: Secret) -> bool:
        """Whether it is this node that shows the token. Raises OfficeError."""
        key = self.key(node)
        try:
            shown = key_of(token)
        except OfficeError:
            return False
        return key is not None and hmac.compare_digest(shown, key)

    def read(self) -> dict[str, bytes]:
        """Keys by node; none when there is no file yet.

        Raises:
            OfficeError: others may read the file, or it holds something else.
        """
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_ino)
            if seen != self._seen:
                self._keys, self._seen = self._parsed(status.st_mode), seen
        except FileNotFoundError:
            self._keys, self._seen = {}, None
        except (OSError, UnicodeDecodeError) as error:
            raise OfficeError(
                f"{self._path} can't be read ({error})", "Let the line's user read it: ivr nodes admit"
            ) from error
        return self._keys

    def _parsed(self, mode: int) -> dict[str, bytes]:
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise OfficeError(f"{self._path} may be read by others", f"chmod 600 {self._path}")
        keys = {}
        for number, line in enumerate(self._path.read_text(encoding="ascii").splitlines(), 1):
            name, _, key = line.partition(" ")
            if not _NAME.fullmatch(name) or not _HEX.fullmatch(key):
                raise OfficeError(f"{self._path}, line {number}, is no node and its key", "Make it: ivr nodes admit")
            keys[name] = bytes.fromhex(key)
        return keys


def admit(path: Path, node: str) -> Secret:
    """A token for the node, whose key is put into the office's file; a former token of the node is worth nothing then.

    Raises:
        OfficeError: it is no name of a node, or the file can't be used.
    """
    if not _NAME.fullmatch(node):
        raise OfficeError(f"{node!r} is no name of a node", "Letters a–z, digits and hyphens: as in [line] node")
    token = Secret(secrets.token_hex(32))
    _write(path, Nodes(path).read() | {node: key_of(token)})
    return token


def dismiss(path: Path, node: str) -> None:
    """The node delivers nothing from now on; what it delivered stays. Raises OfficeError: it isn't in the file."""
    keys = dict(Nodes(path).read())
    if keys.pop(node, None) is None:
        raise OfficeError(f"There is no node {node!r}", "ivr nodes list names them")
    _write(path, keys)


def _write(path: Path, keys: dict[str, bytes]) -> None:
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(f"{name} {key.hex()}\n" for name, key in sorted(keys.items()))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise OfficeError(
            f"{path} can't be written ({error.strerror})", "See that its folder exists and is yours"
        ) from error
