"""Real peers: sipp plays our scenarios of ``tests/sipp`` as callers and as agents."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.simulator import g711
from tests.telephony.echoline import tone
from tests.telephony.lineprocess import LineProcess

SCENARIOS = Path(__file__).resolve().parents[1] / "sipp"
SIPP = shutil.which("sipp")

pytestmark = [
    pytest.mark.sip,
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed (Debian: sip-tester)"),
]

LIMIT_S = 20


class Sipp:
    """One run of one scenario."""

    def __init__(self, name: str, folder: Path, port: int, *arguments: str) -> None:
        self.folder = folder / f"{name}-{port}"
        self.folder.mkdir()
        (self.folder / "caller.al").write_bytes(g711.encode("PCMA", tone(700.0, 1.0)))
        media = 27000 + (port - 15700) * 8
        self._process = subprocess.Popen(
            [
                str(SIPP),
                *("-sf", str(SCENARIOS / f"{name}.xml"), "-m", "1", "-nostdin"),
                *("-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1"),
                *("-mp", str(media)),
                *("-timeout", f"{LIMIT_S}s", "-timeout_error", "-recv_timeout", "10000"),
                *("-trace_err", "-error_file", "errors.log"),
                *arguments,
            ],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def finish(self) -> None:
        """Wait for the end; fails with sipp's own words when the scenario failed."""
        code = self._process.wait(LIMIT_S + 5)
        errors = self.folder / "errors.log"
        assert code == 0, errors.read_text() if errors.exists() else f"sipp left with {code}"


@dataclass
class Calls:
    """All callers at once on one line; what it saw is looked at per test."""

    line: LineProcess
    callers: dict[str, Sipp]

    def legs(self) -> dict[str, dict[str, object]]:
        return {str(event["source"]).rpartition(":")[2]: event for event in self.line.of("LegOffered")}

    def leg(self, name: str) -> str:
        self.callers[name].finish()
        leg = str(self.legs()[str(PORTS[name])]["leg"])
        deadline = time.monotonic() + 5
        while not self.line.of("LegEnded", leg):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return leg


PORTS = {"caller_audio": 15701, "caller_keys": 15702, "caller_reinvite": 15703, "caller_malformed": 15704}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    folder = tmp_path_factory.mktemp("sipp")
    with LineProcess(behaviour={"play_s": 0.5}, callers=4) as line:
        peer = f"127.0.0.1:{line.port}"
        yield Calls(line, {name: Sipp(name, folder, port, "-s", "1883", peer) for name, port in PORTS.items()})


def test_sipp_caller_with_sound_is_heard(calls: Calls) -> None:
    leg = calls.leg("caller_audio")
    assert calls.line.of("LegAnswered", leg)[0]["codec"] == "PCMA"
    assert max(event["level"] for event in calls.line.of("Level", leg)) > 4000
    assert calls.line.of("LegEnded", leg)[0]["reason"] == "caller"


def test_sipp_caller_presses_keys(calls: Calls) -> None:
    leg = calls.leg("caller_keys")
    assert [event["key"] for event in calls.line.of("LegKey", leg)] == ["1", "*", "#"]


def test_sipp_caller_holds_and_resumes(calls: Calls) -> None:
    leg = calls.leg("caller_reinvite")
    assert len(calls.line.of("LegHeld", leg)) == len(calls.line.of("LegResumed", leg)) == 1
    assert calls.line.of("LegEnded", leg)[0]["reason"] == "caller"


def test_sipp_malformed_requests_are_refused_by_the_book(calls: Calls) -> None:
    calls.callers["caller_malformed"].finish()
    assert str(PORTS["caller_malformed"]) not in calls.legs()


def test_sipp_caller_cancels(tmp_path: Path) -> None:
    with LineProcess(answer_after_rings=2) as line:
        caller = Sipp("caller_cancel", tmp_path, 15705, "-s", "1883", f"127.0.0.1:{line.port}")
        line.wait("LegEnded", 10.0, reason="cancelled", code=487)
        caller.finish()


AGENTS = {
    "agent_busy": (15711, "busy", 486),
    "agent_away": (15712, "no_answer", 480),
    "agent_declines": (15713, "declined", 603),
}


@pytest.mark.rule("A12.17.2")
def test_sipp_agents_who_are_busy_away_decline_or_never_answer(tmp_path: Path) -> None:
    agents = [Sipp(name, tmp_path, port) for name, (port, _, _) in AGENTS.items()]
    agents.append(Sipp("agent_silent", tmp_path, 15714))
    with LineProcess(accepts_callers=False) as line:
        for port, reason, code in AGENTS.values():
            line.send("dial", uri=f"sip:agent@127.0.0.1:{port}")
            line.wait("LegRinging", leg=line.wait("Dialled")["leg"])
            line.wait("LegEnded", reason=reason, code=code)
        line.send("dial", uri="sip:agent@127.0.0.1:15714")
        leg = line.wait("Dialled")["leg"]
        line.wait("LegRinging", leg=leg)
        line.send("hangup", leg=leg, reason="no_answer")
        line.wait("LegEnded", leg=leg, reason="no_answer")
        for agent in agents:
            agent.finish()
