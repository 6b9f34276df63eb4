"""An agent's telephone of bare sockets: answers, presses 1, and times when the caller's tone comes through."""

from __future__ import annotations

import contextlib
import math
import struct
import threading
import time
from dataclasses import dataclass
from typing import Final

from ivr.errors import TelephonyError
from ivr.events import FRAME_BYTES, FRAME_S, FRAME_SAMPLES, SAMPLE_RATE
from ivr.simulator.wire import WirePhone, header

TONE_HZ: Final = 1000.0
RING_S: Final = 0.3
LISTENS_S: Final = 1.0
_SURE_FRAMES: Final = 3
_LOUD: Final = 500.0


def tone() -> bytes:
    """A frame of the callers' tone; whole periods, so that frames join."""
    step = 2 * math.pi * TONE_HZ / SAMPLE_RATE
    return struct.pack(f"<{FRAME_SAMPLES}h", *(round(8000 * math.sin(step * n)) for n in range(FRAME_SAMPLES)))


def is_tone(pcm: bytes) -> bool:
    """Nearly all of a frame's power lies at the tone's frequency (Goertzel)."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    if len(samples) < FRAME_SAMPLES:
        return False
    step = 2 * math.pi * TONE_HZ / SAMPLE_RATE
    real = sum(sample * math.cos(step * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(step * n) for n, sample in enumerate(samples))
    power = sum(sample * sample for sample in samples)
    at_tone = 2 * (real * real + imaginary * imaginary) / len(samples)
    return bool(power / len(samples) > _LOUD * _LOUD and at_tone > 0.8 * power)


@dataclass(frozen=True, slots=True)
class Taken:
    """One call; times in seconds since the epoch, ``heard_at`` None when the caller never came through."""

    call: str
    rang_at: float
    pressed_at: float | None = None
    heard_at: float | None = None


class KeyAgent(threading.Thread):
    """Takes one call after another on ``port`` until :meth:`stop`; ``taken`` may be read at any time."""

    def __init__(self, port: int) -> None:
        super().__init__(name=f"key-agent-{port}", daemon=True)
        self.port = port
        self.taken: list[Taken] = []
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        self.join(10.0)

    def run(self) -> None:
        while not self._stopping.is_set():
            with WirePhone(sip_port=self.port) as phone, contextlib.suppress(TelephonyError):
                invite = phone.await_invite(1.0)
                self._take(phone, header(invite, "X-IVR-Context"))

    def _take(self, phone: WirePhone, call: str) -> None:
        rang_at = time.time()
        phone.answer(180)
        if phone.await_bye(RING_S):
            self.taken.append(Taken(call, rang_at))
            return  # cancelled
        phone.answer(200)
        phone.stream(LISTENS_S)
        pressed_at, clock = time.time(), time.time() - time.monotonic()
        phone.press("1")
        frames, heard_at, next_at = 0, None, time.monotonic()
        until = next_at + 60.0
        while not phone.ended and not self._stopping.is_set() and time.monotonic() < until:
            next_at += FRAME_S
            _, arrivals = phone.exchange(bytes(FRAME_BYTES), next_at)
            for arrival in arrivals:
                frames = frames + 1 if is_tone(arrival.pcm) else 0
                if frames == _SURE_FRAMES and heard_at is None:
                    heard_at = clock + arrival.at - (_SURE_FRAMES - 1) * FRAME_S
            phone.serve()
        self.taken.append(Taken(call, rang_at, pressed_at, heard_at))
        if not phone.ended:
            phone.bye()
