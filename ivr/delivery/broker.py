"""How an MQTT broker is reached."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import aiomqtt

from ivr.errors import ConfigError
from ivr.privacy import Secret

_ANSWER_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Address and credentials; ``tls`` None: in clear, which leaves this machine never."""

    host: str
    port: int
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""), repr=False)
    tls: ssl.SSLContext | None = None

    def client(self) -> aiomqtt.Client:
        """A connection that is not open yet; the broker keeps nothing for it while it is away."""
        return _Connection(
            self.host,
            self.port,
            username=self.username or None,
            password=self.password.reveal() or None,
            tls_context=self.tls,
            protocol=aiomqtt.ProtocolVersion.V311,
            timeout=_ANSWER_S,
        )


class _Connection(aiomqtt.Client):
    """One connection, used once. How it breaks is told by what is done with it; aiomqtt keeps it in a future, too, and
    asyncio would print that as a fault of ours where nobody happened to wait for a message."""

    async def __aenter__(self) -> Self:
        """Raises MqttError."""
        broken = self._disconnected
        broken.add_done_callback(_looked_at)
        await super().__aenter__()
        if broken.done():  # aiomqtt has forgotten it by now, and nothing would end a wait for messages
            raise aiomqtt.MqttError("The broker left as soon as it was there")
        return self


def _looked_at(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()


def tls_context(source: str, key: str, ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer; ``ca_file``: who signs the other side's certificate, None: whom this machine trusts.

    Raises:
        ConfigError: the file can't be used; ``source`` and ``key`` say where it is named.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(source, key, f"can't be used ({error})", "Name a PEM file that the line may read") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def end_if_cancelled() -> None:
    """Raise CancelledError when this task was cancelled and aiomqtt has swallowed it.

    It may, when a connection breaks at that moment: its own error on leaving takes the cancellation's place, and
    ``asyncio.wait_for`` of Python 3.11 prefers a result that came at the same time.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
