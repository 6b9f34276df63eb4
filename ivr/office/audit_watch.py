"""Looking at the audit log each time somebody opens its page, without reading all of it each time.

What was verified once is verified: only later entries are read, as long as SQLite says that no other connection wrote
into the file since (``PRAGMA data_version``), the entry up to which it was verified is still the same, and the nightly
look has raised no alarm. Otherwise, and for whoever presses the button, the whole log is verified from its first entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.office.audit import Audit, check_heads
from ivr.store.alarms import Alarm


@dataclass(frozen=True, slots=True)
class Checked:
    """``faults`` in words; ``entries`` there are; ``whole_at``: when all were read last, ``anew``: just now."""

    faults: tuple[str, ...]
    entries: int
    whole_at: datetime
    anew: bool


class Watchman:
    """Use it in the audit log's thread. Raises what reading the log raises."""

    def __init__(self, utcnow: Callable[[], datetime]) -> None:
        self._utcnow = utcnow
        self._last: Checked | None = None
        self._head: tuple[int, str] = (0, "")
        self._stamp = -1

    def look(
        self, audit: Audit, heads: Sequence[Alarm], alarmed: Sequence[Alarm] = (), *, anew: bool = False
    ) -> Checked:
        """``heads``: alarms of the log's heads; ``alarmed``: alarms of a broken log; ``anew``: from the first entry."""
        last, stamp, head = self._last, audit.stamp(), audit.head()
        whole = (
            anew
            or last is None
            or bool(last.faults)
            or stamp != self._stamp
            or any(one.at >= last.whole_at for one in alarmed)
        )
        found = [*audit.verify(None if whole else self._head), *check_heads(audit, heads)]
        at = self._utcnow() if whole or last is None else last.whole_at
        self._last = Checked(tuple(found), head[0], at, anew=whole)
        self._head, self._stamp = head, stamp
        return self._last
