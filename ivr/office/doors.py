"""Signing in, by password and where it is set up or required by a code, signing out, and the choice of language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.errors import OfficeError
from ivr.office.account_pages import set_session, setup_values
from ivr.office.accounts import Accounts, Needs, Session
from ivr.office.guard import form, ours, same_site, signed_in
from ivr.office.site import LANGUAGE_COOKIE, Site, Visitor
from ivr.office.words import LANGUAGES
from ivr.privacy import Secret

log = structlog.get_logger(__name__)


def routes(site: Site) -> Sequence[Route]:
    """``/prisijungti``, ``/prisijungti/kodas``, ``/atsijungti``, ``/kalba/{code}``."""

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
            log.warning("sign_in_refused", source=_source(request))
            return site.page(request, "sign_in.html", status=422, failed=True, username=username)
        if await site.at_the_door(lambda accounts: accounts.halfway(token or "")):
            answer: Response = RedirectResponse("/prisijungti/kodas", status_code=303)
            set_session(answer, site, token)
            return answer
        return await opened(token)

    async def opened(token: str) -> Response:
        session = await site.at_the_door(lambda accounts: accounts.session(token))
        log.info("signed_in", employee=session.employee if session else None)
        answer = RedirectResponse("/", status_code=303)
        set_session(answer, site, token)
        return answer

    async def ask(request: Request, half: Session, status: int = 200) -> Response:
        """For the code, and for a role that must have a second factor first for setting one up."""

        def read(accounts: Accounts) -> dict[str, Any] | None:
            pending = accounts.factors.pending(half.employee) if accounts.factors else None
            return setup_values(pending, accounts.username(half.employee)) if pending else None

        setup = await site.at_the_door(read) if half.needs is Needs.FACTOR else None
        values = {"form_key": half.form_key, "failed": status != 200, "setup": setup}
        return site.page(request, "code.html", None, status, **values)

    async def code(request: Request) -> Response:
        """For whoever gave the right password; half a session opens nothing else."""
        token = request.cookies.get(site.cookie, "")
        half = await site.at_the_door(lambda accounts: accounts.halfway(token))
        if half is None:
            return RedirectResponse("/prisijungti", status_code=303)
        if request.method in ("GET", "HEAD"):
            return await ask(request, half)
        if not await ours(request, half.form_key):
            return site.page(request, "refused.html", None, 403, reason=site.word(request, "refused"))
        given = str((await form(request)).get("code", ""))
        try:
            whole = await site.at_the_door(lambda accounts: accounts.finish(token, given))
        except OfficeError as error:  # the key was replaced: an administrator must act, and says so in the log
            log.error("second_factor_unreadable", employee=half.employee, error=str(error))
            return site.page(request, "refused.html", None, 503, reason=site.word(request, "account_unreadable"))
        if whole is None:
            log.warning("second_factor_refused", employee=half.employee, source=_source(request))
            return await ask(request, half, 422)
        return await opened(whole)

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
        Route("/prisijungti/kodas", code, methods=["GET", "POST"]),
        Route("/atsijungti", sign_out, methods=["POST"]),
        Route("/kalba/{code}", language, methods=["GET"]),
    ]


def _source(request: Request) -> str:
    return request.client.host if request.client else ""
