"""One's own account: password, second factor, and where one is signed in. Each change asks for the password again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import segno
import structlog
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.errors import OfficeError
from ivr.office.accounts import LONGEST_SESSION, Accounts, Opened
from ivr.office.guard import form, signed_in
from ivr.office.second_factor import address_for
from ivr.office.site import Site, Visitor
from ivr.people.staff import Employee
from ivr.privacy import Secret

log = structlog.get_logger(__name__)
_DONE: Final = ("password", "factor_on", "factor_off", "sessions")


def routes(site: Site) -> Sequence[Route]:
    """``/paskyra`` and under it: ``slaptazodis``, ``antras`` (begin, confirm, switch off), ``sesijos``."""

    def token_of(request: Request) -> str:
        return request.cookies.get(site.cookie, "")

    async def page(
        request: Request, visitor: Visitor, status: int = 200, problem: str = "", place: str = ""
    ) -> Response:
        """``problem``: key of a sentence, shown in the part ``place``."""
        me, token = visitor.employee, token_of(request)

        def read(accounts: Accounts) -> dict[str, Any]:
            factors = accounts.factors
            sessions: list[Opened] = accounts.sessions(me.id, token)
            pending = factors.pending(me.id) if factors else None
            return {
                "sessions": sessions,
                "offered": factors is not None,
                "has": bool(factors and factors.has(me.id)),
                "required": bool(factors and factors.required_of(me)),
                "setup": setup_values(pending, accounts.username(me.id)) if pending else None,
            }

        values = await site.at_the_door(read)
        done = request.query_params.get("gerai", "")
        return site.page(
            request,
            "account.html",
            visitor,
            status,
            problem=site.word(request, problem) if problem else "",
            problem_in=place,
            done=site.word(request, f"account_done_{done}") if done in _DONE else "",
            **values,
        )

    @signed_in(site)
    async def shown(request: Request, visitor: Visitor) -> Response:
        return await page(request, visitor)

    @signed_in(site)
    async def password(request: Request, visitor: Visitor) -> Response:
        fields = await form(request)
        old, new, again = (Secret(str(fields.get(name, ""))) for name in ("old", "new", "again"))
        if new.reveal() != again.reveal():
            return await page(request, visitor, 422, "account_differ", "password")
        if new.reveal() == old.reveal():
            return await page(request, visitor, 422, "account_same", "password")
        try:
            token = await site.at_the_door(lambda accounts: accounts.change_password(visitor.employee.id, old, new))
        except OfficeError:
            return await page(request, visitor, 422, "account_weak", "password")
        if token is None:
            return await refused(request, visitor, "password")
        log.info("password_changed", employee=visitor.employee.id)
        answer = done("password")
        set_session(answer, site, token)
        return answer

    @signed_in(site)
    async def begin(request: Request, visitor: Visitor) -> Response:
        me, given = visitor.employee, Secret(str((await form(request)).get("password", "")))

        def start(accounts: Accounts) -> bool:
            if accounts.factors is None or not accounts.prove_password(me.id, given):
                return False
            accounts.factors.begin(me.id)
            return True

        try:
            if not await site.at_the_door(start):
                return await refused(request, visitor, "factor")
        except OfficeError:
            return await page(request, visitor, 422, "account_factor_there", "factor")
        return RedirectResponse("/paskyra#antras", status_code=303)

    @signed_in(site)
    async def confirm(request: Request, visitor: Visitor) -> Response:
        me, code, token = visitor.employee, str((await form(request)).get("code", "")), token_of(request)

        def prove(accounts: Accounts) -> bool:
            if accounts.factors is None or accounts.factors.pending(me.id) is None or not accounts.prove(me.id, code):
                return False
            accounts.end_others(me.id, token)  # they were opened without a code
            return True

        if not await site.at_the_door(prove):
            log.warning("second_factor_refused", employee=me.id)
            return await page(request, visitor, 422, "code_wrong", "factor")
        log.info("second_factor_on", employee=me.id)
        return done("factor_on")

    @signed_in(site)
    async def switch_off(request: Request, visitor: Visitor) -> Response:
        me, fields = visitor.employee, await form(request)
        given, code = Secret(str(fields.get("password", ""))), str(fields.get("code", ""))

        def stop(accounts: Accounts, employee: Employee = me) -> bool:
            if not accounts.prove_password(employee.id, given) or not accounts.prove(employee.id, code):
                return False
            return accounts.factors is not None and accounts.factors.remove(employee.id)

        if await site.at_the_door(lambda accounts: bool(accounts.factors and accounts.factors.required_of(me))):
            return await page(request, visitor, 422, "account_factor_required", "factor")
        if not await site.at_the_door(stop):
            return await refused(request, visitor, "factor")
        log.info("second_factor_off", employee=me.id)
        return done("factor_off")

    @signed_in(site)
    async def end_others(request: Request, visitor: Visitor) -> Response:
        me, given, token = visitor.employee, Secret(str((await form(request)).get("password", ""))), token_of(request)

        def end(accounts: Accounts) -> bool:
            if not accounts.prove_password(me.id, given):
                return False
            accounts.end_others(me.id, token)
            return True

        if not await site.at_the_door(end):
            return await refused(request, visitor, "sessions")
        return done("sessions")

    async def refused(request: Request, visitor: Visitor, place: str) -> Response:
        log.warning("account_change_refused", employee=visitor.employee.id)
        return await page(request, visitor, 422, "account_refused", place)

    def done(what: str) -> Response:
        return RedirectResponse(f"/paskyra?gerai={what}", status_code=303)

    return [
        Route("/paskyra", shown, methods=["GET"]),
        Route("/paskyra/slaptazodis", password, methods=["POST"]),
        Route("/paskyra/antras", begin, methods=["POST"]),
        Route("/paskyra/antras/kodas", confirm, methods=["POST"]),
        Route("/paskyra/antras/isjungti", switch_off, methods=["POST"]),
        Route("/paskyra/sesijos", end_others, methods=["POST"]),
    ]


def setup_values(secret: Secret, username: str) -> dict[str, Any]:
    """What a page shows of a new secret: its letters in fours, a link for this very device, and a picture for another.

    The picture is drawn into the page, so that the secret is in no address that a server or a browser keeps.
    """
    address, letters = address_for(secret, username), secret.reveal()
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", scale=5, border=4, xmldecl=False, svgns=False, svgclass="qr", lineclass=None, omitsize=True
    )
    return {
        "letters": " ".join(letters[at : at + 4] for at in range(0, len(letters), 4)),
        "address": address,
        "picture": Markup(out.getvalue().decode("ascii")),  # noqa: S704  (drawn by us out of letters and digits)
    }


def set_session(answer: Response, site: Site, token: str) -> None:
    """The cookie of a session: out of reach for scripts and for other sites."""
    answer.set_cookie(
        site.cookie,
        token,
        max_age=int(LONGEST_SESSION.total_seconds()),
        httponly=True,
        secure=site.secure,
        samesite="strict",
    )
