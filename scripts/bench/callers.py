"""People who call a line again and again by bare sockets, and write down what they saw of it from outside.

Each call has a number of its own, so that the line's journal can be asked what became of exactly this one. Threads,
one caller each; times are those of the wall, in seconds since 1970, as the journal's are.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ivr.errors import TelephonyError
from ivr.simulator.rtp import Address
from ivr.simulator.wire import WirePhone

SLICE_S = 0.5
DEAF_S = 3.0  # so long without a packet: nobody is there any more

End = Literal["bye", "line", "vanished"]


@dataclass(slots=True)
class SeenCall:
    """A call as its caller saw it. ``end``: they hung up and were answered, the line hung up, or it was not there.

    ``heard_at``: when the line's last packet of sound reached this machine, by the kernel's clock. The caller notices
    that there are no more of them seconds later, on a busy machine many.
    """

    number: str
    sip_call_id: str
    worker: str
    answered_at: float
    keys: list[float] = field(default_factory=list)  # when each was sent whole
    heard_at: float = 0.0
    ended_at: float = 0.0
    end: End = "vanished"


class Caller(threading.Thread):
    """Calls until told to stop; ``seen`` holds every call that was answered."""

    def __init__(
        self, name: str, address: Address, random_: random.Random, number: Callable[[], str], most_s: float
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.seen: list[SeenCall] = []
        self.unanswered = 0
        self._address, self._random, self._number, self._most_s = address, random_, number, most_s
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """No call after this one, which is ended soon."""
        self._stop_asked.set()

    def run(self) -> None:
        while not self._stop_asked.is_set():
            with WirePhone(self._address, number=self._number()) as phone:
                self._call(phone)
            self._stop_asked.wait(self._random.uniform(0.2, 1.5))

    def _call(self, phone: WirePhone) -> None:
        try:
            if phone.invite(timeout_s=4.0).code != 200:
                self.unanswered += 1
                return
        except (TelephonyError, OSError):
            self.unanswered += 1
            return
        call = SeenCall(phone.number, phone.call_id, self.name, time.time())
        self.seen.append(call)
        try:
            self._talk(phone, call)
            if not phone.ended:
                call.ended_at = time.time()
                call.end = "bye" if phone.bye() == 200 else "vanished"
        except (TelephonyError, OSError):
            call.end = "vanished"
        if phone.ended:
            call.end = "line"
        call.ended_at = call.ended_at or time.time()

    def _talk(self, phone: WirePhone, call: SeenCall) -> None:
        """Sound all the time, now and then a key, until it is long enough or nobody is there."""
        heard = time.monotonic()
        until = heard + self._random.uniform(3.0, self._most_s)
        while time.monotonic() < until and not self._stop_asked.is_set():
            noise = self._random.randbytes(3200) if self._random.random() < 0.1 else b""
            heard = max(heard, phone.stream(SLICE_S, noise).last_at, *(at for at, _ in phone.rtp.waiting()))
            call.heard_at = time.time() - (time.monotonic() - heard)
            phone.serve()
            if phone.ended or time.monotonic() - heard > DEAF_S:
                return
            if self._random.random() < 0.15:
                phone.press(self._random.choice("012345678*"))  # 9 would have the recording erased
                call.keys.append(time.time())


def numbers(first: int = 60_000_000) -> Callable[[], str]:
    """A number that nobody else has, for each call."""
    counting = itertools.count(first)
    lock = threading.Lock()

    def next_number() -> str:
        with lock:
            return f"+370{next(counting)}"

    return next_number
