"""What can be drawn: one conversation of one employee, as the journal tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

ASSISTANT = 0
"""The assistant's number among the employees: its calls are reviewed like everybody's (A19)."""


class Flag(StrEnum):
    """Why a conversation deserves a hearing beside the monthly eight."""

    LOW_CONFIDENCE = "low_confidence"
    COMPLAINT = "complaint"
    FAILED_AUTHENTICATION = "failed_authentication"
    DROPPED = "dropped"


class Third(StrEnum):
    """Where a duration stands among last month's."""

    SHORT = "short"
    MIDDLE = "middle"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Conversation:
    """One employee's part of a recorded call.

    ``recording`` is the call's id, ``started`` the local time at which this
    employee's part began, ``ended`` when its recording was finished,
    ``duration_s`` its length in seconds, ``topic`` an id of
    ``dialplans/topics.yaml``. ``audible`` is false where no sound may or can be
    heard (states ``failed``, ``blocked``, ``declined``).
    """

    recording: str
    employee: int
    started: datetime
    ended: datetime
    duration_s: float
    topic: str
    audible: bool = True
    flags: frozenset[Flag] = field(default_factory=frozenset)

    @property
    def day(self) -> date:
        return self.started.date()

    @property
    def key(self) -> tuple[int, str]:
        """Employee and recording: the same call may be heard once for its agent and once for the assistant."""
        return self.employee, self.recording


@dataclass(frozen=True, slots=True)
class CutPoints:
    """Seconds that part short from middle and middle from long: last month's thirds, frozen on the 1st."""

    short_until_s: float
    middle_until_s: float

    def third(self, duration_s: float) -> Third:
        if duration_s <= self.short_until_s:
            return Third.SHORT
        return Third.MIDDLE if duration_s <= self.middle_until_s else Third.LONG


USUAL = CutPoints(90.0, 240.0)
"""For a line's first month, when there is no last month to take thirds from."""

_ENOUGH = 30


def cut_points(durations_s: list[float]) -> CutPoints:
    """Thirds of last month's durations in seconds; ``USUAL`` for fewer than 30 of them."""
    if len(durations_s) < _ENOUGH:
        return USUAL
    ordered = sorted(durations_s)
    return CutPoints(ordered[len(ordered) // 3 - 1], ordered[2 * len(ordered) // 3 - 1])
