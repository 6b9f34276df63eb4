"""The office's web application: health for machines, pages for people."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ivr.office import (
    account_pages,
    alarms,
    calendar,
    calls,
    desk,
    doors,
    figures_pages,
    find_pages,
    health,
    listen_pages,
    metrics,
    plan_pages,
    protection_pages,
    sounds,
    tasks,
)
from ivr.office.database import open_office
from ivr.office.guard import Headers
from ivr.office.overdue import Overdue
from ivr.office.shelves import Shelves
from ivr.office.site import Site, static_folder
from ivr.office.taskbook import Tasks
from ivr.office.watch import Watch
from ivr.store.database import StoreDatabase, open_database


def application(
    data_dir: Path,
    version: str,
    site: Site | None,
    watch: Watch | None = None,
    shelves: Shelves | None = None,
    deliveries: Sequence[Route] = (),
) -> Starlette:
    """``site`` None: pages are not served (no TLS on a public address), only ``/healthz``.

    ``shelves`` None: there are no pages of the quality unit. ``deliveries``: where other line nodes upload.
    """
    routes: list[Route | Mount] = [health.route(data_dir, version), *metrics.routes(data_dir, version)]
    if site is None or watch is None:
        return Starlette(routes=routes)
    pages = site

    async def not_found(request: Request, _error: Exception) -> Response:
        visitor = await pages.visitor(request)
        return pages.page(request, "refused.html", visitor, 404, reason=pages.word(request, "not_found"))

    async def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return PlainTextResponse(f"{status}\n", status)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        looking = [
            asyncio.create_task(watch.run()),
            asyncio.create_task(Overdue(pages, book).run()),
            asyncio.create_task(pages.switchboard.callbacks.run(book.all)),
        ]
        yield
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)

    book, cards = Tasks(site), calls.Calls(site)
    routes += [
        *doors.routes(site),
        *account_pages.routes(site),
        *desk.routes(site, watch, desk.Desk(site, book, cards)),
        *calls.routes(site, cards, shelves),
        *tasks.routes(site, book, shelves),
        *sounds.routes(site, book, data_dir / "recordings", shelves),
        *alarms.routes(site),
        *calendar.routes(site),
        *deliveries,
        Mount("/static", StaticFiles(directory=static_folder())),
    ]
    if shelves is not None:
        for wing in (plan_pages, figures_pages, find_pages, listen_pages, protection_pages):
            routes += wing.routes(site, shelves)
    return Starlette(
        routes=routes,
        middleware=[Middleware(Headers, secure=site.secure)],
        # A number in an address that no database can hold is nobody's.
        exception_handlers={404: not_found, OverflowError: not_found, HTTPException: refused},
        lifespan=lifespan,
    )


def stamp_of(office: Path, journal: Path | None = None) -> Watch:
    """A watch over the office's database and the journal, by SQLite's own counter of other connections' changes."""

    def counter(database: StoreDatabase) -> Callable[[], object]:
        return lambda: database.execute("PRAGMA data_version").fetchone()[0]

    if journal is None:
        return Watch(counter(open_office(office)))
    return Watch(counter(open_office(office)), counter(open_database(journal)))
