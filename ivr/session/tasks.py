"""Tasks that the shell itself makes for the staff."""

from __future__ import annotations

from datetime import datetime

from ivr.dialog.facts import Errand
from ivr.events import HangupReason, JournalKind
from ivr.people.handover import CallBack
from ivr.privacy import Pii


def dropped_callback(caller: str, reason: HangupReason) -> dict[str, object]:
    """Data of ``task.created`` for a call that broke off: it is called back at once (A12.25).

    ``caller`` is the number to call; callers without one can't be called back.
    """
    return {"type": "callback", "urgent": True, "reason": reason.value, "pii_caller": caller}


def errand_of(order: CallBack) -> Errand:
    """What the mind is told of a call that the assistant places."""
    return Errand(Pii(order.name), Pii(order.answer), order.wanted, order.topic, Pii(order.matter))


def offered_by_us(order: CallBack) -> dict[str, object]:
    """What ``call.offered`` says of a call that the assistant placed, beside the number: who, why, for which task."""
    data: dict[str, object] = {"direction": "out", "of": order.call, "task": order.task, "request": order.request}
    known = {"pii_name": order.name, "pii_reason": order.matter, "for": order.wanted, "topic": order.topic}
    return data | {key: value for key, value in known.items() if value}


def called_back(
    order: CallBack, end: tuple[str, datetime | None], reason: HangupReason, employee: int | None
) -> tuple[JournalKind, dict[str, object]]:
    """What the task's readers are told at the end of a call that the assistant placed about it: done, or a try.

    ``end``: as :attr:`ivr.dialog.machine.Machine.errand_end`; ``employee``: who spoke with the person, if anybody did.
    """
    result, agreed_at = end
    data: dict[str, object] = {"of": order.call, "task": order.task, "request": order.request}
    if result == "done":
        who = {"by": employee} if employee is not None else {}
        return JournalKind.TASK_DONE, data | {"type": order.type} | who
    data |= {"result": result, "reason": reason.value}
    if agreed_at is not None:
        data["agreed_at"] = agreed_at.isoformat(timespec="minutes")
    return JournalKind.TASK_TRIED, data
