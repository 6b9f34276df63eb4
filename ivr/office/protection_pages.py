"""Data protection: the log of acts, what is held from erasure, and breaches with their clock (P62.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.errors import VaultError
from ivr.office import person_pages
from ivr.office.audit import BROKEN, HEAD, Audit, Did, Entry
from ivr.office.audit_watch import Checked, Watchman
from ivr.office.guard import form, permitted
from ivr.office.rights import Act
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.office.tasks import local_time
from ivr.quality.register import Breach

_MAX_TEXT: Final = 2000


def routes(site: Site, shelves: Shelves) -> Sequence[Route]:
    """``/apsauga`` and under it: ``zurnalas`` (verify all), ``asmuo`` (a person's request), ``sulaikymas`` (hold),
    ``pazeidimai`` (report, notify)."""

    watchman = Watchman(site.utcnow)

    async def overview(
        request: Request, visitor: Visitor, status: int = 200, /, *, anew: bool = False, **more: Any
    ) -> Response:
        breaches, heads, alarmed = await shelves.desk(
            lambda desk: (desk.register.breaches(), desk.alarms.of_kind(HEAD), desk.alarms.of_kind(BROKEN))
        )

        def read(audit: Audit) -> tuple[list[Entry], Checked]:
            return audit.read(), watchman.look(audit, heads, alarmed, anew=anew)

        entries, checked = await shelves.audit(read)
        values = {
            "entries": entries,
            "checked": checked,
            "breaches": breaches,
            "problem": "",
            "number": "",
            "found": None,
            "tries": (),
            "tries_until": None,
            "erasure": None,
            "held": (),
        }
        return site.page(request, "protection.html", visitor, status, **(values | more))

    @permitted(site, Act.LOG)
    async def shown(request: Request, visitor: Visitor) -> Response:
        await shelves.note(visitor, Did.READ_LOG, "")
        return await overview(request, visitor)

    @permitted(site, Act.LOG)
    async def verified(request: Request, visitor: Visitor) -> Response:
        """The whole log from its first entry, now."""
        await shelves.note(visitor, Did.READ_LOG, "")
        return await overview(request, visitor, anew=True)

    @permitted(site, Act.HOLD)
    async def hold(request: Request, visitor: Visitor) -> Response:
        fields = await form(request)
        call, reason = str(fields.get("call", "")), str(fields.get("reason", "")).strip()[:_MAX_TEXT]
        await shelves.note(visitor, Did.HELD, call, reason)
        try:
            await shelves.hold(call, reason)
        except VaultError as error:
            return await overview(request, visitor, 422, problem=error.problem)
        return RedirectResponse("/apsauga", status_code=303)

    @permitted(site, Act.BREACH)
    async def breach(request: Request, visitor: Visitor) -> Response:
        fields = await form(request)
        what = str(fields.get("what", "")).strip()[:_MAX_TEXT]
        since, until = (local_time(str(fields.get(name, ""))) for name in ("since", "until"))
        if not what or since is None or until is None or until < since:
            return await overview(request, visitor, 422, problem=site.word(request, "breach_wrong"))
        number = await shelves.desk(lambda desk: desk.register.add_breach(visitor.employee.id, what, since, until))
        await shelves.note(visitor, Did.REPORTED, str(number), what)
        return RedirectResponse(f"/apsauga/pazeidimai/{number}", status_code=303)

    async def _breach(number: int) -> Breach | None:
        return await shelves.desk(
            lambda desk: next((one for one in desk.register.breaches() if one.id == number), None)
        )

    @permitted(site, Act.BREACH)
    async def one_breach(request: Request, visitor: Visitor) -> Response:
        """What is notified: what happened, and everybody who opened recordings meanwhile."""
        found = await _breach(request.path_params["number"])
        if found is None:
            return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))
        entries = await shelves.audit(lambda audit: audit.read(found.since, found.until, limit=1000))
        return site.page(request, "breach.html", visitor, breach=found, entries=entries)

    @permitted(site, Act.BREACH)
    async def notified(request: Request, visitor: Visitor) -> Response:
        number = request.path_params["number"]
        to = str((await form(request)).get("to", "")).strip()[:_MAX_TEXT]
        if not to or await _breach(number) is None:
            return site.page(request, "refused.html", visitor, 422, reason=site.word(request, "refused"))
        await shelves.note(visitor, Did.REPORTED, str(number), to)
        await shelves.desk(lambda desk: desk.register.notified(number, to))
        return RedirectResponse(f"/apsauga/pazeidimai/{number}", status_code=303)

    return [
        *person_pages.routes(site, shelves, overview),
        Route("/apsauga", shown, methods=["GET"]),
        Route("/apsauga/zurnalas", verified, methods=["POST"]),
        Route("/apsauga/sulaikymas", hold, methods=["POST"]),
        Route("/apsauga/pazeidimai", breach, methods=["POST"]),
        Route("/apsauga/pazeidimai/{number:int}", one_breach, methods=["GET"]),
        Route("/apsauga/pazeidimai/{number:int}", notified, methods=["POST"]),
    ]
