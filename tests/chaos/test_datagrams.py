"""What strangers send to a worker's SIP port, nearly right: it neither falls nor stops answering."""

from __future__ import annotations

import random
import re
from socket import AF_INET, SOCK_DGRAM, socket

import pytest

from ivr.simulator.wire import WirePhone
from scripts.bench.fuzz_wire import CapturingPhone, send_changed
from tests.telephony.lineprocess import LineProcess

pytestmark = pytest.mark.sip
LIMIT_S = 30.0


def without_tag(request: bytes) -> bytes:
    return re.sub(rb"(?m)^(To: <[^>]+>);tag=[^\s;]+", rb"\1", request)


def answered_as_merged(phone: CapturingPhone) -> bool:
    """Before the last answer, which had to wait its turn."""
    return any(datagram.startswith(b"SIP/2.0 482 ") for datagram in phone.captured)


def test_an_ack_without_a_tag_is_dropped_and_the_call_goes_on() -> None:
    """It looks as if the INVITE had come on another way, too: pjsip 2.15 answers that, and nobody may answer an ACK."""
    with LineProcess() as line, CapturingPhone(line.address) as phone:
        assert phone.invite(timeout_s=LIMIT_S, ack=False).code == 200
        phone.ack()
        (ack,) = (datagram for datagram in phone.captured if datagram.startswith(b"ACK "))
        stray = without_tag(ack)
        assert stray != ack
        phone.send_raw(stray)
        assert phone.bye(LIMIT_S) == 200
        assert not answered_as_merged(phone)
        assert line.close() == 0


def test_a_merged_invite_is_still_refused() -> None:
    """RFC 3261 section 8.2.2.2: only ACKs are kept from pjsip."""
    # While it rings: after an answer pjsip's transaction, which it is told by, may be gone already.
    with (
        LineProcess(answer_after_rings=2) as line,
        CapturingPhone(line.address) as phone,
        socket(AF_INET, SOCK_DGRAM) as elsewhere,
    ):
        phone.send_invite()
        (invite,) = phone.captured
        elsewhere.settimeout(LIMIT_S)
        elsewhere.sendto(re.sub(rb"branch=z9hG4bK\w+", b"branch=z9hG4bKanother", invite), line.address)
        assert elsewhere.recv(2048).startswith(b"SIP/2.0 482 ")
        assert phone.cancel().code == 487
        assert line.close() == 0


def test_a_request_of_two_methods_is_no_part_of_either() -> None:
    with LineProcess(trunks=["192.0.2.0/24"]) as line, CapturingPhone(line.address) as phone:
        assert phone.invite(timeout_s=LIMIT_S).code == 403
        (ack,) = (datagram for datagram in phone.captured if datagram.startswith(b"ACK "))
        phone.send_raw(b"OPTIONS " + ack.removeprefix(b"ACK "))
        with WirePhone(line.address) as other:
            assert other.options(LIMIT_S) == 200
        assert line.close() == 0


@pytest.mark.parametrize("body", ["Signal=5", "Signal=5\n", "Signal", "\r\nSignal=5", "Signal=5\0\r\n"])
def test_a_key_that_is_cut_off_is_refused_and_the_next_one_is_heard(body: str) -> None:
    with LineProcess() as line, WirePhone(line.address) as phone:
        assert phone.invite(timeout_s=LIMIT_S).code == 200
        assert phone._transaction("INFO", body, "application/dtmf-relay", timeout_s=LIMIT_S) == 400
        assert phone.info_key("7") == 200
        line.wait("LegKey", key="7")
        assert phone.bye(LIMIT_S) == 200
        assert line.close() == 0


@pytest.mark.parametrize("seed", range(2))
def test_datagrams_of_calls_with_something_changed(seed: int) -> None:
    chance = random.Random(f"tests/sip/{seed}")
    with LineProcess(media_timeout_s=2.0, ack_timeout_s=2.0) as line:
        for _ in range(10):
            send_changed(line.address, chance, 200)
            with WirePhone(line.address) as phone:
                assert phone.options(LIMIT_S) == 200
        assert line.close() == 0
