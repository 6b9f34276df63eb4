"""Another real phone: baresip as agent and as caller, on this machine's own address (it ignores ``lo``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.simulator.baresip_agent import BARESIP, Baresip, BaresipAgent, own_address
from tests.telephony.lineprocess import LineProcess, free_ports

ADDRESS = own_address()

pytestmark = [
    pytest.mark.sip,
    pytest.mark.skipif(BARESIP is None, reason="baresip is not installed (Debian: baresip-core)"),
    pytest.mark.skipif(not ADDRESS, reason="this machine has no address besides loopback, which baresip ignores"),
]


@pytest.fixture
def baresip(tmp_path: Path) -> Iterator[Baresip]:
    phone = Baresip(tmp_path, ADDRESS, *free_ports())
    yield phone
    phone.close()


def test_baresip_is_called_held_and_calls_back(baresip: Baresip) -> None:
    with LineProcess(bind=ADDRESS, trunks=[ADDRESS]) as line:
        line.send("dial", uri=baresip.uri)
        leg = line.wait("Dialled")["leg"]
        assert line.wait("LegAnswered", leg=leg)["codec"] == "PCMA"
        line.send("play", leg=leg, utterance="whisper", seconds=0.4)
        line.wait("LegPlaybackDone", leg=leg, completed=True)
        assert line.wait("Level", leg=leg)["level"] > 1000
        baresip.command("hold")
        line.wait("LegHeld", leg=leg)
        baresip.command("resume")
        line.wait("LegResumed", leg=leg)
        line.send("hangup", leg=leg)
        line.wait("LegEnded", leg=leg, reason="assistant")
        baresip.command("dial", f"sip:1883@{ADDRESS}:{line.port}")
        caller = line.wait("LegAnswered")["leg"]
        line.wait("Level", leg=caller)
        baresip.command("hangup")
        line.wait("LegEnded", leg=caller, reason="caller")


def test_an_agent_of_baresip_accepts_by_key(tmp_path: Path) -> None:
    phone = BaresipAgent(tmp_path, ADDRESS, *free_ports())
    try:
        with LineProcess() as line:
            line.send("dial", uri=phone.uri)
            leg = line.wait("Dialled")["leg"]
            line.wait("LegAnswered", leg=leg)
            assert line.wait("LegKey", leg=leg)["key"] == "1"
            line.send("hangup", leg=leg)
            line.wait("LegEnded", leg=leg)
            assert len(phone.rang()) == 1
    finally:
        phone.close()
