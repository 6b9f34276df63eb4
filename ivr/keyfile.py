"""A key of this machine's own, which hides what lies in a database beside it from whoever has the database alone."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from ivr.errors import StoreError

KEY_BYTES: Final = 32


def read_key(path: Path) -> bytes:
    """The key, made when there is none; readable by its owner only. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            with contextlib.suppress(FileExistsError):  # another process was quicker: its key counts
                os.link(made, path)
            made.unlink()
        key = path.read_bytes()
    except OSError as error:
        remedy = "See that the line's user may write there and the disk works"
        raise StoreError(path, f"can't be used ({error})", remedy) from error
    if len(key) != KEY_BYTES:
        remedy = "Put it back from the backup, or remove it: a new one is made, and what the old one hid is forgotten"
        raise StoreError(path, "is no key of 32 bytes", remedy)
    return key
