"""A trunk that is down is passed round (A12.14, RFC 3263 section 4.3)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ivr.simulator.wire import WirePhone, header
from ivr.telephony.routes import Destination, route_failed
from ivr.telephony.switchboard import PATIENCE_S
from tests.telephony.lineprocess import LineProcess

SILENCE_S = 0.5


@contextmanager
def silent_trunk() -> Iterator[str]:
    """A port that takes every datagram and never says a word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trunk:
        trunk.bind(("127.0.0.1", 0))
        yield f"sip:860012345@127.0.0.1:{trunk.getsockname()[1]}"


def uri_of(phone: WirePhone) -> str:
    return f"sip:860012345@127.0.0.1:{phone.sip_port}"


@pytest.mark.sip
@pytest.mark.rule("A12.14")
def test_a_trunk_that_says_nothing_is_left_and_the_call_goes_on_as_the_same_leg() -> None:
    with (
        silent_trunk() as uri,
        WirePhone() as second,
        LineProcess(second_route=f"127.0.0.1:{second.sip_port}", route_timeout_s=SILENCE_S) as line,
    ):
        line.send("dial", uri=uri, headers={"X-Context-Id": "ctx-1"})
        leg = line.wait("Dialled")["leg"]
        assert "X-Context-Id: ctx-1" in second.await_invite(30.0)
        second.answer(180)
        line.wait("LegRinging", 30.0, leg=leg)
        second.answer(200)
        second.stream(0.2)
        line.wait("LegAnswered", 30.0, leg=leg)
        assert line.status()["legs"] == 1
        line.send("hangup", leg=leg)
        line.wait("LegEnded", 30.0, leg=leg, reason="assistant")
        assert line.status()["legs"] == 0
        assert len(line.of("LegEnded", leg)) == 1


@pytest.mark.sip
@pytest.mark.rule("A12.14")
@pytest.mark.parametrize("late", [100, 180, 200, 486])
def test_whatever_a_left_trunk_says_late_it_is_ended_and_the_two_who_talk_hear_nothing_of_it(late: int) -> None:
    """RFC 3261 section 9.1: no CANCEL before a provisional response; 13.2.2.4: a 200 is confirmed, then hung up."""
    with (
        WirePhone() as first,
        WirePhone() as second,
        LineProcess(
            second_route=f"127.0.0.1:{second.sip_port}",
            route_timeout_s=SILENCE_S,
            behaviour={"agent": uri_of(first)},
        ) as line,
        WirePhone(line.address) as caller,
    ):
        assert caller.invite(timeout_s=30.0).code == 200
        caller.press("0")
        first.await_invite(30.0)
        second.await_invite(30.0)
        second.answer(200)
        line.wait("Bridged", 30.0)
        assert {request.partition(" ")[0] for request in first.requests} <= {"INVITE"}
        first.answer(late)
        wanted = {100: ["CANCEL", "ACK"], 180: ["CANCEL", "ACK"], 200: ["ACK", "BYE"], 486: ["ACK"]}[late]
        assert methods_until(first, wanted[-1]) == wanted
        first.answer(late)  # it did not hear ours, or another of its telephones answers
        if late == 200:
            assert "ACK" in methods_until(first, "ACK")
        second.stream(0.2)
        assert caller.stream(0.5, send=False).packets > 0
        assert line.status()["legs"] == 2
        assert not line.of("LegEnded")


@pytest.mark.sip
def test_who_was_given_up_and_answers_after_pjsip_forgot_them_is_hung_up() -> None:
    with WirePhone() as slow, LineProcess() as line:
        line.send("dial", uri=uri_of(slow))
        leg = line.wait("Dialled")["leg"]
        slow.await_invite(30.0)
        line.send("hangup", leg=leg)
        line.wait("LegEnded", 30.0, leg=leg, reason="assistant")
        assert not slow.await_bye(PATIENCE_S + 1.0), "nothing may be cancelled before they have said a word"
        slow.answer(200)
        assert methods_until(slow, "BYE") == ["ACK", "BYE"]


@pytest.mark.sip
@pytest.mark.rule("A12.14")
def test_a_left_trunk_that_answers_by_tcp_is_hung_up_by_the_same_connection() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as trunk,
        WirePhone() as second,
        LineProcess(second_route=f"127.0.0.1:{second.sip_port}", route_timeout_s=SILENCE_S) as line,
    ):
        trunk.settimeout(30.0)
        line.send("dial", uri=f"sip:860012345@127.0.0.1:{trunk.getsockname()[1]};transport=tcp")
        leg = line.wait("Dialled", 30.0)["leg"]
        connection, _ = trunk.accept()
        with connection:
            connection.settimeout(30.0)
            invite = connection.recv(65535).decode()
            line.wait("LegEnded", 30.0, leg=leg)  # nobody is there on the second route by TCP
            names = ("Via", "From", "To", "Call-ID", "CSeq")
            copied = [f"{name}: {header(invite, name)}{';tag=theirs' if name == 'To' else ''}" for name in names]
            connection.sendall("\r\n".join(["SIP/2.0 200 OK", *copied, "Content-Length: 0", "", ""]).encode())
            asked = ""
            while "BYE" not in asked:
                asked += connection.recv(65535).decode()
            assert [text.partition(" ")[0] for text in asked.split("\r\n\r\n")[:2]] == ["ACK", "BYE"]
        assert line.status()["legs"] == 0


