"""Tells open pages that something changed, whoever changed it: this process, another one, or a command."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

POLL_S = 0.1


class Watch:
    """``stamp`` gives a value that differs after every change; it is read in one place for all pages."""

    def __init__(self, stamp: Callable[[], object]) -> None:
        self._stamp = stamp
        self._changed = asyncio.Condition()
        self._soon = asyncio.Event()
        self._number = 0

    async def run(self) -> None:
        """Look until cancelled."""
        seen = self._stamp()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._soon.wait(), POLL_S)
            self._soon.clear()
            now = self._stamp()
            if now != seen:
                seen = now
                async with self._changed:
                    self._number += 1
                    self._changed.notify_all()

    def look(self) -> None:
        """Something has changed just now: it need not wait for the next look."""
        self._soon.set()

    async def changes(self, heartbeat_s: float = 15.0) -> AsyncIterator[bool]:
        """True at once and at every change; False after ``heartbeat_s`` without one, so that lost pages show."""
        number = -1
        while True:
            if number != self._number:
                number = self._number
                yield True
                continue
            try:
                async with asyncio.timeout(heartbeat_s), self._changed:
                    await self._changed.wait_for(lambda: self._number != number)  # noqa: B023  (waited for here)
            except TimeoutError:
                yield False
