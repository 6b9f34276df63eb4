"""A broker of the line's own, on loopback only, for offices that have none: amqtt with generated credentials.

Three users, each with a password in a file of its own in the data folder, readable by the line's user only: ``line``
publishes, ``desk`` may read all, ``figures`` all but the topic with callers' data. Any other broker needs the same
three rights (docs/operations.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog

from ivr.errors import OfficeError
from ivr.privacy import Secret
from ivr.private_file import write_private

log = structlog.get_logger(__name__)

USERS: Final = ("line", "desk", "figures")


def credentials(folder: Path) -> dict[str, Secret]:
    """Each user's password, made on first use; one that a crash left empty is made anew. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = {}
    for user in USERS:
        path = folder / f"{user}.password"
        word = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        if not word:
            word = secrets.token_urlsafe(24)
            write_private(path, word + "\n")
        found[user] = Secret(word)
    return found


async def serve_broker(folder: Path, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until cancelled; ``ready`` is called once clients can come.

    Raises:
        OfficeError: the port is taken, or the credentials can't be kept.
    """
    from amqtt.broker import Broker
    from amqtt.errors import AMQTTError, BrokerError

    logging.getLogger("amqtt").setLevel(logging.CRITICAL)  # what matters of it comes as an error
    logging.getLogger("transitions").setLevel(logging.WARNING)
    try:
        broker = Broker(_config(folder, port))
        await broker.start()
    except (OSError, AMQTTError, BrokerError) as error:
        raise OfficeError(
            f"The broker can't use 127.0.0.1:{port} ({error})", "Set another [mqtt] port, or embedded = false"
        ) from error
    asyncio.get_running_loop().set_exception_handler(_of_the_loop)
    log.info("broker_serves", port=port)
    ready()
    try:
        await asyncio.Event().wait()
    finally:
        with contextlib.suppress(AMQTTError, BrokerError):
            await broker.shutdown()


def _of_the_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Who has hung up already can't be hung up on: amqtt tries, and nothing is wrong."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno == errno.ENOTCONN:
        log.info("broker_client_left")
    else:
        loop.default_exception_handler(context)


def _config(folder: Path, port: int) -> dict[str, Any]:
    users = {user: word.reveal() for user, word in credentials(folder).items()}
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}", "max_connections": 50}},
        "plugins": {"ivr.office.broker_rules.Passwords": {"users": users}, "ivr.office.broker_rules.Rights": {}},
    }
