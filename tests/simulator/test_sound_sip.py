"""Citizen, agent and ``ivr call`` over real SIP and RTP on loopback, against a small line of ours."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ivr.simulator.clips import Clips
from ivr.simulator.loopback import free_ports

pytestmark = pytest.mark.sip

VOICE = "am_michael"
PROMPTS = {
    "long": "noriu pasikalbėti su darbuotoju",
    "ask": "kita tema",
    "bye": "pagrindinis meniu",
}


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prompts")
    for name, phrase in PROMPTS.items():
        shutil.copy(Clips().find(phrase, VOICE).path, folder / f"{name}.wav")
    return folder


class Line:
    """A running fake line: its address, and what it told."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, people: tuple[int, int]) -> None:
        self.address = f"sip:1883@127.0.0.1:{port}"
        self.people_sip, self.people_rtp = people
        self.events: list[dict[str, Any]] = []
        self._process = process

    async def told(self, event: str) -> dict[str, Any]:
        """The next event of this kind."""
        assert self._process.stdout is not None
        while text := await asyncio.wait_for(self._process.stdout.readline(), 20):
            self.events.append(json.loads(text))
            if self.events[-1]["event"] == event:
                return self.events[-1]
        raise AssertionError(f"the line ended before {event}: {self.events}")


@asynccontextmanager
async def line(prompts: Path, script: list[list[Any]], **options: Any) -> AsyncIterator[Line]:
    """A line that runs ``script``; ``AGENT`` in it becomes the address of the people's agent."""
    ports = free_ports(random.Random(os.urandom(8)))
    settings = {"port": ports.sip, "rtp_port": ports.rtp, "prompts": str(prompts), **options}
    text = json.dumps({**settings, "script": script}).replace("AGENT", f"sip:agentas@127.0.0.1:{ports.peer_sip}")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.simulator.fakeline",
        text,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    running = Line(process, ports.sip, (ports.peer_sip, ports.peer_rtp))
    try:
        await running.told("listening")
        yield running
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 20)


async def people(
    line: Line, prompts: Path, folder: Path, *scenarios: str, save: Path | None = None
) -> tuple[int, list[dict[str, Any]], str]:
    """Run scenarios; exit status, reports, and what was said on stderr."""
    files = []
    for number, text in enumerate(scenarios):
        files.append(folder / f"s{number}.yaml")
        files[-1].write_text(f"description: x\n{text}", encoding="utf-8")
    where = [
        "--line",
        line.address,
        "--port",
        str(line.people_sip),
        "--rtp-port",
        str(line.people_rtp),
        "--agent-rings",
        "0.3",
    ]
    saved = ["--save", str(save)] if save is not None else []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivr.simulator", *where, "--prompts", str(prompts), *saved, *map(str, files)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, [json.loads(text) for text in out.splitlines()], err.decode()


async def handset(line: str, *options: str, typed: str = "") -> tuple[int, str, str]:
    """``ivr call``: exit status, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivr", "call", line, *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def _talk(prompts: Path, tmp_path: Path) -> None:
    script: list[list[Any]] = [["play", "ask"], ["key"], ["start", "long"], ["sound", 0.2], ["cut"], ["play", "bye"]]
    steps = """
name: talk
steps:
  - expect: {prompt: ask, within_ms: 2000}
  - press: "5"
  - expect: {prompt: long, until: start, within_ms: 2000}
  - say: taip
  - expect: {prompt: bye, within_ms: 2000}
  - expect_hangup: {within_ms: 2000}
"""
    async with line(prompts, [*script, ["hangup"]]) as running:
        status, (report,), _ = await people(running, prompts, tmp_path, steps, save=tmp_path / "heard")
        assert (await running.told("LegKey"))["key"] == "5"
    assert (status, report["ok"]) == (0, True), report["reason"]
    assert [step["ok"] for step in report["steps"]] == [True] * 7
    citizen = report["citizen"]
    assert [(heard["id"], heard["whole"]) for heard in citizen["heard"]] == [
        ("ask", True),
        ("long", False),
        ("bye", True),
    ]
    assert citizen["codec"] == "PCMA"
    assert citizen["ended"] == "caller"
    assert min(citizen["ring_ms"], citizen["answer_ms"], citizen["sound_ms"]) >= 0
    assert -26 < citizen["sound"]["active_dbfs"] < -20
    with wave.open(report["saved"]) as sound:
        assert sound.getnframes() / 8000 == pytest.approx(citizen["sound"]["seconds"], abs=0.1)


async def _agent_talks(prompts: Path, tmp_path: Path) -> None:
    script = [["play", "ask"], ["key"], ["dial", "AGENT"], ["alone"], ["play", "bye"], ["wait"]]
    steps = """
name: handed over
steps:
  - expect: {prompt: ask}
  - press: "0"
  - expect: {prompt: agentas-labas, within_ms: 6000}
  - say: ne ačiū
  - agent_hangup: {}
  - expect: {prompt: bye, within_ms: 2000}
  - hangup: {}
