"""What stands before every page: headers, signed-in visitors, roles, forms that are really ours."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.datastructures import FormData, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ivr.office import rights
from ivr.office.rights import Act
from ivr.office.site import Site, Visitor
from ivr.people.staff import Role

FORM_KEY: Final = "form_key"
MAX_BODY: Final = 64 * 1024
_MAX_FIELDS: Final = 2500  # a person's request names each of their calls; no more of them go into such a body
Page = Callable[[Request], Awaitable[Response]]
VisitedPage = Callable[[Request, Visitor], Awaitable[Response]]


def policy(nonce: str = "") -> str:
    """Content-Security-Policy; ``nonce`` lets in the style sheet of a script of ours that brings its own."""
    style = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'none'; object-src 'none'; script-src 'self'; style-src {style}; img-src 'self' data:; "
        "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class Headers:
    """Headers of every answer (ASVS 5.0, 3.4): no framing, no guessing of types, scripts of our own only."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy())
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers.setdefault("Cache-Control", "no-store")
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
            await send(message)

        with contextlib.suppress(ClientDisconnect):  # who hangs up in the middle of a form hears no answer
            await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def signed_in(site: Site, *roles: Role) -> Callable[[VisitedPage], Page]:
    """Only for visitors with one of ``roles`` (any role when none is named); others go to the door or get 403.

    Whatever changes something (POST) must carry the session's form key and come from our own pages.
    """

    def wrap(page: VisitedPage) -> Page:
        @functools.wraps(page)
        async def guarded(request: Request) -> Response:
            visitor = await site.visitor(request)
            if visitor is None:
                return _to_the_door(request)
            if roles and not visitor.may(*roles):
                return site.page(request, "refused.html", visitor, 403, reason=site.word(request, "not_allowed"))
            if request.method not in ("GET", "HEAD") and not await ours(request, visitor.session.form_key):
                return site.page(request, "refused.html", visitor, 403, reason=site.word(request, "refused"))
            return await page(request, visitor)

        return guarded

    return wrap


def permitted(site: Site, act: Act) -> Callable[[VisitedPage], Page]:
    """Only for signed-in visitors whose roles let them do ``act``, with whomever's data; others get 403."""

    def wrap(page: VisitedPage) -> Page:
        @functools.wraps(page)
        async def checked(request: Request, visitor: Visitor) -> Response:
            if not rights.may(visitor.employee, act):
                return site.page(request, "refused.html", visitor, 403, reason=site.word(request, "not_allowed"))
            return await page(request, visitor)

        return signed_in(site)(checked)

    return wrap


async def ours(request: Request, form_key: str) -> bool:
    """The form has the session's key, and the browser does not say that another site sent it."""
    given = request.headers.get("X-Form-Key") or str((await form(request)).get(FORM_KEY, ""))
    return same_site(request) and secrets.compare_digest(given.encode(), form_key.encode())


def same_site(request: Request) -> bool:
    """By Fetch Metadata, which a page can't forge; a browser without it is judged by the form's key alone."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


async def form(request: Request) -> FormData:
    """The form's fields; an empty one when the body is too long or no form."""
    length = request.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) > MAX_BODY:
        return FormData()
    return await request.form(max_files=0, max_fields=_MAX_FIELDS, max_part_size=MAX_BODY)


def _to_the_door(request: Request) -> Response:
    """A whole page is redirected; a part of one (htmx) tells the browser to leave the page."""
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": "/prisijungti"})
    return RedirectResponse("/prisijungti", status_code=303)