def methods_until(phone: WirePhone, last: str) -> list[str]:
    """What the line asked of ``phone`` since the INVITE, each once, waited for until ``last`` came."""
    until = time.monotonic() + 30.0
    phone.requests.clear()
    while True:
        phone.serve()
        found = list(dict.fromkeys(request.partition(" ")[0] for request in phone.requests))
        methods = [method for method in found if method != "INVITE"]
        if last in methods:
            return methods
        assert time.monotonic() < until, methods


@pytest.mark.sip
@pytest.mark.rule("A12.14")
@pytest.mark.parametrize(("code", "passed_round"), [(503, True), (486, False)])
def test_a_trunk_without_room_is_passed_round_and_a_busy_person_is_not(code: int, passed_round: bool) -> None:
    with (
        WirePhone() as first,
        WirePhone() as second,
        LineProcess(second_route=f"127.0.0.1:{second.sip_port}", route_timeout_s=10.0) as line,
    ):
        line.send("dial", uri=uri_of(first))
        leg = line.wait("Dialled")["leg"]
        first.await_invite(30.0)
        first.answer(code)
        if passed_round:
            second.await_invite(30.0)
            second.answer(486)
        line.wait("LegEnded", 30.0, leg=leg, reason="busy")
        assert line.status()["legs"] == 0


@pytest.mark.sip
def test_both_routes_down_end_the_leg_once_and_its_legs_are_free_again() -> None:
    with WirePhone() as found:
        port = found.sip_port
    with silent_trunk() as uri, LineProcess(second_route=f"127.0.0.1:{port}", route_timeout_s=SILENCE_S) as line:
        for _ in range(6):  # more than a process has legs: a route that was left must not keep one
            with WirePhone(sip_port=port) as second:
                line.send("dial", uri=uri)
                leg = line.wait("Dialled")["leg"]
                second.await_invite(30.0)
                second.answer(503)
                line.wait("LegEnded", 30.0, leg=leg, reason="unreachable")
            assert len(line.of("LegEnded", leg)) == 1
        assert line.status()["legs"] == 0


@pytest.mark.sip
def test_who_hangs_up_while_the_first_route_is_silent_is_not_called_by_the_second() -> None:
    with (
        silent_trunk() as uri,
        WirePhone() as second,
        LineProcess(second_route=f"127.0.0.1:{second.sip_port}", route_timeout_s=SILENCE_S) as line,
    ):
        line.send("dial", uri=uri)
        leg = line.wait("Dialled")["leg"]
        line.send("hangup", leg=leg)
        line.wait("LegEnded", 30.0, leg=leg, reason="assistant")
        line.send("dial", uri=uri_of(second))  # the next call is the first thing that the second route hears of
        line.wait("Dialled")
        assert "X-Context-Id" not in second.await_invite(30.0)


@pytest.mark.sip
@pytest.mark.parametrize("uri", ["sip:860012345@trunk.invalid", "sip:860012345@240.0.0.1"])
def test_a_trunk_without_address_or_way_is_passed_round(uri: str) -> None:
    with WirePhone() as second, LineProcess(second_route=f"127.0.0.1:{second.sip_port}") as line:
        line.send("dial", uri=uri)
        leg = line.wait("Dialled", 30.0)["leg"]
        second.await_invite(30.0)
        second.answer(486)
        line.wait("LegEnded", 30.0, leg=leg, reason="busy")
        assert line.status()["legs"] == 0


def test_only_the_host_of_an_address_changes() -> None:
    there = Destination("sip:+37060012345@192.0.2.1:5070;user=phone", {"X-A": "b"})
    around = there.around("198.51.100.7")
    assert around == Destination("sip:+37060012345@198.51.100.7;user=phone", {"X-A": "b"})
    assert around is not None
    assert around.around("198.51.100.7") is None
    assert there.around("") is None
    assert Destination("sip:192.0.2.1").around("[2001:db8::1]:5080") == Destination("sip:[2001:db8::1]:5080")


@pytest.mark.parametrize(("code", "failed"), [(408, True), (503, True), (486, False), (404, False), (603, False)])
def test_what_is_about_the_way_and_what_about_the_person(code: int, failed: bool) -> None:
    assert route_failed(code) is failed
