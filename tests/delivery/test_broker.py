"""A connection to a broker that falls: an error where we wait for it, and nothing that asyncio would print later."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import aiomqtt
import pytest

from ivr.delivery import broker as broker_module
from ivr.delivery.broker import Broker

Does = Callable[[aiomqtt.Client, "Falling"], Awaitable[None]]
CONNACK = b"\x20\x02\x00\x00"
WAIT_S = 60.0


class Falling:
    """A broker that breaks the connection: before or after it has taken it, or at the next thing that it is told."""

    def __init__(self, when: str, *, reset: bool) -> None:
        self._when, self._reset = when, reset
        self.broken = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        if self._when != "before":
            writer.write(CONNACK)
            await writer.drain()
        if self._when == "told":
            await reader.read(1000)
        if self._reset:
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()
        self.broken.set()


@contextlib.asynccontextmanager
async def serving(falling: Falling) -> AsyncIterator[Broker]:
    server = await asyncio.start_server(falling, "127.0.0.1", 0)
    async with server:
        yield Broker("127.0.0.1", server.sockets[0].getsockname()[1])


async def waits(client: aiomqtt.Client, _falling: Falling) -> None:
    await anext(client.messages)


async def publishes(client: aiomqtt.Client, _falling: Falling) -> None:
    await client.publish("a", b"b", qos=1)


async def sleeps_and_publishes(client: aiomqtt.Client, falling: Falling) -> None:
    """As the feed does, which looks at its journal now and then."""
    await asyncio.wait_for(falling.broken.wait(), WAIT_S)
    await asyncio.sleep(0)
    async with asyncio.timeout(WAIT_S):
        while True:
            await client.publish("a", b"b", qos=0)
            await asyncio.sleep(0.01)


async def leaves(client: aiomqtt.Client, falling: Falling) -> None:
    await asyncio.wait_for(falling.broken.wait(), WAIT_S)
    lost = client._disconnected  # who awaits it takes the error, and nobody is to take it here
    async with asyncio.timeout(WAIT_S):
        while not lost.done():
            await asyncio.sleep(0)
    raise aiomqtt.MqttError("done")


async def meets(falling: Falling, does: Does) -> None:
    """Of the connection nothing is left when this is over."""
    async with serving(falling) as broker:
        with pytest.raises(aiomqtt.MqttError):
            async with broker.client() as client:
                await does(client, falling)


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize(
    ("when", "does"),
    [
        ("before", waits), ("after", waits), ("told", publishes), ("after", publishes),
        ("after", sleeps_and_publishes), ("after", leaves),
    ],
)  # fmt: skip
async def test_a_broker_that_falls_is_an_error_where_it_is_waited_for_and_nowhere_else(
    when: str, does: Does, reset: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "_ANSWER_S", 0.5)  # one that never takes the connection is waited for in vain
    printed: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: printed.append(context))
    await meets(Falling(when, reset=reset), does)
    gc.collect()
    await asyncio.sleep(0)
    assert printed == []
