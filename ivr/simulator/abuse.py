"""What strangers send: floods of INVITEs without ACK, and datagrams that are hardly SIP. Repeatable by seed."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator

from ivr.simulator.rtp import Address, sdp


def flood(line: Address, count: int, *, pause_s: float = 0.002, seed: int = 1883) -> Counter[int]:
    """``count`` INVITEs that nobody will ACK, each a call of its own; counts of the statuses that came back."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable flood
    seen: Counter[int] = Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
        sip.bind(("127.0.0.1", 0))
        port = sip.getsockname()[1]
        sip.setblocking(False)
        body = sdp(9)
        for number in range(count):
            text = _invite_text(port, f"flood-{chance.getrandbits(64):x}", f"{number}", body)
            sip.sendto(text.encode(), line)
            time.sleep(pause_s)
            _count_statuses(sip, seen)
        time.sleep(0.2)
        _count_statuses(sip, seen)
    return seen


def malformed(count: int, seed: int = 1883) -> Iterator[bytes]:
    """``count`` datagrams that break the grammar of SIP or SDP in five ways; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable rubbish
    breakers: tuple[Callable[[random.Random, bytes], bytes], ...] = (
        _noise,
        _flip_bytes,
        _cut_short,
        _wild_numbers,
        _overlong,
    )
    for number in range(count):
        whole = _invite_text(9, f"malformed-{number}", "1", sdp(9)).encode()
        yield breakers[number % len(breakers)](chance, whole)[:9000]


def send_datagrams(line: Address, datagrams: Iterator[bytes], *, pause_every: int = 50) -> int:
    """Send them all, with 10 ms of pause now and then so that the receiver's buffer can hold them; the number sent."""
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
        sip.bind(("127.0.0.1", 0))
        for datagram in datagrams:
            sip.sendto(datagram, line)
            sent += 1
            if sent % pause_every == 0:
                time.sleep(0.01)
    return sent


def _invite_text(port: int, call_id: str, tag: str, body: str) -> str:
    return (
        "INVITE sip:1883@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call_id};rport\r\n"
        f"From: <sip:100@127.0.0.1>;tag={tag}\r\nTo: <sip:1883@127.0.0.1>\r\n"
        f"Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:100@127.0.0.1:{port}>\r\nMax-Forwards: 70\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def _count_statuses(sip: socket.socket, seen: Counter[int]) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            words = sip.recv(65535).split(b" ", 2)
            if words[0] == b"SIP/2.0":
                seen[int(words[1])] += 1


def _noise(chance: random.Random, whole: bytes) -> bytes:
    return chance.randbytes(chance.randint(1, 1400))


def _flip_bytes(chance: random.Random, whole: bytes) -> bytes:
    broken = bytearray(whole)
    for _ in range(chance.randint(1, 30)):
        broken[chance.randrange(len(broken))] = chance.getrandbits(8)
    return bytes(broken)


def _cut_short(chance: random.Random, whole: bytes) -> bytes:
    return whole[: chance.randrange(1, len(whole))]


def _wild_numbers(chance: random.Random, whole: bytes) -> bytes:
    length = chance.choice((-1, 2**31, 2**32, 99_999_999))
    cseq = chance.choice((2**32, -5, 2**31))
    broken = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % length, whole)
    return broken.replace(b"CSeq: 1 ", b"CSeq: %d " % cseq)


def _overlong(chance: random.Random, whole: bytes) -> bytes:
    broken = whole.replace(b"m=audio 9", b"m=audio " + b"9" * chance.randint(1, 200))
    return broken.replace(b"Call-ID: ", b"Call-ID: " + b"A" * chance.randint(1, 3000))
