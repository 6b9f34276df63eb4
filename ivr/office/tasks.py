"""Messages and callbacks: what is to be done by when, for whom, and what came of it (A12.10–A12.12, A12.19, A12.25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.events import JournalKind
from ivr.office.audit import Did
from ivr.office.dialling import Request as Click
from ivr.office.dialling import Requests
from ivr.office.guard import form, signed_in
from ivr.office.placing import Placed, is_number
from ivr.office.roster import Roster
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.office.taskbook import Tasks
from ivr.people.quality_line import QUALITY
from ivr.people.staff import Role, Staff
from ivr.people.tasks import Task, Tried, concerns

PAGE: Final = 50
_DONE_SHOWN: Final = 20
_MAX_NOTE: Final = 2000
_MAX_ANSWER: Final = 600  # characters: what can be listened to, some forty seconds
_FARTHEST: Final = timedelta(days=366)
_ZONE: Final = ZoneInfo("Europe/Vilnius")
READERS: Final = (Role.AGENT, Role.HEAD, Role.QUALITY_LINE)


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list: its ``tasks``, ``number`` of ``pages`` from 1, and how many tasks there are in ``total``."""

    tasks: Sequence[Task]
    number: int
    pages: int
    total: int


def readable(visitor: Visitor, task: Task) -> bool:
    """Agents and heads see tasks; what was told to the quality line only its own readers (A18)."""
    if task.kind == QUALITY:
        return visitor.may(Role.QUALITY_LINE)
    return visitor.may(Role.AGENT, Role.HEAD)


