"""Signing in and out, and the choice of language."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.office.accounts import LONGEST_SESSION
from ivr.office.guard import form, same_site, signed_in
from ivr.office.site import LANGUAGE_COOKIE, Site, Visitor
from ivr.office.words import LANGUAGES
from ivr.privacy import Secret

log = structlog.get_logger(__name__)


def routes(site: Site) -> Sequence[Route]:
    """``/prisijungti``, ``/atsijungti``, ``/kalba/{code}``."""

    async def door(request: Request) -> Response:
        if await site.visitor(request):
            return RedirectResponse("/", status_code=303)
        return site.page(request, "sign_in.html", failed=False, username="")

    async def sign_in(request: Request) -> Response:
        fields = await form(request)
        username, password = str(fields.get("username", "")).strip(), Secret(str(fields.get("password", "")))
        token = None
        if same_site(request):
            token = await site.at_the_door(lambda accounts: accounts.sign_in(username, password))
        if token is None:
            # Not the name: people type their password there by mistake.
            log.warning("sign_in_refused", source=request.client.host if request.client else "")
            return site.page(request, "sign_in.html", status=422, failed=True, username=username)
        session = await site.at_the_door(lambda accounts: accounts.session(token or ""))
        log.info("signed_in", employee=session.employee if session else None)
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            site.cookie,
            token,
            max_age=int(LONGEST_SESSION.total_seconds()),
            httponly=True,
            secure=site.secure,
            samesite="strict",
        )
        return answer

    @signed_in(site)
    async def sign_out(request: Request, _visitor: Visitor) -> Response:
        token = request.cookies.get(site.cookie, "")
        await site.at_the_door(lambda accounts: accounts.sign_out(token))
        answer = RedirectResponse("/prisijungti", status_code=303)
        answer.delete_cookie(site.cookie, httponly=True, secure=site.secure, samesite="strict")
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer

    async def language(request: Request) -> Response:
        answer = RedirectResponse("/", status_code=303)
        code = request.path_params["code"]
        if code in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, code, max_age=31_536_000, secure=site.secure, samesite="strict")
        return answer

    return [
        Route("/prisijungti", door, methods=["GET"]),
        Route("/prisijungti", sign_in, methods=["POST"]),
        Route("/atsijungti", sign_out, methods=["POST"]),
        Route("/kalba/{code}", language, methods=["GET"]),
    ]
