"""The month's plan with everybody's progress, and its findings in summary (A19, A21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.errors import SamplingError
from ivr.office import rights
from ivr.office.guard import permitted
from ivr.office.queue import Chosen, Row, rows_of
from ivr.office.rights import Act
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.office.tables import csv_answer
from ivr.people.staff import Employee
from ivr.quality.desk import Desk
from ivr.quality.draws import SHORTFALL
from ivr.quality.index import ZONE
from ivr.quality.report import Report, report
from ivr.sampling.draw import Reason
from ivr.sampling.month import Month
from ivr.sampling.population import Flag

_OF_MONTH: Final = frozenset(reason.value for reason in Reason)


@dataclass(frozen=True, slots=True)
class Share:
    """One employee's part of the plan; ``drawn`` are rows of the draw with ``done``, ``score`` and ``lost``.

    ``lost``: the sound was erased before anybody reviewed it. ``short``: how many the month lacks.
    """

    employee: Employee
    drawn: list[Row]
    done: int
    wanted: int
    short: int

    @property
    def lost(self) -> int:
        return sum(one["lost"] for one in self.drawn)

    @property
    def to_hear(self) -> int:
        """How many can be listened to, or were."""
        return sum(not one["lost"] for one in self.drawn)


def plan(desk: Desk, month: str, visitor: Employee) -> list[Share]:
    """Everybody in the visitor's reach, by name; who has most to be listened to first."""
    people = desk.people()
    opened = desk.register.opened(month)
    wanted = opened.per_month if opened else 0
    told = [alarm.data for alarm in desk.alarms.of_kind(SHORTFALL) if alarm.data.get("month") == month]
    closed = {one.at for one in desk.register.made(month)} >= {Month.parse(month, ZONE).closes}
    by_employee: dict[int, list[Row]] = {
        data["employee"]: []
        for data in told
        if data["employee"] in people and rights.may(visitor, Act.PLAN, people[data["employee"]])
    }
    for row in rows_of(desk, month, visitor):
        review = desk.index.review(row["call"], row["employee"]) if row["done"] else None
        by_employee.setdefault(row["employee"], []).append(row | {"score": review.get("score") if review else None})
    shares = []
    for who, drawn in by_employee.items():
        of_month = [row for row in drawn if row["reason"] in _OF_MONTH and not row["lost"]]
        short = max(0, wanted - len(of_month)) if closed else 0
        shares.append(Share(people[who], drawn, sum(row["done"] for row in drawn), wanted, short))
    return sorted(shares, key=lambda one: (one.done >= len(one.drawn), one.employee.name))


def monthly_report(desk: Desk, shelves: Shelves, month: Month) -> Report:
    """The findings of reviews that were made for this month's draw."""
    drawn = [row for row in desk.index.drawn(str(month)) if not row["guarded"]]
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

    @permitted(site, Act.PLAN)
    async def shown(request: Request, visitor: Visitor) -> Response:
        month = wanted(request)
        chosen = Chosen.asked({**request.query_params, "menuo": str(month)}) or Chosen(str(month))
        everything = await shelves.fresh(lambda desk: plan(desk, chosen.month, visitor.employee))
        shown = [replace(one, drawn=[row for row in one.drawn if chosen.holds(row)]) for one in everything]
        shares = [one for one in shown if one.drawn or (one.short and chosen.employee in (None, one.employee.id))]
        to_hear = (row for one in shares for row in one.drawn if not row["done"] and not row["lost"])
        values: dict[str, Any] = {
            "month": str(month),
            "before": str(month.before),
            "after": _after(month, site.utcnow()),
            "shares": shares,
            "people": sorted((one.employee for one in everything), key=lambda one: one.name),
            "chosen": chosen,
            "all_reasons": [*(reason.value for reason in Reason), *(flag.value for flag in Flag)],
            "done": sum(one.done for one in everything),
            "drawn": sum(one.to_hear for one in everything),
            "first": next(to_hear, None),
            "listens": rights.may(visitor.employee, Act.OPEN),
        }
        return site.page(request, "plan.html", visitor, **values)

    @permitted(site, Act.REPORT)
    async def findings(request: Request, visitor: Visitor) -> Response:
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
