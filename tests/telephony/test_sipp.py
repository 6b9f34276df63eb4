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
from tests.telephony.lineprocess import LineProcess, free_ports

SCENARIOS = Path(__file__).resolve().parents[1] / "sipp"
SIPP = shutil.which("sipp")

pytestmark = [
    pytest.mark.sip,
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed (Debian: sip-tester)"),
]

LIMIT_S = 20


class Sipp:
    """One run of one scenario."""

    def __init__(self, name: str, folder: Path, *arguments: str) -> None:
        self.port, media = free_ports()
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "caller.al").write_bytes(g711.encode("PCMA", tone(700.0, 1.0)))
        self._process = subprocess.Popen(
            [
                str(SIPP),
                *("-sf", str(SCENARIOS / f"{name}.xml"), "-m", "1", "-nostdin"),
                *("-i", "127.0.0.1", "-p", str(self.port), "-mi", "127.0.0.1"),
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

    def legs(self) -> dict[int, dict[str, object]]:
        return {int(str(event["source"]).rpartition(":")[2]): event for event in self.line.of("LegOffered")}

    def leg(self, name: str) -> str:
        self.callers[name].finish()
        leg = str(self.legs()[self.callers[name].port]["leg"])
        deadline = time.monotonic() + 5
        while not self.line.of("LegEnded", leg):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return leg


CALLERS = ("caller_audio", "caller_keys", "caller_reinvite", "caller_malformed")


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    folder = tmp_path_factory.mktemp("sipp")
    with LineProcess(behaviour={"play_s": 0.5}, callers=4) as line:
        peer = f"127.0.0.1:{line.port}"
        yield Calls(line, {name: Sipp(name, folder, "-s", "1883", peer) for name in CALLERS})


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
    assert calls.callers["caller_malformed"].port not in calls.legs()


def test_sipp_caller_cancels(tmp_path: Path) -> None:
    with LineProcess(answer_after_rings=2) as line:
        caller = Sipp("caller_cancel", tmp_path, "-s", "1883", f"127.0.0.1:{line.port}")
        line.wait("LegEnded", 10.0, reason="cancelled", code=487)
        caller.finish()


AGENTS = {"agent_busy": ("busy", 486), "agent_away": ("no_answer", 480), "agent_declines": ("declined", 603)}


@pytest.mark.rule("A12.17.2")
def test_sipp_agents_who_are_busy_away_decline_or_never_answer(tmp_path: Path) -> None:
    agents = {name: Sipp(name, tmp_path) for name in (*AGENTS, "agent_silent")}
    with LineProcess(accepts_callers=False) as line:
        for name, (reason, code) in AGENTS.items():
            line.send("dial", uri=f"sip:agent@127.0.0.1:{agents[name].port}")
            line.wait("LegRinging", leg=line.wait("Dialled")["leg"])
            line.wait("LegEnded", reason=reason, code=code)
        line.send("dial", uri=f"sip:agent@127.0.0.1:{agents['agent_silent'].port}")
        leg = line.wait("Dialled")["leg"]
        line.wait("LegRinging", leg=leg)
        line.send("hangup", leg=leg, reason="no_answer")
        line.wait("LegEnded", leg=leg, reason="no_answer")
        for agent in agents.values():
            agent.finish()
