"""The leg ledger: who holds the few call legs of this process. Pure.

A build of pjproject has a fixed number of call legs (four in the stock wheel).
A caller is admitted together with one leg kept for an agent, so that nobody who
was answered is refused a person for want of a leg; so is whoever the assistant
calls. Consultations and other outbound calls take a leg only if one is free,
that is neither in use nor kept.

Invariant: legs in use + legs kept <= ``max_legs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.errors import NoFreeLeg

EVICT_AFTER_S: Final = 2.0  # two retransmissions of 200 (0.5 s, 1.5 s) have gone unanswered


class Admission(StrEnum):
    """What to do with a new caller."""

    ADMITTED = "admitted"
    BUSY = "busy"
    DRAINING = "draining"


@dataclass(slots=True)
class _Entry:
    caller: bool
    agent_for: str = ""  # caller whose kept leg this one is
    half_open_since: float | None = None  # 200 sent, no ACK yet


class LegLedger:
    """Books legs in and out; knows which legs were answered and never confirmed.

    ``keeps_agent_legs`` is false when ``max_legs`` can't hold two legs per caller:
    then dialling an agent takes a free leg or is refused.
    """

    def __init__(self, max_legs: int, callers: int, *, accepts_callers: bool = True) -> None:
        self.max_legs = max_legs
        self.max_callers = min(callers, max_legs) if accepts_callers else 0
        self.keeps_agent_legs = callers * 2 <= max_legs
        self.draining = False
        self._legs: dict[str, _Entry] = {}

    @property
    def in_use(self) -> int:
        """Legs booked."""
        return len(self._legs)

    @property
    def callers(self) -> int:
        """Callers booked."""
        return sum(entry.caller for entry in self._legs.values())

    @property
    def reserved(self) -> int:
        """Legs kept for agents of present callers and not in use."""
        if not self.keeps_agent_legs:
            return 0
        served = {entry.agent_for for entry in self._legs.values()}
        return sum(entry.caller and leg not in served for leg, entry in self._legs.items())

    @property
    def free(self) -> int:
        """Legs that a consultation or an outbound call may take."""
        return self.max_legs - self.in_use - self.reserved

    def admit(self, leg: str) -> Admission:
        """Book a caller under ``leg`` if there is room for them and their agent."""
        if self.draining:
            return Admission.DRAINING
        if self.callers >= self.max_callers or self.free < (2 if self.keeps_agent_legs else 1):
            return Admission.BUSY
        self._legs[leg] = _Entry(caller=True)
        return Admission.ADMITTED

    def dial(self, leg: str, reserved_for: str | None = None, *, keeps_agent: bool = False) -> None:
        """Book an outbound leg; with ``reserved_for`` the leg kept for that caller's agent is used.

        ``keeps_agent``: whoever is called may be handed over, so a leg is kept for their agent as for a caller's.
        Raises NoFreeLeg when the caller's kept leg is already in use (or was never kept) and none is free.
        """
        if keeps_agent:
            if self.free < (2 if self.keeps_agent_legs else 1):
                raise NoFreeLeg(self.in_use + self.reserved, self.max_legs)
            self._legs[leg] = _Entry(caller=True)
            return
        caller = self._legs.get(reserved_for) if reserved_for is not None else None
        if reserved_for is not None and caller is not None and caller.caller and self._is_kept(reserved_for):
            self._legs[leg] = _Entry(caller=False, agent_for=reserved_for)
            return
        if self.free < 1:
            raise NoFreeLeg(self.in_use + self.reserved, self.max_legs)
        self._legs[leg] = _Entry(caller=False)

    def release(self, leg: str) -> None:
        """The leg is gone; an agent's leg is kept again while its caller is there. Unknown legs are ignored."""
        self._legs.pop(leg, None)
        for entry in self._legs.values():
            if entry.agent_for == leg:
                entry.agent_for = ""

    def answered(self, leg: str, now: float) -> None:
        """200 was sent at ``now``; until :meth:`confirmed` the leg is half open."""
        if leg in self._legs:
            self._legs[leg].half_open_since = now

    def confirmed(self, leg: str) -> None:
        """ACK came."""
        if leg in self._legs:
            self._legs[leg].half_open_since = None

    def half_open_for(self, leg: str, now: float) -> float:
        """Seconds for which ``leg`` has been waiting for its ACK, 0.0 if it is not."""
        entry = self._legs.get(leg)
        return now - entry.half_open_since if entry is not None and entry.half_open_since is not None else 0.0

    def evictable(self, now: float) -> str | None:
        """The longest half-open leg that has waited over ``EVICT_AFTER_S``, to make room for a newcomer."""
        waiting = [
            (entry.half_open_since, leg)
            for leg, entry in self._legs.items()
            if entry.half_open_since is not None and now - entry.half_open_since > EVICT_AFTER_S
        ]
        return min(waiting)[1] if waiting else None

    def _is_kept(self, caller: str) -> bool:
        return self.keeps_agent_legs and all(entry.agent_for != caller for entry in self._legs.values())
