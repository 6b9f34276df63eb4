"""What was told to the quality line (key 7) is for its own readers: which calls and which stretches of them. Pure.

A message may be about the very employee who takes the same caller afterwards, so its
stretch is cut out of what agents read of a call, and the call as a whole is closed to
everybody in the quality office who is no reader of the quality line (A18).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from ivr.events import JournalKind

if TYPE_CHECKING:  # the context of a call is made without the quality line, so it asks this module
    from ivr.people.context import Entry

QUALITY: Final = "quality"
"""The type of messages on service quality and corruption."""

E = TypeVar("E", bound="Entry")


def told_to_quality_line(events: Iterable[Entry]) -> bool:
    """Whether the caller spoke to the quality line in this call, or could have: a message given up counts, too."""
    return any(_begins(event) or _ends(event) for event in events)


def without_quality_line(events: Iterable[E]) -> Sequence[E]:
    """The events without those from the beginning of a message to the quality line to its task.

    A message that was given up has no task: then what follows is left out until a person is called or the call ends.
    """
    left: list[E] = []
    hidden = False
    for event in events:
        if hidden and event.kind in _OVER:
            hidden = False
        hidden = hidden or _begins(event)
        if not hidden and not _ends(event):
            left.append(event)
        if _ends(event):
            hidden = False
    return left


_OVER: Final = (JournalKind.TRANSFER_OFFERED, JournalKind.TRANSFER_QUEUED, JournalKind.CALL_ENDED)


def _begins(event: Entry) -> bool:
    return event.kind == JournalKind.MESSAGE_BEGUN and event.data.get("type") == QUALITY


def _ends(event: Entry) -> bool:
    return event.kind == JournalKind.TASK_CREATED and event.data.get("type") == QUALITY