def sliced(tasks: Sequence[Task], wanted: str) -> Slice:
    """The page that a browser asks for; the nearest one that there is when its number means none."""
    pages = max(1, -(-len(tasks) // PAGE))
    number = min(max(int(wanted), 1), pages) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    return Slice(tasks[(number - 1) * PAGE : number * PAGE], number, pages, len(tasks))


def routes(site: Site, tasks: Tasks, shelves: Shelves | None = None) -> Sequence[Route]:
    """``/uzduotys`` (the list), ``/kokybes-linija`` (told to the quality line), ``/uzduotys/{call}/{number}`` (one)."""

    async def one(request: Request, visitor: Visitor) -> Task | None:
        task = await tasks.one(request.path_params["call"], request.path_params["number"])
        return task if task is not None and readable(visitor, task) else None

    async def staff() -> Staff:
        return await site.pages.do(lambda database: Roster(database).staff())

    @signed_in(site, Role.AGENT, Role.HEAD)
    async def listed(request: Request, visitor: Visitor) -> Response:
        mine = request.query_params.get("mano") == "1"
        found = [task for task in await tasks.all() if task.kind != QUALITY]
        if mine:
            everybody, at = await staff(), site.utcnow()
            found = [task for task in found if concerns(task, visitor.employee, everybody, at)]
        return await shown_list(request, visitor, found, "tasks", mine=mine)

    @signed_in(site, Role.QUALITY_LINE)
    async def mailbox(request: Request, visitor: Visitor) -> Response:
        return await shown_list(
            request, visitor, [task for task in await tasks.all() if task.kind == QUALITY], "mailbox"
        )

    async def shown_list(
        request: Request, visitor: Visitor, found: list[Task], title: str, *, mine: bool = False
    ) -> Response:
        waiting = [task for task in found if task.open]
        part = sliced(waiting, request.query_params.get("puslapis", ""))
        return site.page(
            request,
            "tasks.html",
            visitor,
            part=part,
            done=[task for task in found if not task.open][:_DONE_SHOWN] if part.number == 1 else [],
            late=sum(task.overdue(site.utcnow()) for task in waiting),
            mine=mine,
            heading=title,
            people={one.id: one.name for one in (await staff()).employees},
        )

    @signed_in(site, *READERS)
    async def shown(request: Request, visitor: Visitor) -> Response:
        task = await one(request, visitor)
        if task is None:
            return _missing(request, visitor)
        if shelves is not None:
            await shelves.note(visitor, Did.OPENED, f"{task.call}/{task.number}", f"task {task.kind}")
        everybody, at = await staff(), site.utcnow()
        addressed = not task.wanted or concerns(task, visitor.employee, everybody, at)
        if task.open and task.seen_at is None and addressed:
            call, data = task.call, {"task": task.number, "by": visitor.employee.id}
            await site.journal(lambda journal: journal.append(call, JournalKind.TASK_SEEN, data, at))
            task = await tasks.one(call, task.number) or task
        return await page_of(request, visitor, task)

    async def page_of(request: Request, visitor: Visitor, task: Task, problem: str = "", status: int = 200) -> Response:
        people = {one.id: one.name for one in (await staff()).employees}
        return site.page(
            request,
            "task.html",
            visitor,
            status,
            task=task,
            problem=problem,
            people=people,
            placed=await latest(task),
            places_calls=site.switchboard.places_calls and visitor.may(Role.AGENT),
            assistant_calls=site.switchboard.callbacks.possible and visitor.may(Role.AGENT),
            next_call=site.switchboard.callbacks.next_call(task),
        )

    @signed_in(site, Role.AGENT)
    async def placed(request: Request, visitor: Visitor) -> Response:
        """Click-to-call: the visitor's telephone rings, then the task's number (A12.15)."""
        task = await one(request, visitor)
        if task is None or not task.open or task.kind == QUALITY:
            return _missing(request, visitor)
        if shelves is not None:
            await shelves.note(visitor, Did.OPENED, f"{task.call}/{task.number}", "call placed")
        came = await site.switchboard.place(visitor.employee, task.caller, task.call, task.number)
        if came is not Placed.YES:
            return await page_of(request, visitor, task, site.word(request, f"place_{came}"), 409)
        return RedirectResponse(f"/uzduotys/{task.call}/{task.number}", status_code=303)

    @signed_in(site, *READERS)
    async def placing(request: Request, visitor: Visitor) -> Response:
        """How far the click-to-call is, for a page that asks every second."""
        task = await one(request, visitor)
        if task is None:
            return _missing(request, visitor)
        return site.page(request, "placing.html", visitor, task=task, placed=await latest(task))

    async def latest(task: Task) -> Click | None:
        return await site.pages.do(lambda database: Requests(database).latest(task.call, task.number))

    @signed_in(site, Role.AGENT)
    async def left_to_assistant(request: Request, visitor: Visitor) -> Response:
        """The assistant calls (A12.15), now or at a time, with the visitor's answer; or is told not to."""
        task = await one(request, visitor)
        possible = site.switchboard.callbacks.possible
        if task is None or not task.open or task.kind == QUALITY or not possible:
            return _missing(request, visitor)
        fields = await form(request)
        data: dict[str, object] = {"task": task.number, "by": visitor.employee.id}
        if str(fields.get("step", "")) != "cancel":
            wanted, now = str(fields.get("when", "")), site.utcnow()
            at = local_time(wanted) if wanted else now
            if at is None or not now <= at <= now + _FARTHEST:
                return await page_of(request, visitor, task, site.word(request, "task_when"), 422)
            if not is_number(task.caller):
                return await page_of(request, visitor, task, site.word(request, "place_no_number"), 409)
            data["agreed_at"] = at.isoformat(timespec="seconds")
            if answer := " ".join(str(fields.get("answer", "")).split())[:_MAX_ANSWER]:
                data["pii_answer"] = answer
        await site.journal(lambda journal: journal.append(task.call, JournalKind.TASK_PLANNED, data, site.utcnow()))
        return RedirectResponse(f"/uzduotys/{task.call}/{task.number}", status_code=303)

    @signed_in(site, *READERS)
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
            case Tried.NOT_REACHED | Tried.OTHER_PERSON:
                data["result"] = result
            case Tried.NOT_YET | Tried.NOT_NOW:
                again = local_time(str(fields.get("again", "")))
                if again is None or again <= site.utcnow():
                    return await page_of(request, visitor, task, site.word(request, "task_when"), 422)
                data |= {"result": result, "agreed_at": again.isoformat(timespec="minutes")}
            case _:
                reason = site.word(request, "refused")
                return site.page(request, "refused.html", visitor, 422, reason=reason)
        if task.open:
            await site.journal(lambda journal: journal.append(task.call, kind, data, site.utcnow()))
        return RedirectResponse("/kokybes-linija" if task.kind == QUALITY else "/uzduotys", status_code=303)

    def _missing(request: Request, visitor: Visitor) -> Response:
        return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))

    return [
        Route("/uzduotys", listed, methods=["GET"]),
        Route("/kokybes-linija", mailbox, methods=["GET"]),
        Route("/uzduotys/{call}/{number:int}", shown, methods=["GET"]),
        Route("/uzduotys/{call}/{number:int}", changed, methods=["POST"]),
        Route("/uzduotys/{call}/{number:int}/skambinti", placed, methods=["POST"]),
        Route("/uzduotys/{call}/{number:int}/skambinti", placing, methods=["GET"]),
        Route("/uzduotys/{call}/{number:int}/asistente", left_to_assistant, methods=["POST"]),
    ]


def local_time(text: str) -> datetime | None:
    """What a browser's date-and-time field sends, on the office's clock; None when it sent something else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=_ZONE) if at.tzinfo is None else None
