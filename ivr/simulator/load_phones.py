"""Many telephones whose sound one thread moves, light enough to stand on the machine that is measured.

A telephone's signalling is a :class:`~ivr.simulator.wire.WirePhone`; its frames are coded beforehand, so that a tick
costs one datagram out and a look at what came. What came is kept as it was, with the moment at which the kernel had it:
when this process got around to it doesn't count, and what it means is reckoned after the call.
"""

from __future__ import annotations

import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

import numpy as np

from ivr.events import FRAME_S
from ivr.simulator.g711 import decode, encode
from ivr.simulator.rtp import KEY_PAYLOAD, PAYLOAD_TYPES, Address
from ivr.simulator.wire import WirePhone
from ivr.simulator.wire_sound import GRAIN_S, Track, sounding

FRAME: Final = 160  # bytes of A-law in 20 ms
_CODEC: Final = "PCMA"
_PHASES: Final = 4  # telephones don't send in step
_HEAD: Final = struct.Struct("!BBHII")
_KEY_FRAMES: Final = 5
_QUIET: Final = bytes.maketrans(bytes(range(256)), bytes(0xD5 if code & 1 else 0x55 for code in range(256)))
# A-law's two least steps by chance: a line is never digitally silent, and a noise of -72 dBFS is nobody's voice.
_HUSH: Final = Random(1883).randbytes(FRAME * 64).translate(_QUIET)  # noqa: S311
_VALUES: Final = np.frombuffer(decode(_CODEC, bytes(range(256))), dtype="<i2").astype(np.float64)


def coded(pcm: bytes) -> bytes:
    """A-law of 16-bit PCM, filled up to whole frames."""
    sound = encode(_CODEC, pcm)
    return sound + _HUSH[: -len(sound) % FRAME]


class _Key(NamedTuple):
    key: str
    number: int


class Packet(NamedTuple):
    """One packet of sound; ``at``: when it reached this machine, by ``time.monotonic()``."""

    at: float
    sequence: int
    payload: bytes


@dataclass(slots=True)
class LoadPhone:
    """One telephone. ``said`` and ``came`` hold frames of A-law with their moments; whole once it is off the pump."""

    line: Address
    called: str
    caller: str
    phase: int
    phone: WirePhone = field(init=False)
    invited_at: float = 0.0
    keyed: list[float] = field(default_factory=list)
    uttered: list[tuple[float, bytes]] = field(default_factory=list)
    came: list[Packet] = field(default_factory=list)
    _queue: deque[bytes | _Key] = field(default_factory=deque)
    _ticks: int = 0

    def __post_init__(self) -> None:
        shown = {"P-Asserted-Identity": f"sip:{self.caller}@{self.line[0]}"} if self.caller else {"Privacy": "id"}
        self.phone = WirePhone(
            self.line, called=self.called, number=self.caller or "anonymous", headers=shown, host="127.0.0.1"
        )

    @property
    def busy(self) -> bool:
        """Something is still being said or keyed."""
        return bool(self._queue)

    def say(self, sound: bytes) -> None:
        """Speak whole frames of A-law from the next tick on."""
        self._queue.extend(sound[at : at + FRAME] for at in range(0, len(sound), FRAME))

    def press(self, key: str) -> None:
        """Press a key from the next tick on (RFC 4733)."""
        self.keyed.append(time.monotonic())
        self._queue.extend(_Key(key, number) for number in range(_KEY_FRAMES + 3))

    def tick(self) -> None:
        """Send a frame, take what came. The pump's thread only."""
        rtp = self.phone.rtp
        self._ticks += 1
        now = time.monotonic()
        item = self._queue[0] if self._queue else None
        if isinstance(item, _Key):
            rtp.send_key(item.key, item.number, _KEY_FRAMES)
        elif item is not None:
            rtp.send_coded(item)
            self.uttered.append((now - FRAME_S, item))
        else:
            start = self._ticks % 64 * FRAME
            rtp.send_coded(_HUSH[start : start + FRAME])
        if item is not None:
            self._queue.popleft()
        for at, packet in rtp.waiting():
            kind = packet[1] & 0x7F if len(packet) > _HEAD.size else KEY_PAYLOAD
            if kind == PAYLOAD_TYPES[_CODEC]:
                self.came.append(Packet(at, _HEAD.unpack_from(packet)[2], packet[_HEAD.size :]))

    @property
    def said(self) -> Track:
        """All that was said, laid in time."""
        return _track(self.uttered)

    @property
    def heard(self) -> Track:
        """All that came, laid in time."""
        return _track([(packet.at, packet.payload) for packet in self.came if len(packet.payload) == FRAME])

    def intervals_ms(self) -> list[float]:
        """Between each packet and the next, at the far end."""
        return [round(1000 * float(step), 3) for step in np.diff([packet.at for packet in self.came])]

    def lost(self) -> int:
        """Packets that the line numbered and that never came."""
        steps = np.diff([packet.sequence for packet in self.came]) & 0xFFFF
        return int((steps[(steps > 1) & (steps < 0x8000)] - 1).sum())


def _track(frames: list[tuple[float, bytes]]) -> Track:
    if not frames:
        return Track()
    samples = _VALUES[np.frombuffer(b"".join(payload for _, payload in frames), dtype=np.uint8)]
    grains = FRAME // 80
    moments = [at + number * GRAIN_S for at, _ in frames for number in range(grains)]
    return Track(moments, [bool(loud) for loud in sounding(samples)])


class Pump(threading.Thread):
    """Gives every telephone its tick each 20 ms until :meth:`close`. ``behind_s``: how late it was at most."""

    def __init__(self) -> None:
        super().__init__(name="pump", daemon=True)
        self.behind_s = 0.0
        self._phases: list[list[LoadPhone]] = [[] for _ in range(_PHASES)]
        self._jobs: deque[Callable[[], object]] = deque()
        self._closed = threading.Event()

    def add(self, phone: LoadPhone) -> None:
        """From now on the telephone sends and receives."""
        self._jobs.append(lambda: self._phases[phone.phase % _PHASES].append(phone))

    def remove(self, phone: LoadPhone) -> None:
        """Take it out; returns once its last tick is over."""
        gone = threading.Event()

        def take() -> None:
            phones = self._phases[phone.phase % _PHASES]
            if phone in phones:
                phones.remove(phone)
            gone.set()

        self._jobs.append(take)
        gone.wait(1.0)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self.join()

    def run(self) -> None:
        """The ticks."""
        step = FRAME_S / _PHASES
        due = time.monotonic()
        number = 0
        while not self._closed.is_set():
            while self._jobs:
                self._jobs.popleft()()
            for phone in self._phases[number % _PHASES]:
                phone.tick()
            number, due = number + 1, due + step
            late = time.monotonic() - due
            self.behind_s = max(self.behind_s, late)
            if late < 0:
                time.sleep(-late)
            elif late > 5 * FRAME_S:  # the machine stood still: no burst makes up for it
                due = time.monotonic()
