"""One conversation: purpose first, then transcript and sound, decrypted in memory and only as far as it is played."""

from __future__ import annotations

import io
import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import numpy as np
import soundfile
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from ivr.errors import VaultError
from ivr.office import rights
from ivr.office.audit import Did
from ivr.office.guard import Page, form, policy, signed_in
from ivr.office.queue import Chosen, Place, place, rows_of
from ivr.office.reviewing import Reviewing
from ivr.office.rights import Act
from ivr.office.shelves import Opened, Shelves
from ivr.office.site import Site, Visitor
from ivr.quality.desk import Desk
from ivr.quality.transcript import Line, masked_spans, transcript

SHORTEST_PURPOSE: Final = 10
_MAX_TEXT: Final = 2000
_BARS: Final = 1200
Writing = Callable[[Visitor, Opened, FormData], Awaitable[str]]
"""Writes what a form says; the key of a sentence on what is wrong, empty for nothing."""
_RANGE: Final = re.compile(r"^bytes=(\d*)-(\d*)$")


def routes(site: Site, shelves: Shelves) -> Sequence[Route]:
    """Under ``/irasai/{call}/{employee}``: the page, its purpose, sound, waveform, review, correction and export."""
    reviewing = Reviewing(site, shelves)

    async def before(request: Request, visitor: Visitor, act: Act) -> Opened | Response:
        """The conversation, or the answer to somebody who may not; whoever reaches beyond their own is on the log."""
        if not rights.may(visitor.employee, act):
            return site.page(request, "refused.html", visitor, 403, reason=site.word(request, "not_allowed"))
        call, employee = request.path_params["call"], request.path_params["employee"]
        opened = await shelves.opened(visitor, call, employee)
        if opened is not None and allowed(visitor, act, opened):
            return opened
        if opened is not None:
            await shelves.note(visitor, Did.REFUSED, f"{call}/{employee}", act)
        return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))

    def here(opened: Opened) -> str:
        return f"/irasai/{opened.found.call}/{opened.found.employee}"

    def back(request: Request, opened: Opened, part: str = "") -> Response:
        """The same page again, still on the way through the plan."""
        return RedirectResponse(f"{here(opened)}{_query(request)}{part}", status_code=303)

    async def stands(request: Request, visitor: Visitor, opened: Opened) -> Place | None:
        """Its place in what the visitor works through, when they came from a plan."""
        chosen = Chosen.asked(request.query_params)
        if chosen is None or not rights.may(visitor.employee, Act.PLAN):
            return None
        call, employee = opened.found.call, opened.found.employee
        rows = await shelves.desk(lambda desk: rows_of(desk, chosen.month, visitor.employee))
        return place(rows, chosen, call, employee)

    async def ask(
        request: Request, visitor: Visitor, opened: Opened, status: int = 200, purpose: str | None = None
    ) -> Response:
        """On the way through a plan the last purpose is written there already, and only to be confirmed."""
        stand = await stands(request, visitor, opened)
        if purpose is None:
            reader = visitor.employee.id
            purpose = await shelves.desk(lambda desk: desk.register.last_purpose(reader)) if stand else ""
        values = {
            "opened": opened,
            "purpose": purpose,
            "refused": status != 200,
            "place": stand,
            "query": _query(request),
        }
        return site.page(request, "purpose.html", visitor, status, **values)

    async def whole(request: Request, visitor: Visitor, opened: Opened, status: int = 200, **more: Any) -> Response:
        call, employee = opened.found.call, opened.found.employee

        def read(desk: Desk) -> tuple[list[Line], list[tuple[float, float]], dict[str, Any] | None]:
            events = desk.journal.events(call)
            return transcript(events), masked_spans(events), desk.index.review(call, employee)

        lines, masks, review = await shelves.fresh(read)
        kept, fault = None, ""
        try:
            kept = await shelves.kept(call)
            if kept is not None:
                await shelves.sound_size(call)
        except VaultError as error:
            fault = error.problem
        nonce = secrets.token_urlsafe(16)
        values = {
            "opened": opened,
            "here": here(opened),
            "query": _query(request),
            "place": await stands(request, visitor, opened),
            "lines": lines,
            "masks": masks,
            "kept": kept,
            "length_s": kept.frames / 8000 if kept else 0.0,
            "fault": fault,
            "criteria": shelves.scorecard.of(employee),
            "review": review,
            "reviews": allowed(visitor, Act.REVIEW, opened),
            "corrects": allowed(visitor, Act.CORRECT, opened),
            "exports": allowed(visitor, Act.EXPORT, opened),
            "nonce": nonce,
            "problem": "",
            "link": "",
        }
        answer = site.page(request, "listen.html", visitor, status, **(values | more))
        answer.headers["Content-Security-Policy"] = policy(nonce)
        return answer

    @signed_in(site)
    async def shown(request: Request, visitor: Visitor) -> Response:
        opened = await before(request, visitor, Act.OPEN)
        if isinstance(opened, Response):
            return opened
        if opened.grant is None:
            return await ask(request, visitor, opened)
        return await whole(request, visitor, opened)

    @signed_in(site)
    async def purpose(request: Request, visitor: Visitor) -> Response:
        opened = await before(request, visitor, Act.OPEN)
        if isinstance(opened, Response):
            return opened
        stated = str((await form(request)).get("purpose", "")).strip()[:_MAX_TEXT]
        if len(stated) < SHORTEST_PURPOSE:
            return await ask(request, visitor, opened, 422, stated)
        call, employee = opened.found.call, opened.found.employee
        await shelves.note(visitor, Did.OPENED, f"{call}/{employee}", stated)
        await shelves.desk(lambda desk: desk.register.grant(visitor.employee.id, call, employee, stated))
        return back(request, opened)

    async def granted(request: Request, visitor: Visitor) -> Opened | Response:
        opened = await before(request, visitor, Act.OPEN)
        if not isinstance(opened, Response) and opened.grant is None:
            return Response("purpose\n", 403, media_type="text/plain")
        return opened

    @signed_in(site)
    async def sound(request: Request, visitor: Visitor) -> Response:
        opened = await granted(request, visitor)
        if isinstance(opened, Response) or opened.grant is None:
            return opened if isinstance(opened, Response) else Response(status_code=403)
        grant, call = opened.grant, opened.found.call
        try:
            size = await shelves.sound_size(call)
        except VaultError:
            size = None
        if size is None:
            return Response(status_code=404)
        if not grant.played:
            await shelves.note(visitor, Did.PLAYED, f"{call}/{opened.found.employee}", grant.purpose)
            await shelves.desk(lambda desk: desk.register.played(grant.id))
        span = _asked(request.headers.get("Range", ""), size)
        if span is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        start, end, part = span
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
        if part:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        body = shelves.sound(call, start, end - start)
        return StreamingResponse(body, 206 if part else 200, headers, media_type="audio/flac")

    @signed_in(site)
    async def waves(request: Request, visitor: Visitor) -> Response:
        opened = await granted(request, visitor)
        if isinstance(opened, Response):
            return opened
        try:
            flac = await shelves.whole_sound(opened.found.call)
        except VaultError:
            return Response(status_code=404)
        return JSONResponse(await run_in_threadpool(peaks, flac))

    def written(act: Act, write: Writing, part: str = "") -> Page:
        """A form on the conversation's page: written down, or shown again with what is wrong."""

        @signed_in(site)
        async def page(request: Request, visitor: Visitor) -> Response:
            opened = await before(request, visitor, act)
            if isinstance(opened, Response):
                return opened
            if opened.grant is None:
                return await ask(request, visitor, opened, 422)
            problem = await write(visitor, opened, await form(request))
            if problem:
                return await whole(request, visitor, opened, 422, problem=site.word(request, problem))
            return back(request, opened, part)

        return page

    @signed_in(site)
    async def link(request: Request, visitor: Visitor) -> Response:
        opened = await before(request, visitor, Act.EXPORT)
        if isinstance(opened, Response):
            return opened
        stated = str((await form(request)).get("purpose", "")).strip()[:_MAX_TEXT]
        if opened.grant is None or len(stated) < SHORTEST_PURPOSE:
            return await ask(request, visitor, opened, 422, stated)
        call, employee = opened.found.call, opened.found.employee
        await shelves.note(visitor, Did.LINKED, f"{call}/{employee}", stated)
        token = await shelves.desk(lambda desk: desk.register.link(visitor.employee.id, call, employee))
        return await whole(request, visitor, opened, link=f"/isvezti/{token}")

    @signed_in(site)
    async def taken_out(request: Request, visitor: Visitor) -> Response:
        token = request.path_params["token"]
        named = await shelves.desk(lambda desk: desk.register.linked(token, visitor.employee.id))
        opened = await shelves.opened(visitor, *named) if named else None
        if opened is None or not allowed(visitor, Act.EXPORT, opened):
            return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "link_over"))
        call = opened.found.call
        try:
            flac = await shelves.whole_sound(call)
        except VaultError as error:
            return site.page(request, "refused.html", visitor, 404, reason=error.problem)
        await shelves.note(visitor, Did.TAKEN_OUT, f"{call}/{opened.found.employee}")
        headers = {"Content-Disposition": f'attachment; filename="{_file_name(call)}.flac"'}
        return Response(flac, media_type="audio/flac", headers=headers)

    base = "/irasai/{call}/{employee:int}"
    return [
        Route(base, shown, methods=["GET"]),
        Route(f"{base}/tikslas", purpose, methods=["POST"]),
        Route(f"{base}/garsas", sound, methods=["GET"]),
        Route(f"{base}/bangos", waves, methods=["GET"]),
        Route(f"{base}/vertinimas", written(Act.REVIEW, reviewing.keep), methods=["POST"]),
        Route(f"{base}/taisymas", written(Act.CORRECT, reviewing.correct, "#said"), methods=["POST"]),
        Route(f"{base}/nuoroda", link, methods=["POST"]),
        Route("/isvezti/{token}", taken_out, methods=["GET"]),
    ]


