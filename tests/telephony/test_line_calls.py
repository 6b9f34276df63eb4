"""Real calls on loopback: bare-socket phones against a line in a process of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.simulator.wire import WirePhone
from tests.telephony.echoline import tone
from tests.telephony.lineprocess import LineProcess, level, loudness_at

pytestmark = pytest.mark.sip


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineProcess]:
    folder = tmp_path_factory.mktemp("taps")
    with LineProcess(behaviour={"play_s": 1.0, "tap": str(folder)}) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(line: LineProcess) -> None:
    line.forget()


def leg_of(line: LineProcess) -> str:
    return str(line.wait("LegOffered")["leg"])


@pytest.mark.rule("A6", "A12.2")
def test_a_call_rings_is_answered_and_speaks(line: LineProcess) -> None:
    with WirePhone(line.address, number="+37061234567") as phone:
        answer = phone.invite()
        offered = line.wait("LegOffered")
        sound = phone.stream(1.2)
        assert phone.bye() == 200
    assert answer.code == 200
    assert answer.ringing_ms is not None
    assert (offered["caller"], offered["called"]) == ("+37061234567", "1883")
    assert offered["source"].endswith(f":{phone.sip_port}")
    assert loudness_at(sound.pcm, 440.0) > 1000
    ended = line.wait("LegEnded", leg=offered["leg"])
    assert (ended["reason"], ended["code"]) == ("caller", 200)
    played = line.of("LegPlaybackDone", offered["leg"])
    assert [(event["utterance"], event["completed"]) for event in played] == [("tone", True)]


def test_two_callers_at_once_and_the_third_is_busy(line: LineProcess) -> None:
    with WirePhone(line.address) as first, WirePhone(line.address) as second, WirePhone(line.address) as third:
        assert first.invite().code == 200
        one = leg_of(line)
        assert second.invite().code == 200
        two = leg_of(line)
        assert third.invite().code == 486
        status = line.status()
        assert (status["callers"], status["reserved"], status["max_legs"]) == (2, 2, 4)
        other = threading.Thread(target=second.stream, args=(1.3, tone(1000.0, 1.0)))
        other.start()
        heard = first.stream(1.3, tone(300.0, 1.0))
        other.join()
        assert loudness_at(heard.pcm, 440.0) > 1000
        assert loudness_at(heard.pcm, 1000.0) < 20  # nothing of the other caller
        first.bye()
        second.bye()
    for leg in (one, two):
        line.wait("LegEnded")
        assert max(event["level"] for event in line.of("Level", leg)) > 4000
    with WirePhone(line.address) as again:
        assert again.invite().code == 200
        again.bye()
        line.wait("LegEnded")


def test_the_tap_pairs_both_sides_of_every_tick(line: LineProcess) -> None:
    with WirePhone(line.address) as phone:
        phone.invite()
        leg = leg_of(line)
        phone.stream(1.2, tone(300.0, 1.0))
        phone.bye()
    tapped = line.wait("Tapped", leg=leg)
    left, right = tapped["frames"]
    assert left == right >= 55
    stereo = Path(tapped["path"]).read_bytes()[44:]
    sides = [b"".join(stereo[at : at + 2] for at in range(side, len(stereo), 4)) for side in (0, 2)]
    assert loudness_at(sides[0], 300.0) > 1000 > 20 > loudness_at(sides[0], 440.0)
    assert loudness_at(sides[1], 440.0) > 1000 > 20 > loudness_at(sides[1], 300.0)


def test_keys_by_rtp_and_by_info_come_once_each(line: LineProcess) -> None:
    with WirePhone(line.address) as phone:
        phone.invite()
        leg = leg_of(line)
        phone.stream(0.2)
        for key in "5#*":
            phone.press(key)
            phone.stream(0.1)
        assert phone.info_key("7") == 200
        phone.press("9")
        phone.info_key("9")  # the gateway's second report of the same press
        phone.stream(0.7)
        phone.press("9")
        phone.stream(0.1)
        phone.bye()
    line.wait("LegEnded", leg=leg)
    keys = [(event["key"], event["source"]) for event in line.of("LegKey", leg)]
    assert keys == [("5", "rtp"), ("#", "rtp"), ("*", "rtp"), ("7", "info"), ("9", "rtp"), ("9", "rtp")]


@pytest.mark.parametrize(("codec", "payload_type"), [("PCMU", 0), ("G722", 9)])
def test_a_caller_with_one_other_codec(line: LineProcess, codec: str, payload_type: int) -> None:
    with WirePhone(line.address, codecs=(codec,)) as phone:
        assert phone.invite().code == 200
        leg = leg_of(line)
        sound = phone.stream(0.8, tone(300.0, 0.5))
        phone.bye()
    assert line.wait("LegEnded", leg=leg)["reason"] == "caller"
    assert sound.payload_types == {payload_type}
    assert line.of("LegAnswered", leg)[0]["codec"] == codec
    assert line.of("Level", leg)[0]["level"] > 300


def test_no_common_codec_is_refused(line: LineProcess) -> None:
    with WirePhone(line.address, codecs=("GSM",)) as phone:
        assert phone.invite().code == 488
    assert line.status()["legs"] == 0


def test_tcp_with_session_timer(line: LineProcess) -> None:
    timer = {"Supported": "timer", "Session-Expires": "600;refresher=uac"}
    with WirePhone(line.address, tcp=True, headers=timer) as phone:
        answer = phone.invite()
        assert answer.code == 200
        leg = leg_of(line)
        assert "Session-Expires: 600;refresher=uac" in answer.message
        assert loudness_at(phone.stream(0.5).pcm, 440.0) > 1000
        assert phone.bye() == 200
    line.wait("LegEnded", leg=leg, reason="caller")


def test_hold_and_resume(line: LineProcess) -> None:
    with WirePhone(line.address) as phone:
        phone.invite()
        leg = leg_of(line)
        phone.stream(0.3)
        assert "a=recvonly" in phone.hold().message
        line.wait("LegHeld", leg=leg)
        held = phone.stream(0.6)
        assert held.packets < 12  # a few were under way
        assert "a=recvonly" not in phone.resume().message
        line.wait("LegResumed", leg=leg)
        line.send("play", leg=leg, utterance="after", seconds=0.5)
        resumed = phone.stream(0.8, tone(300.0, 0.5))
        assert loudness_at(resumed.pcm, 440.0) > 1000
        phone.bye()
    line.wait("LegEnded", leg=leg)
    assert line.of("Level", leg)[-1]["level"] > 4000  # and the line hears the caller again
    left, right = line.wait("Tapped", leg=leg)["frames"]
    assert left == right >= 80  # the clock went on during the hold


def test_pause_resume_and_flush(line: LineProcess) -> None:
    with WirePhone(line.address) as phone:
        phone.invite()
        leg = leg_of(line)
        line.wait("LegPlaybackDone", leg=leg)
        line.send("play", leg=leg, utterance="long", seconds=1.0, hertz=900.0)
        phone.stream(0.3)
        line.send("pause", leg=leg)
        phone.stream(0.2)
        assert level(phone.stream(0.3).pcm) < 50
        line.send("resume", leg=leg)
        assert loudness_at(phone.stream(0.3).pcm, 900.0) > 1000
        line.send("play", leg=leg, utterance="next", seconds=1.0)
        line.send("flush", leg=leg)
        cut = [line.wait("LegPlaybackDone", leg=leg) for _ in range(2)]
        assert [(event["utterance"], event["completed"]) for event in cut] == [("long", False), ("next", False)]
        phone.stream(0.1)
        assert level(phone.stream(0.3).pcm) < 50
        phone.bye()
    line.wait("LegEnded", leg=leg)


def test_the_line_hangs_up_and_says_why(line: LineProcess) -> None:
    with WirePhone(line.address) as phone:
        phone.invite()
        leg = leg_of(line)
        line.send("hangup", leg=leg)
        assert phone.await_bye(2.0)
    line.wait("LegEnded", leg=leg, reason="assistant", code=0)


def test_keys_towards_the_caller(line: LineProcess) -> None:
    with WirePhone(line.address) as phone:
        phone.invite()
        leg = leg_of(line)
        phone.stream(0.2)
        line.send("key", leg=leg, key="4")
        assert phone.stream(0.8).keys == ["4"]
        phone.bye()
    line.wait("LegEnded", leg=leg)


@pytest.mark.parametrize(
    "headers", [{"Privacy": "id", "P-Asserted-Identity": "<sip:+37061111111@trunk>"}, {"P-Asserted-Identity": ""}]
)
def test_a_withheld_number_stays_withheld(line: LineProcess, headers: dict[str, str]) -> None:
    number = "+37061111111" if "Privacy" in headers else "anonymous"
    with WirePhone(line.address, number=number, headers={k: v for k, v in headers.items() if v}) as phone:
        phone.invite()
        assert line.wait("LegOffered")["caller"] == ""
        phone.bye()
    line.wait("LegEnded")


@pytest.mark.rule("A12.2")
def test_answer_after_a_ring_and_cancel_before_it() -> None:
    with LineProcess(answer_after_rings=1) as line:
        with WirePhone(line.address) as phone, WirePhone(line.address) as patient:
            patient.send_invite()
            phone.send_invite()
            line.wait("LegOffered")
            leg = leg_of(line)
            time.sleep(0.2)
            assert phone.cancel().code == 487
            line.wait("LegEnded", leg=leg, reason="cancelled", code=487)
            answer = patient.await_answer(timeout_s=8.0)
            patient.bye()
        assert answer.code == 200
        assert answer.answered_ms is not None
        assert answer.ringing_ms is not None
        assert answer.answered_ms - answer.ringing_ms > 4000


def test_a_line_that_answers_by_hand_holds_and_comes_back() -> None:
    with LineProcess(answers_itself=False, media_timeout_s=0.5) as line, WirePhone(line.address) as phone:
        phone.send_invite()
        leg = line.wait("LegOffered")["leg"]
        time.sleep(0.3)
        assert not line.of("LegAnswered")
        line.send("answer", leg=leg)
        assert phone.await_answer().code == 200
        phone.stream(0.2)
        line.send("hold", leg=leg)
        assert not phone.await_bye(1.0)  # longer than the watchdog waits when nobody is on hold
        line.send("unhold", leg=leg)
        phone.await_bye(0.2)
        again = phone.stream(0.6)
        assert [request for request in phone.requests if "a=sendonly" in request]
        assert again.packets > 20
        assert not line.of("LegEnded")
        phone.bye()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        line = LineProcess(port=port)
        refused = line.wait("Refused")
        line.close()
    assert refused["kind"] == "PortTaken"
    assert str(port) in refused["problem"]


def test_rtp_ports_that_overlap_the_sip_port_are_refused() -> None:
    line = LineProcess(port=25210, rtp_port=25200, rtp_ports=40)
    refused = line.wait("Refused")
    line.close()
    assert "rtp_port" in refused["problem"]
