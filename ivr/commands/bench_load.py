"""``ivr bench load``: many callers at once behind Kamailio, more than there is room for, and for hours."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import plain_errors
from ivr.processes.line import prepare

if TYPE_CHECKING:
    from ivr.simulator.load import Part
    from ivr.simulator.load_citizen import CallResult

_PARTS: Final = ("conversations", "media", "overload")
_PIECE_MIN: Final = 10.0


@click.command()
@click.option(
    "--part",
    "names",
    multiple=True,
    type=click.Choice([*_PARTS, "ramp", "short", "long", "soak"]),
    help="Measure only this; may be repeated. Without it conversations, media and overload.",
)
@click.option("--minutes", type=click.FloatRange(1), default=30.0, show_default=True, help="Of load in a soak.")
@click.option(
    "--piece",
    type=click.FloatRange(0.5),
    default=_PIECE_MIN,
    show_default=True,
    help="Minutes of a soak in one go; the line stays up until the next.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What a soak has measured so far; beside it lies its line.",
)
@click.option("--end", is_flag=True, help="End a soak and its line now.")
@click.option("--seconds", type=click.FloatRange(min=10), help="For how long callers come; default: by part.")
@click.option("--callers", type=click.IntRange(1), help="How many at once; default: by part.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Folder in which the lines are left.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@plain_errors
def load(
    names: tuple[str, ...],
    seconds: float | None,
    callers: int | None,
    keep: Path | None,
    minutes: float,
    piece: float,
    state: Path | None,
    end: bool,
    as_json: bool,
) -> None:
    """Many callers at once on a whole line behind Kamailio (12 minutes).

    The callers stand on this machine, too: what they take counts against the line. Times are the kernel's for each
    packet; steps are judged by the line's journal and recordings.
    """
    from ivr.simulator.load import PARTS

    os.environ.setdefault("IVR_LOG_LEVEL", "warning")
    results = []
    for name in names or _PARTS:
        if name == "soak":
            results.append(run_soak(state, minutes, piece, end=end, quiet=as_json))
            if not as_json:
                show_soak(results[-1])
            continue
        part = PARTS[name]
        chosen = replace(part, seconds=seconds or part.seconds, callers=callers or part.callers)
        results.append(run_part(chosen, keep, quiet=as_json))
        if as_json:
            continue
        for told in results[-1]["callers"].values() if name == "ramp" else [results[-1]]:
            show(told)
    if as_json:
        click.echo(json.dumps({result["part"]: result for result in results}, ensure_ascii=False))


def run_part(part: Part, keep: Path | None, *, quiet: bool) -> dict[str, Any]:
    """One part on a line of its own."""
    from ivr.simulator.load import measure, ramp
    from ivr.simulator.load_line import line_config, proxied_line

    with (
        tempfile.TemporaryDirectory(prefix="ivr-load-") as folder,
        Progress(console=Console(stderr=True), transient=True, disable=quiet and not sys.stderr.isatty()) as bar,
    ):
        config, path = line_config(
            (keep or Path(folder)) / part.name, workers=part.workers, callers=part.callers_per_worker
        )
        prepare(config)
        task = bar.add_task(part.name, total=None)
        done = _counting(lambda text: bar.update(task, description=f"{part.name}: {text}"))

        async def run() -> dict[str, Any]:
            async with proxied_line(config, path) as line:
                return await asyncio.to_thread(ramp if part.name == "ramp" else measure, part, line, done)

        return asyncio.run(run())


def run_soak(state: Path | None, minutes: float, piece: float, *, end: bool, quiet: bool) -> dict[str, Any]:
    """The next piece of a soak, and the end of its line after the last one."""
    from ivr.simulator.load_soak import Soak

    if state is None:
        raise click.UsageError("a soak needs --state FILE: what was measured so far is kept there")
    with Progress(console=Console(stderr=True), transient=True, disable=quiet and not sys.stderr.isatty()) as bar:
        task = bar.add_task("soak", total=None)
        soak = Soak(state, _counting(lambda text: bar.update(task, description=f"soak: {text}")))
        left = 60 * minutes - soak.state.loaded_s
        if left > 0 and not end:
            soak.piece(min(left, 60 * piece))
        if end or soak.state.loaded_s >= 60 * minutes:
            soak.end()
    return soak.result()


def show_soak(result: dict[str, Any]) -> None:
    """A soak for people."""
    console = Console()
    growth = f"{result['growth']:.2%}" if result["growth"] is not None else "not known yet"
    console.print(f"soak: {result['minutes']} minutes with {result['callers']} callers, memory grew by {growth}")
    for name in ("threads", "descriptors"):
        console.print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in result[name].items()))
    console.print(
        f"{result['calls']} calls, {result['wrong']} not as they should be; fallen: {result['fallen'] or 'none'}"
    )


def _counting(show: Callable[[str], None]) -> Callable[[CallResult], None]:
    counted = {"calls": 0, "wrong": 0, "refused": 0}

    def step(result: CallResult) -> None:
        counted["calls"] += result.admitted
        counted["refused"] += not result.admitted
        counted["wrong"] += bool(result.faults)
        show(", ".join(f"{value} {name}" for name, value in counted.items()))

    return step


def show(result: dict[str, Any]) -> None:
    """A table for people."""
    console = Console()
    title = (
        f"{result['part']}: {result['callers']} callers, {result['workers']} workers × {result['callers_per_worker']}"
    )
    table = Table(title=title)
    for column in ("milliseconds", "p50", "p95", "p99", "max", "of"):
        table.add_column(column, justify="left" if column == "milliseconds" else "right")
    rows = {
        "voice to voice, with a grammar": "v2v_ms",
        "voice to voice, open speech": "v2v_open_ms",
        "between two packets of sound": "frame_ms",
        "INVITE to 503": "refused_ms",
    }
    for name, key in rows.items():
        if result[key]["count"]:
            table.add_row(name, *(f"{result[key][at]:g}" for at in ("p50", "p95", "p99", "max", "count")))
    console.print(table)
    console.print(
        f"{result['calls']} calls, {result['wrong']} not as they should be; "
        f"{result['mean_callers']} callers on average; "
        f"{result['gaps_over_40_ms']} pauses over 40 ms (while the machine itself stood still: "
        f"{result['gaps_while_it_stood_still']}), {result['lost_packets']} packets lost; "
        f"{result['refused']} refused"
    )
    for name in ("threads", "descriptors"):
        console.print(f"{name}: before {result[name]['before']}, after {result[name]['after']}")
    console.print("cores: " + ", ".join(f"{name} {share:g}" for name, share in result["cores"].items()))
    for fault, count in {**result["faults"], **result["refused_otherwise"]}.items():
        console.print(f"  {count} × {fault}", highlight=False)
