"""The calendar of absences and who stands in (A10, A12.3), and the directory of everybody who works here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.errors import OfficeError
from ivr.language.folding import folded
from ivr.office.desk import Colleague
from ivr.office.guard import form, signed_in
from ivr.office.roster import Planned, Roster
from ivr.office.site import Site, Visitor
from ivr.people.staff import Absence, Employee, Role, Staff

DAYS: Final = 14
_ZONE: Final = ZoneInfo("Europe/Vilnius")
_FAR: Final = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Row:
    """An employee's days from today on: who stands in on each (None: nobody is known), for days away only."""

    employee: Employee
    days: Sequence[tuple[date, Absence | None]]


def rows(staff: Staff, planned: Sequence[Planned], first: date) -> list[Row]:
    """Whoever can be away, by name. A day counts as away when any of its working time from eight to five does."""
    found = []
    for employee in sorted(_people(staff), key=lambda one: folded(one.name)):
        own = [one.absence for one in planned if one.absence.employee == employee.id]
        days = [first + timedelta(days=number) for number in range(DAYS)]
        found.append(Row(employee, [(day, next((one for one in own if _touches(one, day)), None)) for day in days]))
    return found


def routes(site: Site) -> Sequence[Route]:
    """``/kalendorius`` (look, add), ``/kalendorius/{id}/atsaukti`` (cancel), ``/kontaktai``."""

    async def read() -> tuple[Staff, list[Planned]]:
        at = site.utcnow()
        return await site.pages.do(lambda database: (Roster(database).staff(), Roster(database).planned(at)))

    async def page_of(request: Request, visitor: Visitor, problem: str = "", status: int = 200) -> Response:
        staff, planned = await read()
        first = site.utcnow().astimezone(_ZONE).date()
        return site.page(
            request,
            "calendar.html",
            visitor,
            status,
            rows=rows(staff, planned, first),
            planned=planned,
            names={one.id: one.name for one in staff.employees},
            people=sorted(_people(staff), key=lambda one: folded(one.name)),
            problem=problem,
            manages=_manages(visitor),
            today=first,
        )

    @signed_in(site)
    async def shown(request: Request, visitor: Visitor) -> Response:
        return await page_of(request, visitor)

    @signed_in(site, Role.AGENT, Role.HEAD, Role.ADMIN)
    async def added(request: Request, visitor: Visitor) -> Response:
        fields = await form(request)
        employee = _number(fields.get("employee")) if _manages(visitor) else visitor.employee.id
        since, until = _day(str(fields.get("since", ""))), _day(str(fields.get("until", "")))
        if employee is None or since is None:
            return await page_of(request, visitor, site.word(request, "absence_days"), 422)
        if until is not None and not timedelta() <= until - since <= _FAR:
            return await page_of(request, visitor, site.word(request, "absence_days"), 422)
        begins = datetime.combine(since, time(), _ZONE)
        ends = datetime.combine(until + timedelta(days=1), time(), _ZONE) if until is not None else None
        absence = Absence(employee, begins, ends, _number(fields.get("substitute")))
        try:
            await site.pages.do(lambda database: Roster(database).add_absence(absence))
        except OfficeError:
            return await page_of(request, visitor, site.word(request, "absence_refused"), 422)
        return RedirectResponse("/kalendorius", status_code=303)

    @signed_in(site, Role.AGENT, Role.HEAD, Role.ADMIN)
    async def cancelled(request: Request, visitor: Visitor) -> Response:
        number = request.path_params["absence"]
        _staff, planned = await read()
        found = next((one for one in planned if one.id == number), None)
        if found is None or not (_manages(visitor) or found.absence.employee == visitor.employee.id):
            return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))
        await site.pages.do(lambda database: Roster(database).cancel_absence(number))
        return RedirectResponse("/kalendorius", status_code=303)

    @signed_in(site)
    async def contacts(request: Request, visitor: Visitor) -> Response:
        wanted = folded(request.query_params.get("q", "")[:80])
        staff, at = (await read())[0], site.utcnow()
        found = []
        for employee in sorted(_people(staff), key=lambda one: folded(one.name)):
            if all(word in folded(f"{employee.name} {employee.unit}") for word in wanted.split()):
                absence = staff.absence(employee.id, at)
                substitute = staff.by_id(absence.substitute) if absence and absence.substitute is not None else None
                found.append(Colleague(employee, staff.presence.get(employee.id), absence, substitute))
        template = "contacts_list.html" if request.headers.get("HX-Request") else "contacts.html"
        return site.page(request, template, visitor, found=found, query=request.query_params.get("q", "")[:80])

    return [
        Route("/kalendorius", shown, methods=["GET"]),
        Route("/kalendorius", added, methods=["POST"]),
        Route("/kalendorius/{absence:int}/atsaukti", cancelled, methods=["POST"]),
        Route("/kontaktai", contacts, methods=["GET"]),
    ]


def _manages(visitor: Visitor) -> bool:
    """May put anybody's absence into the calendar, not only their own."""
    return visitor.may(Role.HEAD, Role.ADMIN)


def _people(staff: Staff) -> list[Employee]:
    """Everybody but the assistant, who is never away."""
    return [one for one in staff.employees if one.id]


def _touches(absence: Absence, day: date) -> bool:
    begins, ends = datetime.combine(day, time(8), _ZONE), datetime.combine(day, time(17), _ZONE)
    return absence.since < ends and (absence.until is None or absence.until > begins)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