def allowed(visitor: Visitor, act: Act, opened: Opened) -> bool:
    """Whether the visitor may do it with this very conversation."""
    return rights.may(visitor.employee, act, opened.owner, guarded=opened.found.guarded)


def _query(request: Request) -> str:
    """What somebody works through, for links and forms; nothing when they did not come from a plan."""
    chosen = Chosen.asked(request.query_params)
    return chosen.query if chosen else ""


def peaks(flac: bytes) -> dict[str, Any]:
    """Length in seconds, and for each channel the loudest sample (0–1) of each of 1200 even parts, for drawing."""
    samples, rate = soundfile.read(io.BytesIO(flac), dtype="int16", always_2d=True)
    bars = max(1, min(_BARS, len(samples)))
    edges = np.linspace(0, len(samples), bars + 1).astype(int)

    def loudest(first: int, last: int, channel: int) -> float:  # a part at a time: an hour would take half a gigabyte
        part = np.abs(samples[first:last, channel].astype(np.int32))
        return round(float(part.max(initial=0)) / 32768, 3)

    drawn = [[loudest(a, b, channel) for a, b in itertools.pairwise(edges)] for channel in range(samples.shape[1])]
    return {"length_s": round(len(samples) / rate, 3), "peaks": drawn}


def _asked(header: str, size: int) -> tuple[int, int, bool] | None:
    """From, to (its end excluded) and whether it is a part; None for a range that is not there.

    Several ranges at once and other units are answered with everything, as RFC 9110 allows.
    """
    match = _RANGE.match(header.strip())
    if not match or match.groups() == ("", ""):
        return 0, size, False
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size, True
    start, end = int(first), min(size, int(last) + 1) if last else size
    return (start, end, True) if start < end else None


def _file_name(call: str) -> str:
    """A name without anything that a header or a file system could take for something else."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", call)[:80]
