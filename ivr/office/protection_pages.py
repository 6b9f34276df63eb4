"""Data protection: the log of acts, a person's own data gathered and erased, and breaches with their clock (P62.7)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.errors import VaultError
from ivr.office import rights
from ivr.office.audit import HEAD, Audit, Did, Entry, check_heads
from ivr.office.guard import form, signed_in
from ivr.office.offers import Offers
from ivr.office.rights import Act
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.quality.desk import Desk
from ivr.quality.index import ZONE
from ivr.quality.register import Breach
from ivr.store.database import StoreDatabase
from ivr.store.erasure import erase_personal
from ivr.store.schema import timestamp
from ivr.vault.catalogue import Certificate, Kept

_MAX_TEXT: Final = 2000
_SHORTEST: Final = 10
_MAX_NUMBER: Final = 30


def routes(site: Site, shelves: Shelves) -> Sequence[Route]:
    """``/apsauga`` and under it: ``asmuo`` (find, gather, erase, hold), ``pazeidimai`` (report, notify)."""

    def barred(request: Request, visitor: Visitor, act: Act) -> Response | None:
        if rights.may(visitor.employee, act):
            return None
        return site.page(request, "refused.html", visitor, 403, reason=site.word(request, "not_allowed"))

    async def overview(request: Request, visitor: Visitor, status: int = 200, **more: Any) -> Response:
        breaches, heads = await shelves.desk(lambda desk: (desk.register.breaches(), desk.alarms.of_kind(HEAD)))

        def read(audit: Audit) -> tuple[list[Entry], bool]:
            return audit.read(), not any(audit.verify()) and not any(check_heads(audit, heads))

        entries, whole = await shelves.audit(read)
        values = {
            "entries": entries,
            "whole": whole,
            "breaches": breaches,
            "problem": "",
            "number": "",
            "calls": None,
            "certificates": (),
            "held": (),
        }
        return site.page(request, "protection.html", visitor, status, **(values | more))

    @signed_in(site)
    async def shown(request: Request, visitor: Visitor) -> Response:
        refusal = barred(request, visitor, Act.LOG)
        if refusal is not None:
            return refusal
        await shelves.note(visitor, Did.READ_LOG, "")
        return await overview(request, visitor)

    @signed_in(site)
    async def person(request: Request, visitor: Visitor) -> Response:
        """By form, never by address: a number must not stand in a browser's history."""
        refusal = barred(request, visitor, Act.GATHER)
        if refusal is not None:
            return refusal
        fields = await form(request)
        number = "".join(str(fields.get("number", "")).split())[:_MAX_NUMBER]
        purpose = str(fields.get("purpose", "")).strip()[:_MAX_TEXT]
        calls = await shelves.fresh(lambda desk: desk.index.of_caller(number))
        what = str(fields.get("what", ""))
        if what == "find":
            await shelves.note(visitor, Did.SEARCHED, f"{len(calls)}")
            return await overview(request, visitor, number=number, calls=calls, held=await _held(calls))
        if not calls or len(purpose) < _SHORTEST or (what == "erase" and fields.get("sure") != "1"):
            problem = site.word(request, "person_unsure" if calls else "person_none")
            return await overview(request, visitor, 422, number=number, calls=calls, problem=problem)
        if what == "erase":
            gone = await _erased(visitor, calls, purpose)
            return await overview(request, visitor, certificates=gone, held=await _held(calls))
        if what != "gather":
            return site.page(request, "refused.html", visitor, 422, reason=site.word(request, "refused"))
        await shelves.note(visitor, Did.GATHERED, ", ".join(calls), purpose)
        headers = {"Content-Disposition": 'attachment; filename="asmens-duomenys.zip"'}
        return Response(await _gathered(calls), media_type="application/zip", headers=headers)

    async def _gathered(calls: Sequence[str]) -> bytes:
        """Every event of these calls in clear, and their sound, as a ZIP file in memory."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            for call in calls:
                events = await shelves.desk(lambda desk, call=call: desk.journal.events(call))  # type: ignore[misc]
                rows = [{"at": timestamp(one.at), "kind": one.kind, "data": one.data} for one in events]
                file.writestr(f"{call}.json", json.dumps(rows, ensure_ascii=False, indent=1))
                try:
                    if await shelves.kept(call) is not None:
                        file.writestr(f"{call}.flac", await shelves.whole_sound(call))
                except VaultError as error:
                    file.writestr(f"{call}.fault.txt", str(error))
        return out.getvalue()

    async def _held(calls: Sequence[str]) -> list[Kept]:
        found = [await shelves.kept(call) for call in calls]
        return [one for one in found if one is not None and one.held]

    async def _erased(visitor: Visitor, calls: Sequence[str], purpose: str) -> list[Certificate]:
        """Sound first, then what the journal says of the person; a call under legal hold stays as it is."""
        gone = []
        for call in calls:
            kept = await shelves.kept(call)
            if kept is not None and kept.held:
                continue
            await shelves.note(visitor, Did.ERASED, call, purpose)
            if kept is not None:
                certificate = await shelves.erase(call, visitor.employee.name, purpose)
                gone += [certificate] if certificate else []
            await shelves.erase_unsealed(call)
            data: dict[str, object] = {"by": visitor.employee.id}  # why is on the log of acts: it may name the person
            await shelves.desk(partial(_forget, call=call, data=data, at=site.utcnow()))
            await site.pages.do(partial(_forget_offers, call=call))
        await shelves.fresh(lambda _desk: None)
        return gone

    @signed_in(site)
    async def hold(request: Request, visitor: Visitor) -> Response:
        refusal = barred(request, visitor, Act.HOLD)
        if refusal is not None:
            return refusal
        fields = await form(request)
        call, reason = str(fields.get("call", "")), str(fields.get("reason", "")).strip()[:_MAX_TEXT]
        await shelves.note(visitor, Did.HELD, call, reason)
        try:
            await shelves.hold(call, reason)
        except VaultError as error:
            return await overview(request, visitor, 422, problem=error.problem)
        return RedirectResponse("/apsauga", status_code=303)

    @signed_in(site)
    async def breach(request: Request, visitor: Visitor) -> Response:
        refusal = barred(request, visitor, Act.BREACH)
        if refusal is not None:
            return refusal
        fields = await form(request)
        what = str(fields.get("what", "")).strip()[:_MAX_TEXT]
        since, until = (_local(str(fields.get(name, ""))) for name in ("since", "until"))
        if not what or since is None or until is None or until < since:
            return await overview(request, visitor, 422, problem=site.word(request, "breach_wrong"))
        number = await shelves.desk(lambda desk: desk.register.add_breach(visitor.employee.id, what, since, until))
        await shelves.note(visitor, Did.REPORTED, str(number), what)
        return RedirectResponse(f"/apsauga/pazeidimai/{number}", status_code=303)

    async def _breach(number: int) -> Breach | None:
        return await shelves.desk(
            lambda desk: next((one for one in desk.register.breaches() if one.id == number), None)
        )

    @signed_in(site)
    async def one_breach(request: Request, visitor: Visitor) -> Response:
        """What is notified: what happened, and everybody who opened recordings meanwhile."""
        refusal = barred(request, visitor, Act.BREACH)
        if refusal is not None:
            return refusal
        found = await _breach(request.path_params["number"])
        if found is None:
            return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))
        entries = await shelves.audit(lambda audit: audit.read(found.since, found.until, limit=1000))
        return site.page(request, "breach.html", visitor, breach=found, entries=entries)

    @signed_in(site)
    async def notified(request: Request, visitor: Visitor) -> Response:
        refusal = barred(request, visitor, Act.BREACH)
        if refusal is not None:
            return refusal
        number = request.path_params["number"]
        to = str((await form(request)).get("to", "")).strip()[:_MAX_TEXT]
        if not to or await _breach(number) is None:
            return site.page(request, "refused.html", visitor, 422, reason=site.word(request, "refused"))
        await shelves.note(visitor, Did.REPORTED, str(number), to)
        await shelves.desk(lambda desk: desk.register.notified(number, to))
        return RedirectResponse(f"/apsauga/pazeidimai/{number}", status_code=303)

    return [
        Route("/apsauga", shown, methods=["GET"]),
        Route("/apsauga/asmuo", person, methods=["POST"]),
        Route("/apsauga/sulaikymas", hold, methods=["POST"]),
        Route("/apsauga/pazeidimai", breach, methods=["POST"]),
        Route("/apsauga/pazeidimai/{number:int}", one_breach, methods=["GET"]),
        Route("/apsauga/pazeidimai/{number:int}", notified, methods=["POST"]),
    ]


def _forget(desk: Desk, *, call: str, data: dict[str, object], at: datetime) -> None:
    erase_personal(desk.journal, call, data, at)


def _forget_offers(database: StoreDatabase, *, call: str) -> None:
    Offers(database).forget(call)


def _local(text: str) -> datetime | None:
    """What a browser's date-and-time field sends, on the office's clock."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=ZONE) if at.tzinfo is None else None
