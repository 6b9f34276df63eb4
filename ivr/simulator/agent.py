"""The virtual agent: the telephone of the person whom callers are handed over to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.events import HangupReason, LegEvent
from ivr.simulator.person import Person, Spoken

GREETING: Final = "agentas-labas"
_LISTENS_S: Final = 0.3  # of sound before the agent says who is there


class Manner(StrEnum):
    """What the agent's telephone does with a call."""

    ANSWERS = "answers"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"


# A telephone that is away has no status of its own to give; 503 is what a PBX says for it.
_REFUSALS: Final = {
    Manner.BUSY: HangupReason.BUSY,
    Manner.DECLINED: HangupReason.DECLINED,
    Manner.UNREACHABLE: HangupReason.DRAINED,
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """``ring_s``: how long it rings before the answer; ``greeting``: clip said then, empty for none."""

    manner: Manner = Manner.ANSWERS
    ring_s: float = 1.0
    greeting: str = GREETING


class VirtualAgent(Person):
    """The agent's side of one call: begins when the line's INVITE comes."""

    behaviour: Behaviour = Behaviour()
    _task: asyncio.Task[Spoken | None] | None = None
    _ringing: asyncio.TimerHandle | None = None

    def take(self, behaviour: Behaviour, later: Callable[[float, Callable[[], None]], asyncio.TimerHandle]) -> None:
        """Behave; ``later`` is the loop's ``call_later``."""
        self.behaviour = behaviour
        if behaviour.manner is Manner.ANSWERS:
            self._ringing = later(behaviour.ring_s, self.leg.answer)
            if behaviour.greeting:
                self._task = asyncio.get_running_loop().create_task(self._greet(behaviour))
        elif behaviour.manner in _REFUSALS:
            self.leg.hangup(_REFUSALS[behaviour.manner])

    def on_event(self, event: LegEvent) -> None:
        super().on_event(event)
        if self.ended is not None and self._ringing is not None:
            self._ringing.cancel()

    def hang_up(self) -> None:
        """End the call from the agent's side."""
        self.leg.hangup()

    async def _greet(self, behaviour: Behaviour) -> Spoken | None:
        """Say who is there once the line is open: sound comes in."""
        listened = await self.until(self._listened, behaviour.ring_s + 60.0)
        return await self.say(behaviour.greeting) if listened else None

    def _listened(self) -> bool | None:
        return True if self.answered_at is not None and self.hearing.heard_s >= _LISTENS_S else None
