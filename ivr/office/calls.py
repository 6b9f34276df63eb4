"""Calls on the desk: the card with its context, accepting and declining, the agent's note, identity, corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ivr.events import JournalKind
from ivr.office.audit import Did
from ivr.office.card import DISPOSITIONS, Card, card_of
from ivr.office.guard import form, signed_in
from ivr.office.offers import Offer, Offers, OfferState
from ivr.office.roster import Roster
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.office.tasks import local_time
from ivr.office.transcript import Line, transcript
from ivr.people.context import Proof, context_of
from ivr.people.handover import CheckStep, PassOn
from ivr.people.staff import Employee, Role, State
from ivr.store.database import StoreDatabase
from ivr.store.journal import Journal

MAX_NOTE: Final = 2000
_SILENT: Final = timedelta(minutes=3)  # the line ends a check of identity after so long (ivr.session.checking)
_SLACK: Final = timedelta(seconds=10)  # the call's end and the wrap-up's begin are written one after the other
_UNFINISHED: Final = timedelta(minutes=10)
_HISTORY: Final = 50


@dataclass(frozen=True, slots=True)
class Talk:
    """What the journal says of a call: its ``lines``, how far identity is proved and since when, whether it is over.

    ``silent_since``: since then the recording is silent, because somebody asks who the caller is.
    """

    lines: Sequence[Line] = ()
    proof: Proof = Proof.NONE
    proved_at: datetime | None = None
    over: bool = False

    silent_since: datetime | None = None


class Calls:
    """What pages read of calls."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def values(self, offer: Offer | None, mode: str, *, on_desk: bool = True) -> dict[str, Any]:
        """What ``call.html`` needs. ``mode`` is a state of the offer, or ``wrap_up``; a page of its own is no desk."""
        card = card_of(offer) if offer is not None else None
        talk = await self.talk(card) if card is not None else Talk()
        others: Sequence[Employee] = ()
        if offer is not None and mode == OfferState.BRIDGED:
            others = await self._site.pages.do(lambda base: takers(base, offer.employee, self._site.utcnow()))
        return {
            "card": card,
            "mode": mode,
            "on_desk": on_desk,
            "talk": talk,
            "others": others,
            "dispositions": DISPOSITIONS,
            "limit": talk.silent_since + _SILENT if talk.silent_since else None,
            "problem": "",
        }

    async def talk(self, card: Card) -> Talk:
        def read(journal: Journal) -> Talk:
            events = journal.events(card.offer.call)
            try:
                context = context_of(card.offer.call, events)
            except ValueError:  # the offer is known, the call is not: another line's, or a demo's
                return Talk(transcript(events), card.proof, card.proved_at)
            began = [event for event in events if event.kind in (JournalKind.AUTH_STARTED, JournalKind.AUTH_VERDICT)]
            silent = next((event.at for event in began[-1:] if event.kind == JournalKind.AUTH_STARTED), None)
            over = any(event.kind == JournalKind.CALL_ENDED for event in events)
            return Talk(transcript(events), context.proof, context.proved_at, over, silent)

        return await self._site.journal(read)


def takers(database: StoreDatabase, employee: int, at: datetime) -> list[Employee]:
    """Whom ``employee`` can leave a caller to: agents with a telephone who are not absent, by name.

    Not by what they are doing: the card would be drawn anew at each change, under the hands of who writes on it.
    """
    staff = Roster(database).staff()
    return sorted(
        (
            one
            for one in staff.employees
            if one.id != employee and Role.AGENT in one.roles and one.extension and staff.absence(one.id, at) is None
        ),
        key=lambda one: one.name,
    )


def on_desk(database: StoreDatabase, employee: int, at: datetime) -> tuple[Offer | None, str]:
    """The offer that an agent's desk is about, and its mode: what rings or is talked about, else what is written up.

    Wrap-up ends by itself after a while; a call without a disposition stays for those who still write.
    """
    offers = Offers(database)
    if (current := offers.current_of(employee)) is not None:
        return current, current.state
    presence = Roster(database).staff().presence.get(employee)
    latest = offers.latest_of(employee)
    if presence is None or latest is None or latest.bridged_at is None:
        return None, ""
    begun = presence.state is State.WRAP_UP and latest.changed_at >= presence.since - _SLACK
    unfinished = presence.state is State.READY and not latest.disposition and at - latest.changed_at < _UNFINISHED
    return (latest, State.WRAP_UP) if begun or unfinished else (None, "")


