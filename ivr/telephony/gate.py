"""How many calls per moment pjsip may prepare media for. Pure.

pjsip opens two sockets for every INVITE before it asks us anything, keeps each
for 0.5 s after closing it, and aborts the process when its table of 64 sockets
is full. So a burst has to be turned away before that, whatever it wants.
Strangers have an allowance of their own, so that they can't use up the trunk's;
our own calls count with the trunk's.
"""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_S: Final = 0.6  # a little over pjsip's 0.5 s
TRUNK_LIMIT: Final = 18
STRANGER_LIMIT: Final = 4  # together (18 + 4) * 2 sockets, and 8 of four live legs: 52 of 64


class FloodGate:
    """A sliding window per kind of peer; what is turned away does not count."""

    def __init__(self, trunk_limit: int = TRUNK_LIMIT, stranger_limit: int = STRANGER_LIMIT) -> None:
        self._limits = {True: trunk_limit, False: stranger_limit}
        self._passed: dict[bool, deque[float]] = {True: deque(), False: deque()}

    def open_for(self, trunk: bool, now: float) -> bool:
        """True if one more INVITE from the trunk (or from a stranger) may go on; it is counted then."""
        passed = self._passed[trunk]
        while passed and now - passed[0] >= WINDOW_S:
            passed.popleft()
        if len(passed) >= self._limits[trunk]:
            return False
        passed.append(now)
        return True
