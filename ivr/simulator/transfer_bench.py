"""Warm transfers with every failure, over SIP, against telephones of sipp and of bare sockets (``ivr bench transfer``).

Callers ask for a person and send a tone. The pool of agents holds telephones that accept and some that fail in each
way, so that every caller meets whoever is next. What came of a call is read from the journal and from the telephones.
"""

from __future__ import annotations

import contextlib
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ivr.errors import StoreError, TelephonyError
from ivr.events import FRAME_S, HangupReason, JournalKind
from ivr.office.database import open_office
from ivr.office.offers import Offer, Offers
from ivr.simulator.bench_agents import Agents
from ivr.simulator.kept_sound import recording_fault
from ivr.simulator.key_agent import tone
from ivr.simulator.rtp import Arrival
from ivr.simulator.wire import WirePhone
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent

_LOUD: Final = 300
_GAP_S: Final = 0.1
_TALK_S: Final = 2.0
_PATIENCE_S: Final = 150.0
_ENDS_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Followed:
    """A call as its journal shows it; ``sip`` is SIP's name of it."""

    id: str
    sip: str
    events: tuple[JournalEvent, ...]

    def has(self, kind: JournalKind) -> bool:
        return any(event.kind == kind for event in self.events)

    @property
    def returned(self) -> bool:
        """Back with the assistant for good, not for the question whether to wait."""
        back = [event for event in self.events if event.kind == JournalKind.TRANSFER_RETURNED]
        return bool(back) and back[-1].data.get("reason") != "asked_to_wait"

    @property
    def asked(self) -> int:
        """How often the caller was asked to wait in line."""
        return sum(
            event.kind == JournalKind.TRANSFER_RETURNED and event.data.get("reason") == "asked_to_wait"
            for event in self.events
        )


