"""What systemd is told of the line: that it is ready, that it moves, that it stops (``sd_notify``).

The supervisor watches the parts, systemd watches the supervisor. Without systemd
(no ``NOTIFY_SOCKET``) every call does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping


class Service:
    """The service manager that started us, if one did. Never raises: a line without it is a line."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ is the kernel's abstract name space.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = environ.get("WATCHDOG_USEC", "")
        self.watched_s = int(limit) / 1_000_000 if ours and limit.isdigit() else 0.0

    def ready(self) -> None:
        """Calls are taken."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """New calls are refused, live ones finish."""
        self._tell("STOPPING=1")

    async def beat(self) -> None:
        """A sign of life at half the time after which we would be killed; runs until cancelled."""
        while self.watched_s > 0:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self.watched_s / 2)

    def _tell(self, text: str) -> None:
        if self._address:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(text.encode(), self._address)
