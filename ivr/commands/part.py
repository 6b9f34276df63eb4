"""``ivr part NAME``: one process of the line; started by ``ivr serve``, by hand only to look closer."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from ivr import log
from ivr.commands.options import config_option, loaded
from ivr.errors import IvrError
from ivr.processes.parts import part_named
from ivr.processes.status import report


@click.command(hidden=True)
@click.argument("name")
@config_option
def part(name: str, config_path: Path | None) -> None:
    """Run the part NAME (worker-0, ears, voice, office …) until SIGTERM."""
    log.configure(name)
    status = 0
    try:
        config = loaded(config_path)
        try:
            chosen = part_named(config, name)
        except KeyError:
            raise click.ClickException(f"this configuration has no part {name!r}") from None
        match chosen.kind:
            case "worker" | "outbound":
                from ivr.processes.worker import run_worker

                asyncio.run(run_worker(config, chosen))
            case "ears":
                from ivr.processes.speech import run_ears

                asyncio.run(run_ears(config))
            case "voice":
                from ivr.processes.speech import run_voice

                asyncio.run(run_voice(config))
            case "answers":
                # Threads of one product wait for each other busily: next to calls that costs ten times what it saves.
                os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
                from ivr.processes.answers import run_answers

                asyncio.run(run_answers(config))
            case _:
                from ivr.processes.office import run_office

                asyncio.run(run_office(config))
    except IvrError as error:
        report("failed", problem=str(error))
        status = 1
    if name.startswith(("worker", "outbound")):
        from ivr.processes.worker import leave

        leave(status)
    sys.exit(status)
