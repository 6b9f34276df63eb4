"""``ivr bench conversation``: voice to voice, barge-in, false stops, and the mind's own time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.commands.serve import prepare_shown
from ivr.config import Config
from ivr.dialog.plan import load_plan
from ivr.errors import IvrError
from ivr.paths import project_file
from ivr.processes.line import prepare
from ivr.simulator.spread import Spread, spread
from ivr.speech.prompts import PromptBook

if TYPE_CHECKING:
    from ivr.simulator.conversation_bench import ConversationBench, Notes

_CALLS: Final = project_file("tests", "calls")
_ZONE: Final = ZoneInfo("Europe/Vilnius")
_SEEDS: Final = 200  # random conversations whose every event is timed in the mind
_SLOWEST: Final = 5
_INTERRUPTIONS: Final = 54
_STEPS: Final = {
    "silence_ms": "the caller's silence, until the turn is over",
    "decode_ms": "the recogniser's last work",
    "mind_ms": "the mind",
    "sound_ms": "the first sound of the answer, on its way",
}


@click.command()
@click.option(
    "--turns",
    "notes_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep every result as a line of JSON here; what the file holds already is not measured again.",
)
@click.option("--minutes", type=click.FloatRange(min=0.1), help="Begin no call later; go on with --turns.")
@click.option(
    "--scenario",
    "paths",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play this scenario; may be repeated. Without it a third of the project's calls.",
)
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(["turns", "talk-over", "mind"]),
    help="Measure only this; may be repeated.",
)
@click.option("--interruptions", type=click.IntRange(1), default=_INTERRUPTIONS, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@config_option
@plain_errors
def conversation(
    notes_path: Path | None,
    minutes: float | None,
    paths: tuple[Path, ...],
    parts: tuple[str, ...],
    interruptions: int,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Call the whole line over SIP as citizens do, and time it at the wire (about 45 minutes).

    Voice to voice is from the last sample of the caller's turn to the first sample of the answer, barge-in from the
    first sample of speech over a prompt to the last sample of the prompt. A false stop is a prompt that did not go on
    after a cough, a noise or „aha“.
    """
    os.environ.setdefault("IVR_LOG_LEVEL", "warning")
    status = 0
    try:
        result = asyncio.run(
            _measure(loaded(config_path), notes_path, minutes, paths, parts, interruptions, quiet=as_json)
        )
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
        else:
            _show(result)
    except IvrError as error:
        click.echo(f"Error: {error}", err=True)
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # this process holds PJSIP, whose destructors must not run at exit


async def _measure(
    config: Config,
    notes_path: Path | None,
    minutes: float | None,
    paths: Sequence[Path],
    parts: Sequence[str],
    interruptions: int,
    *,
    quiet: bool,
) -> dict[str, Any]:
    # Imported here: other commands must not carry PJSIP and the simulator.
    from ivr.simulator.clips import Clips
    from ivr.simulator.conversation_bench import Notes
    from ivr.simulator.lines import LineKind, a_third, playable
    from ivr.simulator.scenario import load_scenario

    notes = Notes(notes_path)
    ends = time.monotonic() + 60 * minutes if minutes is not None else None
    wants = set(parts) or {"turns", "talk-over", "mind"}
    texts, now, clips = _texts(config), datetime.now(_ZONE), Clips()
    plan_text = config.line.plan.read_text(encoding="utf-8")
    plan = load_plan(plan_text, str(config.line.plan))
    scenarios = [load_scenario(path) for path in (paths or sorted(_CALLS.glob("*.yaml")))] if "turns" in wants else []
    judged = [(one, playable(one, plan_text, texts, clips, now)) for one in scenarios]
    chosen = [one for one, why_not in judged if not why_not] if paths else a_third(judged)
    if wants & {"turns", "talk-over"}:
        with _bench(config, notes, now, quiet=quiet) as (bench, bar):
            bench.stopped = lambda: ends is not None and time.monotonic() > ends
            total = len(chosen)
            total += (interruptions + sum(1 for _ in bench.disturbances())) * ("talk-over" in wants)
            done = {"scenario": "turns", "interruption": "talk-over", "disturbance": "talk-over"}
            before = sum(1 for row in notes.rows if done.get(row["kind"]) in wants)
            task = bar.add_task("calls", total=total, completed=before)
            bench.step = lambda name: bar.update(task, advance=1, description=name)
            await bench.scenarios([(one, LineKind.of(one.facts, plan)) for one in chosen])
            if "talk-over" in wants:
                await bench.talk_over(interruptions)
    result = figures(notes.rows)
    result["scenarios"]["chosen"] = len(chosen)
    if "mind" in wants:
        result["machine_ms"] = _mind(config, texts)
    return result


@contextmanager
def _bench(config: Config, notes: Notes, now: datetime, *, quiet: bool) -> Iterator[tuple[ConversationBench, Progress]]:
    """Telephones that are ready, and a bar to show how far it is."""
    from ivr.simulator.conversation_bench import ConversationBench
    from ivr.simulator.known import prompts_of_line
    from ivr.simulator.loopback import free_ports, write_config
    from ivr.simulator.stage import people_settings
    from ivr.simulator.wire_stage import WireStage

    cache = project_file("var", "prompt-cache")
    speech = {"model": str(config.speech.model), "voice": config.speech.voice, "prompt_cache": str(cache)}
    ports = free_ports(Random())  # noqa: S311  (ports, not secrets)
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        line, _ = write_config(Path(folder), ports, settings={"speech": speech})
        if quiet:
            prepare(line)
        else:
            prepare_shown(line)
        stage = WireStage(people_settings(ports.peer_sip, ports.peer_rtp), prompts_of_line(line))
        stage.start()
        with Progress(console=Console(stderr=True), transient=True, disable=quiet and not sys.stderr.isatty()) as bar:
            yield ConversationBench(stage, config.line.plan, Path(folder), now, speech, notes), bar
        stage.stop()


