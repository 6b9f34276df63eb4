"""Tasks that the shell itself makes for the staff."""

from __future__ import annotations

from ivr.events import HangupReason


def dropped_callback(caller: str, reason: HangupReason) -> dict[str, object]:
    """Data of ``task.created`` for a call that broke off: it is called back at once (A12.25).

    ``caller`` is the number to call; callers without one can't be called back.
    """
    return {"type": "callback", "urgent": True, "reason": reason.value, "pii_caller": caller}
