"""When cyclic garbage is collected: often a little, and all of it even on a line that is never idle. Pure.

What a call leaves behind is in rings (sessions, their parts and callbacks), 0.3 MB with its sound, and by the end of a
call it is old: only a full collection finds it. That costs some milliseconds, so it waits for a moment without calls,
but not for ever: on a day when everybody calls there is none.
"""

from __future__ import annotations

from typing import Final

EVERY_S: Final = 5.0
FULL_AT_LEAST_S: Final = 60.0
YOUNG: Final = 1
FULL: Final = 2


class GarbagePlan:
    """Says which generation of Python's is due; moments in monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._next = now + EVERY_S
        self._full = now + FULL_AT_LEAST_S

    def due(self, now: float, *, busy: bool) -> int | None:
        """The generation to collect now; None when it is not time yet. ``busy``: calls are up."""
        if now < self._next:
            return None
        self._next = now + EVERY_S
        if busy and now < self._full:
            return YOUNG
        self._full = now + FULL_AT_LEAST_S
        return FULL