def figures(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What the notes' rows say together; milliseconds, shares 0–1, None where nothing was measured."""
    kept = list(rows)
    turns = [row for row in kept if row["kind"] == "turn"]
    # Every scenario's first words are as real as its last; only what had no answer at all is left out, and counted.
    timed = [row for row in turns if not row["missing"]]
    from ivr.simulator.turn_times import OPEN

    closed = [row for row in timed if row["grammar"] not in OPEN]
    played = [row for row in kept if row["kind"] == "scenario"]
    stops = [row["stopped_ms"] for row in kept if row["kind"] == "interruption"]
    sounds = [row for row in kept if row["kind"] == "disturbance"]
    stopped = [row["sound"] for row in sounds if row["stopped"]]
    slowest = sorted(closed, key=lambda row: row["v2v_ms"], reverse=True)[:_SLOWEST]
    return {
        "v2v_ms": spread([row["v2v_ms"] for row in closed]),
        "v2v_open_ms": spread([row["v2v_ms"] for row in timed if row["grammar"] in OPEN]),
        "steps_ms": {step: spread([row[step] for row in closed]) for step in _STEPS},
        "slowest": [{key: value for key, value in row.items() if key not in ("kind", "missing")} for row in slowest],
        "untimed": dict(Counter(row["missing"] for row in turns if row["missing"])),
        "bargein_ms": spread([stop for stop in stops if stop is not None]) | {"not_stopped": stops.count(None)},
        "false_stops": {
            "share": round(len(stopped) / len(sounds), 4) if sounds else None,
            "sounds": len(sounds),
            "stopped": stopped,
            "groups": dict(Counter(row.get("group", "of no group") for row in sounds)),
            "paused": sum(1 for row in sounds if row["paused_ms"] and not row["stopped"]),
            "paused_ms": spread([row["paused_ms"] for row in sounds if row["paused_ms"] and not row["stopped"]]),
        },
        "machine_ms": None,
        "scenarios": {
            "played": len(played),
            "failed": {row["scenario"]: row["reason"] for row in played if row["reason"]},
        },
    }


def _texts(config: Config) -> dict[str, str]:
    book = PromptBook(config.line.prompts_dir, config.line.language)
    return {prompt: book.text(prompt) for prompt in book.ids}


def _mind(config: Config, texts: dict[str, str]) -> Spread:
    """The machine's time for each event of random conversations."""
    from ivr.simulator.fuzz import fuzz

    plan = load_plan(config.line.plan.read_text(encoding="utf-8"), str(config.line.plan))
    handled = [1000 * seconds for seed in range(_SEEDS) for seconds in fuzz(seed, plan, texts).handled_s]
    return spread(handled, digits=3)


def _show(result: dict[str, Any]) -> None:
    console = Console()
    table = Table(title="Conversation, milliseconds")
    for column in ("figure", "p50", "p95", "p99", "max", "of"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    rows = {
        "voice to voice, with a grammar": result["v2v_ms"],
        **{f"  {name}": result["steps_ms"][step] for step, name in _STEPS.items()},
        "voice to voice, open speech": result["v2v_open_ms"],
        "barge-in": result["bargein_ms"],
        "prompts halted by noise, until they went on": result["false_stops"]["paused_ms"],
        "the mind, each event": result["machine_ms"],
    }
    for name, values in rows.items():
        if values is not None and values["count"]:
            table.add_row(name, *(_cell(values.get(key)) for key in ("p50", "p95", "p99", "max", "count")))
    console.print(table)
    noise, calls = result["false_stops"], result["scenarios"]
    if noise["sounds"]:
        named = f": {', '.join(noise['stopped'])}" if noise["stopped"] else ""
        console.print(f"false stops: {len(noise['stopped'])} of {noise['sounds']} sounds ({noise['share']:.1%}){named}")
        console.print("  of them " + ", ".join(f"{group}: {count}" for group, count in noise["groups"].items()))
    if result["bargein_ms"]["not_stopped"]:
        console.print(f"not stopped by words: {result['bargein_ms']['not_stopped']}")
    for turn in result["slowest"]:
        parts = ", ".join(f"{step.removesuffix('_ms')} {turn[step]:.0f}" for step in _STEPS)
        console.print(
            f"slow: {turn['v2v_ms']:.0f} ms  {turn['scenario']}, „{turn['said']}“ → „{turn['heard']}“ ({parts})"
        )
    for why, count in result["untimed"].items():
        console.print(f"without a time: {count} turns, {why}")
    console.print(f"conversations: {calls['played']} of {calls['chosen']} played, {len(calls['failed'])} otherwise")
    for name, reason in calls["failed"].items():
        console.print(f"  {name}: {reason}", highlight=False)


def _cell(value: float | int | None) -> str:
    return "–" if value is None else f"{value:g}"
