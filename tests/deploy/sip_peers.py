"""The least of SIP that stands on both sides of a proxy: a worker that does as told, and callers."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

LIMIT_S: Final = 30.0


@dataclass(frozen=True)
class Message:
    """A request or an answer: its first line and its headers, each with all its values in order."""

    first: str
    headers: dict[str, list[str]]

    @property
    def method(self) -> str:
        return self.first.split(" ")[0]

    @property
    def status(self) -> int:
        """Of an answer; 0: this is a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0") else 0

    def one(self, name: str) -> str:
        return self.headers[name.lower()][0]

    def all(self, name: str) -> list[str]:
        return self.headers.get(name.lower(), [])


def parse(data: bytes) -> Message:
    lines = data.decode().split("\r\n\r\n")[0].split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Message(lines[0], headers)


def text(first: str, *headers: str) -> bytes:
    return "\r\n".join([first, *headers, "Content-Length: 0", "", ""]).encode()


class Worker:
    """A line worker as the proxy sees it. ``answer``: status of the next INVITEs; 0: not a word to anybody."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(0.05)
        self.host, self.port = self._socket.getsockname()
        self.answer = 200
        self.invites: list[str] = []
        self.byes: list[str] = []
        self._calls: dict[str, tuple[Message, tuple[str, int]]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _work(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                data, peer = self._socket.recvfrom(8192)
                message = parse(data)
                if not message.status and self.answer:
                    self._request(message, peer)

    def _request(self, message: Message, peer: tuple[str, int]) -> None:
        call = message.one("Call-ID")
        if message.method == "OPTIONS":
            within = "tag=" in message.one("To")
            self._reply(message, peer, "200 OK" if not within or call in self._calls else "481 Not Here")
        elif message.method == "INVITE":
            if call not in self.invites:
                self.invites.append(call)
            self._calls[call] = message, peer
            if self.answer == 180:
                self._reply(message, peer, "180 Ringing")
            else:
                self._reply(message, peer, f"{self.answer} {'OK' if self.answer == 200 else 'No'}")
        elif message.method == "CANCEL":
            self._reply(message, peer, "200 OK")
            self._reply(self._calls[call][0], peer, "487 Request Terminated")
        elif message.method == "BYE":
            self.byes.append(call)
            self._reply(message, peer, "200 OK")

    def _reply(self, message: Message, peer: tuple[str, int], status: str) -> None:
        to = message.one("To")
        headers = [f"Via: {via}" for via in message.all("Via")]
        headers += [f"Record-Route: {route}" for route in message.all("Record-Route")]
        headers += [f"From: {message.one('From')}", f"To: {to if 'tag=' in to else f'{to};tag=w{self.port}'}"]
        headers += [f"Call-ID: {message.one('Call-ID')}", f"CSeq: {message.one('CSeq')}"]
        headers += [f"Contact: <sip:worker@{self.host}:{self.port}>"]
        self._socket.sendto(text(f"SIP/2.0 {status}", *headers), peer)

    def forget(self, call: str) -> None:
        """As a process that was started anew: it knows the call no more."""
        del self._calls[call]

    def hang_up(self, call: str) -> None:
        """BYE from this side, the way that the routes say."""
        invite, peer = self._calls[call]
        target = invite.one("Contact").strip("<>")
        headers = [f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(6)}"]
        headers += [f"Route: {route}" for route in invite.all("Record-Route")]
        headers += [f"From: {invite.one('To')};tag=w{self.port}", f"To: {invite.one('From')}", f"Call-ID: {call}"]
        self._socket.sendto(text(f"BYE {target} SIP/2.0", *headers, "CSeq: 1 BYE", "Max-Forwards: 70"), peer)


@dataclass
class Caller:
    """One call through the proxy."""

    proxy: tuple[str, int]
    host: str = "127.0.0.1"
    call: str = field(default_factory=lambda: secrets.token_hex(8))
    branch: str = field(default_factory=lambda: f"z9hG4bK{secrets.token_hex(6)}")

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.host, 0))
        self.port = self.socket.getsockname()[1]
        self.final: Message | None = None

    def close(self) -> None:
        self.socket.close()

    def send(self, method: str, *more: str, to_tag: str = "", target: str = "", branch: str = "") -> None:
        host, port = self.proxy
        self.socket.sendto(
            text(
                f"{method} {target or f'sip:1883@{host}:{port}'} SIP/2.0",
                f"Via: SIP/2.0/UDP {self.host}:{self.port};branch={branch or self.branch}",
                *more,
                f"From: <sip:caller@{self.host}>;tag=c{self.port}",
                f"To: <sip:1883@{host}>{to_tag}",
                f"Call-ID: {self.call}",
                f"CSeq: {2 if method == 'BYE' else 1} {method}",
                f"Contact: <sip:caller@{self.host}:{self.port}>",
                "Max-Forwards: 70",
            ),
            self.proxy,
        )

    def answer(self, limit_s: float = LIMIT_S) -> Message | None:
        """The next message with a status, or None when nothing comes in time."""
        deadline = time.monotonic() + limit_s
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                message = parse(self.socket.recv(8192))
            except TimeoutError:
                return None
            if message.status:
                return message
        return None

    def ring(self) -> Message:
        """INVITE until something beyond 100 comes."""
        self.send("INVITE")
        while (answer := self.answer()) is not None:
            if answer.status > 100:
                return answer
        raise AssertionError("no answer")

    def dial(self) -> Message:
        """INVITE until it is decided, and ACK."""
        answer = self.ring()
        while answer.status < 200:
            following = self.answer()
            assert following is not None
            answer = following
        self.final = answer
        self._within("ACK")
        return answer

    def hang_up(self) -> Message:
        """BYE, and its answer."""
        self._within("BYE")
        while (answer := self.answer()) is not None:
            if answer.one("CSeq").endswith("BYE"):
                return answer
        raise AssertionError("no answer to BYE")

    def cancel(self) -> Message:
        """CANCEL; the final answer to the INVITE."""
        self.send("CANCEL")
        while (answer := self.answer()) is not None:
            if answer.status >= 200 and answer.one("CSeq").endswith("INVITE"):
                self.final = answer
                self._within("ACK")
                return answer
        raise AssertionError("no final answer")

    def _within(self, method: str) -> None:
        assert self.final is not None
        tag = ";tag=" + self.final.one("To").partition("tag=")[2]
        if self.final.status >= 300:  # part of the INVITE's own transaction
            self.send(method, to_tag=tag)
            return
        routes = [f"Route: {route}" for route in reversed(self.final.all("Record-Route"))]
        target = self.final.one("Contact").strip("<>")
        self.send(method, *routes, to_tag=tag, target=target, branch=f"z9hG4bK{secrets.token_hex(6)}")


@contextlib.contextmanager
def workers(count: int) -> Iterator[list[Worker]]:
    """Workers on ports that follow each other, as one machine has them."""
    made: list[Worker] = []
    try:
        made.extend(Worker(f"127.0.1.{number + 1}") for number in range(count))
        yield made
    finally:
        for worker in made:
            worker.close()
