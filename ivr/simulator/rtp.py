"""RTP by hand: the sound side of :class:`~ivr.simulator.wire.WirePhone`, and the SDP that offers it."""

from __future__ import annotations

import os
import random
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Final

from ivr.events import FRAME_BYTES, FRAME_S
from ivr.simulator import g711

Address = tuple[str, int]

PAYLOAD_TYPES: Final = {"PCMU": 0, "PCMA": 8, "G722": 9, "GSM": 3}  # GSM can be offered, not sent
KEY_PAYLOAD: Final = 101  # telephone-event, RFC 4733
KEYS: Final = "0123456789*#ABCD"
_NAMES: Final = {number: name for name, number in PAYLOAD_TYPES.items()}
_TIMESTAMP: Final = 35  # SO_TIMESTAMPNS of Linux, which Python has no name for: the kernel says when a packet came
_TIMESPEC: Final = struct.Struct("qq")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One packet of sound: ``at`` by ``time.monotonic()`` when it reached this machine, ``stamp`` in RTP's time."""

    at: float
    stamp: int
    pcm: bytes


@dataclass(slots=True)
class Sound:
    """RTP received: packets, payload types seen, and the sound of G.711 packets decoded.

    ``last_at``: by ``time.monotonic()`` when the latest packet reached this machine, 0.0 without one.
    """

    packets: int = 0
    last_at: float = 0.0
    payload_types: set[int] = field(default_factory=set)
    pcm: bytearray = field(default_factory=bytearray)
    _keys: dict[bytes, str] = field(default_factory=dict)  # by timestamp

    @property
    def keys(self) -> list[str]:
        """Keys pressed by RFC 4733, each once."""
        return list(self._keys.values())

    def note_key(self, key: str, stamp: bytes) -> None:
        """All packets of one key share their timestamp."""
        self._keys.setdefault(stamp, key)

    def add(self, other: Sound) -> None:
        """Append what was collected later."""
        self.packets += other.packets
        self.last_at = max(self.last_at, other.last_at)
        self.payload_types |= other.payload_types
        self.pcm += other.pcm
        self._keys = {**self._keys, **other._keys}


def sdp(
    rtp_port: int, codecs: tuple[str, ...] = ("PCMA",), direction: str = "sendrecv", host: str = "127.0.0.1"
) -> str:
    """An offer or answer (RFC 4566, 3264) with telephone-event."""
    types = [PAYLOAD_TYPES[name] for name in codecs]
    lines = [
        "v=0",
        f"o=- {os.getpid()} {time.monotonic_ns()} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {rtp_port} RTP/AVP {' '.join(map(str, types))} {KEY_PAYLOAD}",
        *(f"a=rtpmap:{number} {name}/8000" for name, number in zip(codecs, types, strict=True)),
        f"a=rtpmap:{KEY_PAYLOAD} telephone-event/8000",
        f"a=fmtp:{KEY_PAYLOAD} 0-16",
        f"a={direction}",
    ]
    return "\r\n".join(lines) + "\r\n"


