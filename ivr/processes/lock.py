"""One line per data folder: a second one would end the first one's live calls and take its socket away."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.config import Config
from ivr.errors import ConfigError

LOCK_NAME = "line.lock"


@contextmanager
def data_folder(config: Config) -> Iterator[None]:
    """Hold the data folder, which exists, as long as the block runs; the kernel lets go when the process dies.

    Raises:
        ConfigError: another line has it, or the lock's file can't be made.
    """
    path = config.line.data_dir / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        problem = f"{path} can't be used ({error.strerror})"
        raise ConfigError(
            config.source, "line.data_dir", problem, "Give a folder that this user may write to"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                config.source,
                "line.data_dir",
                f"{config.line.data_dir} belongs to a line that runs",
                "Stop that one first, or give this one a folder of its own",
            ) from error
        yield
    finally:
        os.close(descriptor)
