"""An employee asks the caller who they are: nothing of it is kept, for three minutes at most (X5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ivr.clock import Clock, Timer
from ivr.events import JournalKind
from ivr.people.handover import CheckStep

LONGEST_S: Final = 180.0
_TOGGLE: Final = "*1"  # on the employee's telephone
_TOGETHER_S: Final = 3.0  # between the two keys


class IdentityCheck:
    """Begun and ended by the desk (:class:`~ivr.people.handover.Check`) or by ``*1``, ended by the clock otherwise.

    ``record`` mutes and unmutes the recording. Every beginning has its ``auth.verdict``: the desk's,
    or ``undecided``, after which the desk may still decide.
    """

    def __init__(
        self, clock: Clock, record: Callable[[str], None], note: Callable[[JournalKind, Mapping[str, object]], None]
    ) -> None:
        self._clock, self._record, self._note = clock, record, note
        self._limit: Timer | None = None
        self._by = 0
        self._last = ("", 0.0)

    def desk(self, step: CheckStep, by: int) -> None:
        """The desk's buttons."""
        if step is CheckStep.START:
            self._begin(by)
        else:
            self._finish(step, by)

    def key(self, key: str, by: int) -> None:
        """A key of the employee's telephone; ``by`` is the employee."""
        before, at = self._last
        now = self._clock.now()
        self._last = (key, now)
        if before + key == _TOGGLE and now - at <= _TOGETHER_S:
            if self._limit is None:
                self._begin(by)
            else:
                self.end()

    def end(self) -> None:
        """Time is up, the employee released it, or the conversation is over."""
        if self._limit is not None:
            self._finish("undecided", self._by)

    def _begin(self, by: int) -> None:
        if self._limit is None:
            self._by = by
            self._limit = self._clock.call_at(self._clock.now() + LONGEST_S, self.end)
            self._record("mute")
            self._note(JournalKind.AUTH_STARTED, {"by": by})

    def _finish(self, verdict: str, by: int) -> None:
        self._note(JournalKind.AUTH_VERDICT, {"verdict": str(verdict), "by": by})
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
            self._record("unmute")
