"""The messages of RFC 4475 against a worker's telephony, alone and behind Kamailio."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator

import pytest

from ivr.simulator.wire import WirePhone, header
from tests.chaos.torture import MESSAGES, Torture
from tests.telephony.lineprocess import LineProcess

pytestmark = pytest.mark.sip
LIMIT_S = 30.0


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

    def status(self, message: Torture) -> int | None:
        """The final answer to ``message``; None when the line had nothing to say about it."""
        line = f"{self._line[0]}:{self._line[1]}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sound:
            sound.bind(("127.0.0.1", 0))
            datagram = message.datagram(line, self._me, sound.getsockname()[1])
            self._socket.sendto(datagram, self._line)
            answers = [answer for _ in range(2) for answer in self._ping()]
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
        refused = _code(final) >= 300
        acked = branch.group(1) if branch and refused else f"z9hG4bK-ack-{call}-{self._me}"
        self._request("ACK", call, target, to, number, acked, caller)
        if not refused:
            self._request("BYE", call, target, to, number + 1, f"z9hG4bK-bye-{call}-{self._me}", caller)
            while "BYE" not in header(self._next(LIMIT_S), "CSeq"):
                pass

    def _request(
        self, method: str, call: str, target: str, to: str, number: int, branch: str, caller: str = ""
    ) -> None:
        lines = (
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._me};rport;branch={branch}",
            f"From: {caller or f'<sip:torturer@{self._me}>;tag=1'}",
            f"To: {to or f'<{target}>'}",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            "Max-Forwards: 70",
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
    return int(line.status()["legs"]) == 0


def within(limit_s: float, line: LineProcess) -> bool:
    until = time.monotonic() + limit_s
    while not no_leg_is_held(line):
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
    assert within(LIMIT_S, line)
    assert_serves(line.address)
