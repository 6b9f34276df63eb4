"""Who takes which call: agents are chosen, reserved, told of by the desk, and freed again.

One switchboard lives in the office's process. Workers ask it through a socket (``ivr.office.exchange``), the desk's
pages directly. What must not be forgotten is in the office's database; here are only the callers who wait for
somebody, each with the connection of their worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from ivr.errors import StoreError
from ivr.office.calling_back import CallingBack
from ivr.office.database import open_office
from ivr.office.keeper import Keeper
from ivr.office.offers import Offers, OfferState
from ivr.office.placing import GRACE, Placed, Placing
from ivr.office.reserving import (
    Reserved,
    Rules,
    answer,
    begin_anew,
    end,
    end_wrap_up,
    move,
    reserve,
    somebody_ready,
    staffed,
    standing,
    take_place,
)
from ivr.people.calling import CallRules
from ivr.people.context import CallContext, card_of, context_of
from ivr.people.handover import (
    Check,
    CheckStep,
    Found,
    InLine,
    Nobody,
    Order,
    PassOn,
    Pressed,
    Rang,
    Reply,
    Report,
    Resume,
    Seek,
    Standing,
    Step,
)
from ivr.people.staff import Employee
from ivr.people.summary import summary, whisper
from ivr.privacy import Pii
from ivr.store.database import StoreDatabase, open_database
from ivr.store.journal import Journal

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.2
_DESK: Final = "desk"
_NOTHING_KNOWN: Final = CallContext("", "", Pii(""), datetime.min)


def _nothing() -> None:
    """Nobody wants to know."""


@dataclass(eq=False, slots=True)
class Wire:
    """A worker's connection; ``tell`` sends to it and never waits."""

    tell: Callable[[Reply | Standing | Order], None]


@dataclass(eq=False, slots=True)
class _Caller:
    seek: Seek
    wire: Wire
    since: datetime
    told: InLine | None = None


@dataclass(slots=True)
class _Owner:
    call: str
    wire: Wire | None
    until: datetime | None = None  # a worker that fell silent with the office's fall must have resumed by then


