"""Dials that wait for a free leg: first come, first served, each only for as long as it may.

Lives in the asyncio loop. A dial that has a leg kept for it does not wait
behind others; every other one joins the end of the queue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ivr.errors import NoFreeLeg

Placed = TypeVar("Placed")

# A leg can also become free without an event of ours (a burst is over): look again after so long.
LOOK_S: Final = 1.0


class LegQueue:
    """``now`` and the waits are the loop's; ``leg_freed`` is told of every leg that ended."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Event] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def leg_freed(self) -> None:
        """Wake the first in the queue."""
        if self._waiting:
            self._waiting[0].set()

    async def place(self, attempt: Callable[[], Awaitable[Placed]], wait_s: float, *, kept: bool) -> Placed:
        """Try ``attempt`` until it does not raise NoFreeLeg, at most for ``wait_s`` seconds.

        ``kept``: a leg is kept for this dial, so it goes first. Raises NoFreeLeg
        when the time is over, and whatever else ``attempt`` raises.
        """
        if kept or not self._waiting:
            try:
                return await attempt()
            except NoFreeLeg:
                if wait_s <= 0:
                    raise
        until = asyncio.get_running_loop().time() + wait_s
        turn = asyncio.Event()
        self._waiting.append(turn)
        try:
            while True:
                await self._my_turn(turn, until)
                late = asyncio.get_running_loop().time() >= until
                try:
                    return await attempt()
                except NoFreeLeg:
                    if late:
                        raise
        finally:
            self._waiting.remove(turn)
            self.leg_freed()  # the next one looks for itself

    async def _my_turn(self, turn: asyncio.Event, until: float) -> None:
        """Until this dial is first and woken, it is time to look again, or the time is over."""
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                async with asyncio.timeout(min(left, LOOK_S)):  # wait_for loses a cancellation that comes with the turn
                    await turn.wait()
            except TimeoutError:
                if self._waiting[0] is not turn:
                    continue
            turn.clear()
            return
