"""The assistant calls people at the time that was agreed, or when an employee leaves a task to it (A12.11, A12.15).

What is due is read from the journal. A call is written into the office's database before a worker is told, and that
row is closed only when the journal tells how the call ended: so nobody is called twice, whichever process falls.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from ivr.errors import StoreError
from ivr.events import JournalKind
from ivr.office.assistant_calls import AssistantCall, AssistantCalls, Stage
from ivr.office.keeper import Keeper
from ivr.office.placing import GRACE, Write, is_number
from ivr.office.reserving import Rules
from ivr.people.calling import CallRules, due_now, next_call
from ivr.people.handover import CallBack, CalledBack, CallStep
from ivr.people.quality_line import QUALITY
from ivr.people.tasks import Task, Tried
from ivr.store.database import StoreDatabase
from ivr.store.journal import Journal
from ivr.store.spill import Spill

log = structlog.get_logger(__name__)

LOOK_S: Final = 2.0
UNTOLD: Final = timedelta(minutes=2)
"""A call that is over and of which nothing is told in so long was never placed: its worker fell before."""
_REST: Final = timedelta(minutes=1)  # no worker had a leg; the task's turn comes again


class Teller(Protocol):
    """A worker's connection."""

    @property
    def tell(self) -> Callable[[CallBack], None]: ...


