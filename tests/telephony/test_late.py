"""Answers to an INVITE that was given up: what is sent to whom, and until when."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.telephony.late import REMEMBERED, REMEMBERED_S, LateAnswers

INVITE = """INVITE sip:+37060000001@192.0.2.1 SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKfirst\r
From: <sip:1883@192.0.2.9>;tag=ours\r
To: <sip:+37060000001@192.0.2.1>\r
Call-ID: {call}\r
CSeq: 7 INVITE\r
\r
v=0\r
"""
TRUNK = "192.0.2.1:5060"


def response(code: int, cseq: str = "7 INVITE", *, tag: str = "theirs", branch: str = "first", more: str = "") -> str:
    return (
        f"SIP/2.0 {code} -\r\nv: SIP/2.0/UDP 192.0.2.9:5060;received=203.0.113.4;rport=61000;branch=z9hG4bK{branch}\r\n"
        f"f: <sip:1883@192.0.2.9>;tag=ours\r\nt: <sip:+37060000001@192.0.2.1>;tag={tag}\r\ni: a@b\r\nCSeq: {cseq}\r\n"
        f"{more}Content-Length: 0\r\n\r\n"
    )


class Wire:
    """What is sent, and a clock in the test's hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent: list[str] = []
        self.jobs: list[tuple[float, Callable[[], object]]] = []
        self.late = LateAnswers(self.send, lambda s, job: self.jobs.append((self.now + s, job)), lambda: self.now)
        self.late.leave(INVITE.format(call="a@b"))

    def send(self, message: str, address: str, tcp: bool) -> None:
        assert address == TRUNK
        assert message.endswith("\r\nContent-Length: 0\r\n\r\n")
        self.sent.append(message)

    def comes(self, text: str) -> list[str]:
        """Methods of what is sent at once."""
        self.sent.clear()
        assert self.late.take(text, TRUNK)
        return [message.partition(" ")[0] for message in self.sent]

    def wait(self, seconds: float) -> list[str]:
        until, found = self.now + seconds, []
        while due := [one for one in self.jobs if one[0] <= until]:
            first = min(due, key=lambda one: one[0])
            self.jobs.remove(first)
            self.now = first[0]
            self.sent.clear()
            first[1]()
            found += self.sent
        self.now = until
        return found


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.mark.rule("A12.14")
def test_who_rings_is_cancelled_by_the_invites_own_branch_until_they_say_so(wire: Wire) -> None:
    assert wire.comes(response(180)) == ["CANCEL"]
    (cancel,) = wire.sent
    assert cancel.splitlines() == [
        "CANCEL sip:+37060000001@192.0.2.1 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKfirst",
        "Max-Forwards: 70",
        "From: <sip:1883@192.0.2.9>;tag=ours",
        "To: <sip:+37060000001@192.0.2.1>",
        "Call-ID: a@b",
        "CSeq: 7 CANCEL",
        "Content-Length: 0",
        "",
    ]
    assert wire.comes(response(183)) == []
    assert wire.wait(2.0) == [cancel, cancel]
    assert wire.comes(response(200, "7 CANCEL")) == []
    assert wire.wait(60.0) == []
    assert wire.comes(response(487)) == ["ACK"]
    assert "branch=z9hG4bKfirst\r" in wire.sent[0]
    assert "To: <sip:+37060000001@192.0.2.1>;tag=theirs\r" in wire.sent[0]


def test_a_request_that_nobody_answers_is_not_sent_for_ever(wire: Wire) -> None:
    wire.comes(response(180))
    assert 5 < len(wire.wait(60.0)) < 12
    assert wire.wait(600.0) == []


