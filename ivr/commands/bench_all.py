"""``ivr bench all``: every bench, one after another, and their figures on the page."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress

from ivr.commands.options import plain_errors
from ivr.errors import PartFailed
from ivr.paths import project_file
from ivr.simulator.bench_page import Chart, Measured, section, written

PAGE: Final = project_file("docs", "benchmarks.md")
_TURN: Final = {
    "the caller's silence": "steps_ms.silence_ms.p50",
    "the recogniser": "steps_ms.decode_ms.p50",
    "the mind": "steps_ms.mind_ms.p50",
    "the first sound": "steps_ms.sound_ms.p50",
}


@dataclass(frozen=True, slots=True)
class Bench:
    """One of them: arguments of ``ivr bench``, minutes that it takes, what is drawn."""

    arguments: tuple[str, ...]
    minutes: float
    charts: tuple[Chart, ...] = ()


def _load(part: str, minutes: float, *charts: Chart) -> Bench:
    return Bench(("load", "--part", part), minutes, charts)


def _cores(part: str) -> Chart:
    parts = ("worker", "ears", "voice", "office")
    return Chart("share of one core", "", {name: f"{part}.cores.{name}" for name in parts})


BENCHES: Final[dict[str, Bench]] = {
    "answer": Bench(("answer",), 1.0),
    "asr": Bench(("asr",), 1.0),
    "voice": Bench(("voice",), 2.0),
    "conversation": Bench(("conversation",), 45.0, (Chart("a turn, median", "ms", _TURN),)),
    "transfer": Bench(("transfer",), 8.0),
    "knowledge": Bench(("knowledge",), 1.0),
    "identity": Bench(("identity",), 5.0),
    "office": Bench(("office",), 10.0),
    "conversations": _load(
        "conversations",
        6.0,
        Chart("a turn, median", "ms", {name: f"conversations.{path}" for name, path in _TURN.items()}),
        _cores("conversations"),
    ),
    "media": _load("media", 6.0, _cores("media")),
    "overload": _load("overload", 5.0, _cores("overload")),
    "ramp": _load("ramp", 18.0),
    "short calls": _load("short", 5.0),
    "long call": _load("long", 61.0),
}


@click.command(name="all")
@click.option(
    "--results",
    "results_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=project_file("var", "bench.json"),
    show_default="var/bench.json",
    help="Every result is kept here; what the file holds is not measured again.",
)
@click.option("--only", multiple=True, type=click.Choice(list(BENCHES)), help="Measure only this; may be repeated.")
@click.option("--minutes", type=click.FloatRange(min=1), help="Begin nothing that would last longer; go on later.")
@click.option(
    "--page",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=PAGE,
    show_default="docs/benchmarks.md",
    help="The page whose figures are written anew.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all results, too.")
@plain_errors
def everything(results_path: Path, only: tuple[str, ...], minutes: float | None, page: Path, as_json: bool) -> None:
    """Run all benches (about two and a half hours) and write their figures to docs/benchmarks.md.

    Nothing else should run on the machine. A soak is not among them: it keeps a line of its own
    (`ivr bench load --part soak`). Ends with 1 when a bench failed; the others' figures are kept.
    """
    kept = _kept(results_path)
    until = time.monotonic() + 60 * minutes if minutes is not None else None
    failed: dict[str, str] = {}
    wanted = [name for name in (only or BENCHES) if name not in kept]
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("benches", total=sum(BENCHES[name].minutes for name in wanted))
        for name in wanted:
            bench = BENCHES[name]
            bar.update(task, description=name)
            if until is None or time.monotonic() + 60 * bench.minutes <= until:
                try:
                    kept[name] = run(bench.arguments)
                    _keep(results_path, kept)
                except PartFailed as error:
                    failed[name] = str(error)
            bar.advance(task, bench.minutes)
    sections = [section(name, Measured(**kept[name]), bench.charts) for name, bench in BENCHES.items() if name in kept]
    page.write_text(written(page.read_text(encoding="utf-8"), sections), encoding="utf-8")
    left = [name for name in wanted if name not in kept and name not in failed]
    if as_json:
        click.echo(json.dumps({"results": kept, "failed": failed, "left": left}, ensure_ascii=False))
    else:
        click.echo(f"{len(kept)} of {len(BENCHES)} benches are on {page}")
        for name, problem in failed.items():
            click.echo(f"  {name}: {problem}")
        if left:
            click.echo(f"  not yet: {', '.join(left)}")
    if failed:
        raise click.exceptions.Exit(1)


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """One bench in a process of its own. Raises PartFailed with its last words."""
    command = [sys.executable, "-m", "ivr", "bench", *arguments, "--json"]
    began = datetime.now().astimezone()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        words = (done.stderr.strip().splitlines() or ["said nothing"])[-1].removeprefix("Error: ").rstrip(".")
        raise PartFailed(f"bench {arguments[0]}", words, "Run it alone to see more") from error
    return {
        "command": " ".join(("ivr", "bench", *arguments)),
        "at": began.strftime("%Y-%m-%d %H:%M"),
        "machine": machine(),
        "result": result,
    }


def machine() -> str:
    """Cores, memory and interpreter of this machine, in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores {platform.machine()}, {memory:.0f} GB, CPython {platform.python_version()}"


def _kept(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise PartFailed("bench all", f"{path} holds no results", "Give another file, or remove this one") from error


def _keep(path: Path, kept: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)
