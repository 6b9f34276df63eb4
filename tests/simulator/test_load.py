"""Load on a line: what callers send and see, what is reckoned from it, and a real line under a few of them."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from ivr.errors import PartFailed
from ivr.paths import project_file
from ivr.processes.line import prepare
from ivr.simulator.clips import Clips
from ivr.simulator.load import CONVERSATIONS, PARTS, Crowd, mixture, scripts
from ivr.simulator.load_canary import stood_still
from ivr.simulator.load_citizen import CallResult
from ivr.simulator.load_figures import at_once, figures, growth, shares
from ivr.simulator.load_line import line_config
from ivr.simulator.load_phones import FRAME, LoadPhone, Pump, coded
from ivr.simulator.load_soak import Soak, State
from ivr.simulator.loopback import LoopbackLine, free_ports
from ivr.simulator.rtp import KEY_PAYLOAD, KEYS
from ivr.simulator.turn_times import TurnTime
from tests.line.conftest import short_prompts

LIMIT_S = 30.0


def call(*intervals_ms: float, began: float = 100.0, **other: object) -> CallResult:
    return CallResult("a", code=200, intervals_ms=list(intervals_ms), began=began, **other)  # type: ignore[arg-type]


def test_a_telephone_sends_its_sound_and_keys_without_a_hole_and_in_time_with_itself() -> None:
    sound = coded(Clips().find("taip").pcm)
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    peer.settimeout(LIMIT_S)
    phone = LoadPhone(("127.0.0.1", 5060), "1883", "+37060000001", phase=1)
    phone.phone.rtp.peer = peer.getsockname()
    pump = Pump()
    pump.start()
    try:
        phone.say(sound)
        phone.press("7")
        pump.add(phone)
        frames = len(sound) // FRAME
        packets = [peer.recv(2048) for _ in range(frames + 8 + 3)]  # eight packets are a key; then nobody speaks
        for number in range(3):  # and the line answers
            peer.sendto(struct.pack("!BBHII", 0x80, 8, 10 + 2 * number, 160 * number, 1) + sound[:FRAME], _from(phone))
        until = time.monotonic() + LIMIT_S
        while len(phone.came) < 3 and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        pump.remove(phone)
        pump.close()
        phone.phone.close()
        peer.close()
    heads = [struct.unpack("!BBHII", packet[:12]) for packet in packets]
    assert b"".join(packet[12:] for packet in packets[:frames]) == sound
    keys = packets[frames : frames + 8]
    assert {packet[1] & 0x7F for packet in keys} == {KEY_PAYLOAD}
    assert {packet[12] for packet in keys} == {KEYS.index("7")}
    assert len({struct.unpack("!I", packet[4:8]) for packet in keys}) == 1, "a key's packets share their timestamp"
    assert [packet[13] >> 7 for packet in keys] == [0] * 5 + [1] * 3
    assert {(b[2] - a[2]) & 0xFFFF for a, b in pairwise(heads)} == {1}
    assert (heads[-1][3] - heads[0][3]) & 0xFFFFFFFF == 160 * (len(heads) - 1), "time goes on behind a key"
    assert phone.said.last_sound(phone.uttered[0][0], phone.uttered[-1][0]) is not None
    assert phone.lost() == 2
    assert len(phone.intervals_ms()) == 2


def _from(phone: LoadPhone) -> tuple[str, int]:
    return "127.0.0.1", phone.phone.rtp_port


def test_a_pause_counts_whoever_made_it_and_is_told_of_again_where_the_machine_stood_still() -> None:
    told = figures([call(20.0, 95.0, 20.0, 41.0), call(20.0, 20.0)], [(100.03, 100.10)])
    assert told["gaps_over_40_ms"] == 2
    assert told["gaps_while_it_stood_still"] == 1, "41 ms were nobody else's"
    assert [gap["ms"] for gap in told["gaps"]] == [95.0, 41.0]
    assert told["gaps"][0]["at_s"] == 0.02
    assert figures([call(41.0)])["gaps_while_it_stood_still"] is None, "nobody watched the machine"


def test_callers_at_once_are_those_who_talk_in_one_moment() -> None:
    calls = [call(20.0, began=at, seconds=lasted) for at, lasted in ((0.0, 10.0), (5.0, 10.0), (10.0, 1.0))]
    assert at_once([*calls, CallResult("a", 503)]) == 2, "one who leaves makes room for the next"
    assert at_once([]) == 0


def test_two_cores_that_stand_still_together_are_counted_once() -> None:
    assert stood_still([(1.0, 2.0), (1.5, 2.5), (4.0, 5.0)], 0.0, 4.5) == pytest.approx(2.0)
    assert stood_still([(1.0, 2.0)], 1.2, 1.4) == pytest.approx(0.2)
    assert stood_still([], 0.0, 9.0) == 0.0


def test_who_was_refused_must_be_told_when_to_come_back() -> None:
    refusals = [
        CallResult("a", 503, 3.0, retry_after=True),
        CallResult("a", 503, 5.0, retry_after=False),
        CallResult("a", 486, 4.0),
        CallResult("a", 0, 9.0),
    ]
    told = figures([*refusals, call(20.0)])
    assert (told["calls"], told["refused"]) == (1, 4)
    assert told["refused_ms"]["max"] == 5.0
    assert told["refused_otherwise"] == {"without Retry-After": 1, "486": 1, "no answer": 1}


def test_turns_without_a_grammar_stand_apart_and_faults_are_counted() -> None:
    turns = [
        TurnTime("a", 1, "taip", "v", "menu", v2v_ms=700.0),
        TurnTime("a", 2, "labas", "v", "message", v2v_ms=3000.0),
        TurnTime("a", 3, "ne", "v", missing="no turn was heard"),
    ]
    told = figures([call(20.0, turns=turns, faults=["step 2: x"]), call(20.0, faults=["step 2: x"])])
    assert (told["v2v_ms"]["max"], told["v2v_open_ms"]["max"]) == (700.0, 3000.0)
    assert told["untimed"] == {"no turn was heard": 1}
    assert (told["wrong"], told["faults"]) == (2, {"a: step 2: x": 2})


def test_growth_compares_the_end_with_the_first_minutes_after_warming_up() -> None:
    flat = [(float(at), 1000) for at in range(0, 1801, 5)]
    warming = [(at, 500 if at < 600 else kb) for at, kb in flat]
    rising = [(at, 1000 + round(at / 10)) for at, _ in flat]
    assert growth(warming, 600, 300) == 0.0
    assert growth(rising, 600, 300) == pytest.approx((1165 - 1075) / 1075, abs=2e-3)
    assert growth(flat[:200], 600, 300) is None, "too little to say"


def test_parts_of_a_kind_share_a_row_and_who_was_restarted_has_none() -> None:
    before = {"worker-0": 1.0, "worker-1": 2.0, "ears": 5.0}
    assert shares(before, {"worker-0": 2.0, "worker-1": 4.0, "voice": 9.0}, 10.0) == {"worker": 0.3}


def test_every_part_has_its_sound_and_the_long_call_is_as_long_as_it_shall_be() -> None:
    for script in mixture(CONVERSATIONS):
        assert all(len(sound) % FRAME == 0 for sound in script.coded.values())
    long = PARTS["long"]
    (script,) = scripts(long)
    (once,) = mixture(long.scenarios)
    assert script.scenario.steps[-len(once.scenario.steps) :] == once.scenario.steps
    assert len(script.scenario.steps) > 7 * 60
    (short,) = scripts(PARTS["short"])
    assert short.scenario.outcome == "abandoned"


def test_a_soak_goes_on_where_it_was_and_refuses_a_file_of_others(tmp_path: Path) -> None:
    path = tmp_path / "soak.json"
    assert State.read(path) is None
    memory = [(float(at), {"worker-0": 1000, "ears": 2000 + at}) for at in range(0, 1801, 5)]
    state = State(str(tmp_path), loaded_s=1800.0, memory=memory, idle=[{"ears": [1, 7, 30]}, {"ears": [1, 7, 31]}])
    state.write(path)
    told = Soak(path).result()
    assert told["minutes"] == 30.0
    assert told["growth_by_part"]["worker-0"] == 0.0
    assert told["growth"] > 0.1
    assert told["threads"] == {"before": 0, "first": 7, "last": 7}
    assert told["descriptors"]["last"] == 31
    state.line = 2**22 + 1  # nobody's
    state.write(path)
    with pytest.raises(PartFailed, match="gone since the last piece"):
        Soak(path).piece(1.0)
    path.write_text(json.dumps({"other": 1}))
    with pytest.raises(PartFailed, match="no state of a soak"):
        Soak(path)


@pytest.mark.sip
@pytest.mark.slow
async def test_callers_by_keys_go_their_way_on_a_real_line_and_one_too_many_is_refused(tmp_path: Path) -> None:
    ports = free_ports(Random())
    config, path = line_config(
        tmp_path,
        workers=1,
        callers=2,
        settings={
            "line": {"prompts_dir": str(short_prompts())},
            "speech": {"voice": "piper", "prompt_cache": str(project_file("var", "prompt-cache"))},
            # The first worker stands where the proxy would: Kamailio has tests of its own.
            "sip": {"port": ports.sip, "rtp_port": ports.rtp},
            "proxy": {"port": ports.sip},
        },
    )
    prepare(config)
    async with LoopbackLine(config, path):
        crowd = Crowd(config, mixture({"answers-by-keys": ""}), 3, calls=3)
        results = await asyncio.to_thread(crowd.run, LIMIT_S)
    told = figures(results)
    assert told["faults"] == {}
    assert (told["calls"], told["refused_otherwise"]) == (2, {"486": 1})
    assert told["frame_ms"]["count"] > 100
    assert told["lost_packets"] == 0
