"""A line worker's end of the switchboard's socket: seeks agents for its callers, for as long as the office is there.

When the office falls, the client connects again, says which of its offers still live, and asks anew for callers who
wait; until then they wait on. An office that falls is back in a second or two, on a busy machine in some more: so long
new callers wait as well, with what they hear while somebody is sought, and then they are told that nobody is there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from ivr.people.handover import (
    LONGEST,
    CallBack,
    CalledBack,
    CallStep,
    Check,
    Found,
    InLine,
    Leave,
    Message,
    Nobody,
    Order,
    PassOn,
    Pressed,
    Rang,
    Reply,
    Report,
    Resume,
    Ring,
    RingStep,
    Seek,
    Standing,
    Step,
    line_of,
    message_of,
)

log = structlog.get_logger(__name__)

RETRY_S: Final = 0.5
AWAY_S: Final = 10.0
"""For so long after it fell the office is as it was, for callers who want somebody."""
_LIVE: Final = frozenset({Step.ACCEPTED, Step.BRIDGED})


class SwitchboardClient:
    """Use it in the loop's thread. ``on_order``: the office wants somebody called.

    ``standing``: how things are for the next caller; nobody is there while the office is away for long.
    """

    def __init__(self, path: Path, on_order: Callable[[Order], None] = lambda order: None) -> None:
        self._path, self._on_order = path, on_order
        self.standing = Standing()
        self._writer: asyncio.StreamWriter | None = None
        self._listeners: dict[str, Callable[[Reply], None]] = {}  # by call
        self._seeking: dict[str, Seek] = {}
        self._heard = False  # the office has said how things are since the worker is connected
        self._fell_at: float | None = None  # and it is expected back
        self._offers: dict[int, str] = {}  # live ones with how far they are
        self._over: list[Report | Rang | CalledBack] = []  # that ended while the office was away
        self._called: set[int] = set()  # live calls of the assistant, by request
        self._rung: dict[int, RingStep] = {}  # live clicks-to-call with how far they are

    async def run(self) -> None:
        """Be connected until cancelled."""
        while True:
            self._look_at_clock()
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=LONGEST)
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            try:
                self._writer = writer
                self._begin()
                await self._read(reader)
            finally:
                if self._heard:  # an office that falls again before it said anything was never back
                    self._heard, self._fell_at = False, asyncio.get_running_loop().time()
                self._writer = None
                writer.close()
            log.warning("switchboard_away", path=str(self._path))
            await asyncio.sleep(RETRY_S)

    def seek(self, seek: Seek, on_reply: Callable[[Reply], None]) -> bool:
        """Find somebody; every reply for the call goes to ``on_reply`` until :meth:`forget`. False: the office is away.

        A later seek for the same call takes the place of the one before.
        """
        if not self._heard and self._fell_at is None:
            return False
        self._listeners[seek.call] = on_reply
        self._seeking[seek.call] = seek
        self._send(seek)
        return True

    def leave(self, call: str) -> None:
        """Nobody is sought any more; live offers go on."""
        if self._seeking.pop(call, None) is not None:
            self._send(Leave(call))

    def forget(self, call: str) -> None:
        """The call is over."""
        self.leave(call)
        self._listeners.pop(call, None)

    def report(self, offer: int, step: Step, reason: str = "") -> None:
        """What became of an offer; kept for the office while it is away."""
        report = Report(offer, step, reason)
        if step in _LIVE:
            self._offers[offer] = step
        else:
            self._offers.pop(offer, None)
        if self._writer is None and step not in _LIVE:
            self._over.append(report)
        self._send(report)

    def rang(self, rang: Rang) -> None:
        """What became of a click-to-call; its end is kept for the office while it is away."""
        if rang.step.live:
            self._rung[rang.request] = rang.step
        else:
            self._rung.pop(rang.request, None)
            if self._writer is None:
                self._over.append(rang)
        self._send(rang)

    def called_back(self, called: CalledBack) -> None:
        """What became of a call of the assistant; its end is kept for the office while it is away."""
        if called.step is CallStep.LIVE:
            self._called.add(called.request)
        else:
            self._called.discard(called.request)
            if self._writer is None:
                self._over.append(called)
        self._send(called)

    def _look_at_clock(self) -> None:
        """The office does not come back: nobody waits for it any longer."""
        if self._fell_at is None or asyncio.get_running_loop().time() < self._fell_at + AWAY_S:
            return
        self._fell_at, self.standing = None, Standing()
        for call in list(self._seeking):
            try:
                self._take(Nobody(call, staffed=False))
            except Exception:  # one call's fault must not keep the worker from the office for good
                log.exception("switchboard_message_failed")

    def _begin(self) -> None:
        if self._offers:
            self._send(Resume({str(offer): step for offer, step in self._offers.items()}))
        for request in self._called:
            self._send(CalledBack(request, CallStep.LIVE))
        for number, step in self._rung.items():
            self._send(Rang(number, step))
        for report in self._over:
            self._send(report)
        self._over.clear()
        for seek in self._seeking.values():
            self._send(seek)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        # ValueError: a line without an end; TimeoutError: connected, but the office says nothing
        with contextlib.suppress(OSError, ValueError):
            until = None if self._fell_at is None else self._fell_at + AWAY_S
            async with asyncio.timeout_at(until) as patience:
                await self._take_all(reader, patience)

    async def _take_all(self, reader: asyncio.StreamReader, patience: asyncio.Timeout) -> None:
        while line := await reader.readline():
            patience.reschedule(None)
            try:
                self._take(message_of(line))
            except (KeyError, TypeError, ValueError) as error:
                log.error("switchboard_not_understood", error=repr(error))
            except Exception:  # one call's fault must not cut the worker from the switchboard
                log.exception("switchboard_message_failed")

    def _take(self, message: Message) -> None:
        match message:
            case Standing():
                self.standing, self._heard, self._fell_at = message, True, None
            case Ring() | CallBack():
                self._on_order(message)
            case Found(call=call, offer=offer):
                if call not in self._seeking or call not in self._listeners:
                    self.report(offer, Step.FAILED, "caller_left")
                    return
                del self._seeking[call]
                self._offers[offer] = ""
                self._listeners[call](message)
            case Nobody(call=call):
                if self._seeking.pop(call, None) is not None and call in self._listeners:
                    self._listeners[call](message)
            case InLine(call=call) | Pressed(call=call) | Check(call=call) | PassOn(call=call):
                if call in self._listeners:
                    self._listeners[call](message)
            case _:
                log.warning("not_for_a_worker", kind=type(message).__name__)

    def _send(self, message: Message) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(line_of(message))
