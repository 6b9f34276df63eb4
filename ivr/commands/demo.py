"""``ivr demo``: the line on loopback, a virtual citizen who calls it, and what came of it.

Everything is real but the people: ``ivr serve`` in its own processes, SIP and
RTP between them, the recogniser, the recording, the journal.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import click
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ivr.commands.calls import print_call
from ivr.commands.demo_desk import DeskDemo
from ivr.commands.options import plain_errors
from ivr.commands.serve import prepare_shown
from ivr.config import Config
from ivr.errors import IvrError
from ivr.events import JournalKind
from ivr.paths import project_file
from ivr.simulator.gateway import LocalGateway, ShortMessage
from ivr.simulator.known import prompts_of_line
from ivr.simulator.loopback import LoopbackLine, Ports, free_ports, write_config
from ivr.simulator.report import ScenarioReport, StepReport
from ivr.simulator.scenario import Scenario, load_scenario
from ivr.simulator.sound import run_sound
from ivr.simulator.stage import Stage, people_settings
from ivr.simulator.verdict import Verdict, judge
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent
from ivr.store.narrative import CITIZEN, KEY, LINE, tell

SCENARIOS = project_file("ivr", "simulator", "scenarios")
_CALLS = ("voice", "sent", "hand-over")
console = Console()


@click.command()
@click.option(
    "--once",
    is_flag=True,
    help="One call only (a question by voice); without it two follow: an answer by SMS, a hand-over.",
)
@click.option("--json", "as_json", is_flag=True, help="Nothing but a machine-readable summary.")
@click.option(
    "--scenario",
    "paths",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play this scenario instead; may be repeated.",
)
@click.option("--keep", is_flag=True, help="Leave the line running afterwards, to call it by hand.")
@click.option("--desk", is_flag=True, help="Leave line and agents' desk running; you are the agent.")
@plain_errors
def demo(once: bool, as_json: bool, paths: tuple[Path, ...], keep: bool, desk: bool) -> None:
    """Call the line as a citizen would, and watch.

    Ends with the recording and the call's timeline; the exit status is 0 only if
    every step was really heard.
    """
    os.environ.setdefault("IVR_LOG_LEVEL", "warning")
    names = paths or tuple(
        SCENARIOS / f"{name}.yaml" for name in (("voice",) if once else ("voice", "sent", "hand-over"))
    )
    status = 1
    try:
        if desk:
            asyncio.run(DeskDemo(console).run())
        scenarios = [load_scenario(path) for path in names]
        status = asyncio.run(_Demo(scenarios, quiet=as_json, keep=keep).run())
    except IvrError as error:
        click.echo(f"Error: {error}", err=True)
    except KeyboardInterrupt:
        status = 130
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # this process holds PJSIP, whose destructors must not run at exit


@dataclass
class _Demo:
    scenarios: list[Scenario]
    quiet: bool
    keep: bool

    async def run(self) -> int:
        folder = project_file("var", "demo", datetime.now(UTC).strftime("%Y%m%d-%H%M%S"))
        ports = free_ports(Random())  # noqa: S311  (ports, not secrets)
        settings: dict[str, dict[str, object]] = {
            "speech": {"prompt_cache": str(project_file("var", "prompt-cache"))},
            "people": {"agent": f"sip:agentas@127.0.0.1:{ports.peer_sip}"},
            "workers": {"drain_s": 2.0},
        }
        with LocalGateway(self._arrived) as gateway:
            settings["sending"] = {"sms_url": gateway.url}
            config, path = write_config(folder, ports, settings=settings)
            return await self._call(config, path, ports)

    async def _call(self, config: Config, path: Path, ports: Ports) -> int:
        self._show(Panel.fit("The 1883 line on loopback: real SIP, real sound, a virtual citizen", border_style="cyan"))
        if self.quiet:
            console.quiet = True
        prepare_shown(config)
        verdicts: list[Verdict] = []
        async with LoopbackLine(config, path) as line:
            self._show(Text(f"● {config.line.number} takes calls at {line.address}", style="green"))
            stage = Stage(people_settings(ports.peer_sip, ports.peer_rtp), prompts_of_line(config))
            stage.start()
            for scenario in self.scenarios:
                self._show(Text(f"\n{scenario.description}\n", style="italic"))
                verdicts.append(await self._play(scenario, line, stage))
            if self.keep and not self.quiet:
                self._show(Text(f"\nThe line stays: ivr call {line.address} — Ctrl-C ends it", style="bold"))
                await asyncio.Event().wait()
            stage.stop()
        if self.quiet:
            click.echo(json.dumps({"ok": all(v.ok for v in verdicts), "calls": [v.to_json() for v in verdicts]}))
        return 0 if all(verdict.ok for verdict in verdicts) else 1

    async def _play(self, scenario: Scenario, line: LoopbackLine, stage: Stage) -> Verdict:
        journal = Journal(open_database(line.config.journal_path))
        known = {call.call_id for call in journal.calls()}
        watching = asyncio.create_task(self._watch(journal, known))
        report = await run_sound(scenario, line.address, stage, on_step=self._step)
        call_id = await asyncio.wait_for(watching, 15.0)
        events = journal.events(call_id)
        verdict = judge(scenario, report, events, line.config.recordings_dir)
        self._sum_up(journal, call_id, events, report, verdict)
        return verdict

    async def _watch(self, journal: Journal, known: set[str]) -> str:
        """Show the new call's conversation as the journal gets it; returns its id after its end."""
        shown: set[tuple[float, str]] = set()
        while True:
            new = [call for call in journal.calls(5) if call.call_id not in known]
            if new:
                events = journal.events(new[-1].call_id)
                for told in tell(events):
                    if told.who in (CITIZEN, LINE, KEY) and (told.at_s, told.text) not in shown:
                        shown.add((told.at_s, told.text))
                        who = {CITIZEN: "citizen", KEY: "key", LINE: "line"}[told.who]
                        style = "bold yellow" if told.who != LINE else "cyan"
                        self._line(f"{told.at_s:6.1f} s", Text(who, style=style), Text(told.text))
                if events[-1].kind == JournalKind.CALL_ENDED:
                    return new[-1].call_id
            await asyncio.sleep(0.1)

    def _arrived(self, message: ShortMessage) -> None:
        title = f"SMS to {message.to.reveal()}"
        self._show(Panel.fit(Text(message.text), title=title, title_align="left", border_style="yellow"))

    def _step(self, step: StepReport) -> None:
        if not step.ok:
            self._line("", Text("✗", style="bold red"), Text(f"{step.step}: {step.reason}", style="bold red"))
        elif step.step.startswith("expect"):
            heard = step.step.removeprefix("expect ")
            self._line("", Text("✓", style="green"), Text(f"heard to its end: {heard}", style="dim green"))

    def _line(self, when: str, who: Text, what: Text) -> None:
        row = Table.grid(padding=(0, 2))
        row.add_column(width=8, style="dim")
        row.add_column(width=7, justify="right")
        row.add_column(overflow="fold")
        row.add_row(when, who, what)
        self._show(row)

    def _sum_up(
        self, journal: Journal, call_id: str, events: list[JournalEvent], report: ScenarioReport, verdict: Verdict
    ) -> None:
        self._show(Text())
        if not self.quiet:
            print_call(console, journal.call(call_id), tell(events), verdict.recording)
        if verdict.ok:
            self._show(Text("✓ every step was really heard", style="bold green"))
        for fault in verdict.faults:
            self._show(Text(f"✗ {fault}", style="bold red"))

    def _show(self, what: Any) -> None:
        if not self.quiet:
            console.print(what)