class Switchboard:
    """``office`` and ``journal``: the two databases, asked in their own threads. ``titles``: of topics, by id.
    ``calls``: how the assistant calls people back; None: it doesn't.

    Methods belong to the loop's thread. Agents are given out by :meth:`run` alone, so nobody is given out twice.
    """

    def __init__(
        self,
        office: Path,
        journal: Path,
        utcnow: Callable[[], datetime],
        titles: Mapping[str, str],
        rules: Rules | None = None,
        calls: CallRules | None = None,
    ) -> None:
        self._office, self._utcnow = Keeper(lambda: open_office(office), "switchboard"), utcnow
        self._journal = Keeper(lambda: open_database(journal), "switchboard-journal")
        self._titles, self._rules = titles, rules or Rules()
        self._placing = Placing(self._office, self._write, utcnow, self._rules)
        self.callbacks = CallingBack(self._office, self._journal, self._write, utcnow, self._rules, calls)
        self._callers: dict[str, _Caller] = {}
        self._owners: dict[int, _Owner] = {}  # of live offers
        self._resumed: dict[int, Wire] | None = {}  # workers may say so before the offers were read; None: they are
        self._owed: deque[Callable[[StoreDatabase], object]] = deque()  # changes that the database has not taken yet
        self._settling = asyncio.Lock()
        self._wires: set[Wire] = set()
        self._standing: Standing | None = None  # not looked at yet
        self._stamp: object = None
        self._due = asyncio.Event()
        self.on_offer: Callable[[], None] = _nothing
        """Told of each new offer, before the telephone rings."""

    async def run(self) -> None:
        """Serve callers until cancelled: at once when one comes, and whenever the office's database changed."""
        while self._resumed is not None:
            try:
                await self._begin()
            except (StoreError, sqlite3.Error) as error:
                log.error("switchboard_not_begun", error=str(error))
                await asyncio.sleep(LOOK_S)
        while True:
            try:
                if await self._look():
                    await self._serve()
            except (StoreError, sqlite3.Error) as error:  # somebody keeps the database locked, or the disk is full
                log.error("switchboard_interrupted", error=str(error))
                await asyncio.sleep(LOOK_S)
                self._due.set()  # whoever was to be served still is
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):  # wait_for loses a cancellation that comes together with the event
                    await self._due.wait()

    async def _begin(self) -> None:
        """What lived when the office fell, as the database has it and as workers have said meanwhile."""
        at = self._utcnow()
        await self._placing.begin()
        offers = await self._office.do(lambda database: begin_anew(database, at))
        resumed, self._resumed = self._resumed or {}, None
        for offer in offers:
            wire = resumed.get(offer.id)
            self._owners.setdefault(offer.id, _Owner(offer.call, wire, None if wire is not None else at + GRACE))

    # ------------------------------------------------------------ the desk

    async def answer(self, offer: int, accept: bool) -> bool:
        """The desk's buttons: the agent takes or declines what rings; false when it doesn't ring any more."""
        at = self._utcnow()
        if not await self._office.do(lambda database: answer(database, self._rules, offer, accept, _DESK, at)):
            return False
        owner = self._owners.get(offer)
        if owner is not None and owner.wire is not None:
            owner.wire.tell(Pressed(owner.call, offer, accept))
        return True

    def check(self, offer: int, step: CheckStep) -> bool:
        """The caller's identity is asked for, or decided, on the desk; false when the line can't be told now."""
        owner = self._owners.get(offer)
        if owner is None or owner.wire is None:
            return False
        owner.wire.tell(Check(owner.call, offer, step))
        return True

    def pass_on(self, to: PassOn) -> bool:
        """On the desk the caller is left to a colleague or the assistant; false when the line can't be told now."""
        owner = self._owners.get(to.offer)
        if owner is None or owner.wire is None or owner.call != to.call:
            return False
        owner.wire.tell(to)
        return True

    @property
    def places_calls(self) -> bool:
        """Employees may have people rung by a click."""
        return self._placing.possible

    async def place(self, employee: Employee, number: Pii, call: str, task: int) -> Placed:
        """Click-to-call: ring the employee, then the number of their task."""
        return await self._placing.place(employee, number, call, task)

    # ------------------------------------------------------------ workers

    def connected(self, wire: Wire) -> None:
        """A worker is there; it is told how things stand as soon as that is known."""
        self._wires.add(wire)
        self._placing.connected(wire)
        self.callbacks.connected(wire)
        if self._standing is not None:
            wire.tell(self._standing)

    async def lost(self, wire: Wire) -> None:
        """A worker is gone, and its calls with it: its agents are freed."""
        self._wires.discard(wire)
        await self._placing.lost(wire)
        await self.callbacks.lost(wire)
        for call in [call for call, caller in self._callers.items() if caller.wire is wire]:
            await self.leave(call)
        for offer in [offer for offer, owner in self._owners.items() if owner.wire is wire]:
            await self._end(offer, "worker_lost")

    async def seek(self, wire: Wire, seek: Seek) -> None:
        """Somebody is wanted; the reply comes through ``wire``, and another one at every change of the place."""
        at = self._utcnow()
        with contextlib.suppress(ValueError):
            at = min(at, datetime.fromisoformat(seek.since)) if seek.since else at
        self._callers[seek.call] = _Caller(seek, wire, at)
        self._due.set()

    async def leave(self, call: str) -> None:
        """Nobody is sought for the call any more."""
        self._callers.pop(call, None)
        await self._write(lambda database: Offers(database).leave(call))
        self._due.set()

    async def resume(self, wire: Wire, resumed: Resume) -> None:
        """After the office's fall: these offers live on in that worker."""
        for key, step in resumed.offers.items():
            owner = self._owners.get(int(key))
            if owner is not None:
                owner.wire, owner.until = wire, None
            elif self._resumed is not None:
                self._resumed[int(key)] = wire
            if step:
                await self.report(Report(int(key), Step(step)))

    async def rang(self, wire: Wire, rang: Rang) -> None:
        """What became of a click-to-call."""
        await self._placing.rang(rang, wire)
        if not rang.step.live:
            self._due.set()

    async def report(self, report: Report) -> None:
        """What became of an offer."""
        state, at = OfferState(report.step.value), self._utcnow()
        await self._write(lambda database: move(database, self._rules, report.offer, state, report.reason, at))
        if not state.live:
            self._owners.pop(report.offer, None)
            self._due.set()

    # ------------------------------------------------------------ the work

    async def _look(self) -> bool:
        """Something happened since the last look: a caller came, somebody changed a state, a wrap-up is over."""
        await self._settle()
        due, at = self._due.is_set(), self._utcnow()
        self._due.clear()
        for offer, owner in tuple(self._owners.items()):
            if owner.until is not None and owner.until <= at:  # not claimed while the one before was written
                await self._end(offer, "worker_lost")
                due = True
        due = await self._placing.look() or due

        def look(database: StoreDatabase) -> tuple[bool, object]:
            ended = end_wrap_up(database, self._rules, at)
            return ended, database.execute("PRAGMA data_version").fetchone()[0]

        ended, stamp = await self._office.do(look)
        changed, self._stamp = stamp != self._stamp, stamp
        return due or ended or changed

    async def _serve(self) -> None:
        """Whoever waits longest is served first; who can't be is told their place."""
        for caller in sorted(self._callers.values(), key=lambda one: one.since):
            try:
                await self._serve_one(caller)
            except Exception:
                # Whatever is wrong with this one: the others must be served.
                log.exception("caller_not_served", call=caller.seek.call)
        at = self._utcnow()
        now = await self._office.do(lambda database: standing(database, self._rules, at))
        if now != self._standing:
            self._standing = now
            for wire in self._wires:
                wire.tell(now)

    async def _serve_one(self, caller: _Caller) -> None:
        seek, at, rules = caller.seek, self._utcnow(), self._rules
        if await self._office.do(lambda database: somebody_ready(database, rules, seek, at)):
            context = await self._context(seek.call)
            payload = context.payload(summary(context, self._titles), {"card": card_of(seek.call)})
            reserved = await self._office.do(
                lambda database: reserve(database, rules, seek, payload, payload["pii_summary"], at)
            )
            if reserved is not None:
                await self._found(caller, reserved, payload, whisper(context, self._titles))
                return
        if self._callers.get(seek.call) is not caller:
            return  # left meanwhile
        place = await self._office.do(lambda database: take_place(database, rules, seek, caller.since, at))
        if place is None:
            if self._callers.pop(seek.call, None) is None:
                return  # left meanwhile
            there = await self._office.do(lambda database: staffed(database, rules, seek, at))
            caller.wire.tell(Nobody(seek.call, there))
        elif place != caller.told:
            caller.told = place
            caller.wire.tell(place)

    async def _found(self, caller: _Caller, reserved: Reserved, payload: Mapping[str, Any], words: str) -> None:
        seek, employee = caller.seek, reserved.choice.employee
        if self._callers.get(seek.call) is not caller or caller.wire not in self._wires:
            await self._end(reserved.offer, "caller_left")
            return
        del self._callers[seek.call]
        self.on_offer()
        self._owners[reserved.offer] = _Owner(seek.call, caller.wire)
        log.info("agent_reserved", call=seek.call, employee=employee.id, because=reserved.choice.because)
        caller.wire.tell(
            Found(
                seek.call,
                reserved.offer,
                employee.id,
                employee.name,
                employee.extension,
                reserved.choice.because,
                self._rules.no_answer_s,
                words,
                payload,
            )
        )

    async def _context(self, call: str) -> CallContext:
        """From the journal; while that has nothing of the call yet, only that there is one."""
        events = await self._journal.do(lambda database: Journal(database).events(call))
        try:
            return context_of(call, events)
        except ValueError:
            return replace(_NOTHING_KNOWN, call=call, offered_at=self._utcnow())

    async def _end(self, offer: int, reason: str) -> None:
        self._owners.pop(offer, None)
        at = self._utcnow()
        await self._write(lambda database: end(database, self._rules, offer, reason, at))
        self._due.set()

    async def _write(self, change: Callable[[StoreDatabase], object]) -> None:
        """What has happened, whether or not the database can be written now: it is tried until it is kept."""
        self._owed.append(change)
        await self._settle()

    async def _settle(self) -> None:
        """Write what is owed, in its order. A lock or a full disk leaves the rest for the next look."""
        async with self._settling:
            while self._owed:
                try:
                    await self._office.do(self._owed[0])
                except (StoreError, sqlite3.OperationalError) as error:
                    log.error("report_not_kept_yet", owed=len(self._owed), error=str(error))
                    return
                except Exception:  # it would fail for ever, and keep the others from being written
                    log.exception("report_not_kept")
                self._owed.popleft()
