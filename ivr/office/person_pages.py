"""A person's request (GDPR 15 and 17): their own data found by number or address, gathered into one file, or erased.

Calls are found by the number that called, and by numbers and addresses that were left in a call. The latter may be
somebody else's call, so data protection chooses which of the calls that were found are the person's own. What the
quality line was told belongs to the person who said it and is gathered and erased like the rest. Tries to prove who
they are go into the file as well; an erasure says that these stay, and until when.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.errors import StoreError, VaultError
from ivr.identity.ports import Try
from ivr.office import rights
from ivr.office.audit import Did
from ivr.office.guard import form, signed_in
from ivr.office.identity_tries import gone_at, told
from ivr.office.offers import Offer, Offers
from ivr.office.rights import Act
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.quality.desk import Desk
from ivr.quality.identifiers import spellings
from ivr.quality.index import OfPerson
from ivr.store.database import StoreDatabase
from ivr.store.erasure import erase_personal
from ivr.store.schema import JournalEvent, timestamp
from ivr.vault.catalogue import Certificate, Kept

_MAX_TEXT: Final = 2000
_SHORTEST: Final = 10
_FAULTS: Final = (VaultError, StoreError, sqlite3.Error, OSError)
_TRIES: Final = "identity-tries.json"
_MAX_IDENTIFIER: Final = 254  # the longest e-mail address


class Overview(Protocol):
    """The page of data protection, with what a request found beside the rest."""

    def __call__(
        self, request: Request, visitor: Visitor, status: int = 200, /, **more: Any
    ) -> Awaitable[Response]: ...


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure came to: its ``certificates``, the calls that were left and why, and what is held."""

    certificates: Sequence[Certificate]
    left: Sequence[tuple[str, str]]
    held: Sequence[Kept]