@pytest.mark.rule("A12.14")
def test_every_telephone_that_answers_is_confirmed_each_time_and_hung_up_once(wire: Wire) -> None:
    routes = (
        "Record-Route: <sip:near;lr>, <sip:middle;lr>\r\nRecord-Route: <sip:far;lr>\r\nm: <sip:desk@192.0.2.7>;x=y\r\n"
    )
    assert wire.comes(response(200, more=routes)) == ["ACK", "BYE"]
    ack, bye = (message.splitlines() for message in wire.sent)
    assert ack[0] == "ACK sip:desk@192.0.2.7 SIP/2.0"
    assert [line for line in ack if line.startswith("Route")] == [
        "Route: <sip:far;lr>",
        "Route: <sip:middle;lr>",
        "Route: <sip:near;lr>",
    ]
    assert ("CSeq: 7 ACK" in ack, "CSeq: 8 BYE" in bye) == (True, True)
    assert len({ack[1], bye[1], "Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKfirst"}) == 3
    assert wire.comes(response(200, more=routes)) == ["ACK"], "it did not hear our first one"
    assert wire.comes(response(200, tag="another")) == ["ACK", "BYE"]
    named = bye[1].rpartition("branch=z9hG4bK")[2]
    assert wire.comes(response(200, "8 BYE", branch=named)) == []
    assert {
        line.partition(";tag=")[2] for sent in wire.wait(5.0) for line in sent.splitlines() if line[:3] == "To:"
    } == {"another"}


def test_by_tcp_nothing_is_said_twice(wire: Wire) -> None:
    wire.comes(response(180).replace("/UDP", "/TCP"))
    assert wire.wait(60.0) == []


def test_others_calls_are_left_to_pjsip_and_ours_are_forgotten_in_time(wire: Wire) -> None:
    assert not wire.late.take(response(180).replace("a@b", "c@d"), TRUNK)
    assert not wire.late.take(response(180).replace("tag=ours", "tag=other"), TRUNK)
    for number in range(REMEMBERED):
        wire.late.leave(INVITE.format(call=number))
    assert not wire.late.take(response(180), TRUNK)
    wire.late.leave(INVITE.format(call="a@b"))
    wire.now += REMEMBERED_S + 1
    assert not wire.late.take(response(180), TRUNK)


@given(st.text(alphabet=" :;,=<>\r\n\tabZ9/.", max_size=80), st.integers(100, 699))
def test_rubbish_is_answered_without_a_fault(rubbish: str, code: int) -> None:
    wire = Wire()
    wire.late.take(response(code, more=f"Contact: {rubbish}\r\nRecord-Route: {rubbish}\r\n"), TRUNK)
    wire.late.take(response(code, cseq=rubbish), TRUNK)
    assert len(wire.sent) <= 4


def test_one_who_makes_telephones_up_is_hung_up_only_so_often_and_fills_no_memory(wire: Wire) -> None:
    hung_up = sum("BYE" in wire.comes(response(200, tag=f"t{number}")) for number in range(500))
    assert 10 < hung_up < 100, "each of them is repeated for half a minute, to wherever the answers say they are from"
    assert wire.comes(response(200, tag="t499")) == ["ACK"]
    for number in range(100):
        assert wire.comes(response(200, "8 BYE", branch=f"guessed{number}")) == []
    assert len(wire.wait(0.6)) == hung_up, "an answer to nothing of ours settles nothing"


def test_an_invite_of_long_ago_costs_nothing_any_more(wire: Wire) -> None:
    assert wire.late.waits
    wire.now += REMEMBERED_S + 1
    assert not wire.late.waits


def test_routes_that_go_on_in_the_next_line_are_all_taken(wire: Wire) -> None:
    wire.comes(
        response(200, more="Record-Route: <sip:near;lr>,\r\n <sip:far;lr>  \r\nContact: <sip:desk@192.0.2.7>\r\n")
    )
    assert [line for line in wire.sent[0].splitlines() if line.startswith("Route")] == [
        "Route: <sip:far;lr>",
        "Route: <sip:near;lr>",
    ]


@pytest.mark.parametrize("more", ["Contact: " + "<" * 120_000, "Record-Route: <sip:a>" + " " * 120_000 + "x"])
def test_a_long_header_is_read_once_and_not_from_each_of_its_letters(wire: Wire, more: str) -> None:
    """The sound of all calls waits for the SIP thread meanwhile. The processor's time: a busy machine has no say."""
    begun = time.process_time()
    assert wire.comes(response(200, more=f"{more}\r\n")) == ["ACK", "BYE"]
    assert time.process_time() - begun < 10.0
