"""Who does not answer again and again is not there: they are paused, so that callers don't wait for them in vain.

They see why on their desk, and one click brings them back.
"""

from __future__ import annotations

from typing import Final

from ivr.events import HangupReason
from ivr.office.offers import Offer, OfferState
from ivr.store.database import StoreDatabase

UNANSWERED: Final = "unanswered"
"""Reason of the pause that the office itself puts somebody on; the desk has words for it."""
_UNREACHED: Final = (HangupReason.UNREACHABLE.value,)  # a telephone that is off answers nobody either


def never_answers(database: StoreDatabase, offer: Offer, most: int) -> bool:
    """``offer`` is the ``most``-th in a row that its employee did not answer, since their last answer or pause for it.

    ``most`` 0: nobody is ever paused. Use it in the thread that opened the database.
    """
    if not most or not _missed(offer.state, offer.reason):
        return False
    rows = database.execute(
        "SELECT state, reason FROM offers WHERE employee = ? AND id <= ? ORDER BY id DESC LIMIT 1000",
        [offer.employee, offer.id],
    )
    missed = 0
    for state, reason in rows:
        if not _missed(OfferState(state), reason):
            break
        missed += 1
    return missed % most == 0


def _missed(state: OfferState, reason: str) -> bool:
    return state is OfferState.NO_ANSWER or (state is OfferState.FAILED and reason in _UNREACHED)
