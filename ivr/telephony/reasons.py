"""Why a leg ended: SIP status and history of the leg to :class:`~ivr.events.HangupReason`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.events import HangupReason

_BY_CODE = {
    403: HangupReason.DECLINED,
    408: HangupReason.NO_ANSWER,
    480: HangupReason.NO_ANSWER,
    486: HangupReason.BUSY,
    487: HangupReason.CANCELLED,
    600: HangupReason.BUSY,
    603: HangupReason.DECLINED,
    607: HangupReason.DECLINED,
    404: HangupReason.UNREACHABLE,
    410: HangupReason.UNREACHABLE,
    484: HangupReason.UNREACHABLE,
    604: HangupReason.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class LegHistory:
    """What is known of a leg when it ends.

    ``ours``: the reason that we hung up for, None when the far end (or the network) did.
    ``answered``: 200 was sent or received; ``confirmed``: ACK was received or sent.
    """

    inbound: bool
    answered: bool = False
    confirmed: bool = False
    ours: HangupReason | None = None


def reason_of(code: int, history: LegHistory) -> HangupReason:
    """Reason for staff; ``code`` is the last SIP status of the leg, 0 if none (RFC 3261 section 21)."""
    if history.ours is not None:
        return history.ours
    if history.confirmed:
        return HangupReason.CALLER if code // 100 == 2 else HangupReason.ERROR
    if history.answered:
        return HangupReason.NO_ACK if code == 408 else HangupReason.CALLER
    if history.inbound:
        return HangupReason.CANCELLED if code == 487 else HangupReason.ERROR
    if code in _BY_CODE:
        return _BY_CODE[code]
    return HangupReason.UNREACHABLE if code // 100 == 5 or code == 0 else HangupReason.ERROR
