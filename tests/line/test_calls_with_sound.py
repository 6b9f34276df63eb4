"""Six of the conversations as real calls: SIP, sound, recogniser, recording and journal, all at the same time."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog.plan import load_plan
from ivr.paths import project_file
from ivr.processes.line import prepare
from ivr.simulator.clips import Clips
from ivr.simulator.lines import LineKind, playable
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.simulator.scenario import Scenario, load_scenario
from ivr.simulator.text import journal_faults
from ivr.speech.prompts import PromptBook
from tests.line.conftest import Line

pytestmark = [pytest.mark.sip, pytest.mark.slow]

CALLS = project_file("tests", "calls")
PLAN = project_file("dialplans", "1883.yaml")
ZONE = ZoneInfo("Europe/Vilnius")

OPENED = (
    "my-matters-consent",  # handed over to a person, with consent; the first one's telephone is the agent's
    "answer-by-voice",  # a general answer
    "message-number-by-voice",  # a message, whose number is said, read back, refused and said again
    "callback-withheld-number",  # a callback at an agreed time; the number by keys
    "recording-declined",  # an objection to recording
)
CLOSED = ("closed-transfer-is-not-offered",)


def scenarios(names: tuple[str, ...]) -> list[Scenario]:
    return [load_scenario(CALLS / f"{name}.yaml") for name in names]


def test_the_six_can_be_played_at_any_hour() -> None:
    """Whatever day and hour it is when the tests run (public holidays, on which nobody picks up, aside)."""
    book = PromptBook(project_file("prompts"), "lt")
    texts = {prompt: book.text(prompt) for prompt in book.ids}
    plan, clips = PLAN.read_text(encoding="utf-8"), Clips()
    first = datetime(2025, 3, 2, 21, 50, tzinfo=ZONE)
    for moment in (first + timedelta(hours=7 * step) for step in range(24)):  # every hour of the day, within a week
        for scenario in scenarios((*OPENED, *CLOSED)):
            assert playable(scenario, plan, texts, clips, moment) == "", moment


@pytest.mark.rule("A7.1", "A12.10", "A12.17.1", "A12.19", "A17", "X11")
async def test_six_conversations_at_once_are_held_as_they_are_as_text(tmp_path: Path) -> None:
    now = datetime.now(ZONE)
    plan = load_plan(PLAN.read_text(encoding="utf-8"), str(PLAN))
    if plan.hours is not None and plan.hours.is_holiday(now):
        pytest.skip("on a public holiday nobody picks up, and a real line's clock can't be set")
    async with AsyncExitStack() as lines:
        calls = [
            call
            for number, names in enumerate((OPENED, CLOSED))
            for call in await opened(lines, tmp_path / str(number), names, now)
        ]
        reports = await asyncio.gather(*calls)
    assert [f"{report['name']}: {report['reason']}" for report in reports if report["reason"]] == []


async def opened(lines: AsyncExitStack, folder: Path, names: tuple[str, ...], now: datetime) -> list[Any]:
    """A line for these scenarios, two callers a worker; what is to be awaited for each."""
    workers = (len(names) + 1) // 2
    ports = free_ports(Random(), workers + len(names))
    people = ports.sip + workers + 1
    kinds = {LineKind.of(one.facts, load_plan(PLAN.read_text(encoding="utf-8"), "plan")) for one in scenarios(names)}
    assert len(kinds) == 1, "these need different lines"
    settings: dict[str, dict[str, object]] = {
        "speech": {"prompt_cache": str(project_file("var", "prompt-cache"))},
        "workers": {"count": workers, "drain_s": 1.0},
    }
    for section, keys in kinds.pop().settings(f"sip:agentas@127.0.0.1:{people}", PLAN, folder, now).items():
        settings.setdefault(section, {}).update(keys)
    config, path = write_config(folder, ports, settings=settings)
    prepare(config)
    line = Line(await lines.enter_async_context(LoopbackLine(config, path)))
    return [
        call(line, name, config.sip.port + number // 2, people + number, ports.rtp + 100 * (workers + number))
        for number, name in enumerate(names)
    ]


async def call(line: Line, name: str, port: int, people: int, rtp_port: int) -> dict[str, Any]:
    """One citizen's process; the simulator's report, with what the journal lacks as its reason."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivr.simulator", str(CALLS / f"{name}.yaml"), "--at-the-wire",
        "--line", f"sip:1883@127.0.0.1:{port}", "--config", str(line.loopback.path),
        "--port", str(people), "--rtp-port", str(rtp_port), "--voice", "am_michael",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert out, err.decode()
    report: dict[str, Any] = json.loads(out)
    (scenario,) = scenarios((name,))

    def faults() -> list[str]:
        """What the fitting call's journal lacks of what the scenario wants, or holds of what it forbids."""
        absent = [kind.value for kind in scenario.journal_absent]
        over = [one for one in line.calls() if one.outcome is not None]
        lacking = [
            [f"{one.outcome}: {fault}" for fault in journal_faults(line.events(one.call_id), scenario.journal, absent)]
            for one in over
            if scenario.outcome in (None, one.outcome)
        ]
        return min(lacking, key=len, default=[f"no call ended as {scenario.outcome}: {[one.outcome for one in over]}"])

    if not report["reason"]:
        with suppress(AssertionError):
            await line.until(lambda: not faults())
        report["reason"] = "; ".join(faults())
    return report
