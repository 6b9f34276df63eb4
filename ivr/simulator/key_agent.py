"""An agent's telephone of bare sockets: answers, presses 1, sends a tone, and times when the caller's comes through."""

from __future__ import annotations

import contextlib
import math
import struct
import threading
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.errors import TelephonyError
from ivr.events import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE
from ivr.simulator.wire import WirePhone, header

TONE_HZ: Final = 1000.0
AGENT_HZ: Final = 600.0
"""What agents send once they have accepted."""
RING_S: Final = 0.3
LISTENS_S: Final = 1.0
_SURE_FRAMES: Final = 3
_LOUD: Final = 500.0
_SILENT_S: Final = 2.0  # without sound so long, whoever called is gone without a word


def tone(hz: float = TONE_HZ) -> bytes:
    """A frame of the callers' tone, or of another one; whole periods, so that frames join."""
    step = 2 * math.pi * hz / SAMPLE_RATE
    return struct.pack(f"<{FRAME_SAMPLES}h", *(round(8000 * math.sin(step * n)) for n in range(FRAME_SAMPLES)))


def toned(samples: NDArray[np.int16], hz: float = TONE_HZ) -> NDArray[np.bool_]:
    """For each whole frame whether nearly all of its power lies at the tone's frequency (Goertzel)."""
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES).astype(np.float64)
    turning = np.exp(2j * np.pi * hz / SAMPLE_RATE * np.arange(FRAME_SAMPLES))
    power = (frames**2).mean(axis=1)
    at_tone = 2 * np.abs(frames @ turning) ** 2 / FRAME_SAMPLES**2
    found: NDArray[np.bool_] = np.logical_and(power > _LOUD * _LOUD, at_tone > 0.8 * power)
    return found


def is_tone(pcm: bytes) -> bool:
    """A frame of the callers' tone."""
    return bool(toned(np.frombuffer(pcm, np.int16)).any())


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
        alive_at, sound = next_at, tone(AGENT_HZ)
        while not phone.ended and not self._stopping.is_set() and next_at < alive_at + _SILENT_S:
            next_at += FRAME_S
            _, arrivals = phone.exchange(sound, next_at)
            if arrivals:
                alive_at = next_at
            for arrival in arrivals:
                frames = frames + 1 if is_tone(arrival.pcm) else 0
                if frames == _SURE_FRAMES and heard_at is None:
                    heard_at = clock + arrival.at - (_SURE_FRAMES - 1) * FRAME_S
            phone.serve()
        self.taken.append(Taken(call, rang_at, pressed_at, heard_at))
        if not phone.ended:
            phone.bye()
