"""How a part and the supervisor that started it know of each other.

Part → supervisor on standard output, one JSON object a line: ``{"event":
"ready", …}``, ``{"event": "status", …}``, ``{"event": "failed", "problem": …}``, and
``{"event": "beat"}`` every two seconds as a sign of life, without which the supervisor
takes it for frozen.
Supervisor → part: SIGTERM (a worker then drains), and standard input, whose end
means that the supervisor is gone; the part stops too, so that no orphan ever
holds a port. Logs go to standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

BEAT_S: Final = 2.0


def report(event: str, **fields: object) -> None:
    """Tell the supervisor; silent when nobody reads any more."""
    try:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        pass


async def until_stopped(service: Coroutine[Any, Any, None]) -> None:
    """Serve until SIGTERM, Ctrl-C or until the supervisor is gone; raises what the service raises."""
    serving = asyncio.ensure_future(service)

    def stop() -> None:
        serving.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    listener = asyncio.create_task(supervisor_gone(stop))
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    listener.cancel()


async def supervisor_gone(on_gone: Callable[[], None], alive: Callable[[], Awaitable[None]] | None = None) -> None:
    """Call ``on_gone`` when standard input ends; until then give signs of life, each after ``alive`` came back."""
    beating = asyncio.create_task(_beat(alive))
    try:
        await _end_of_input()
    finally:
        beating.cancel()
    on_gone()


async def _beat(alive: Callable[[], Awaitable[None]] | None) -> None:
    while True:
        if alive is not None:
            await alive()
        report("beat")
        await asyncio.sleep(BEAT_S)


async def _end_of_input() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
