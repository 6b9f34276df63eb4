"""Whole conversations with real sound: citizens in processes of their own call the line over SIP, four at once."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from ivr.events import JournalKind
from ivr.paths import project_file
from ivr.processes.line import prepare
from ivr.simulator.known import prompts_of_line
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.simulator.scenario import load_scenario
from ivr.simulator.text import journal_faults
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.voices import kokoro_voice
from ivr.store.journal import CallSummary, JournalEvent
from tests.line.conftest import Line, data_of

pytestmark = [pytest.mark.sip, pytest.mark.slow]

CALLS = project_file("tests", "calls")
DEMO = project_file("ivr", "simulator", "scenarios")

# One process of simulated people each; only the first one's telephone is known to the line as the agent.
GROUPS = (
    (DEMO / "hand-over.yaml",),
    (DEMO / "voice.yaml",),
    (CALLS / "message-hash-ends.yaml",),
    (CALLS / "barge-in.yaml",),
)


async def people(line: Line, scenarios: tuple[Path, ...], port: int, rtp_port: int, save: Path) -> list[dict[str, Any]]:
    """Run scenarios one after another in a process; their reports."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivr.simulator", *map(str, scenarios),
        "--line", f"sip:1883@127.0.0.1:{port_of(line, port)}", "--config", str(line.loopback.path),
        "--port", str(port), "--rtp-port", str(rtp_port), "--save", str(save),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert out, err.decode()
    return [json.loads(text) for text in out.decode().splitlines()]


def port_of(line: Line, people_port: int) -> int:
    """Two callers per worker: the first two groups call worker 0, the others worker 1."""
    first = line.config.sip.port + line.config.workers.count + 1
    return line.config.sip.port + (people_port - first) // 2


@pytest.mark.rule("A12.4", "A12.6", "A12.17.1", "A17.1", "X1", "X2")
async def test_four_citizens_at_once_are_heard_answered_recorded_and_written_down(tmp_path: Path) -> None:
    ports = free_ports(Random(), workers=6)
    first = ports.sip + 3
    settings: dict[str, dict[str, object]] = {
        "speech": {"prompt_cache": str(project_file("var", "prompt-cache"))},
        "workers": {"count": 2, "drain_s": 1.0},
        "people": {"agent": f"sip:agentas@127.0.0.1:{first}"},
    }
    config, path = write_config(tmp_path, ports, settings=settings)
    prepare(config)
    async with LoopbackLine(config, path) as loopback:
        line = Line(loopback)
        reports = await asyncio.gather(
            *(
                people(line, group, first + number, ports.rtp + 200 + 100 * number, tmp_path / "heard")
                for number, group in enumerate(GROUPS)
            )
        )
        await line.until(lambda: len(line.calls()) == len(GROUPS) and all(call.outcome for call in line.calls()))
        by_numbers = {call.call_id: (call, line.events(call.call_id)) for call in line.calls()}
    failures = [f"{r['name']}: {r['reason']}" for group in reports for r in group if not r["ok"]]
    assert failures == []
    for group in GROUPS:
        for file in group:
            scenario = load_scenario(file)
            fitting = [
                call_id
                for call_id, (call, events) in by_numbers.items()
                if scenario.outcome in (None, call.outcome) and not journal_faults(events, scenario.journal, ())
            ]
            assert fitting, f"no call on the journal is {scenario.name}"
    for call, events in by_numbers.values():
        check_recording(config.recordings_dir, call, events)
    check_what_was_heard(config, tmp_path / "heard", reports)


def check_recording(folder: Path, call: CallSummary, events: list[JournalEvent]) -> None:
    """Whole, as long as the journal says, and it begins after the notice."""
    assert call.recording == "ok", call.call_id
    times = {event.kind: event.at for event in events}
    assert times[JournalKind.NOTICE_COMPLETED] <= times[JournalKind.RECORDING_STARTED]
    ended = data_of(events, JournalKind.RECORDING_ENDED)
    size = (folder / ended["file"]).stat().st_size - 44
    seconds = size / 4 / 8000
    journalled = (times[JournalKind.RECORDING_ENDED] - times[JournalKind.RECORDING_STARTED]).total_seconds()
    assert abs(seconds - journalled) <= max(0.040, 0.001 * seconds)


def check_what_was_heard(config: Any, heard: Path, reports: list[list[dict[str, Any]]]) -> None:
    """The greeting that came over SIP was spoken by the line's own voice, neither loud nor quiet (A12.8)."""
    cache = PromptCache.of(config)
    assert cache.shipped is not None
    record = cache.record("greeting")
    assert (record.spoken_by if record else cache.shipped.voice) == cache.identity.name == kokoro_voice().name
    assert len(prompts_of_line(config)["greeting"]) > 0
    for group in reports:
        for report in group:
            sound = report["citizen"]["sound"]
            assert -30 < sound["active_dbfs"] < -15
            assert sound["peak_dbfs"] < -0.5
            assert sound["floor_dbfs"] < -50
    assert len(list(heard.glob("*.wav"))) == len(GROUPS)


def test_levels_are_measured_on_the_scale_the_report_uses() -> None:
    """A full-scale square wave is 0 dBFS; so the bounds above mean what they say."""
    from ivr.simulator.hearing import Meter

    meter = Meter()
    meter.add(np.full(16000, 32767.0))
    assert abs(meter.active_dbfs) < 0.1
