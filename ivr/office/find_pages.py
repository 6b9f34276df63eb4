"""Search among conversations: date, employee, topic, duration, outcome, words of the transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.events import Outcome
from ivr.office import rights
from ivr.office.audit import Did
from ivr.office.guard import permitted
from ivr.office.rights import Act
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.people.staff import Employee
from ivr.quality.desk import Desk
from ivr.quality.index import PAGE, Found, Wanted

_MAX_WORDS = 200


def asked(fields: Mapping[str, str], reach: frozenset[int] | None, *, guarded: bool) -> Wanted:
    """The search form's fields; what is no date or number is left out, and nobody is found beyond ``reach``.

    ``guarded``: calls of the quality line are found, too.
    """
    employee = fields.get("darbuotojas", "")
    employees = reach
    if employee.isdecimal():
        one = frozenset({int(employee)})
        employees = one if reach is None else one & reach
    return Wanted(
        _day(fields.get("nuo", "")),
        _day(fields.get("iki", "")),
        employees,
        fields.get("tema", ""),
        fields.get("baigtis", ""),
        _minutes(fields.get("ilgesni", "")),
        _minutes(fields.get("trumpesni", "")),
        fields.get("zodziai", "")[:_MAX_WORDS],
        guarded,
    )


def routes(site: Site, shelves: Shelves) -> Sequence[Route]:
    """``/irasai``."""

    @permitted(site, Act.FIND)
    async def found(request: Request, visitor: Visitor) -> Response:
        fields = {key: value.strip() for key, value in request.query_params.items()}
        number = fields.get("psl", "")
        page = int(number) if number.isdecimal() and len(number) < 6 else 0

        def look(desk: Desk) -> tuple[list[Found], list[Employee]]:
            people = desk.people()
            reach = rights.within(visitor.employee, Act.FIND, people.values())
            shown = sorted(
                (one for one in people.values() if reach is None or one.id in reach), key=lambda one: one.name
            )
            wanted = asked(fields, reach, guarded=rights.reads_quality_line(visitor.employee))
            return desk.index.find(wanted, page), shown

        if fields.get("zodziai"):
            await shelves.note(visitor, Did.SEARCHED, fields["zodziai"][:_MAX_WORDS])
        rows, people = await shelves.fresh(look)
        values: dict[str, Any] = {
            "rows": rows[:PAGE],
            "more": len(rows) > PAGE,
            "number": page,
            "query": {key: value for key, value in fields.items() if key != "psl" and value},
            "fields": fields,
            "people": people,
            "names": {one.id: one.name for one in people},
            "outcomes": [one.value for one in Outcome],
        }
        return site.page(request, "find.html", visitor, **values)

    return [Route("/irasai", found, methods=["GET"])]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _minutes(text: str) -> float | None:
    """Seconds of a number of minutes."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return 60 * value if 0 <= value < 10_000 else None
