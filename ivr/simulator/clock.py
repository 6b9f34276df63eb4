"""A clock that stands still until it is moved; an hour passes in milliseconds.

It fits :class:`ivr.clock.Clock`, so the real session and the text conversation
run on it.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)


class VirtualTimer:
    """A call that the clock makes when it gets there."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """Monotonic seconds from 0; wall time from ``start``."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._now = 0.0
        self._order = itertools.count()
        self._calls: list[tuple[float, int, VirtualTimer]] = []

    def now(self) -> float:
        return self._now

    def utcnow(self) -> datetime:
        return self._start + timedelta(seconds=self._now)

    def call_at(self, when: float, callback: Callable[[], None]) -> VirtualTimer:
        """Calls made for one moment run in the order in which they were asked for; the past runs at once."""
        timer = VirtualTimer(callback)
        heapq.heappush(self._calls, (max(when, self._now), next(self._order), timer))
        return timer

    @property
    def next_at(self) -> float | None:
        """When the next call is due; None when nothing is pending."""
        while self._calls and self._calls[0][2].callback is None:
            heapq.heappop(self._calls)
        return self._calls[0][0] if self._calls else None

    def step(self) -> bool:
        """Move to the next call and make it. False when nothing is pending."""
        if self.next_at is None:
            return False
        when, _, timer = heapq.heappop(self._calls)
        self._now = when
        callback, timer.callback = timer.callback, None
        if callback is not None:
            callback()
        return True

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds`` and make every call that falls due on the way."""
        self.advance_to(self._now + seconds)

    def advance_to(self, when: float) -> None:
        """Move to ``when``; a moment that has passed already changes nothing."""
        while (due := self.next_at) is not None and due <= when:
            self.step()
        self._now = max(self._now, when)