def routes(site: Site, shelves: Shelves, overview: Overview) -> Sequence[Route]:
    """``/apsauga/asmuo``: find, gather, erase."""

    @signed_in(site)
    async def person(request: Request, visitor: Visitor) -> Response:
        """By form, never by address: a number must not stand in a browser's history."""
        fields = await form(request)
        what = str(fields.get("what", ""))
        if not rights.may(visitor.employee, Act.ERASE if what == "erase" else Act.GATHER):
            return site.page(request, "refused.html", visitor, 403, reason=site.word(request, "not_allowed"))
        identifier = str(fields.get("number", "")).strip()[:_MAX_IDENTIFIER]
        purpose = str(fields.get("purpose", "")).strip()[:_MAX_TEXT]
        found = await shelves.fresh(lambda desk: desk.index.of_person(identifier))
        try:
            tries, fault = await _tries(identifier), ""
        except StoreError as error:  # the rest is found, gathered and erased nevertheless, and this is said
            tries, fault = (), str(error)
        stay: dict[str, Any] = {"tries": tries, "tries_until": gone_at(tries), "problem": fault}
        values = {"number": identifier, "found": found, **stay}
        if what == "find":
            await shelves.note(visitor, Did.SEARCHED, f"{len(found)}")
            return await overview(request, visitor, **values, held=await _held(found))
        wanted = {str(call) for call in fields.getlist("call")}
        calls = [one.call for one in found if one.call in wanted]
        anything = bool(calls) or (what == "gather" and bool(tries) and not found)
        if not anything or len(purpose) < _SHORTEST or (what == "erase" and fields.get("sure") != "1"):
            key = "person_unsure" if anything else "person_choose" if found else "person_none"
            return await overview(request, visitor, 422, **(values | {"problem": site.word(request, key)}))
        if what == "erase":
            return await overview(request, visitor, erasure=await _erased(visitor, calls, purpose), **stay)
        if what != "gather":
            return site.page(request, "refused.html", visitor, 422, reason=site.word(request, "refused"))
        await shelves.note(visitor, Did.GATHERED, ", ".join(calls) or _TRIES, purpose)
        headers = {"Content-Disposition": 'attachment; filename="asmens-duomenys.zip"'}
        return Response(await _gathered(calls, tries, fault), media_type="application/zip", headers=headers)

    async def _tries(identifier: str) -> Sequence[Try]:
        written = spellings(identifier)
        if shelves.tries is None or not written:
            return ()
        return await run_in_threadpool(shelves.tries.of, written)

    async def _gathered(calls: Sequence[str], tries: Sequence[Try], fault: str) -> bytes:
        """Every event of these calls in clear, agents' notes on them, their sound, and the number's tries to prove who
        calls, as a ZIP file in memory."""
        parts: dict[str, bytes] = {}
        if fault:
            parts["identity-tries.fault.txt"] = fault.encode()
        elif shelves.tries is not None:
            parts[_TRIES] = told(tries, await run_in_threadpool(shelves.tries.elsewhere))
        for call in calls:
            # Bound as defaults, so that they do not follow the loop; mypy infers no such lambda.
            events = await shelves.desk(lambda desk, call=call: desk.journal.events(call))  # type: ignore[misc]
            offers = await site.pages.do(lambda database, call=call: Offers(database).of_call(call))  # type: ignore[misc]
            parts[f"{call}.json"] = await run_in_threadpool(_told, events, offers)
            try:
                if await shelves.kept(call) is not None:
                    parts[f"{call}.flac"] = await shelves.whole_sound(call)
            except VaultError as error:
                parts[f"{call}.fault.txt"] = str(error).encode()
        return await run_in_threadpool(_packed, parts)

    async def _held(found: Sequence[OfPerson]) -> list[Kept]:
        kept = [await shelves.kept(one.call) for one in found]
        return [one for one in kept if one is not None and one.held]

    async def _erased(visitor: Visitor, calls: Sequence[str], purpose: str) -> Erasure:
        """One after another; a call that can't be erased is said and doesn't keep the others."""
        gone: list[Certificate] = []
        left: list[tuple[str, str]] = []
        held: list[Kept] = []
        for call in calls:
            try:
                kept = await shelves.kept(call)
            except _FAULTS as error:
                left.append((call, _why(error)))
                continue
            if kept is not None and kept.held:
                held.append(kept)
                continue
            await shelves.note(visitor, Did.ERASED, call, purpose)
            try:
                certificate = await shelves.erase(call, visitor.employee.name, purpose) if kept is not None else None
                gone += [certificate] if certificate else []
                await shelves.erase_unsealed(call)
            except _FAULTS as error:
                left.append((call, _why(error)))
                if await _opens(call):
                    continue  # the words stay with the sound, so that the request can be repeated as a whole
            try:
                data: dict[str, object] = {"by": visitor.employee.id}  # why is on the log of acts: it may name somebody
                await shelves.desk(partial(_forget, call=call, data=data, at=site.utcnow()))
                await site.pages.do(partial(_forget_offers, call=call))
                # What a line node's upload put there since, or the vault took in; none comes after this.
                await shelves.erase_unsealed(call)
                if kept is None and await shelves.kept(call) is not None:
                    certificate = await shelves.erase(call, visitor.employee.name, purpose)
                    gone += [certificate] if certificate else []
            except _FAULTS as error:
                left.append((call, _why(error)))
        await shelves.fresh(lambda _desk: None)
        return Erasure(gone, left, held)

    async def _opens(call: str) -> bool:
        """Whether the vault has the recording's key: a file that could not be removed is closed for good without it."""
        try:
            return await shelves.kept(call) is not None
        except _FAULTS:
            return True

    return [Route("/apsauga/asmuo", person, methods=["POST"])]


def _why(error: Exception) -> str:
    """For people's eyes; VaultError names its recording, which stands beside it anyway."""
    return error.problem if isinstance(error, VaultError) else str(error)


def _told(events: Sequence[JournalEvent], offers: Sequence[Offer]) -> bytes:
    """What is known of a call, as JSON; ``offers`` are what agents were shown and what they noted."""
    rows = [{"at": timestamp(one.at), "kind": one.kind, "data": one.data} for one in events]
    notes: list[Mapping[str, Any]] = [
        {"at": timestamp(one.offered_at), "shown": dict(one.context), "summary": one.summary, "note": one.note}
        for one in offers
    ]
    return json.dumps({"events": rows, "offers": notes}, ensure_ascii=False, indent=1).encode()


def _packed(parts: Mapping[str, bytes]) -> bytes:
    """A ZIP file; sound is compressed already."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in parts.items():
            way = zipfile.ZIP_STORED if name.endswith(".flac") else zipfile.ZIP_DEFLATED
            file.writestr(name, content, compress_type=way)
    return out.getvalue()


def _forget(desk: Desk, *, call: str, data: dict[str, object], at: datetime) -> None:
    erase_personal(desk.journal, call, data, at)


def _forget_offers(database: StoreDatabase, *, call: str) -> None:
    Offers(database).forget(call)
