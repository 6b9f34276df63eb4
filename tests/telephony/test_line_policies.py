"""What the line refuses, survives and ends by itself; outbound calls, bridge, registration."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ivr.simulator.abuse import flood, malformed, send_datagrams
from ivr.simulator.wire import WireAgent, WirePhone, header
from tests.telephony.echoline import tone
from tests.telephony.lineprocess import LineProcess, loudness_at
from tests.telephony.registrar import Registrar

pytestmark = pytest.mark.sip


def answered_within(line: LineProcess, seconds: float) -> bool:
    """A caller who tries again until someone answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with WirePhone(line.address) as phone:
            if phone.invite().code == 200:
                return phone.bye() == 200
        time.sleep(0.1)
    return False


def test_media_watchdog_ends_a_call_without_packets_but_not_one_on_hold() -> None:
    with (
        LineProcess(media_timeout_s=0.6) as line,
        WirePhone(line.address) as silent,
        WirePhone(line.address) as holding,
    ):
        assert holding.invite().code == 200
        kept = line.wait("LegOffered")["leg"]
        holding.stream(0.2)
        holding.hold()
        assert silent.invite().code == 200
        lost = line.wait("LegOffered")["leg"]
        line.wait("LegEnded", leg=lost, reason="media_lost", code=0)
        assert silent.await_bye(1.0)
        time.sleep(0.6)
        assert not line.of("LegEnded", kept)
        holding.resume()
        line.wait("LegEnded", leg=kept, reason="media_lost")


def test_strangers_get_403() -> None:
    with LineProcess(trunks=["192.0.2.0/24", "127.0.0.7"]) as line:
        with WirePhone(line.address) as stranger:
            assert stranger.invite().code == 403
        assert not line.of("LegOffered")
        with WirePhone(line.address, host="127.0.0.7") as trunk:
            assert trunk.invite().code == 200
            trunk.bye()


def test_drain_refuses_new_calls_lets_live_ones_finish_and_then_ends_them() -> None:
    with LineProcess() as line, WirePhone(line.address) as live, WirePhone(line.address) as late:
        live.invite()
        line.send("drain", grace_s=1.5)
        began = time.monotonic()
        while not line.status()["draining"]:  # the command is on its way through a pipe
            assert time.monotonic() < began + 30
        assert late.invite().code == 503
        assert not live.await_bye(0.5)
        line.wait("LegEnded", 5.0, reason="drained")
        assert time.monotonic() - began >= 1.4
        line.wait("Drained")
        assert live.await_bye(1.0)


def test_drain_ends_at_once_when_the_last_call_does() -> None:
    with LineProcess() as line, WirePhone(line.address) as live:
        live.invite()
        line.send("drain", grace_s=60.0)
        live.stream(0.3)
        live.bye()
        line.wait("Drained", 3.0)
    assert line.of("LegEnded")[0]["reason"] == "caller"


def test_a_call_that_is_never_confirmed_is_dropped() -> None:
    with LineProcess(ack_timeout_s=0.5) as line:
        with WirePhone(line.address) as phone:
            assert phone.invite(ack=False).code == 200
            line.wait("LegEnded", 3.0, reason="no_ack")
        assert line.status()["legs"] == 0


@pytest.mark.slow
def test_a_flood_without_ack_leaves_the_line_answering() -> None:
    with LineProcess(ack_timeout_s=60.0) as line:  # so that only eviction can free a leg
        flooding = threading.Thread(target=flood, args=(line.address, 300), kwargs={"pause_s": 0.01})
        flooding.start()
        assert line.wait("LegOffered")
        flooding.join()
        assert answered_within(line, 5.0)
        line.wait("LegEnded", reason="no_ack")
        line.wait("LegEnded", reason="caller")
        # A call that ends must never take down the one that gets its number in the same moment (603 would show it).
        assert set(flood(line.address, 300, pause_s=0.001)) <= {100, 180, 200, 486, 500}
        assert answered_within(line, 5.0)


def test_a_thousand_malformed_datagrams_leave_the_line_answering() -> None:
    with LineProcess() as line:
        assert send_datagrams(line.address, malformed(1000)) == 1000
        assert answered_within(line, 12.0)
        assert line.close() == 0


