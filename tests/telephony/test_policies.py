"""The pure policies: who may call, why a leg ended, keys, the watchdog, the flood gate, who is calling."""

from __future__ import annotations

import pytest

from ivr.config import load
from ivr.events import HangupReason
from ivr.telephony.access import AccessList
from ivr.telephony.gate import STRANGER_LIMIT, TRUNK_LIMIT, WINDOW_S, FloodGate
from ivr.telephony.identity import called_of, caller_of
from ivr.telephony.keys import KeyFilter
from ivr.telephony.native import DialogKey, dialog_of
from ivr.telephony.reasons import LegHistory, reason_of
from ivr.telephony.settings import LineSettings
from ivr.telephony.watchdog import MediaWatchdog


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("192.0.2.17:5060", True),
        ("192.0.2.17", True),
        ("198.51.100.7:40000", True),
        ("198.51.100.8:5060", False),
        ("203.0.113.1:5060", False),
        ("[2001:db8::5]:5060", True),
        ("2001:db8:1::5", False),
        ("[::ffff:192.0.2.3]:5060", True),
        ("trunk.example:5060", False),
        ("", False),
    ],
)
def test_only_the_trunks_networks_may_call(source: str, allowed: bool) -> None:
    assert AccessList(["192.0.2.0/24", "198.51.100.7", "2001:db8::/48"]).allows(source) is allowed


def test_an_empty_access_list_admits_nobody() -> None:
    assert not AccessList([]).allows("127.0.0.1:5060")


INBOUND = LegHistory(inbound=True)
OUTBOUND = LegHistory(inbound=False)
IN_CALL = LegHistory(inbound=True, answered=True, confirmed=True)


@pytest.mark.parametrize(
    ("code", "history", "reason"),
    [
        (200, IN_CALL, HangupReason.CALLER),
        (408, IN_CALL, HangupReason.ERROR),
        (487, INBOUND, HangupReason.CANCELLED),
        (488, INBOUND, HangupReason.ERROR),
        (408, LegHistory(inbound=True, answered=True), HangupReason.NO_ACK),
        (200, LegHistory(inbound=True, answered=True), HangupReason.CALLER),
        (486, OUTBOUND, HangupReason.BUSY),
        (600, OUTBOUND, HangupReason.BUSY),
        (603, OUTBOUND, HangupReason.DECLINED),
        (403, OUTBOUND, HangupReason.DECLINED),
        (480, OUTBOUND, HangupReason.NO_ANSWER),
        (408, OUTBOUND, HangupReason.NO_ANSWER),
        (404, OUTBOUND, HangupReason.UNREACHABLE),
        (503, OUTBOUND, HangupReason.UNREACHABLE),
        (0, OUTBOUND, HangupReason.UNREACHABLE),
        (420, OUTBOUND, HangupReason.ERROR),
        (603, LegHistory(inbound=True, answered=True, ours=HangupReason.MEDIA_LOST), HangupReason.MEDIA_LOST),
        (487, LegHistory(inbound=False, ours=HangupReason.NO_ANSWER), HangupReason.NO_ANSWER),
    ],
)
def test_reasons(code: int, history: LegHistory, reason: HangupReason) -> None:
    assert reason_of(code, history) is reason


def test_a_key_that_came_twice_by_two_ways_is_one_press() -> None:
    keys = KeyFilter()
    assert keys.accept("5", "rtp", 1.0)
    assert not keys.accept("5", "info", 1.2)
    assert keys.accept("5", "info", 1.3)  # the first pair is complete: this is a new press
    assert not keys.accept("5", "rtp", 1.4)


def test_two_presses_by_one_way_are_two() -> None:
    keys = KeyFilter()
    assert [keys.accept("5", "rtp", at) for at in (1.0, 1.1)] == [True, True]
    assert [keys.accept("5", "info", at) for at in (1.15, 1.2)] == [False, False]


def test_a_late_or_other_key_is_a_press_and_nonsense_is_none() -> None:
    keys = KeyFilter()
    assert keys.accept("5", "rtp", 1.0)
    assert keys.accept("6", "info", 1.1)
    assert keys.accept("5", "info", 2.0)
    assert not keys.accept("!", "rtp", 3.0)


def test_the_watchdog_bites_after_the_whole_timeout_without_packets() -> None:
    dog = MediaWatchdog(10.0, now=100.0)
    assert not dog.expired(109.9)
    assert dog.expired(110.0)
    dog.seen(5, 109.0)
    assert not dog.expired(118.9)
    dog.seen(5, 118.9)  # nothing new
    assert dog.expired(119.0)


def test_the_watchdog_stands_still_on_hold() -> None:
    dog = MediaWatchdog(10.0, now=0.0)
    dog.pause()
    assert not dog.expired(500.0)
    dog.resume(500.0)
    dog.resume(505.0)  # already off hold: no second grace
    assert not dog.expired(509.9)
    assert dog.expired(510.0)


