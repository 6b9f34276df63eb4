"""The month's plan with everybody's progress, and its findings in summary (A19, A21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.errors import SamplingError
from ivr.office import rights
from ivr.office.guard import signed_in
from ivr.office.rights import Act
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.office.tables import csv_answer
from ivr.people.staff import Employee
from ivr.quality.desk import Desk
from ivr.quality.draws import SHORTFALL
from ivr.quality.index import ZONE
from ivr.quality.report import Report, report
from ivr.sampling.month import Month


@dataclass(frozen=True, slots=True)
class Share:
    """One employee's part of the plan; ``drawn`` are rows of the draw with ``done`` and ``score``."""

    employee: Employee
    drawn: list[dict[str, Any]]
    done: int
    wanted: int
    short: int


def plan(desk: Desk, month: Month, visitor: Employee) -> list[Share]:
    """Everybody in the visitor's reach, by name; who has most to be listened to first."""
    people = desk.people()
    reach = rights.within(visitor, Act.PLAN, people.values())
    rows = [row for row in desk.index.drawn(str(month)) if reach is None or row["employee"] in reach]
    done = desk.index.reviewed((row["call"], row["employee"]) for row in rows)
    opened = desk.register.opened(str(month))
    short = {
        alarm.data["employee"]: alarm.data["wanted"] - alarm.data["found"]
        for alarm in desk.alarms.of_kind(SHORTFALL)
        if alarm.data.get("month") == str(month)
    }
    by_employee: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        key = (row["call"], row["employee"])
        review = desk.index.review(*key) if key in done else None
        marked = row | {"done": key in done, "score": review.get("score") if review else None}
        by_employee.setdefault(row["employee"], []).append(marked)
    shares = [
        Share(
            people[who], drawn, sum(one["done"] for one in drawn), opened.per_month if opened else 0, short.get(who, 0)
        )
        for who, drawn in by_employee.items()
        if who in people
    ]
    return sorted(shares, key=lambda one: (one.done >= len(one.drawn), one.employee.name))


def monthly_report(desk: Desk, shelves: Shelves, month: Month) -> Report:
    """The findings of reviews that were made for this month's draw."""
    drawn = desk.index.drawn(str(month))
    reviews = [
        (row["employee"], data)
        for row in drawn
        if (data := desk.index.review(row["call"], row["employee"])) is not None
    ]
    units = {one.id: one.unit for one in desk.people().values()}
    return report(str(month), len(drawn), reviews, units, shelves.scorecard)


def routes(site: Site, shelves: Shelves) -> Sequence[Route]:
    """``/kokybe`` (the plan), ``/kokybe/ataskaita`` (the month's findings) and the same as ``.csv``."""

    def wanted(request: Request) -> Month:
        """The month that was asked for; this one when it is none."""
        now = site.utcnow().astimezone(ZONE)
        try:
            return Month.parse(request.query_params.get("menuo", ""), ZONE)
        except SamplingError:
            return Month(now.year, now.month, ZONE)

    def refused(request: Request, visitor: Visitor) -> Response:
        return site.page(request, "refused.html", visitor, 403, reason=site.word(request, "not_allowed"))

    @signed_in(site)
    async def shown(request: Request, visitor: Visitor) -> Response:
        if not rights.may(visitor.employee, Act.PLAN):
            return refused(request, visitor)
        month = wanted(request)
        shares = await shelves.fresh(lambda desk: plan(desk, month, visitor.employee))
        values: dict[str, Any] = {
            "month": str(month),
            "before": str(month.before),
            "after": _after(month, site.utcnow()),
            "shares": shares,
            "done": sum(one.done for one in shares),
            "drawn": sum(len(one.drawn) for one in shares),
            "listens": rights.may(visitor.employee, Act.OPEN),
        }
        return site.page(request, "plan.html", visitor, **values)

    @signed_in(site)
    async def findings(request: Request, visitor: Visitor) -> Response:
        if not rights.may(visitor.employee, Act.REPORT):
            return refused(request, visitor)
        month = wanted(request)
        found = await shelves.fresh(lambda desk: monthly_report(desk, shelves, month))
        if request.url.path.endswith(".csv"):
            heads = [site.word(request, f"report_{key}") for key in ("rule", "criterion", "good", "bad", "share")]
            return csv_answer(f"ataskaita-{month}.csv", [heads, *found.rows()])
        values: dict[str, Any] = {
            "month": str(month),
            "before": str(month.before),
            "after": _after(month, site.utcnow()),
        }
        return site.page(request, "report.html", visitor, report=found, **values)

    return [
        Route("/kokybe", shown, methods=["GET"]),
        Route("/kokybe/ataskaita", findings, methods=["GET"]),
        Route("/kokybe/ataskaita.csv", findings, methods=["GET"]),
    ]


def _after(month: Month, now: datetime) -> str:
    """The next month, if it has begun; else nothing."""
    year, number = (month.year + 1, 1) if month.month == 12 else (month.year, month.month + 1)
    following = Month(year, number, month.zone)
    return str(following) if following.opens <= now else ""
