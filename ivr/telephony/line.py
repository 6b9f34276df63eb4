"""The line: one SIP endpoint, its thread, and the door to asyncio."""

from __future__ import annotations

import asyncio
import gc
import heapq
import itertools
import logging
import queue
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from ivr.errors import TelephonyError
from ivr.events import HangupReason, LegEnded, LegEvent
from ivr.telephony import native
from ivr.telephony.access import AccessList
from ivr.telephony.capabilities import Capabilities, LineStatus
from ivr.telephony.endpoint import Endpoint
from ivr.telephony.garbage import GarbagePlan
from ivr.telephony.leg import Leg
from ivr.telephony.settings import LineSettings
from ivr.telephony.switchboard import Switchboard
from ivr.telephony.waiting import LegQueue

log = logging.getLogger(__name__)

BUSY_WAIT_MS: Final = 5
IDLE_WAIT_MS: Final = 20
FAREWELL_S: Final = 1.0  # for BYE and its answer before the library goes down
JOIN_S: Final = 10.0
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!%*_+`'~.-]+")

T = TypeVar("T")


class SipLine:
    """A SIP line in a thread of its own; one per process.

    ``on_event`` is called in ``loop``'s thread. Commands are posted to the SIP
    thread and return at once.

    Two facts for whoever owns the process. :meth:`start` turns Python's automatic
    garbage collection off (it would destroy pj objects in whatever thread happens
    to allocate, the media thread included) and the SIP thread collects instead.
    And after :meth:`stop` the process must leave by ``os._exit``: SWIG's
    destructors at interpreter exit touch a library that is no longer there.
    """

    def __init__(
        self, settings: LineSettings, on_event: Callable[[LegEvent], None], *, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._settings = settings
        self._on_event = on_event
        self._loop = loop
        self._thread = _SipThread(settings, self._deliver_soon, self._offer_soon, self)
        self._legs: dict[str, Leg] = {}  # loop's thread only
        self._withheld: dict[str, list[LegEvent]] = {}  # events of legs whose dial() has not returned yet
        self._queue = LegQueue()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def start(self) -> Capabilities:
        """Listen; blocks until the port is open. Raises PortTaken, TelephonyError."""
        return self._thread.begin()

    async def dial(
        self,
        uri: str,
        *,
        headers: Mapping[str, str] = {},
        reserved_for: str | None = None,
        keeps_agent: bool = False,
        wait_s: float = 0.0,
    ) -> Leg:
        """Place a call to a ``sip:`` address; ``LegRinging``, ``LegAnswered``, ``LegEnded`` follow this return.

        ``reserved_for``: leg id of the caller whose kept agent leg is used. ``keeps_agent``: a leg is
        kept for an agent of whoever is called. ``wait_s``: when every leg is taken, wait in the queue for so long.
        Raises NoFreeLeg, TelephonyError (bad address or header, draining).
        """
        _check_outbound(uri, headers)
        leg = await self._queue.place(
            lambda: self._place(uri, headers, reserved_for, keeps_agent), wait_s, kept=reserved_for is not None
        )
        self._loop.call_soon(self._release, leg.id)
        return leg

    async def _place(self, uri: str, headers: Mapping[str, str], reserved_for: str | None, keeps_agent: bool) -> Leg:
        done: asyncio.Future[Leg] = self._loop.create_future()

        def place() -> None:
            try:
                leg = self._thread.board.dial(uri, headers, reserved_for, keeps_agent)
            except Exception as error:
                self._call_soon(_settle, done, None, error)
            else:
                self._call_soon(self._dialled, done, leg)

        self._thread.post(place)
        try:
            return await done
        except asyncio.CancelledError:
            # Placed in the very step in which nobody wanted it any more: nobody else would hang it up.
            if not done.cancelled() and done.exception() is None:
                leg = done.result()
                self._loop.call_soon(self._release, leg.id)
                leg.hangup()
            raise

    def leg(self, leg_id: str) -> Leg:
        """Handle of a live leg; KeyError when it is gone."""
        return self._legs[leg_id]

    def bridge(self, a: str, b: str) -> None:
        """Connect two legs: each far end hears the other; playouts and taps go on."""
        self._thread.post(lambda: self._thread.board.bridge(a, b))

    def unbridge(self, a: str, b: str) -> None:
        """Part two legs; both stay up."""
        self._thread.post(lambda: self._thread.board.unbridge(a, b))

    async def drain(self, grace_s: float) -> None:
        """Refuse new calls with 503, let live ones finish for ``grace_s``, then hang up. ``stop`` comes after."""
        self._thread.post(lambda: self._thread.board.begin_drain())
        if await self._quiet_within(grace_s):
            return
        self._thread.post(lambda: self._thread.board.end_all(HangupReason.DRAINED))
        await self._quiet_within(FAREWELL_S)

    async def alive(self) -> None:
        """Returns when the SIP thread has done what it was asked: it is not stuck."""
        done: asyncio.Future[None] = self._loop.create_future()

        def answered() -> None:
            if not done.done():
                done.set_result(None)

        self._thread.post(lambda: self._call_soon(answered))
        await done

    def stop(self) -> None:
        """Hang up what is left and take the library down; blocks for about a second at most. Idempotent."""
        self._thread.finish()

    def status(self) -> LineStatus:
        """A moment of the line; any thread."""
        return self._thread.status()

    # -------------------------------------------------- LegCommands, any thread

    def end_leg(self, leg_id: str, reason: HangupReason) -> None:
        """For :class:`Leg`."""
        self._thread.post(lambda: self._thread.board.end(leg_id, reason))

    def press_key(self, leg_id: str, key: str) -> None:
        """For :class:`Leg`."""
        self._thread.post(lambda: self._thread.board.press_key(leg_id, key))

    def answer_leg(self, leg_id: str) -> None:
        """For :class:`Leg`."""
        self._thread.post(lambda: self._thread.board.pick_up(leg_id))

    def hold_leg(self, leg_id: str, held: bool) -> None:
        """For :class:`Leg`."""
        self._thread.post(lambda: self._thread.board.hold(leg_id, held))

    # -------------------------------------------------- from the SIP thread to the loop

    def _call_soon(self, call: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            log.debug("the loop is closed: an event of the line is lost")

    def _deliver_soon(self, events: list[LegEvent]) -> None:
        self._call_soon(self._deliver, events)

    def _offer_soon(self, leg: Leg) -> None:
        self._call_soon(self._register, leg)

    def _register(self, leg: Leg) -> None:
        self._legs[leg.id] = leg
        self._quiet.clear()

    def _dialled(self, done: asyncio.Future[Leg], leg: Leg) -> None:
        self._register(leg)
        if done.cancelled():
            leg.hangup()
            return
        self._withheld[leg.id] = []
        done.set_result(leg)

    def _release(self, leg_id: str) -> None:
        self._deliver(self._withheld.pop(leg_id, []))

    def _deliver(self, events: list[LegEvent]) -> None:
        for event in events:
            if event.leg in self._withheld:
                self._withheld[event.leg].append(event)
                continue
            try:
                self._on_event(event)
            except Exception:
                log.exception("on_event failed for %s of leg %s", type(event).__name__, event.leg)
            if isinstance(event, LegEnded):
                self._legs.pop(event.leg, None)
                self._queue.leg_freed()
                if not self._legs:
                    self._quiet.set()

    async def _quiet_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._quiet.wait(), seconds)
        except TimeoutError:
            return False
        return True


class _SipThread:
    """Owns every pj object from ``libCreate`` to ``libDestroy``.

    Loops over pjsip's events, jobs that other threads posted, timers, and what
    the media thread left; sends the events of one round to asyncio in one call.
    """

    def __init__(
        self,
        settings: LineSettings,
        deliver: Callable[[list[LegEvent]], None],
        offer: Callable[[Leg], None],
        line: SipLine,
    ) -> None:
        self._settings = settings
        self._deliver = deliver
        self._offer_leg = offer
        self._line = line
        self._jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._events: list[LegEvent] = []
        self._stopping = threading.Event()
        self._ready: queue.SimpleQueue[Capabilities | BaseException] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)
        self._board: Switchboard | None = None
        self._last_status = LineStatus()

    @property
    def board(self) -> Switchboard:
        """SIP thread only, between start and stop."""
        if self._board is None:
            raise TelephonyError("line", "the line is not running", "Start it first")
        return self._board

    def begin(self) -> Capabilities:
        gc.disable()
        sys.setswitchinterval(0.0005)  # the media thread must get the interpreter within its 20 ms
        self._thread.start()
        outcome = self._ready.get()
        if isinstance(outcome, BaseException):
            self._thread.join(JOIN_S)
            raise outcome
        return outcome

    def finish(self) -> None:
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)

    def status(self) -> LineStatus:
        board = self._board
        return board.status if board is not None else self._last_status

    def post(self, job: Callable[[], object]) -> None:
        """Any thread: run ``job`` in the SIP thread within a few ms."""
        self._jobs.put(job)

    def later(self, delay_s: float, job: Callable[[], object]) -> None:
        """SIP thread: run ``job`` after ``delay_s``."""
        heapq.heappush(self._timers, (time.monotonic() + delay_s, next(self._order), job))

    def _run(self) -> None:
        endpoint = Endpoint(self._settings, self._all_legs_taken)
        try:
            capabilities = endpoint.open()
            self._board = Switchboard(
                endpoint,
                capabilities,
                lambda: _access(self._settings),
                self,
                self._line,
                self._events.append,
                self._offer,
            )
            board = self._board
            endpoint.enlist(board.incoming, board.registration_changed, board.crowded, board.late)
        except BaseException as error:
            self._board = None
            self._close(endpoint)
            self._ready.put(error)
            return
        gc.collect()
        gc.freeze()  # what was imported by now is never garbage: later collections stay short
        self._ready.put(capabilities)
        self._work(endpoint)
        self._say_farewell(endpoint)
        self._close(endpoint)

    def _offer(self, leg: Leg) -> None:
        self._flush()
        self._offer_leg(leg)

    def _all_legs_taken(self) -> None:
        self.post(lambda: self.board.evict_half_open())  # too late for this INVITE, in time for the caller's next

    def _work(self, endpoint: Endpoint) -> None:
        garbage = GarbagePlan(time.monotonic())
        while not self._stopping.is_set():
            try:
                self._round(endpoint)
            except Exception:  # the line must go on for the calls that are up
                log.exception("a round of the SIP thread failed")
                time.sleep(BUSY_WAIT_MS / 1000.0)
            generation = garbage.due(time.monotonic(), busy=self.board.busy)
            if generation is not None:
                gc.collect(generation)

    def _round(self, endpoint: Endpoint) -> None:
        endpoint.handle_events(BUSY_WAIT_MS if self.board.busy else IDLE_WAIT_MS)
        self._do_jobs()
        self.board.poll()
        self._flush()

    def _do_jobs(self) -> None:
        for _ in range(self._jobs.qsize()):
            _guarded(self._jobs.get_nowait())
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _guarded(heapq.heappop(self._timers)[2])

    def _flush(self) -> None:
        if self._events:
            events = self._events[:]
            self._events.clear()
            self._deliver(events)

    def _say_farewell(self, endpoint: Endpoint) -> None:
        self.board.begin_drain()
        self.board.end_all(HangupReason.DRAINED)
        endpoint.unregister()
        until = time.monotonic() + FAREWELL_S
        while time.monotonic() < until and (
            self.board.busy or native.legs_taken() or self.board.status.registration == "registered"
        ):
            self._round(endpoint)
        self._round(endpoint)

    def _close(self, endpoint: Endpoint) -> None:
        """Nothing of pj may outlive ``libDestroy``: drop every reference, collect, then destroy."""
        if self._board is not None:
            self._last_status = self._board.status
        self._board = None
        self._jobs = queue.SimpleQueue()
        self._timers.clear()
        gc.collect()
        try:
            endpoint.close()
        except Exception:
            log.exception("the SIP library did not go down cleanly")


def _guarded(job: Callable[[], object]) -> None:
    try:
        job()
    except Exception:
        log.exception("a job of the SIP thread failed")


def _settle(done: asyncio.Future[Leg], leg: Leg | None, error: Exception) -> None:
    if not done.cancelled():
        done.set_exception(error)


def _access(settings: LineSettings) -> AccessList:
    """The trunks, and the addresses of the registrar (which routes our calls to us)."""
    networks = list(settings.trunks)
    if settings.registrar:
        host = settings.registrar.partition(":")[2].partition(";")[0].rpartition("@")[2].partition(":")[0]
        try:
            networks += sorted({str(item[4][0]) for item in socket.getaddrinfo(host, None, socket.AF_INET)})
        except OSError:
            log.warning("the registrar %s can't be resolved yet; its calls are refused until we are registered", host)
    return AccessList(networks)


def _check_outbound(uri: str, headers: Mapping[str, str]) -> None:
    if not uri.startswith("sip:") or any(char in uri for char in "\r\n<> "):
        raise TelephonyError("dial", f"{uri!r} is not a SIP address", "Write it as sip:name@host")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or any(char in value for char in "\r\n\0"):
            raise TelephonyError("dial", f"header {name!r} can't be sent", "Use a token as name and one line as value")