class CallingBack:
    """``office``, ``journal``: keepers as the switchboard has them. Methods belong to the loop's thread."""

    def __init__(
        self,
        office: Keeper,
        journal: Keeper,
        write: Write,
        utcnow: Callable[[], datetime],
        rules: Rules,
        calls: CallRules | None,
    ) -> None:
        self._office, self._journal, self._write, self._utcnow = office, journal, write, utcnow
        self._rules, self._calls = rules, calls
        self._wires: list[Teller] = []
        self._owners: dict[int, Teller] = {}  # of live calls, by request
        self._orders: dict[int, tuple[CallBack, list[Teller]]] = {}  # not begun yet, with the workers not asked yet
        self._rests: dict[tuple[str, int], datetime] = {}
        self._begun: datetime | None = None

    @property
    def possible(self) -> bool:
        """The line may call people outside, and the assistant is to."""
        return self._calls is not None and bool(self._rules.outside_uri)

    def next_call(self, task: Task) -> datetime | None:
        """When the assistant calls about the task; None: it doesn't."""
        if not self.possible or self._calls is None or not task.open or task.calling is None:
            return None
        return next_call(task.calling, self._calls) if is_number(task.caller) else None

    async def run(self, tasks: Callable[[], Awaitable[Sequence[Task]]]) -> None:
        """Look at the tasks until cancelled; a journal that is away is looked at again."""
        while self.possible:
            try:
                await self.look(await tasks())
            except (StoreError, sqlite3.Error) as error:
                log.warning("callbacks_not_looked_at", error=str(error))
            except Exception:  # nobody would notice that nobody is called back any more
                log.exception("callbacks_not_looked_at")
            await asyncio.sleep(LOOK_S)

    async def look(self, tasks: Sequence[Task]) -> None:
        """Close what has ended, then have placed what is due."""
        calls, at = self._calls, self._utcnow()
        if calls is None:
            return
        self._begun = self._begun or at
        known = {(task.call, task.number): task for task in tasks}
        unclosed = await self._office.do(lambda database: AssistantCalls(database).unclosed())
        for one in unclosed:
            await self._follow(one, known.get((one.call, one.task)), at)
        room = calls.at_once - sum(one.stage is Stage.CALLING for one in unclosed)
        busy = {(one.call, one.task) for one in unclosed}
        for task in tasks:
            if room <= 0 or not self._wires:
                return
            if (task.call, task.number) not in busy and self._due(task, calls, at):
                room -= await self._place(task, calls, at)

    def _due(self, task: Task, calls: CallRules, at: datetime) -> bool:
        if not task.open or task.calling is None or task.kind == QUALITY or not is_number(task.caller):
            return False
        return due_now(task.calling, calls, at) and self._rests.get((task.call, task.number), at) <= at

    async def _place(self, task: Task, calls: CallRules, at: datetime) -> bool:
        request = await self._office.do(lambda database: AssistantCalls(database).add(task.call, task.number, at))
        if request is None or task.calling is None:
            return False
        if not self._wires:  # the last worker fell in this very moment
            await self._move(request, Stage.CLOSED)
            return False
        number = task.caller.reveal()
        order = CallBack(
            request,
            self._rules.outside_uri.format(number=number),
            number,
            task.call,
            task.number,
            task.kind,
            calls.no_answer_s,
            task.name.reveal(),
            task.calling.answer.reveal(),
            task.wanted,
            task.topic,
            task.reason.reveal(),
        )
        log.info("called_back", call=task.call, task=task.number, request=request, tries=task.calling.tries)
        first, *others = self._wires
        self._orders[request], self._owners[request] = (order, others), first
        first.tell(order)
        return True

    async def _follow(self, one: AssistantCall, task: Task | None, at: datetime) -> None:
        """Where the call stands by what the journal, the workers and the clock say."""
        if task is None or one.id in task.requests or (one.stage is Stage.OVER and not task.open):
            await self._move(one.id, Stage.CLOSED)
        elif one.stage is Stage.CALLING:
            if one.id not in self._owners and self._begun is not None and at >= self._begun + GRACE:
                await self._move(one.id, Stage.OVER)
        elif at >= one.changed_at + UNTOLD and not await self._journal.do(lambda base: _is_to_be_told(base, one)):
            result = {"result": Tried.NOT_REACHED.value, "reason": "worker_lost"}
            data = {"task": one.task, "request": one.id, **result}
            await self._journal.do(lambda base: Journal(base).append(one.call, JournalKind.TASK_TRIED, data, at))

    # ------------------------------------------------------------ workers

    def connected(self, wire: Teller) -> None:
        """A worker is there."""
        self._wires.append(wire)

    async def lost(self, wire: Teller) -> None:
        """A worker is gone, and its calls with it; how they ended the supervisor writes down."""
        self._wires = [other for other in self._wires if other is not wire]
        for _, others in self._orders.values():  # before anything is awaited: nobody may be left to who is gone
            if wire in others:
                others.remove(wire)
        for request in [request for request, owner in self._owners.items() if owner is wire]:
            await self._move(request, Stage.OVER)

    async def called_back(self, wire: Teller, called: CalledBack) -> None:
        """A worker's report; one that has no leg leaves it to the next."""
        order, others = self._orders.get(called.request, (None, []))
        match called.step:
            case CallStep.LIVE:
                self._owners[called.request] = wire
                self._orders.pop(called.request, None)
                at = self._utcnow()
                await self._write(lambda database: AssistantCalls(database).resume(called.request, at))
            case CallStep.OVER:
                await self._move(called.request, Stage.OVER)
            case CallStep.NOT_PLACED if order is not None and others:
                self._owners[called.request] = others.pop(0)
                self._owners[called.request].tell(order)
            case CallStep.NOT_PLACED:
                if order is not None:
                    self._rests[order.call, order.task] = self._utcnow() + _REST
                await self._move(called.request, Stage.CLOSED)

    async def _move(self, request: int, stage: Stage) -> None:
        self._owners.pop(request, None)
        self._orders.pop(request, None)
        at = self._utcnow()
        await self._write(lambda database: AssistantCalls(database).move(request, stage, at))


def _is_to_be_told(database: StoreDatabase, one: AssistantCall) -> bool:
    """How the call ended waits in the spill, or it has not ended: then its worker or the supervisor will tell."""
    try:
        spilled = Spill(database.path).records()
    except OSError:
        return True  # nobody can say
    if any(record.data.get("request") == one.id for record in spilled):
        return True
    journal = Journal(database)
    return any(journal.events(call)[0].data.get("request") == one.id for call in journal.open_calls())
