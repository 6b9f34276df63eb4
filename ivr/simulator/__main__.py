"""``python -m ivr.simulator``: scenarios with real sound against a line, for tests and load.

Prints one JSON object per scenario (:class:`~ivr.simulator.report.ScenarioReport`),
one per line, and exits 0 only if all went as they should. The line must hand its
callers over to ``sip:agentas@BIND:PORT`` if a scenario needs an agent.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import click

from ivr.config import load
from ivr.errors import IvrError
from ivr.simulator.known import prompts_of_folder, prompts_of_line
from ivr.simulator.line_journal import LineJournal
from ivr.simulator.scenario import Scenario, load_scenario
from ivr.simulator.sound import AGENT_RINGS_S, run_sound
from ivr.simulator.stage import Stage, people_settings
from ivr.simulator.wire_stage import WireStage


@click.command()
@click.argument("scenarios", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--line", required=True, help="Address of the line: sip:1883@host:port.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The line's ivr.toml, for its prompts.")
@click.option("--prompts", type=click.Path(file_okay=False, path_type=Path), help="Folder with ID.wav instead.")
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address of the people's telephones.")
@click.option("--port", default=0, show_default=True, help="Their SIP port; 0 is any.")
@click.option("--rtp-port", default=28000, show_default=True, help="First of their 40 RTP ports.")
@click.option("--voice", default="", help="The citizen's voice, where clips exist in it.")
@click.option("--agent-rings", default=AGENT_RINGS_S, show_default=True, help="Seconds before the agent picks up.")
@click.option(
    "--at-the-wire", is_flag=True, help="Citizens call by bare sockets; sentences are read on the journal of --config."
)
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), help="Folder for WAVs of what was heard.")
def main(
    scenarios: tuple[Path, ...],
    line: str,
    config_path: Path | None,
    prompts: Path | None,
    bind: str,
    port: int,
    rtp_port: int,
    voice: str,
    agent_rings: float,
    at_the_wire: bool,
    save: Path | None,
) -> None:
    """Run SCENARIOS one after another."""
    try:
        config = load(config_path)
        known = prompts_of_folder(prompts) if prompts is not None else prompts_of_line(config)
        loaded = [load_scenario(path) for path in scenarios]
        if save is not None:
            save.mkdir(parents=True, exist_ok=True)
        journal = LineJournal(config.journal_path) if at_the_wire else None
        failed = asyncio.run(_run(loaded, line, known, (bind, port, rtp_port), voice, agent_rings, save, journal))
    except IvrError as error:
        click.echo(f"Error: {error}", err=True)
        failed = True
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if failed else 0)  # pjsip's destructors must not run at interpreter exit


async def _run(
    scenarios: list[Scenario],
    line: str,
    known: dict[str, bytes],
    address: tuple[str, int, int],
    voice: str,
    agent_rings_s: float,
    save: Path | None,
    journal: LineJournal | None,
) -> bool:
    bind, port, rtp_port = address
    stage = (WireStage if journal is not None else Stage)(people_settings(port, rtp_port, bind=bind), known)
    account = journal.told if journal is not None else None
    stage.start()
    failed = False
    for scenario in scenarios:
        file = save / f"{scenario.name}.wav" if save is not None else None
        report = await run_sound(
            scenario, line, stage, voice=voice, save=file, agent_rings_s=agent_rings_s, account=account
        )
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
        failed = failed or not report.ok
        if report.vanished:
            return failed
    stage.stop()
    return failed


if __name__ == "__main__":
    main()
