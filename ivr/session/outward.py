"""Click-to-call: the employee's telephone rings first, then the person's; the two are connected and nobody else speaks.

Nothing of it is recorded: there is no notice that the person could have heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from array import array
from collections.abc import Callable
from typing import Final

import structlog

from ivr import events as ev
from ivr.clock import Clock, Timer
from ivr.errors import TelephonyError
from ivr.events import HangupReason
from ivr.people.handover import Rang, Ring, RingStep
from ivr.session.ports import LineLike

log = structlog.get_logger(__name__)

NO_LEG: Final = "no_leg"
_TONE_HZ, _TONE_S, _QUIET_S = 425, 1.0, 4.0  # Lithuania's ring-back tone


class Outward:
    """``tell`` reports each step to the office; ``on_over`` is called once, when both telephones are free again."""

    def __init__(
        self,
        ring: Ring,
        line: LineLike,
        clock: Clock,
        tell: Callable[[Rang], None],
        on_over: Callable[[Outward], None],
    ) -> None:
        self._ring, self._line, self._clock, self._tell, self._on_over = ring, line, clock, tell, on_over
        self._agent: str | None = None
        self._person: str | None = None
        self._step = RingStep.AGENT
        self._timer: Timer | None = None
        self._dialling = asyncio.get_running_loop().create_task(self._dial(ring.agent))
        self._report(RingStep.AGENT)

    def owns(self, leg: str) -> bool:
        """The leg is one of the two."""
        return leg in (self._agent, self._person)

    def on_leg(self, event: ev.LegEvent) -> None:
        """One of the two telephones reports."""
        match event:
            case ev.LegAnswered(leg=leg) if leg == self._agent and self._step is RingStep.AGENT:
                self._report(RingStep.PERSON)
                self._tone()
                self._dialling = asyncio.get_running_loop().create_task(self._dial(self._ring.person))
            case ev.LegAnswered(leg=leg) if leg == self._person and self._agent is not None:
                self._stop_timer()
                self._report(RingStep.TALKING)
                self._line.leg(self._agent).flush()
                self._line.bridge(self._agent, leg)
            case ev.LegPlaybackDone(leg=leg) if leg == self._agent and self._step is RingStep.PERSON:
                self._tone()
            case ev.LegEnded(leg=leg, reason=reason):
                self._gone(leg, reason)

    def close(self, reason: HangupReason = HangupReason.DRAINED) -> None:
        """Both telephones are hung up."""
        if self._step.live:
            self._over(RingStep.ENDED if self._step is RingStep.TALKING else RingStep.FAILED, reason)

    async def _dial(self, uri: str) -> None:
        try:
            leg = await self._line.dial(uri)
        except TelephonyError as error:
            log.warning("click_to_call_failed", request=self._ring.request, error=str(error))
            self._over(RingStep.FAILED, NO_LEG)
            return
        if self._step is RingStep.AGENT:
            self._agent = leg.id
        elif self._step is RingStep.PERSON:
            self._person = leg.id
        else:
            leg.hangup()
            return
        self._stop_timer()
        self._timer = self._clock.call_at(
            self._clock.now() + self._ring.no_answer_s, lambda: self.close(HangupReason.NO_ANSWER)
        )

    def _tone(self) -> None:
        if self._agent is not None:
            self._line.leg(self._agent).play(f"tone-{self._clock.now():.1f}", ringback())

    def _gone(self, leg: str, reason: HangupReason) -> None:
        if leg == self._agent:
            self._agent = None
        else:
            self._person = None
        self.close(reason)

    def _over(self, step: RingStep, reason: str) -> None:
        self._stop_timer()
        self._report(step, reason)
        for leg in (self._agent, self._person):
            if leg is not None:
                with contextlib.suppress(KeyError):  # it may have gone in the same moment
                    self._line.leg(leg).hangup()
        self._on_over(self)

    def _report(self, step: RingStep, reason: str = "") -> None:
        self._step = step
        self._tell(Rang(self._ring.request, step, str(reason)))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def ringback() -> bytes:
    """One period of the tone that says that it rings over there, PCM as everywhere."""
    tone = (
        round(3000 * math.sin(2 * math.pi * _TONE_HZ * n / ev.SAMPLE_RATE))
        for n in range(round(_TONE_S * ev.SAMPLE_RATE))
    )
    return array("h", tone).tobytes() + bytes(2 * round(_QUIET_S * ev.SAMPLE_RATE))
