"""How a part talks to the supervisor that started it: one JSON object a line.

Part → supervisor on standard output: ``{"event": "ready", …}``, ``{"event":
"status", …}``. Supervisor → part on standard input: ``{"op": "drain"}``; end
of file means that the supervisor is gone, and the part stops too, so that no
orphan ever holds a port. Logs go to standard error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any


def report(event: str, **fields: object) -> None:
    """Tell the supervisor; silent when nobody reads any more."""
    try:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        pass


async def commands(on_command: Callable[[dict[str, Any]], None], on_gone: Callable[[], None]) -> None:
    """Read the supervisor's commands until it is gone."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            command = json.loads(line)
        except ValueError:
            continue
        if isinstance(command, dict):
            on_command(command)
    on_gone()
