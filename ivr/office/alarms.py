"""Alarms on a page: what staff must know of, until somebody says that they have looked into it (X6).

An alarm is never altered: that it was seen is an alarm of its own, so the feed tells it, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.office.guard import form, signed_in
from ivr.office.roster import Roster
from ivr.office.site import Site, Visitor
from ivr.people.staff import Role
from ivr.store.alarms import Alarm, Alarms

SEEN: Final = "alarm.seen"
READERS: Final = (Role.HEAD, Role.QUALITY, Role.ADMIN)
_QUIET: Final = frozenset({"audit.head"})  # a seal for other systems, nothing that somebody has to look into
_SHOWN: Final = 200
_SINCE: Final = timedelta(days=30)  # an older one is no news; the database keeps it
_MAX_NOTE: Final = 500


@dataclass(frozen=True, slots=True)
class Noted:
    """An alarm, and who has seen it when; ``by`` is None while nobody has."""

    alarm: Alarm
    by: int | None = None
    at: datetime | None = None
    note: str = ""

    @property
    def word(self) -> str:
        """Key of its words."""
        return "alarm_" + self.alarm.kind.replace(".", "_")

    @property
    def details(self) -> str:
        """What it tells besides its kind, without personal data."""
        shown = {key: value for key, value in self.alarm.data.items() if not key.startswith("pii_") and key != "within"}
        return ", ".join(f"{key}: {value}" for key, value in shown.items())


def noted(alarms: Iterable[Alarm]) -> list[Noted]:
    """Alarms with who saw them first, the newest alarm first. ``alarms``: in their order."""
    found: dict[int, Noted] = {}
    for alarm in alarms:
        if alarm.kind != SEEN:
            if alarm.kind not in _QUIET:
                found[alarm.rowid] = Noted(alarm)
            continue
        seen = found.get(int(alarm.data["alarm"]))
        if seen is not None and seen.by is None:
            note = str(alarm.data.get("pii_note", ""))
            found[seen.alarm.rowid] = Noted(seen.alarm, int(alarm.data["by"]), alarm.at, note)
    return sorted(found.values(), key=lambda one: one.alarm.rowid, reverse=True)


def routes(site: Site) -> Sequence[Route]:
    """``/ispejimai`` (the list), ``/ispejimai/{number}`` (one was seen)."""

    async def everything() -> list[Noted]:
        now = site.utcnow()
        return noted(await site.alarms(lambda alarms: alarms.between(now - _SINCE, now)))

    @signed_in(site, *READERS)
    async def listed(request: Request, visitor: Visitor) -> Response:
        shown = await everything()
        people = await site.pages.do(lambda database: Roster(database).everybody())
        return site.page(
            request,
            "alarms.html",
            visitor,
            waiting=[one for one in shown if one.by is None][:_SHOWN],
            seen=[one for one in shown if one.by is not None][:_SHOWN],
            names={number: one.name for number, one in people.items()},
        )

    @signed_in(site, *READERS)
    async def saw(request: Request, visitor: Visitor) -> Response:
        number = request.path_params["number"]
        one = next((one for one in await everything() if one.alarm.rowid == number), None)
        if one is None:
            return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))
        data: dict[str, Any] = {"alarm": number, "by": visitor.employee.id}
        note = str((await form(request)).get("note", "")).strip()[:_MAX_NOTE]
        if note:
            data["pii_note"] = note
        if one.by is None:
            await site.alarms(lambda alarms: _append(alarms, data, site.utcnow()))
        return RedirectResponse("/ispejimai", status_code=303)

    return [
        Route("/ispejimai", listed, methods=["GET"]),
        Route("/ispejimai/{number:int}", saw, methods=["POST"]),
    ]


def _append(alarms: Alarms, data: dict[str, Any], at: datetime) -> None:
    alarms.append(SEEN, data, at)
