"""The assistant calls somebody: one INVITE, then a conversation as any other, with its end on its own journal."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from ivr import events as ev
from ivr.clock import Clock
from ivr.errors import TelephonyError
from ivr.events import HangupReason
from ivr.people.handover import CallBack, CalledBack, CallStep
from ivr.privacy import Pii
from ivr.session.call import Session
from ivr.session.ports import LegLike, LineLike

log = structlog.get_logger(__name__)


async def call_back(
    order: CallBack,
    line: LineLike,
    clock: Clock,
    begin: Callable[[ev.LegOffered, LegLike, CallBack], Session | None],
    tell: Callable[[CalledBack], None],
) -> None:
    """Ring ``order.person``, no longer than they are given to pick up.

    ``begin`` makes the session, which takes the leg's events from then on; ``tell`` reports whether there is one.
    """
    try:
        leg = await line.dial(order.person, keeps_agent=True)
    except TelephonyError as error:
        log.warning("not_called_back", request=order.request, error=str(error))
        tell(CalledBack(order.request, CallStep.NOT_PLACED))
        return
    except Exception:
        # Nobody knows whether it rang: another worker must not try at once, and the order must not stay open.
        log.exception("not_called_back", request=order.request)
        tell(CalledBack(order.request, CallStep.OVER))
        return
    # Nothing is awaited from here on: the leg's events come right after.
    session = begin(ev.LegOffered(leg.id, clock.now(), Pii(order.number), "", "", ""), leg, order)
    if session is None:
        leg.hangup(HangupReason.ERROR)
        tell(CalledBack(order.request, CallStep.OVER))
        return
    tell(CalledBack(order.request, CallStep.LIVE))
    clock.call_at(clock.now() + order.no_answer_s, lambda: _give_up(session))


def _give_up(session: Session) -> None:
    if not session.answered:
        session.leg.hangup(HangupReason.NO_ANSWER)