def test_bridge_carries_sound_both_ways_and_the_tap_hears_what_the_caller_hears(tmp_path: Path) -> None:
    agent = WireAgent(pcm=tone(1000.0, 1.0), answer_after_s=0.3)
    agent.start()
    with LineProcess(behaviour={"agent": agent.uri, "tap": str(tmp_path)}) as line:
        with WirePhone(line.address) as caller:
            caller.invite()
            leg = line.wait("LegOffered")["leg"]
            caller.stream(0.3)
            caller.press("0")
            dialled = line.wait("Dialled")["leg"]
            assert line.status()["reserved"] == 0  # the kept leg is in use
            line.wait("LegRinging", leg=dialled)
            line.wait("Bridged")
            heard = caller.stream(1.2, tone(300.0, 1.0))
            line.send("play", leg=leg, utterance="notice", seconds=0.5, hertz=600.0)
            mixed = caller.stream(0.5, tone(300.0, 1.0))
            line.send("unbridge", legs=[leg, dialled])
            caller.stream(0.3)
            parted = caller.stream(0.3)
            line.send("hangup", leg=dialled)
            line.wait("LegEnded", leg=dialled, reason="assistant")
            assert line.status()["reserved"] == 1
            caller.bye()
        tapped = line.wait("Tapped", leg=leg)
    agent.join(3.0)
    assert agent.phone.ended
    assert loudness_at(heard.pcm, 1000.0) > 1000
    assert loudness_at(mixed.pcm, 600.0) > 1000
    assert loudness_at(mixed.pcm, 1000.0) > 1000
    assert loudness_at(parted.pcm, 1000.0) < 20
    assert loudness_at(agent.sound.pcm, 300.0) > 1000
    stereo = Path(tapped["path"]).read_bytes()[44:]
    left, right = (b"".join(stereo[at : at + 2] for at in range(side, len(stereo), 4)) for side in (0, 2))
    assert loudness_at(left, 300.0) > 1000
    assert loudness_at(left, 1000.0) < 20
    assert loudness_at(right, 1000.0) > 1000
    assert loudness_at(right, 600.0) > 200


def test_outbound_offers_alaw_first_and_carries_headers() -> None:
    with LineProcess() as line, WirePhone() as callee:
        uri = f"sip:agent@127.0.0.1:{callee.sip_port}"
        line.send("dial", uri=uri, headers={"X-Context-Id": "ctx-1"})
        invite = callee.await_invite()
        assert "RTP/AVP 8 0 9 " in invite
        assert header(invite, "X-Context-Id") == "ctx-1"
        leg = line.wait("Dialled")["leg"]
        callee.answer(180)
        line.wait("LegRinging", leg=leg)
        line.send("hangup", leg=leg, reason="no_answer")
        line.wait("LegEnded", leg=leg, reason="no_answer")
        assert callee.await_bye(2.0)
        assert callee.requests[-1].startswith("CANCEL")


def test_no_free_leg_and_bad_addresses_are_errors() -> None:
    with LineProcess() as line, WirePhone() as callee, WirePhone(line.address) as caller:
        caller.invite()
        for header_value, kind in (("a\r\nVia: x", "TelephonyError"), ("fine", "")):
            line.send("dial", uri=f"sip:a@127.0.0.1:{callee.sip_port}", headers={"X-Test": header_value})
            if kind:
                assert line.wait("DialFailed")["kind"] == kind
            else:
                line.wait("Dialled")
        line.send("dial", uri="tel:1883")
        assert "sip:" in line.wait("DialFailed")["problem"]
        for event in ("Dialled", "DialFailed"):  # caller + kept leg + two outbound fill the four legs
            line.send("dial", uri=f"sip:a@127.0.0.1:{callee.sip_port}")
            outcome = line.wait(event)
        assert outcome["kind"] == "NoFreeLeg"


def test_an_outbound_worker_takes_no_callers() -> None:
    with LineProcess(accepts_callers=False) as line, WirePhone(line.address) as phone:
        assert phone.invite().code == 486


def test_registration_with_digest_and_a_call_through_the_registrar() -> None:
    with Registrar("line1883", "pass-word") as registrar:
        settings: dict[str, Any] = {"registrar": registrar.uri, "username": "line1883", "trunks": []}
        with LineProcess(password="pass-word", **settings) as line:
            deadline = time.monotonic() + 5.0
            while line.status()["registration"] != "registered":
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert f":{line.port}" in registrar.accepted[0]
            with WirePhone(line.address, called="line1883") as phone:
                assert phone.invite().code == 200  # the registrar's address may call without being a trunk
                phone.bye()
        assert registrar.accepted[-1] == ""  # unregistered on stop
        with LineProcess(password="wrong", **settings) as line:
            deadline = time.monotonic() + 5.0
            while not (state := line.status()["registration"]).startswith("failed"):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert state == "failed 403"


def test_callers_who_vanish_do_not_keep_their_legs() -> None:
    """They answer neither sound nor BYE; pjsip alone would keep all four legs for 32 s."""
    with LineProcess(callers=4, media_timeout_s=0.5) as line, ExitStack() as phones:
        for _ in range(4):
            assert phones.enter_context(WirePhone(line.address)).invite().code == 200
        with WirePhone(line.address) as fifth:
            assert fifth.invite().code == 486
        for _ in range(4):
            line.wait("LegEnded", reason="media_lost")
        assert answered_within(line, 10.0)
