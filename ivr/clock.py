"""Time as a port: everything that waits or stamps takes a :class:`Clock`.

The line runs on :class:`LoopClock`; tests and text conversations run on the
virtual clock of ``ivr.simulator.clock``, where an hour passes in milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    """A pending call; cancelling one that has run is harmless."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Monotonic seconds, wall time in UTC, and calls at a later moment."""

    def now(self) -> float: ...

    def utcnow(self) -> datetime: ...

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer: ...


class LoopClock:
    """The real clock, on a running asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        return time.monotonic()

    def utcnow(self) -> datetime:
        return datetime.now(UTC)

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        return self._loop.call_later(max(0.0, when - time.monotonic()), callback)