"""
    async with line(prompts, script, codecs=["G722"]) as running:
        status, (report,), _ = await people(running, prompts, tmp_path, steps)
    assert (status, report["reason"]) == (0, "")
    assert report["citizen"]["codec"] == "G722"
    (agent,) = report["agents"]
    assert [heard["id"].partition(".")[0] for heard in agent["heard"]] == ["ne-aciu"]
    assert agent["said"][0]["completed"]


async def _agent_refuses(prompts: Path, tmp_path: Path) -> None:
    script = [["key"], ["dial", "AGENT"], ["play", "bye"], ["wait"]]
    steps = 'steps: [press: "0", expect: {prompt: bye}, hangup: {}]'
    manners = {"busy": "busy", "declined": "declined", "unreachable": "unreachable"}
    scenarios = [f"name: {manner}\nfacts: {{agent: {manner}}}\n{steps}" for manner in manners]
    async with line(prompts, script) as running:
        status, reports, _ = await people(running, prompts, tmp_path, *scenarios)
        reasons = []
        for _ in manners:
            reasons.append((await running.told("LegEnded"))["reason"])  # the agent's
            assert (await running.told("LegEnded"))["reason"] == "caller"
    assert (status, [report["reason"] for report in reports]) == (0, ["", "", ""])
    assert reasons == list(manners.values())


async def _hold_and_vanish(prompts: Path, tmp_path: Path) -> None:
    script = [["play", "ask"], ["key"], ["play", "bye"], ["wait"]]
    steps = """
name: held
facts: {caller: ""}
steps:
  - expect: {prompt: ask}
  - hold: {}
  - wait_ms: 300
  - resume: {}
  - wait_ms: 100
  - press: "1"
  - expect: {prompt: bye, within_ms: 2000}
  - media_lost: {}
"""
    async with line(prompts, script, media_timeout_s=1.0) as running:
        status, (report,), _ = await people(running, prompts, tmp_path, steps)
        assert (await running.told("offered"))["caller"] == ""
        await running.told("LegHeld")
        await running.told("LegResumed")
        assert (await running.told("LegEnded"))["reason"] == "media_lost"
    assert (status, report["reason"], report["vanished"]) == (0, "", True)


async def test_what_goes_wrong_is_told_and_fails_the_run(prompts: Path, tmp_path: Path) -> None:
    wrong = "name: wrong\nsteps: [expect: {prompt: bye, within_ms: 500}]"
    text_only = "name: deaf\nsteps: [ear: lost, hangup: {}]"
    mute = "name: mute\nsteps: [say: nieko panašaus]"
    async with line(prompts, [["play", "ask"], ["wait"]]) as running:
        status, (report,), _ = await people(running, prompts, tmp_path, wrong)
        assert status == 1
        assert report["reason"] == "step 1: bye did not begin within 0.5 s (heard last: ask)"
        for scenario, problem in ((text_only, "only a simulation as text"), (mute, "no clip of „nieko panašaus“")):
            status, reports, said = await people(running, prompts, tmp_path, scenario)
            assert (status, reports) == (1, [])
            assert said.startswith("Error: ")
            assert problem in said


async def _call_works(prompts: Path, tmp_path: Path) -> None:
    script: list[list[Any]] = [["play", "ask"], ["sound", 0.2], ["key"], ["play", "bye"], ["hangup"]]
    heard = tmp_path / "heard.wav"
    async with line(prompts, script) as running:
        rtp = ("--rtp-port", str(running.people_rtp))
        status, out, shown = await handset(
            running.address, *rtp, "--say", "taip", "--keys", "7", "--save", str(heard), "--json", "--timeout", "20"
        )
        assert (await running.told("LegKey"))["key"] == "7"
        assert status == 0, shown
        report = json.loads(out)
        assert report["ok"]
        assert report["call"]["ended"] == "caller"
        assert [said["text"] for said in report["call"]["said"]] == ["taip"]
        assert "dBFS" in shown
        assert heard.stat().st_size > 16000
        status, out, _ = await handset(running.address, *rtp, "--prompts", str(prompts), typed="taip\n7\n")
    assert status == 0
    assert "‹ bye" in out
    assert "the other side hung up" in out


async def _call_fails(prompts: Path) -> None:
    async with line(prompts, [["wait"]], callers=1) as running:
        rtp = ("--rtp-port", str(running.people_rtp))
        calling = asyncio.ensure_future(handset(running.address, *rtp, "--keys", "1", "--timeout", "8"))
        await running.told("LegKey")
        status, _, said = await handset(running.address, "--rtp-port", str(running.people_rtp + 40), "--keys", "1")
        assert (status, said.strip().splitlines()[-1]) == (1, f"Error: {running.address} is busy (486)")
        calling.cancel()
    status, _, said = await handset("sip:1883@127.0.0.1:1", "--keys", "1", "--timeout", "1")
    assert status == 1
    assert "can't be reached" in said
    status, _, said = await handset("1883")
    assert (status, "is not a SIP address" in said) == (1, True)
    status, _, said = await handset("sip:1883@no.such.host.invalid", "--keys", "1")
    assert status == 1
    assert said.startswith("Error: call: no.such.host.invalid can't be reached (")


# Each of these is a line of its own in a process of its own; two at a time spare half the waiting.


async def test_citizens_talk_interrupt_hold_and_vanish(prompts: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = [tmp_path_factory.mktemp("people") for _ in range(2)]
    await asyncio.gather(_talk(prompts, folders[0]), _hold_and_vanish(prompts, folders[1]))


async def test_agents_take_calls_or_refuse_them(prompts: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = [tmp_path_factory.mktemp("people") for _ in range(2)]
    await asyncio.gather(_agent_talks(prompts, folders[0]), _agent_refuses(prompts, folders[1]))


async def test_ivr_call_talks_or_says_why_not(prompts: Path, tmp_path: Path) -> None:
    await asyncio.gather(_call_works(prompts, tmp_path), _call_fails(prompts))
