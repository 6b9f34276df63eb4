"""A citizen's leg of bare sockets: what is measured on it was measured at the wire.

:class:`WireLeg` is a :class:`~ivr.simulator.person.PersonLeg` whose sound leaves and
arrives as RTP packets of a thread of its own. Moments are ``time.monotonic()``: a
sample counts as spoken when a telephone would have picked it up, 20 ms before the
end of its packet, and as heard when its packet reached this machine (the kernel
says when). No jitter buffer and no clock of ours lies between.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from ivr.errors import TelephonyError
from ivr.events import (
    FRAME_BYTES,
    FRAME_S,
    HangupReason,
    LegAnswered,
    LegAudio,
    LegEnded,
    LegEvent,
    LegPlaybackDone,
    LegRinging,
)
from ivr.simulator.rtp import Address, Arrival
from ivr.simulator.wire import WirePhone
from ivr.simulator.wire_sound import Track

_SERVES_EVERY: Final = 5  # frames between two looks at SIP
_NUMBERS: Final = itertools.count(1)
_REFUSED: Final = {486: HangupReason.BUSY, 603: HangupReason.DECLINED, 503: HangupReason.UNREACHABLE}


class WireLeg(threading.Thread):
    """One outgoing call. ``on_event`` is called in ``loop``; ``said`` and ``heard`` hold the sound with its moments.

    Both tracks grow while the call lasts; they are whole after :class:`~ivr.events.LegEnded`.
    """

    def __init__(
        self,
        line: Address,
        on_event: Callable[[LegEvent], None],
        loop: asyncio.AbstractEventLoop,
        *,
        called: str = "1883",
        caller: str = "",
    ) -> None:
        self.id = f"wire-{next(_NUMBERS)}"
        super().__init__(name=self.id, daemon=True)
        shown = {"P-Asserted-Identity": f"sip:{caller}@{line[0]}"} if caller else {"Privacy": "id"}
        self._phone = WirePhone(line, called=called, number=caller or "anonymous", headers=shown)
        self._on_event, self._loop = on_event, loop
        self._wishes: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._queue: deque[tuple[str, bytes]] = deque()
        self._at = 0  # bytes of the first utterance that were sent
        self._expected: int | None = None  # RTP time of the packet that comes next
        self._over: HangupReason | None = None
        self._held = False
        self.invited_at = 0.0
        self.said = Track()
        self.heard = Track()
        self.keyed: list[float] = []  # when keys were pressed

    @property
    def sip_call_id(self) -> str:
        """SIP's name of the call, by which the line's journal knows it."""
        return self._phone.call_id

    # ------------------------------------------------------------ what the person does, from any thread

    def play(self, utterance: str, pcm: bytes) -> None:
        """Speak after what is being spoken; begins with the next frame."""
        self._wishes.put(lambda: self._queue.append((utterance, pcm + bytes(-len(pcm) % FRAME_BYTES))))

    def answer(self) -> None:
        """Nothing: this leg calls, nobody calls it."""

    def hold(self) -> None:
        self._wishes.put(lambda: self._hold(True))

    def unhold(self) -> None:
        self._wishes.put(lambda: self._hold(False))

    def send_key(self, key: str) -> None:
        self.keyed.append(time.monotonic())
        self._wishes.put(lambda: self._phone.press(key))

    def hangup(self, reason: HangupReason = HangupReason.ASSISTANT) -> None:
        self._wishes.put(lambda: self._end(reason))

    # ------------------------------------------------------------ the thread

    def run(self) -> None:
        """The whole call."""
        code = 0
        try:
            self.invited_at = time.monotonic()
            answer = self._phone.invite()
            code = answer.code
            if answer.ringing_ms is not None:
                self._tell(LegRinging(self.id, self.invited_at + answer.ringing_ms / 1000))
            if answer.answered_ms is None:
                self._over = _REFUSED.get(code, HangupReason.UNREACHABLE)
            else:
                self._tell(LegAnswered(self.id, self.invited_at + answer.answered_ms / 1000, "PCMA"))
                self._talk()
        except TelephonyError:
            self._over = self._over or HangupReason.ERROR
        finally:
            self._phone.close()
            for utterance, _ in self._queue:
                self._tell(LegPlaybackDone(self.id, time.monotonic(), utterance, completed=False))
            self._tell(LegEnded(self.id, time.monotonic(), self._over or HangupReason.ERROR, code))

    def _talk(self) -> None:
        began = time.monotonic()
        for number in itertools.count(1):
            while not self._wishes.empty():
                self._wishes.get()()
            if number % _SERVES_EVERY == 0:
                self._phone.serve()
            if self._phone.ended:
                self._over = self._over or HangupReason.CALLER
            if self._over is not None:
                return
            frame, done = self._next_frame()
            # Frames that are late (a key took 160 ms) are sent at once, as a telephone would not: so begin anew.
            if time.monotonic() - began > (number + 2) * FRAME_S:
                began = time.monotonic() - number * FRAME_S
            sent, arrivals = self._phone.exchange(frame, began + number * FRAME_S)
            self.said.add(sent - FRAME_S, frame)
            for arrival in arrivals:
                self._hear(arrival)
            if self._held and not arrivals:  # who holds hears nothing, which takes its time, too
                self._pass_on(sent - FRAME_S, bytes(FRAME_BYTES))
            if done:
                self._tell(LegPlaybackDone(self.id, sent, done, completed=True))

    def _next_frame(self) -> tuple[bytes, str]:
        """The frame to send, and the utterance that ends with it."""
        if not self._queue:
            return bytes(FRAME_BYTES), ""
        utterance, pcm = self._queue[0]
        frame = pcm[self._at : self._at + FRAME_BYTES]
        self._at += FRAME_BYTES
        if self._at < len(pcm):
            return frame, ""
        self._queue.popleft()
        self._at = 0
        return frame, utterance

    def _hear(self, arrival: Arrival) -> None:
        lost = 0 if self._expected is None else (arrival.stamp - self._expected) & 0xFFFFFFFF
        if 0 < lost < 8000:  # a gap of the line's own sound is silence for whoever listens
            self._pass_on(arrival.at, bytes(2 * lost))
        self._expected = (arrival.stamp + len(arrival.pcm) // 2) & 0xFFFFFFFF
        self._pass_on(arrival.at, arrival.pcm)

    def _pass_on(self, at: float, pcm: bytes) -> None:
        self.heard.add(at, pcm)
        self._tell(LegAudio(self.id, at + len(pcm) / FRAME_BYTES * FRAME_S, pcm))

    def _hold(self, held: bool) -> None:
        (self._phone.hold if held else self._phone.resume)()
        self._held, self._expected = held, None  # sound after it has a time of its own

    def _end(self, reason: HangupReason) -> None:
        self._over = reason
        self._phone.bye()

    def _tell(self, event: LegEvent) -> None:
        try:
            self._loop.call_soon_threadsafe(self._on_event, event)
        except RuntimeError:  # the loop is gone: nobody wants to know
            return
