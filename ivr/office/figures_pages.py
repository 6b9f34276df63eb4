"""The line's figures of a span of days: page with charts, and CSV. They hold no personal data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.office.guard import permitted
from ivr.office.rights import Act
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.office.tables import csv_answer
from ivr.quality.figures import figures_of
from ivr.quality.index import ZONE

_USUAL: Final = timedelta(days=29)
_LONGEST: Final = timedelta(days=366)


def routes(site: Site, shelves: Shelves) -> Sequence[Route]:
    """``/statistika`` and ``/statistika.csv``, of days ``nuo`` to ``iki``."""

    def days(request: Request) -> tuple[date, date]:
        """The last thirty days, if none are given; never more than a year."""
        today = site.utcnow().astimezone(ZONE).date()
        until = _day(request.query_params.get("iki", "")) or today
        since = _day(request.query_params.get("nuo", "")) or until - _USUAL
        return max(min(since, until), until - _LONGEST), until

    @permitted(site, Act.FIGURES)
    async def shown(request: Request, visitor: Visitor) -> Response:
        since, until = days(request)
        figures = await shelves.fresh(lambda desk: figures_of(desk.index, since, until))
        if request.url.path.endswith(".csv"):
            rows = [(site.word(request, f"figure_{name}"), value) for name, value in figures.rows()]
            topics = [(site.topics.get(topic, topic), number) for topic, number in figures.topics]
            return csv_answer(f"statistika-{since}-{until}.csv", [*rows, *topics, *figures.days])
        return site.page(
            request, "figures.html", visitor, figures=figures, since=since.isoformat(), until=until.isoformat()
        )

    return [Route("/statistika", shown, methods=["GET"]), Route("/statistika.csv", shown, methods=["GET"])]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