class RtpSocket:
    """Sends and receives sound for one phone; ``peer`` is None until SDP tells it.

    With G.722 the bytes sent are noise: nobody here encodes it.
    """

    def __init__(self, host: str, port: int, codec: str) -> None:
        self.peer: Address | None = None
        self.key_payload = KEY_PAYLOAD  # as the peer's SDP has it
        self._codec = codec
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        self.port = int(self._socket.getsockname()[1])
        self._random = random.Random(self.port)  # noqa: S311 - ids on loopback
        self._sequence = self._random.getrandbits(15)
        self._timestamp = self._random.getrandbits(31)
        self._ssrc = self._random.getrandbits(32)

    def close(self) -> None:
        self._socket.close()

    def stream(self, seconds: float, pcm: bytes = b"", *, send: bool = True) -> Sound:
        """Send ``pcm`` (repeated; silence when empty) for ``seconds`` and collect what comes meanwhile."""
        sound = Sound()
        endless = (pcm or bytes(FRAME_BYTES)) + pcm[:FRAME_BYTES]
        length = len(endless) - len(pcm[:FRAME_BYTES])
        start = time.monotonic()
        for number in range(max(1, round(seconds / FRAME_S))):
            if send:
                at = number * FRAME_BYTES % length
                self._send(endless[at : at + FRAME_BYTES])
            while (left := start + (number + 1) * FRAME_S - time.monotonic()) > 0:
                self._collect(sound, left)
        return sound

    def exchange(self, frame: bytes, until: float) -> tuple[float, list[Arrival]]:
        """Send one frame now, take what comes until that moment; when it was sent, and the packets of sound."""
        sent = time.monotonic()
        self._send(frame)
        arrivals: list[Arrival] = []
        while (left := until - time.monotonic()) > 0:
            arrival = self._arrival(left)
            if arrival is not None:
                arrivals.append(arrival)
        return sent, arrivals

    def send_coded(self, payload: bytes) -> None:
        """One frame of 20 ms that is coded already."""
        self._packet(PAYLOAD_TYPES[self._codec], payload, self._timestamp)
        self._timestamp = (self._timestamp + 160) & 0xFFFFFFFF

    def waiting(self) -> list[tuple[float, bytes]]:
        """Packets that came, whole, each with its moment as in :class:`Arrival`; waits for none."""
        self._socket.setblocking(False)
        packets: list[tuple[float, bytes]] = []
        while (came := self._received()) is not None:
            packets.append(came)
        return packets

    def _received(self) -> tuple[float, bytes] | None:
        try:
            packet, notes, _, _ = self._socket.recvmsg(2048, socket.CMSG_SPACE(_TIMESPEC.size))
        except (TimeoutError, BlockingIOError):
            return None
        at = time.monotonic()
        for level, kind, data in notes:
            if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMP) and len(data) >= _TIMESPEC.size:
                seconds, nanoseconds = _TIMESPEC.unpack(data[: _TIMESPEC.size])
                at -= max(0.0, time.time() - seconds - nanoseconds / 1e9)
        return at, packet

    def _arrival(self, wait_s: float) -> Arrival | None:
        self._socket.settimeout(wait_s)
        came = self._received()
        if came is None:
            return None
        at, packet = came
        name = _NAMES.get(packet[1] & 0x7F) if len(packet) >= 12 and packet[0] >> 6 == 2 else None
        if name not in {"PCMA", "PCMU"}:
            return None
        return Arrival(at, struct.unpack("!I", packet[4:8])[0], g711.decode(str(name), packet[12:]))

    def await_packet(self, timeout_s: float) -> float | None:
        """Milliseconds until the next packet, None if none comes."""
        start = time.perf_counter()
        self._socket.settimeout(timeout_s)
        try:
            self._socket.recv(2048)
        except TimeoutError:
            return None
        return (time.perf_counter() - start) * 1000.0

    def press(self, key: str, *, frames: int = 5) -> None:
        """One key as RFC 4733: ``frames`` updates and three end packets of one timestamp, 20 ms apart."""
        for number in range(frames + 3):
            self.send_key(key, number, frames)
            time.sleep(FRAME_S)

    def send_key(self, key: str, number: int, frames: int) -> None:
        """One packet of a key, in the place of a frame of sound: see :meth:`press`."""
        event, began = KEYS.index(key), (self._timestamp - number * 160) & 0xFFFFFFFF
        end = 0x80 if number >= frames else 0
        duration = min(number + 1, frames) * 160
        self._packet(self.key_payload, struct.pack("!BBH", event, end | 10, duration), began, marker=number == 0)
        self._timestamp = (self._timestamp + 160) & 0xFFFFFFFF

    def _send(self, pcm: bytes) -> None:
        self.send_coded(self._random.randbytes(160) if self._codec == "G722" else g711.encode(self._codec, pcm))

    def _packet(self, payload_type: int, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        if self.peer is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, payload_type | marker << 7, self._sequence, timestamp, self._ssrc)
        self._socket.sendto(head + payload, self.peer)

    def _collect(self, sound: Sound, wait_s: float) -> None:
        self._socket.settimeout(wait_s)
        came = self._received()
        if came is None:
            return
        at, packet = came
        if len(packet) < 12 or packet[0] >> 6 != 2:
            return
        payload_type, payload = packet[1] & 0x7F, packet[12:]
        sound.packets += 1
        sound.last_at = max(sound.last_at, at)
        sound.payload_types.add(payload_type)
        if payload_type == KEY_PAYLOAD:
            sound.note_key(KEYS[payload[0]], packet[4:8])
        elif (name := _NAMES.get(payload_type)) in {"PCMA", "PCMU"}:
            sound.pcm += g711.decode(str(name), payload)
