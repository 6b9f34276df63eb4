"""Click-to-call on the office's side: which worker rings, what the employee is doing meanwhile, what came of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from ivr.office.assistant_calls import AssistantCalls
from ivr.office.dialling import Request, Requests
from ivr.office.keeper import Keeper
from ivr.office.offers import Offers
from ivr.office.reserving import Rules
from ivr.office.roster import Roster
from ivr.people.handover import Rang, Ring, RingStep
from ivr.people.staff import Employee, State
from ivr.privacy import Pii
from ivr.store.database import StoreDatabase, writing

GRACE: Final = timedelta(seconds=5)
"""After a start of the office workers have so long to say what of theirs still lives."""
NO_LEG: Final = "no_leg"
_NUMBER: Final = re.compile(r"\+?\d{3,15}")
_LOST, _RESTARTED = "worker_lost", "office_restarted"


class Placed(StrEnum):
    """Whether a click-to-call has begun, or why not."""

    YES = "yes"
    NOT_SET_UP = "not_set_up"  # the line may not call outside, or the employee has no telephone
    NO_NUMBER = "no_number"
    BUSY = "busy"  # the employee is on a call
    AWAY = "away"  # no worker is there
    ASSISTANT = "assistant"  # the assistant calls this person just now


def is_number(number: Pii) -> bool:
    """It can be called, and is nothing but a number."""
    return _NUMBER.fullmatch(number.reveal()) is not None


class Teller(Protocol):
    """A worker's connection."""

    @property
    def tell(self) -> Callable[[Ring], None]: ...


@dataclass(slots=True)
class _Live:
    wire: Teller
    ring: Ring | None = None  # None: it was told before the office began anew
    others: list[Teller] = field(default_factory=list)


Write = Callable[[Callable[[StoreDatabase], object]], Awaitable[None]]


class Placing:
    """Methods belong to the loop's thread. ``office``: the database's keeper, as the switchboard has it; ``write``
    changes the database, later if it can't be changed now: an employee whose call is over must not stay taken.
    """

    def __init__(self, office: Keeper, write: Write, utcnow: Callable[[], datetime], rules: Rules) -> None:
        self._office, self._write, self._utcnow, self._rules = office, write, utcnow, rules
        self._wires: list[Teller] = []
        self._live: dict[int, _Live] = {}
        self._unheard: dict[int, datetime] = {}  # lived when the office fell; their workers have until then to say so

    @property
    def possible(self) -> bool:
        """The line may place calls to people outside."""
        return bool(self._rules.outside_uri)

    async def begin(self) -> None:
        """After a start of the office: those whose workers say so live on."""
        until = self._utcnow() + GRACE
        live = await self._office.do(lambda database: Requests(database).live())
        self._unheard = {request: until for request in live if request not in self._live}

    async def look(self) -> bool:
        """End those that nobody has claimed in time; true when there was one."""
        at = self._utcnow()
        over = [request for request, until in self._unheard.items() if until <= at]
        for request in over:
            if request in self._unheard:  # not claimed while the one before was written
                await self.rang(Rang(request, RingStep.FAILED, _RESTARTED))
        return bool(over)

    async def place(self, employee: Employee, number: Pii, call: str, task: int) -> Placed:
        """Ring ``employee``, then ``number``, about a task; the number is the task's, never a form's."""
        if not self.possible or not (telephone := self._rules.address(employee.extension)):
            return Placed.NOT_SET_UP
        if not is_number(number):
            return Placed.NO_NUMBER
        if not self._wires:
            return Placed.AWAY
        at = self._utcnow()

        def reserve(database: StoreDatabase) -> int | Placed:
            if AssistantCalls(database).calling(call, task):
                return Placed.ASSISTANT
            presence = Roster(database).staff().presence.get(employee.id)
            before = presence.state if presence is not None else State.OFFLINE
            if before in (State.RINGING, State.ON_CALL) or Offers(database).current_of(employee.id) is not None:
                return Placed.BUSY
            with writing(database):
                request = Requests(database).add(employee.id, call, task, before, at)
                if request is None:
                    return Placed.BUSY
                Roster(database).set_state(employee.id, State.ON_CALL, at)
            return request

        request = await self._office.do(reserve)
        if isinstance(request, Placed):
            return request
        if not self._wires:  # the last worker fell in this very moment
            await self.rang(Rang(request, RingStep.FAILED, _LOST))
            return Placed.AWAY
        person = self._rules.outside_uri.format(number=number.reveal())
        no_answer_s = self._rules.no_answer_s
        ring = Ring(request, telephone, person, no_answer_s, employee.id, call, task, number.reveal())
        first, *others = self._wires
        self._live[request] = _Live(first, ring, others)
        first.tell(ring)
        return Placed.YES

    async def rang(self, rang: Rang, wire: Teller | None = None) -> None:
        """A worker's report; one that has no leg leaves it to the next."""
        self._unheard.pop(rang.request, None)
        live, no_leg = self._live.get(rang.request), rang.step is RingStep.FAILED and rang.reason == NO_LEG
        if live is not None and live.ring is not None and no_leg and live.others:
            live.wire = live.others.pop(0)
            live.wire.tell(live.ring)
            return
        if not rang.step.live:
            self._live.pop(rang.request, None)
        elif live is None and wire is not None:
            self._live[rang.request] = _Live(wire)
        at = self._utcnow()

        def move(database: StoreDatabase) -> None:
            requests = Requests(database)
            if requests.move(rang.request, rang.step, rang.reason, at) and not rang.step.live:
                found = requests.by_id(rang.request)
                if found is not None:
                    _free(database, found, at)

        await self._write(move)

    def connected(self, wire: Teller) -> None:
        """A worker is there."""
        self._wires.append(wire)

    async def lost(self, wire: Teller) -> None:
        """A worker is gone, and its calls with it."""
        self._wires = [other for other in self._wires if other is not wire]
        for live in self._live.values():  # before anything is awaited: nobody may be left to who is gone
            live.others = [other for other in live.others if other is not wire]
        for request in [number for number, live in self._live.items() if live.wire is wire]:
            await self.rang(Rang(request, RingStep.FAILED, _LOST))


def _free(database: StoreDatabase, request: Request, at: datetime) -> None:
    """Whoever talked writes it up; whoever reached nobody is as before. A state chosen meanwhile stays."""
    roster = Roster(database)
    presence = roster.staff().presence.get(request.employee)
    if presence is not None and presence.state is State.ON_CALL:
        roster.set_state(request.employee, State.WRAP_UP if request.talked_at else request.before, at)