def routes(site: Site, calls: Calls, shelves: Shelves | None = None) -> Sequence[Route]:
    """``/skambuciai`` (one's own calls) and ``/skambutis/{offer}`` with what an agent does about one."""

    async def own(request: Request, visitor: Visitor) -> Offer | None:
        """The offer of the path, when it is the visitor's: nobody reads colleagues' calls here (P64)."""
        offer = await site.pages.do(lambda database: Offers(database).by_id(request.path_params["offer"]))
        return offer if offer is not None and offer.employee == visitor.employee.id else None

    @signed_in(site, Role.AGENT)
    async def listed(request: Request, visitor: Visitor) -> Response:
        found = await site.pages.do(lambda database: Offers(database).history(visitor.employee.id, _HISTORY))
        return site.page(request, "calls.html", visitor, cards=[card_of(offer) for offer in found])

    @signed_in(site, Role.AGENT)
    async def shown(request: Request, visitor: Visitor) -> Response:
        offer = await own(request, visitor)
        if offer is None:
            return _missing(request, visitor)
        if shelves is not None:
            await shelves.note(visitor, Did.OPENED, f"{offer.call}/{offer.employee}", "own call")
        return await page_of(request, visitor, offer)

    async def page_of(
        request: Request, visitor: Visitor, offer: Offer, problem: str = "", status: int = 200
    ) -> Response:
        mode = State.WRAP_UP if offer.bridged_at and offer.state is OfferState.ENDED else offer.state
        values = await calls.values(offer, mode, on_desk=False) | {"problem": problem}
        return site.page(request, "call_page.html", visitor, status, done=request.query_params.get("gerai"), **values)

    @signed_in(site, Role.AGENT)
    async def answered(request: Request, visitor: Visitor) -> Response:
        offer = await own(request, visitor)
        accept = {"1": True, "0": False}.get(str((await form(request)).get("accept", "")))
        if offer is None or accept is None:
            return _missing(request, visitor)
        await site.switchboard.answer(offer.id, accept)
        return await back(request, visitor)

    @signed_in(site, Role.AGENT)
    async def noted(request: Request, visitor: Visitor) -> Response:
        """``step``: ``draft`` (kept while somebody types), ``keep``, or ``ready`` (keep, and wait for calls again)."""
        offer = await own(request, visitor)
        if offer is None or offer.bridged_at is None:
            return _missing(request, visitor)
        fields = await form(request)
        note, disposition = str(fields.get("note", "")).strip()[:MAX_NOTE], str(fields.get("disposition", ""))
        if disposition not in ("", *DISPOSITIONS):
            return site.page(request, "refused.html", visitor, 422, reason=site.word(request, "refused"))
        step, at = str(fields.get("step", "")), site.utcnow()
        kept = offer.disposition if step == "draft" else disposition
        await site.pages.do(lambda database: Offers(database).write_up(offer.id, note, kept))
        if step == "draft":
            return Response(status_code=204)
        data = {"by": visitor.employee.id, "pii_note": note, "disposition": disposition}
        if note or disposition:
            await site.journal(lambda journal: _append_new(journal, offer.call, data, at))
        if step == "ready":

            def ready(database: StoreDatabase) -> None:
                if Offers(database).current_of(visitor.employee.id) is None:
                    Roster(database).set_state(visitor.employee.id, State.READY, at)

            await site.pages.do(ready)
        return await back(request, visitor, offer)

    @signed_in(site, Role.AGENT)
    async def identity(request: Request, visitor: Visitor) -> Response:
        """The line silences the recording and writes both steps down; what is asked and answered nobody does (X5)."""
        offer = await own(request, visitor)
        step = str((await form(request)).get("step", ""))
        if offer is None or offer.state is not OfferState.BRIDGED or step not in list(CheckStep):
            return _missing(request, visitor)
        told = site.switchboard.check(offer.id, CheckStep(step))
        return await back(request, visitor, offer, "" if told else site.word(request, "identity_away"))

    @signed_in(site, Role.AGENT)
    async def passed_on(request: Request, visitor: Visitor) -> Response:
        """The caller is left to a colleague, to whoever knows a topic, or to the assistant."""
        offer = await own(request, visitor)
        fields = await form(request)
        if offer is None or offer.state is not OfferState.BRIDGED:
            return _missing(request, visitor)
        to = await receiver(offer, visitor, str(fields.get("step", "")), str(fields.get("to", "")))
        if to is None:
            return site.page(request, "refused.html", visitor, 422, reason=site.word(request, "refused"))
        told = site.switchboard.pass_on(to)
        return await back(request, visitor, offer, "" if told else site.word(request, "pass_on_away"))

    async def receiver(offer: Offer, visitor: Visitor, step: str, wanted: str) -> PassOn | None:
        """Whom the form means; None: nobody."""
        kind, _, name = wanted.partition(":")
        match step, kind:
            case "back", _:
                return PassOn(offer.call, offer.id, to_assistant=True)
            case "pass", "anybody":
                return PassOn(offer.call, offer.id)
            case "pass", "topic" if name in site.topics:
                return PassOn(offer.call, offer.id, topic=name)
            case "pass", "colleague":
                there = await site.pages.do(lambda base: takers(base, visitor.employee.id, site.utcnow()))
                found = next((one for one in there if str(one.id) == name), None)
                return PassOn(offer.call, offer.id, wanted=found.name) if found is not None else None
            case _:
                return None

    @signed_in(site, Role.AGENT)
    async def mistaken(request: Request, visitor: Visitor) -> Response:
        """What the caller was told was wrong: somebody calls them back and corrects it (A20)."""
        return await task(request, visitor, "correction")

    @signed_in(site, Role.AGENT)
    async def agreed(request: Request, visitor: Visitor) -> Response:
        """The agent and the caller agreed when the agent calls again (A12.10)."""
        return await task(request, visitor, "callback")

    async def task(request: Request, visitor: Visitor, kind: str) -> Response:
        offer = await own(request, visitor)
        if offer is None or offer.bridged_at is None:
            return _missing(request, visitor)
        fields, card, at = await form(request), card_of(offer), site.utcnow()
        reason = str(fields.get("reason", "")).strip()[:MAX_NOTE]
        agreed_at = local_time(str(fields.get("again", "")))
        number = card.number or card.caller
        if not reason:
            return await page_of(request, visitor, offer, site.word(request, "reason_needed"), 422)
        if not number:
            return await page_of(request, visitor, offer, site.word(request, "number_needed"), 422)
        if kind == "callback" and (agreed_at is None or agreed_at <= at):
            return await page_of(request, visitor, offer, site.word(request, "task_when"), 422)
        data: dict[str, object] = {
            "type": kind,
            "pii_caller": number.reveal(),
            "pii_name": card.name.reveal(),
            "pii_reason": reason,
            "for": visitor.employee.name,
            "topic": card.topic,
            "by": visitor.employee.id,
        }
        if agreed_at is not None:
            data["agreed_at"] = agreed_at.isoformat(timespec="minutes")
        await site.journal(lambda journal: journal.append(offer.call, JournalKind.TASK_CREATED, data, at))
        return RedirectResponse(f"/skambutis/{offer.id}?gerai={kind}", status_code=303)

    @signed_in(site, Role.AGENT)
    async def by_call(request: Request, visitor: Visitor) -> Response:
        """Links name the call: the visitor's own offer of it."""
        found = await site.pages.do(lambda database: Offers(database).of_call(request.path_params["call"]))
        mine = [offer for offer in found if offer.employee == visitor.employee.id]
        return RedirectResponse(f"/skambutis/{mine[-1].id}", 303) if mine else _missing(request, visitor)

    async def back(request: Request, visitor: Visitor, offer: Offer | None = None, problem: str = "") -> Response:
        """The desk's card again; without scripts the page from which the form came."""
        if request.headers.get("HX-Request"):
            current, mode = await site.pages.do(lambda database: on_desk(database, visitor.employee.id, site.utcnow()))
            values = await calls.values(current, mode) | {"problem": problem}
            return site.page(request, "call.html", visitor, **values)
        if problem and offer is not None:
            return await page_of(request, visitor, offer, problem, 503)
        own_page = offer is not None and str((await form(request)).get("from", "")) == "page"
        return RedirectResponse(f"/skambutis/{offer.id}" if offer and own_page else "/", status_code=303)

    def _missing(request: Request, visitor: Visitor) -> Response:
        return site.page(request, "refused.html", visitor, 404, reason=site.word(request, "not_found"))

    return [
        Route("/skambuciai", listed, methods=["GET"]),
        Route("/skambutis/{offer:int}", shown, methods=["GET"]),
        Route("/skambutis/{call}", by_call, methods=["GET"]),
        Route("/skambutis/{offer:int}/atsakyti", answered, methods=["POST"]),
        Route("/skambutis/{offer:int}/uzrasas", noted, methods=["POST"]),
        Route("/skambutis/{offer:int}/tapatybe", identity, methods=["POST"]),
        Route("/skambutis/{offer:int}/perduoti", passed_on, methods=["POST"]),
        Route("/skambutis/{offer:int}/suklydau", mistaken, methods=["POST"]),
        Route("/skambutis/{offer:int}/perskambinti", agreed, methods=["POST"]),
    ]


def _append_new(journal: Journal, call: str, data: Mapping[str, object], at: datetime) -> None:
    """A note that says nothing new is not written again: a form may be sent twice."""
    notes = [event.data for event in journal.events(call) if event.kind == JournalKind.CALL_NOTED]
    if not any(note == data for note in notes[-1:]):
        journal.append(call, JournalKind.CALL_NOTED, data, at)
