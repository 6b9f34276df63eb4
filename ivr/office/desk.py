"""The agents' desk: the call, one's own state and tasks, who waits, and who else is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from ivr.office.calls import Calls, on_desk
from ivr.office.guard import form, signed_in
from ivr.office.offers import Offer, Offers, Waiting
from ivr.office.roster import Roster
from ivr.office.site import Site, Visitor
from ivr.office.taskbook import Tasks
from ivr.office.watch import News, Watch
from ivr.people.quality_line import QUALITY
from ivr.people.staff import Absence, Employee, Presence, Role, Staff, State
from ivr.people.tasks import Task, concerns
from ivr.store.database import StoreDatabase

CHOSEN_STATES: Final = (State.READY, State.PAUSE, State.WRAP_UP, State.OFFLINE)
"""What agents set themselves; the line sets the others."""
PARTS: Final = ("call", "talk", "people", "queue", "mine")
"""What a stream sends, each by a template of its name, when it has changed; the call comes first, for it rings."""
RING: Final = ("ring",)
_TASKS_LATER: Final = timedelta(seconds=3)
_MAX_REASON: Final = 80
_QUEUE_SHOWN: Final = 20
_TASKS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Colleague:
    """One line of the list."""

    employee: Employee
    presence: Presence | None
    absence: Absence | None
    substitute: Employee | None

    @property
    def state(self) -> State:
        return self.presence.state if self.presence else State.OFFLINE


def colleagues(staff: Staff, at: datetime) -> list[Colleague]:
    """Agents in the order in which one looks for somebody: those who wait for calls first, then by name."""
    found = []
    for employee in staff.employees:
        if Role.AGENT in employee.roles:
            absence = staff.absence(employee.id, at)
            substitute = staff.by_id(absence.substitute) if absence and absence.substitute is not None else None
            found.append(Colleague(employee, staff.presence.get(employee.id), absence, substitute))
    return sorted(found, key=lambda one: (not staff.ready(one.employee.id, at), one.state, one.employee.name))


class Desk:
    """What one's desk shows, part by part: pages and streams render the same."""

    def __init__(self, site: Site, tasks: Tasks, calls: Calls) -> None:
        self._site, self._tasks, self._calls = site, tasks, calls

    async def values(self, visitor: Visitor) -> dict[str, Any]:
        """What the templates of all parts need."""
        employee, at = visitor.employee, self._site.utcnow()

        def read(database: StoreDatabase) -> tuple[Staff, str, Sequence[Waiting], tuple[Offer | None, str]]:
            roster = Roster(database)
            offer = on_desk(database, employee.id, at) if visitor.may(Role.AGENT) else (None, "")
            return roster.staff(), roster.pause_reason(employee.id), Offers(database).queue(), offer

        staff, reason, queue, (offer, mode) = await self._site.pages.do(read)
        everybody = colleagues(staff, at)
        own = next((one for one in everybody if one.employee.id == employee.id), Colleague(employee, None, None, None))
        mine: list[Task] = []
        if visitor.may(Role.AGENT):
            mine = [
                task
                for task in await self._tasks.all()
                if task.open and task.kind != QUALITY and concerns(task, employee, staff, at)
            ]
        return {
            "colleagues": everybody,
            "own": own,
            "reason": reason,
            "anybody_ready": any(one.state is State.READY and one.absence is None for one in everybody),
            "states": CHOSEN_STATES,
            "queue": queue[:_QUEUE_SHOWN],
            "queue_length": len(queue),
            "names": {one.id: one.name for one in staff.employees},
            "mine": mine[:_TASKS_SHOWN],
            "mine_open": len(mine),
            "mine_late": sum(task.overdue(at) for task in mine),
            **await self._calls.values(offer, mode),
        }


def routes(site: Site, watch: Watch, desk: Desk) -> Sequence[Route]:
    """``/`` (the desk), ``/busena`` (change one's state), ``/srautas`` (server-sent events)."""

    @signed_in(site)
    async def shown(request: Request, visitor: Visitor) -> Response:
        return site.page(request, "desk.html", visitor, **await desk.values(visitor))

    @signed_in(site, Role.AGENT)
    async def state(request: Request, visitor: Visitor) -> Response:
        fields = await form(request)
        try:
            wanted = State(str(fields.get("state", "")))
        except ValueError:
            wanted = State.ON_CALL  # none of those below
        if wanted not in CHOSEN_STATES:
            return site.page(request, "refused.html", visitor, 422, reason=site.word(request, "refused"))
        reason = str(fields.get("reason", "")).strip()[:_MAX_REASON] if wanted is State.PAUSE else ""
        at = site.utcnow()
        await site.pages.do(lambda database: Roster(database).set_state(visitor.employee.id, wanted, at, reason))
        if request.headers.get("HX-Request"):
            return site.page(request, "people.html", visitor, **await desk.values(visitor))
        return RedirectResponse("/", status_code=303)

    async def stream(request: Request) -> Response:
        """Nobody is sent to the door from here: a stream can't be redirected, so it says that the session is over.

        ``dalis=ring``: only that somebody calls, for pages that are not the desk.
        """
        parts = RING if request.query_params.get("dalis") == RING[0] else PARTS

        async def events() -> AsyncIterator[str]:
            sent: dict[str, str] = {}
            called = True
            looked = site.utcnow()
            async for news in watch.changes():
                # Other people's calls are no news for this desk; tasks that they leave may come a little later.
                if news is News.CALLS and not called and site.utcnow() - looked < _TASKS_LATER:
                    continue
                looked = site.utcnow()
                visitor = await site.visitor(request, active=False)
                if visitor is None:
                    yield "event: over\ndata: over\n\n"
                    return
                values = await desk.values(visitor)
                called = values["card"] is not None
                for part in parts:  # the heartbeat too: tasks become late while nothing happens
                    html = site.fragment(request, f"{part}.html", visitor, **values)
                    if sent.get(part) != html:
                        sent[part] = html
                        yield f"event: {part}\n" + "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"
                if news is News.NONE:
                    yield ": still here\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    return [
        Route("/", shown, methods=["GET"]),
        Route("/busena", state, methods=["POST"]),
        Route("/srautas", stream, methods=["GET"]),
    ]