class JournalWatch:
    """Calls by their SIP name, read as they grow; any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._calls: dict[str, list[JournalEvent]] = {}
        self._names: dict[str, tuple[str, str]] = {}  # id and SIP's name by any of these two and by the number
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-watch", daemon=True)

    def __enter__(self) -> JournalWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(10.0)

    def call(self, name: str) -> Followed | None:
        """The call with SIP's name, its id, or the latest one of a caller's number."""
        with self._lock:
            found = self._names.get(name)
            return Followed(*found, tuple(self._calls[found[0]])) if found is not None else None

    def _run(self) -> None:
        journal, last = Journal(open_database(self._path)), 0
        while not self._stopping.wait(0.1):
            try:
                events = journal.follow(last)
            except StoreError:  # a part that was killed left it to be put in order
                continue
            for event in events:
                last = event.rowid
                with self._lock:
                    self._calls.setdefault(event.call_id, []).append(event)
                    if event.kind == JournalKind.CALL_OFFERED:
                        sip = str(event.data.get("sip_call_id"))
                        for name in (sip, event.call_id, str(event.data.get("pii_caller"))):
                            self._names[name] = (event.call_id, sip)


class Ear:
    """Notes when a caller hears something: stretches of sound with no gap of a tenth of a second."""

    def __init__(self) -> None:
        self.heard: list[list[float]] = []
        self._clock = time.time() - time.monotonic()

    def take(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            if max(struct.unpack(f"<{len(arrival.pcm) // 2}h", arrival.pcm), default=0) < _LOUD:
                continue
            at = arrival.at + self._clock
            if self.heard and at - self.heard[-1][1] < _GAP_S:
                self.heard[-1][1] = at
            else:
                self.heard.append([at, at])


def one_transfer(line: tuple[str, int], number: str, watch: JournalWatch, *, talk_s: float = _TALK_S) -> dict[str, Any]:
    """A caller asks for a person until they have talked to one or are back with the assistant, then hangs up.

    Returns ``sip``, ``call`` (empty: the journal knows none), ``came`` (bridged, returned, dropped, nowhere) and
    ``heard``: when there was sound in the caller's ear, as pairs of seconds since the epoch.
    """
    sound, came, talked, waits = tone(), "nowhere", None, 0
    ear = Ear()
    with WirePhone(line, number=number) as phone:
        answer = phone.invite(timeout_s=10.0)
        if answer.code != 200:
            return {"sip": phone.call_id, "call": "", "came": f"refused {answer.code}", "heard": []}
        began = next_at = time.monotonic()
        pressed = False
        while time.monotonic() < began + _PATIENCE_S:
            next_at += FRAME_S
            ear.take(phone.exchange(sound, next_at)[1])
            phone.serve()
            if phone.ended:
                came = "dropped"
                break
            if not pressed and time.monotonic() > began + 0.5:
                pressed = True
                phone.press("0")
            if round(next_at / FRAME_S) % 5:
                continue
            call = watch.call(phone.call_id)
            if call is None:
                continue
            if call.has(JournalKind.CALL_ENDED):  # the worker died: no BYE comes from it
                came = "dropped"
                break
            if call.asked > waits:
                waits = call.asked
                phone.press("1")
            if call.has(JournalKind.TRANSFER_BRIDGED):
                talked = talked or time.monotonic()
                came = "bridged"
                if time.monotonic() > talked + talk_s:
                    break
            elif call.returned:
                came = "returned"
                break
        if not phone.ended and came != "dropped":
            with contextlib.suppress(TelephonyError):
                phone.bye()
        sip = phone.call_id
    deadline = time.monotonic() + _ENDS_S
    call = watch.call(sip)
    while time.monotonic() < deadline and not (call and call.has(JournalKind.CALL_ENDED)):
        time.sleep(0.1)
        call = watch.call(sip)
    return {"sip": sip, "call": call.id if call else "", "came": came, "heard": ear.heard}


def kept(came: str, events: Sequence[JournalEvent]) -> bool:
    """The caller was with a person or with the assistant until they hung up themselves."""
    ended = next((event for event in events if event.kind == JournalKind.CALL_ENDED), None)
    by_caller = ended is not None and ended.data.get("reason") == HangupReason.CALLER
    return by_caller and came in ("bridged", "returned")


def judged(
    row: dict[str, Any],
    followed: Followed | None,
    agents: Agents,
    offers: Sequence[Offer],
    no_answer_s: float,
    recordings: Path,
) -> dict[str, Any]:
    """What a transfer shows: lost or not, contexts, recording, and how long everything took, in milliseconds."""
    events = followed.events if followed is not None else ()
    call = row["call"]
    recalled = any(event.kind == JournalKind.TASK_CREATED and event.data.get("pii_caller") for event in events)
    told = [event for event in events if event.kind == JournalKind.TRANSFER_CONTEXT]
    whole = [one for one in offers if one.context.get("call") == call and one.summary]
    failures = [event.at.timestamp() for event in events if event.kind == JournalKind.TRANSFER_FAILED]
    return {key: value for key, value in row.items() if key != "heard"} | {
        "lost": not (kept(row["came"], events) or recalled),
        "offers": len(offers),
        "lost_contexts": len(offers) - min(len(whole), len(told)),
        "back_to_caller_ms": back_ms(offers, failures, agents.failed(call), row["heard"], no_answer_s),
        "context_on_screen_ms": on_screen_ms(offers, agents.seen(), agents.rang(call, offers)),
        "accept_to_bridge_ms": agents.accept_to_bridge_ms(call),
        "recording_fault": recording_fault(events, recordings),
        "baresip": any(one.bridged_at is not None and one.employee in agents.real for one in offers),
    }


def back_ms(
    offers: Sequence[Offer],
    failures: Sequence[float],
    refused: Sequence[float],
    heard: Sequence[Sequence[float]],
    no_answer_s: float,
) -> list[float]:
    """From each failure of an agent's side to the next sound in the caller's ear.

    ``failures``: when the mind knew. What it knew of is the latest thing before it: a refusal or hang-up as the
    telephone logged it, or the end of an agent's time.
    """
    causes = [*refused, *(one.offered_at.timestamp() + no_answer_s for one in offers)]
    found = []
    for failure in failures:
        before = [cause for cause in causes if cause <= failure + 0.05]  # clocks of two programs, whole milliseconds
        sounds = [began for began, ended in heard if ended >= failure]
        if before and sounds:
            found.append(max(0.0, (max(min(sounds), failure) - max(before)) * 1000.0))
    return found


def on_screen_ms(offers: Sequence[Offer], seen: dict[int, float], rang: Sequence[float]) -> list[float]:
    """From the ring to the card, 0 when the card came first; for offers whose telephone rang."""
    found = []
    for offer in offers:
        began = offer.offered_at.timestamp()
        ring = next((at for at in rang if at >= began), None)
        shown = seen.get(offer.id)
        if ring is not None:
            found.append(max(0.0, (shown - ring) * 1000.0) if shown is not None else 60_000.0)
    return found


def offers_of(office: Path, call: str) -> list[Offer]:
    """All chances of a call."""
    database = open_office(office)
    try:
        return Offers(database).of_call(call)
    finally:
        database.close()


def run_callers(
    lines: Sequence[tuple[str, int]],
    wanted: int,
    watch: JournalWatch,
    done: Callable[[dict[str, Any]], None],
    until: float,
) -> None:
    """One caller a worker, side by side, one call after another; none begins after ``until`` (monotonic)."""
    left, lock = iter(range(wanted)), threading.Lock()

    def calls(line: tuple[str, int]) -> None:
        while time.monotonic() < until:
            with lock:
                number = next(left, None)
            if number is None:
                return
            try:
                row = one_transfer(line, f"+3706{time.time_ns() // 1_000_000 % 10_000_000:07d}", watch)
            except TelephonyError as error:
                row = {"sip": "", "call": "", "came": str(error), "heard": []}
            time.sleep(0.5)  # the agent's telephone notes that the call is over
            with lock:
                done(row)

    threads = [threading.Thread(target=calls, args=(line,), daemon=True) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
