"""The agents' desk: one's own state, and who else is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from ivr.office.guard import form, signed_in
from ivr.office.roster import Roster
from ivr.office.site import Site, Visitor
from ivr.office.watch import Watch
from ivr.people.staff import Absence, Employee, Presence, Role, Staff, State

CHOSEN_STATES: Final = (State.READY, State.PAUSE, State.WRAP_UP, State.OFFLINE)
"""What agents set themselves; the line sets the others."""
_MAX_REASON: Final = 80


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


def routes(site: Site, watch: Watch) -> Sequence[Route]:
    """``/`` (the desk), ``/busena`` (change one's state), ``/srautas`` (server-sent events)."""

    async def read(visitor: Visitor) -> tuple[list[Colleague], Colleague, str]:
        staff, reason = await site.pages.do(
            lambda database: (Roster(database).staff(), Roster(database).pause_reason(visitor.employee.id))
        )
        everybody = colleagues(staff, site.utcnow())
        own = next(
            (one for one in everybody if one.employee.id == visitor.employee.id),
            Colleague(visitor.employee, None, None, None),
        )
        return everybody, own, reason

    def values(everybody: list[Colleague], own: Colleague, reason: str) -> dict[str, Any]:
        ready = any(one.state is State.READY and one.absence is None for one in everybody)
        return {"colleagues": everybody, "own": own, "reason": reason, "anybody_ready": ready, "states": CHOSEN_STATES}

    @signed_in(site)
    async def desk(request: Request, visitor: Visitor) -> Response:
        return site.page(request, "desk.html", visitor, **values(*await read(visitor)))

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
            return site.page(request, "people.html", visitor, **values(*await read(visitor)))
        return RedirectResponse("/", status_code=303)

    async def stream(request: Request) -> Response:
        """Nobody is sent to the door from here: a stream can't be redirected, so it says that the session is over."""

        async def events() -> AsyncIterator[str]:
            async for changed in watch.changes():
                visitor = await site.visitor(request, active=False)
                if visitor is None:
                    yield "event: over\ndata: over\n\n"
                    return
                if changed:
                    html = site.fragment(request, "people.html", visitor, **values(*await read(visitor)))
                    yield "event: people\n" + "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"
                else:
                    yield ": still here\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    return [
        Route("/", desk, methods=["GET"]),
        Route("/busena", state, methods=["POST"]),
        Route("/srautas", stream, methods=["GET"]),
    ]