def test_a_counter_that_begins_anew_is_fresh_sound() -> None:
    dog = MediaWatchdog(10.0, now=0.0)
    dog.seen(0, 1.0)  # the very first look is no packet
    assert dog.expired(10.0)
    dog.seen(700, 11.0)
    dog.seen(3, 15.0)  # a re-INVITE made a new stream
    assert not dog.expired(24.9)


def test_the_gate_closes_on_a_burst_and_opens_again() -> None:
    gate = FloodGate()
    assert all(gate.open_for(True, 0.0) for _ in range(TRUNK_LIMIT))
    assert not gate.open_for(True, WINDOW_S / 2)
    assert gate.open_for(True, WINDOW_S)


def test_strangers_cannot_close_the_gate_for_the_trunk() -> None:
    gate = FloodGate()
    assert sum(gate.open_for(False, 0.0) for _ in range(100)) == STRANGER_LIMIT
    assert gate.open_for(True, 0.0)


def test_the_gate_keeps_pjsips_socket_table_from_filling() -> None:
    live_legs, sockets_each, table = 4, 2, 64
    assert (TRUNK_LIMIT + STRANGER_LIMIT + live_legs) * sockets_each < table
    assert WINDOW_S > 0.5


def invite(*headers: str) -> str:
    return "\r\n".join(["INVITE sip:1883@127.0.0.1:5060;transport=udp SIP/2.0", *headers, "", ""])


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        (["From: <sip:+37061234567@trunk>;tag=1"], "+37061234567"),
        (['f: "Jonas" <sip:861234567;cpc=x@trunk>;tag=1'], "861234567"),
        (["From: tel:+37061234567;tag=1"], "+37061234567"),
        (["From: sip:100@trunk;tag=1", "P-Asserted-Identity: <tel:+37069999999>"], "+37069999999"),
        (["From: <sip:%2B370612@trunk>;tag=1"], "+370612"),
        (["From: <sip:+370612:secret@trunk>;tag=1"], "+370612"),
        (["From:", " <sip:+370612@trunk>;tag=1"], "+370612"),
        (['From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', "P-Asserted-Identity: <tel:+3706>"], ""),
        (["From: <sip:+370612@anonymous.invalid>;tag=1"], ""),
        (["From: <sip:+370612@trunk>;tag=1", "Privacy: id;critical", "P-Asserted-Identity: <tel:+3706>"], ""),
        (["From: <sip:+370612@trunk>;tag=1", "Privacy: none"], "+370612"),
        (["From: <sip:trunk.example>;tag=1"], ""),
        ([], ""),
    ],
)
@pytest.mark.rule("A12.25")
def test_the_callers_number_or_nothing_when_withheld(headers: list[str], number: str) -> None:
    caller = caller_of(invite(*headers))
    assert caller.reveal() == number
    assert number not in repr(caller) or not number


def test_the_number_that_was_dialled() -> None:
    assert called_of(invite()) == "1883"
    assert called_of("INVITE sip:host SIP/2.0\r\n\r\n") == ""
    assert called_of("rubbish") == ""


def test_workers_share_the_configuration_and_never_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SIP_PASSWORD", "sesam-1883")
    config = load(None, {"IVR_WORKERS_COUNT": "2", "IVR_WORKERS_OUTBOUND": "1"})
    workers = [LineSettings.from_config(config, index) for index in range(3)]
    assert [worker.port for worker in workers] == [5060, 5061, 5062]
    assert [worker.rtp_port for worker in workers] == [20000, 20100, 20200]
    assert [worker.accepts_callers for worker in workers] == [True, True, False]
    assert workers[0].password.reveal() == "sesam-1883"
    assert "sesam" not in repr(workers[0])


ASKED = (
    "INVITE sip:600@192.0.2.1 SIP/2.0\r\n"
    "From: <sip:1883@192.0.2.9>;tag=ours\r\nTo: <sip:600@192.0.2.1>\r\nCall-ID: a\r\n\r\n"
)


@pytest.mark.parametrize("code", [100, 180, 183, 200, 300, 401, 407, 486, 503, 603])
def test_a_refusal_makes_no_dialog(code: int) -> None:
    """RFC 3261 section 12.1: pjsip keeps the INVITE's own dialog for the next try, with whoever answers that."""
    answer = ASKED.replace("INVITE sip:600@192.0.2.1 SIP/2.0", f"SIP/2.0 {code} -").replace(
        "2.1>\r", "2.1>;tag=theirs\r"
    )
    assert dialog_of(ASKED, inbound=False) == DialogKey("a", "ours", "")
    assert dialog_of(answer, inbound=False) == (DialogKey("a", "ours", "theirs") if 100 < code < 300 else None)
    assert dialog_of(answer, inbound=True) == (DialogKey("a", "theirs", "ours") if 100 < code < 300 else None)
