"""Messages and callbacks: what is to be done by when, for whom, and what came of it (A12.10–A12.12, A12.19, A12.25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.events import JournalKind
from ivr.office.guard import form, signed_in
from ivr.office.site import Site, Visitor
from ivr.people.staff import Role
from ivr.people.tasks import QUALITY, Task, Tried, tasks_of

_KINDS: Final = (JournalKind.TASK_CREATED, JournalKind.TASK_TRIED, JournalKind.TASK_DONE)
_SHOWN: Final = 200
_MAX_NOTE: Final = 2000
_ZONE: Final = ZoneInfo("Europe/Vilnius")


def readable(visitor: Visitor, task: Task) -> bool:
    """Agents and heads see tasks; what was told to the quality line only its own readers (A18)."""
    if task.kind == QUALITY:
        return visitor.may(Role.QUALITY)
    return visitor.may(Role.AGENT, Role.HEAD)


def routes(site: Site) -> Sequence[Route]:
    """``/uzduotys`` (the list), ``/uzduotys/{call}/{number}`` (one, and what came of it)."""

    async def everything(visitor: Visitor) -> list[Task]:
        events = await site.journal(lambda journal: journal.of_kind(*_KINDS))
        return [task for task in tasks_of(events, site.next_working_day) if readable(visitor, task)]

    async def one(request: Request, visitor: Visitor) -> Task | None:
        wanted = (request.path_params["call"], request.path_params["number"])
        return next((task for task in await everything(visitor) if (task.call, task.number) == wanted), None)

    @signed_in(site, Role.AGENT, Role.HEAD, Role.QUALITY)
    async def listed(request: Request, visitor: Visitor) -> Response:
        mine = request.query_params.get("mano") == "1"
        tasks = await everything(visitor)
        if mine:
            tasks = [task for task in tasks if task.wanted == visitor.employee.name]
        return site.page(
            request,
            "tasks.html",
            visitor,
            tasks=[task for task in tasks if task.open][:_SHOWN],
            done=[task for task in tasks if not task.open][:20],
            waiting=sum(task.open for task in tasks),
            mine=mine,
        )

    @signed_in(site, Role.AGENT, Role.HEAD, Role.QUALITY)
    async def shown(request: Request, visitor: Visitor) -> Response:
        task = await one(request, visitor)
        if task is None:
            return _missing(request, visitor)
        return site.page(request, "task.html", visitor, task=task, problem="")

    @signed_in(site, Role.AGENT, Role.HEAD, Role.QUALITY)
    async def changed(request: Request, visitor: Visitor) -> Response:
        task = await one(request, visitor)
        if task is None:
            return _missing(request, visitor)
        fields = await form(request)
        result, note = str(fields.get("result", "")), str(fields.get("note", "")).strip()[:_MAX_NOTE]
        data: dict[str, object] = {"task": task.number, "by": visitor.employee.id}
        if note:
            data["pii_note"] = note
        kind = JournalKind.TASK_TRIED
        match result:
            case "done":
                kind = JournalKind.TASK_DONE
                data["type"] = task.kind
            case Tried.NOT_REACHED:
                data["result"] = result
            case Tried.NOT_YET:
                again = _local(str(fields.get("again", "")))
                if again is None or again <= site.utcnow():
                    problem = site.word(request, "task_when")
                    return site.page(request, "task.html", visitor, 422, task=task, problem=problem)
                data |= {"result": result, "agreed_at": again.isoformat(timespec="minutes")}
            case _:
                reason = site.word(request, "refused")
                return site.page(request, "refused.html", visitor, 422, reason=reason)
        if task.open:
            await site.journal(lambda journal: journal.append(task.call, kind, data, site.utcnow()))
        return RedirectResponse("/uzduotys", status_code=303)

    def _missing(request: Request, visitor: Visitor) -> Response:
        return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))

    return [
        Route("/uzduotys", listed, methods=["GET"]),
        Route("/uzduotys/{call}/{number:int}", shown, methods=["GET"]),
        Route("/uzduotys/{call}/{number:int}", changed, methods=["POST"]),
    ]


def _local(text: str) -> datetime | None:
    """What a browser's date-and-time field sends, on the office's clock."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=_ZONE) if at.tzinfo is None else None
