"""What the assistant does about a task by telephone: when it calls next, and when it leaves the task to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ivr.privacy import Pii


@dataclass(frozen=True, slots=True)
class Calling:
    """The assistant is to call a task's person from ``at`` on.

    ``asked_by``: the employee who wants it; None when the time was agreed with the assistant itself. ``answer``: what
    it tells the person, in an employee's words; without one it offers to connect them. ``tries`` since ``at`` that
    did not reach the person, the last one at ``tried_at``.
    """

    at: datetime
    asked_by: int | None = None
    answer: Pii = field(default_factory=lambda: Pii(""))
    tries: int = 0
    tried_at: datetime | None = None

    def missed(self, at: datetime, *, lost: bool = False) -> Calling:
        """One more try did not reach the person; who was lost on a broken line is called again at once (A12.25)."""
        return replace(self, tries=self.tries + 1, at=at if lost else self.at, tried_at=None if lost else at)


@dataclass(frozen=True, slots=True)
class CallRules:
    """``agreed``: times that were agreed with the assistant are kept, and not only what an employee asks for.

    After ``tries``, or when a call could not be placed for longer than ``late``, the task is left to people. Between
    tries lies ``pause``. ``at_once`` calls are placed side by side; whoever is called has ``no_answer_s`` to pick up.
    ``opens``: the first moment of office hours that is not before a moment; None: there is none.
    """

    agreed: bool = True
    tries: int = 3
    pause: timedelta = timedelta(hours=1)
    late: timedelta = timedelta(hours=1)
    at_once: int = 2
    no_answer_s: float = 30.0
    opens: Callable[[datetime], datetime | None] = lambda at: at


def next_call(calling: Calling, rules: CallRules) -> datetime | None:
    """When the assistant calls, in office hours; None when it does not."""
    if calling.tries >= rules.tries or (calling.asked_by is None and not rules.agreed):
        return None
    at = calling.at if calling.tried_at is None else max(calling.at, calling.tried_at + rules.pause)
    return rules.opens(at)


def due_now(calling: Calling, rules: CallRules, now: datetime) -> bool:
    """The call should be placed now: not before its time, and not so late that nobody expects it any more."""
    if calling.at > now:  # spares the calendar, which ends with the year 9999
        return False
    at = next_call(calling, rules)
    return at is not None and at <= now <= at + rules.late
