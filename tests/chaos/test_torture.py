"""The messages of RFC 4475 against a worker's telephony, alone and behind Kamailio."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ivr.simulator.wire import WirePhone, header
from tests.chaos.torture import Torture
from tests.chaos.torture_invalid import invalid, layers
from tests.chaos.torture_valid import valid
from tests.deploy.sip_peers import Caller
from tests.deploy.test_kamailio import Kamailio, node, real, self_signed, started
from tests.telephony.lineprocess import LineProcess

pytestmark = pytest.mark.sip
LIMIT_S = 30.0
LATE_S = 0.3
# Well formed, and more than Kamailio's parser reads: a folded CSeq, methods of unusual characters. It drops them.
UNREAD_BY_KAMAILIO = {"3.1.1.1", "3.1.1.2", "3.1.1.5"}
MESSAGES = (*valid(), *invalid(), *layers())


class Torturer:
    """A socket that sends such a message and keeps what comes back. A call that is answered is ended properly."""

    def __init__(self, line: tuple[str, int]) -> None:
        self._line = line
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._me = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._pings = 0

    def __enter__(self) -> Torturer:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def status(self, message: Torture, *, proxied: bool = False) -> int | None:
        """The final answer to ``message``; None when the line had nothing to say about it.

        A proxy works on several messages at once, so its answer to a later question proves nothing: it gets a moment.
        """
        line = f"{self._line[0]}:{self._line[1]}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sound:
            sound.bind(("127.0.0.1", 0))
            datagram = message.datagram(line, self._me, sound.getsockname()[1])
            self._socket.sendto(datagram, self._line)
            answers = [answer for _ in range(2) for answer in self._ping()]
            if not answers and proxied:
                silent = message.section in UNREAD_BY_KAMAILIO or message.allows(None, proxied=True)
                with contextlib.suppress(TimeoutError):
                    answers.append(self._next(LATE_S if silent else LIMIT_S))
            while answers and _code(answers[-1]) < 200:  # it is under way
                answers.append(self._next(LIMIT_S))
            final = next((answer for answer in answers if _code(answer) >= 200), None)
            if final is not None and message.method == "INVITE":
                self._end(final, datagram.decode("utf-8", "replace"))
        return _code(final) if final is not None else None

    def _ping(self) -> list[str]:
        """What came before the line answered a proper question: it has looked at everything before by then."""
        self._pings += 1
        name = f"ping-{self._me}-{self._pings}"
        self._request("OPTIONS", name, f"sip:ping@{self._line[0]}:{self._line[1]}", "", 1, name)
        came = []
        while header(answer := self._next(LIMIT_S), "Call-ID") != name:
            came.append(answer)
        return came

    def _end(self, final: str, invite: str) -> None:
        """ACK, and BYE after a 200."""
        to, call = header(final, "To") or header(final, "t"), header(final, "Call-ID") or header(final, "i")
        number = int(header(final, "CSeq").split()[0])
        contact = re.search(r"<([^>]+)>", header(final, "Contact"))
        target = contact.group(1) if contact else invite.split()[1]
        branch = re.search(r"branch\s*=\s*([^\s;,]+)", header(final, "Via"))
        caller = header(final, "From") or header(final, "f")
        routes = re.findall(r"^Record-Route:\s*(\S+)", final, re.MULTILINE)[::-1]
        refused = _code(final) >= 300
        acked = branch.group(1) if branch and refused else f"z9hG4bK-ack-{call}-{self._me}"
        self._request("ACK", call, target, to, number, acked, caller, routes)
        if not refused:
            self._request("BYE", call, target, to, number + 1, f"z9hG4bK-bye-{call}-{self._me}", caller, routes)
            while "BYE" not in header(self._next(LIMIT_S), "CSeq"):
                pass

    def _request(
        self,
        method: str,
        call: str,
        target: str,
        to: str,
        number: int,
        branch: str,
        caller: str = "",
        routes: Sequence[str] = (),
    ) -> None:
        lines = (
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._me};rport;branch={branch}",
            f"From: {caller or f'<sip:torturer@{self._me}>;tag=1'}",
            f"To: {to or f'<{target}>'}",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            "Max-Forwards: 70",
            *(f"Route: {route}" for route in routes),
            "Content-Length: 0",
        )
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self._line)

    def _next(self, limit_s: float) -> str:
        self._socket.settimeout(limit_s)
        while True:
            text = self._socket.recv(65535).decode("utf-8", "replace")
            if text.startswith("SIP/2.0 "):
                return text


def _code(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


@pytest.fixture(scope="module")
def line() -> Iterator[LineProcess]:
    with LineProcess() as running:
        yield running


def assert_serves(address: tuple[str, int]) -> None:
    with WirePhone(address) as phone:
        assert phone.invite(timeout_s=LIMIT_S).code == 200
        assert phone.stream(0.1).packets
        assert phone.bye(LIMIT_S) == 200


def no_leg_is_held(line: LineProcess) -> bool:
    """Within the time in which a line notices that nobody is there."""
    until = time.monotonic() + LIMIT_S
    while line.status()["legs"]:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_the_set_is_whole() -> None:
    assert len(MESSAGES) == len({message.section for message in MESSAGES}) == 49


@pytest.mark.parametrize("message", MESSAGES, ids=[f"{message.section}-{message.name}" for message in MESSAGES])
def test_rfc_4475(message: Torture, line: LineProcess) -> None:
    with Torturer(line.address) as torturer:
        status = torturer.status(message)
    assert message.allows(status), f"answered {status}, not {message.allowed}"
    assert no_leg_is_held(line)
    assert_serves(line.address)


@real
def test_rfc_4475_through_the_proxy(line: LineProcess, tmp_path: Path) -> None:
    """It refuses what the RFC calls wrong, also where pjsip by itself looks past it, and no slot stays taken."""
    workers = [node(tmp_path, "line-1", "127.0.0.1", line.port)]
    process, port, _ = started(tmp_path, workers, *self_signed(tmp_path))
    proxy = Kamailio(("127.0.0.1", port), tmp_path)
    try:
        answered = {}
        for message in MESSAGES:
            with Torturer(proxy.address) as torturer:
                answered[f"{message.section} {message.name}"] = torturer.status(message, proxied=True)
        wrong = [
            (name, status)
            for (name, status), message in zip(answered.items(), MESSAGES, strict=True)
            if not message.allows(status, proxied=True)
            and not (status is None and message.section in UNREAD_BY_KAMAILIO)
        ]
        assert not wrong
        assert no_leg_is_held(line)
        caller = Caller(proxy.address)
        assert caller.dial().status == 200
        assert caller.hang_up().status == 200
        caller.close()
        until = time.monotonic() + LIMIT_S
        while any(load for _, load in proxy.listed().values()) and time.monotonic() < until:
            time.sleep(0.05)
        assert [load for _, load in proxy.listed().values()] == [0]
        assert "255.255.255.255" not in (tmp_path / "kamailio.log").read_text(), "an answer to nobody is not passed on"
    finally:
        process.terminate()
        process.wait(LIMIT_S)
