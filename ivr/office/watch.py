"""Tells open pages that something changed, whoever changed it: this process, another one, or a command."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from enum import Enum

POLL_S = 0.1


class News(Enum):
    """What a page is told."""

    OFFICE = "office"  # something of the office changed: people, calls, who waits
    CALLS = "calls"  # only the calls' journal did, which happens many times a second on a busy line
    NONE = "none"  # nothing, for so long that a lost page must show


class Watch:
    """``office`` and ``journal`` give values that differ after every change; one place reads them for all pages."""

    def __init__(self, office: Callable[[], object], journal: Callable[[], object] = lambda: None) -> None:
        self._office, self._journal = office, journal
        self._changed = asyncio.Condition()
        self._soon = asyncio.Event()
        self._numbers = (0, 0)
        self._over = False

    async def run(self) -> None:
        """Look until cancelled."""
        seen = self._office(), self._journal()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):  # wait_for loses a cancellation that comes together with the event
                    await self._soon.wait()
            self._soon.clear()
            now = self._office(), self._journal()
            if now != seen:
                office, calls = self._numbers
                self._numbers = office + (now[0] != seen[0]), calls + (now[1] != seen[1])
                seen = now
                async with self._changed:
                    self._changed.notify_all()

    def look(self) -> None:
        """Something has changed just now: it need not wait for the next look."""
        self._soon.set()

    async def close(self) -> None:
        """The office stops: pages that listen are let go, and come back to the next one by themselves."""
        self._over = True
        async with self._changed:
            self._changed.notify_all()

    async def changes(self, heartbeat_s: float = 5.0) -> AsyncIterator[News]:
        """News of the office at once, then at every change; none after ``heartbeat_s`` without a change.

        Ends when the watch is closed.
        """
        told = (-1, -1)
        while not self._over:
            if told != self._numbers:
                news = News.OFFICE if told[0] != self._numbers[0] else News.CALLS
                told = self._numbers
                yield news
                continue
            try:
                async with asyncio.timeout(heartbeat_s), self._changed:
                    await self._changed.wait_for(lambda: self._over or self._numbers != told)  # noqa: B023  (waited for here)
            except TimeoutError:
                yield News.NONE
