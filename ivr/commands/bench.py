"""``ivr bench``: figures, measured on this machine, printed for people or as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import plain_errors
from ivr.commands.serve import prepare_shown
from ivr.errors import TelephonyError
from ivr.paths import project_file
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config

console = Console()

FIGURES = {"invite_to_180_ms": "INVITE to 180", "invite_to_200_ms": "INVITE to 200", "ok_to_rtp_ms": "200 to first RTP"}
PAUSE_S = 0.25  # between calls, so that the leg before is gone


@click.group()
def bench() -> None:
    """Measure the line on this machine."""


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p95 and p99 by the nearest rank, rounded to 0.1; all 0 when nothing was measured."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0

    return {"p50": at(0.50), "p95": at(0.95), "p99": at(0.99)}


@bench.command()
@click.option("--calls", default=50, show_default=True, help="How many calls, one after another.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@plain_errors
def answer(calls: int, as_json: bool) -> None:
    """INVITE to 180, to 200, and 200 to the first RTP packet (rule A12.2)."""
    from ivr.simulator.wire import Timing, time_call

    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        cache = project_file("var", "prompt-cache")
        ports = free_ports(Random())  # noqa: S311  (ports, not secrets)
        config, path = write_config(
            Path(folder), ports, settings={"speech": {"prompt_cache": str(cache)}, "workers": {"drain_s": 1.0}}
        )
        prepare_shown(config)

        async def run() -> list[Timing]:
            async with LoopbackLine(config, path):
                return await asyncio.to_thread(measure)

        def measure() -> list[Timing]:
            good: list[Timing] = []
            with Progress(console=console, transient=True, disable=as_json) as bar:
                for _ in bar.track(range(calls), description="calls"):
                    with contextlib.suppress(TelephonyError):
                        good.append(time_call(("127.0.0.1", ports.sip)))
                    time.sleep(PAUSE_S)
            return good

        good = asyncio.run(run())
    result: dict[str, Any] = {
        "calls": calls,
        "failed": calls - len(good),
        **{key: percentiles([getattr(call, key) for call in good]) for key in FIGURES},
    }
    if as_json:
        click.echo(json.dumps(result))
    else:
        table = Table(title=f"Answering: {calls} calls, {calls - len(good)} failed")
        for column in ("milliseconds", "p50", "p95", "p99"):
            table.add_column(column, justify="right" if column != "milliseconds" else "left")
        for key, name in FIGURES.items():
            table.add_row(name, *(f"{value:.1f}" for value in result[key].values()))
        console.print(table)
    if not good:
        raise click.ClickException("no call was answered")
