"""``ivr bench transfer``: callers handed over to agents who fail in every way."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.commands.serve import prepare_shown
from ivr.config import Config
from ivr.paths import project_file
from ivr.ranks import at_shares

if TYPE_CHECKING:
    from ivr.simulator.conversation_bench import Notes
    from ivr.simulator.loopback import LoopbackLine

_ROWS: Final = {
    "transfers": "transfers",
    "bridged": "talked to an agent",
    "bridged_by_baresip": "of them on a real telephone (baresip)",
    "returned": "back with the assistant",
    "offers": "agents called",
    "lost_callers": "lost callers",
    "lost_contexts": "lost contexts",
    "back_to_caller_ms": "agent's failure to the caller, ms",
    "context_on_screen_ms": "ring to the card on the screen, ms",
    "accept_to_bridge_ms": "key 1 to the caller's voice, ms",
    "recordings_incomplete": "recordings without both conversations",
}


_MOMENT_ROWS: Final = {
    "moments": "moments",
    "by_kind": "of each kind",
    "calls": "callers",
    "lost_callers": "lost callers",
    "lost_contexts": "callbacks without context",
    "doubled": "done twice",
    "cards_missing": "cards that never came by MQTT",
    "cards_again": "cards that came again, with the same id",
    "stuck_agents": "agents who never were free again",
    "missed": "moments that came too late, for a caller was gone",
    "callback_ms": "killed worker to the urgent callback, ms",
    "notice_to_callback_ms": "supervisor's notice to the callback, ms",
    "card_again_ms": "desk loaded anew to the card, ms",
}


@click.command()
@click.option(
    "--part",
    type=click.Choice(["transfers", "bad-moments"]),
    default="transfers",
    show_default=True,
    help="Agents who fail, or a broker, office, desk or worker that does in mid-call.",
)
@click.option("--transfers", type=click.IntRange(1), default=200, show_default=True, help="How many calls in all.")
@click.option("--moments", type=click.IntRange(1), default=40, show_default=True, help="How many bad moments in all.")
@click.option("--workers", type=click.IntRange(1, 16), default=4, show_default=True, help="Line workers side by side.")
@click.option(
    "--no-answer", "no_answer_s", type=click.FloatRange(3, 60), default=3.0, show_default=True, help="Seconds."
)
@click.option("--minutes", type=click.FloatRange(min=0.1), help="Begin no call later; go on with --turns.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the bad moments.")
@click.option(
    "--turns",
    "notes_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep every transfer as a line of JSON here; those that the file holds already count.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@config_option
@plain_errors
def transfer(
    part: str,
    transfers: int,
    moments: int,
    workers: int,
    no_answer_s: float,
    minutes: float | None,
    seed: int,
    notes_path: Path | None,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Hand callers over to telephones of sipp that accept, are busy, decline, ring on, hang up, or are not there.

    Nobody may be lost: who does not reach an agent is with the assistant again, or on the list of callbacks.
    """
    from ivr.simulator.conversation_bench import Notes

    os.environ.setdefault("IVR_LOG_LEVEL", "warning")
    notes, config = Notes(notes_path), loaded(config_path)
    kind, wanted = ("moment", moments) if part == "bad-moments" else ("transfer", transfers)
    left = wanted - sum(1 for _ in notes.of(kind))
    until = time.monotonic() + 60.0 * minutes if minutes is not None else float("inf")
    if left > 0 and kind == "moment":
        random = Random(seed + wanted - left)  # noqa: S311  (moments, not secrets)
        asyncio.run(_strike(config, notes, left, random, until, quiet=as_json))
    elif left > 0:
        asyncio.run(_measure(config, notes, left, workers, no_answer_s, until, quiet=as_json))
    rows = list(notes.of(kind))
    result = moment_figures(rows) if kind == "moment" else figures(rows)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        _show(result, _MOMENT_ROWS if kind == "moment" else _ROWS)


def _line(
    config: Config, folder: Path, workers: int, no_answer_s: float, more: dict[str, dict[str, object]]
) -> LoopbackLine:
    """A line whose sentences are a word each, for nobody listens: ten callers take minutes and not an hour."""
    from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
    from ivr.speech.prompts import PromptBook

    prompts = folder / "prompts" / config.line.language
    prompts.mkdir(parents=True)
    ids = PromptBook(config.line.prompts_dir, config.line.language).ids
    (prompts / "line.yaml").write_text("".join(f"{one}: Gerai.\n" for one in ids), encoding="utf-8")
    settings: dict[str, dict[str, object]] = {
        "line": {"prompts_dir": str(folder / "prompts")},
        "speech": {"voice": config.speech.voice, "prompt_cache": str(project_file("var", "prompt-cache"))},
        "workers": {"count": workers, "drain_s": 1.0, "restart_delay_s": 0.1},
        "people": {"hours": "always", "no_answer_s": no_answer_s, "wrap_up_s": 0},
        **more,
    }
    line_config, path = write_config(folder, free_ports(Random(), workers), settings=settings)  # noqa: S311
    prepare_shown(line_config)
    return LoopbackLine(line_config, path)


async def _measure(
    config: Config, notes: Notes, wanted: int, workers: int, no_answer_s: float, until: float, *, quiet: bool
) -> None:
    from ivr.simulator.bench_agents import Agents, free_block
    from ivr.simulator.transfer_bench import JournalWatch, judged, offers_of, run_callers

    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        line = _line(config, folder, workers, no_answer_s, {})
        bar = stack.enter_context(Progress(disable=quiet))
        task = bar.add_task("transfers", total=wanted)
        async with line:
            office, port = line.config.office_path, line.config.office.port
            agents = stack.enter_context(Agents(office, port, folder, free_block(), workers).at_work())
            watch = stack.enter_context(JournalWatch(line.config.journal_path))
            lines = [("127.0.0.1", line.config.sip.port + number) for number in range(workers)]

            def done(row: dict[str, Any]) -> None:
                offers, recordings = offers_of(office, row["call"]), line.config.recordings_dir
                notes.add("transfer", judged(row, watch.call(row["sip"]), agents, offers, no_answer_s, recordings))
                bar.advance(task)

            await asyncio.to_thread(run_callers, lines, wanted, watch, done, until)


async def _strike(config: Config, notes: Notes, wanted: int, random: Random, until: float, *, quiet: bool) -> None:
    from ivr.simulator.bad_moments import BadMoments, Shown, subscribe
    from ivr.simulator.bench_agents import Agents, free_block
    from ivr.simulator.mosquitto import Mosquitto
    from ivr.simulator.sipp_agents import Habit
    from ivr.simulator.transfer_bench import JournalWatch

    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        first_port = free_block()
        broker = stack.enter_context(Mosquitto(folder / "broker", first_port + 90))
        line = _line(config, folder, 2, 15.0, {"mqtt": {"host": "127.0.0.1", "port": broker.port}})
        bar = stack.enter_context(Progress(disable=quiet))
        task = bar.add_task("bad moments", total=wanted)
        shown: list[Shown] = []
        subscribed = asyncio.Event()
        reading = asyncio.create_task(subscribe(broker.port, shown, subscribed.set))
        await asyncio.wait_for(subscribed.wait(), 30)
        async with line:
            office, port = line.config.office_path, line.config.office.port
            agents = Agents(office, port, folder, first_port, 2, (Habit.KEY,))
            stack.enter_context(agents.at_work())
            watch = stack.enter_context(JournalWatch(line.config.journal_path))

            def done(row: dict[str, Any]) -> None:
                notes.add("moment", row)
                bar.advance(task)

            moments = BadMoments(line, agents, watch, broker, shown, random)
            await asyncio.to_thread(moments.run, wanted, done, until)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def moment_figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole of all bad moments; ``doubled`` counts what was there twice, by name."""
    calls = [call for row in rows for call in row["calls"]]
    times = {
        key: _spread([row[key] for row in rows if row.get(key) is not None])
        for key in ("callback_ms", "notice_to_callback_ms", "card_again_ms")
    }
    return {
        "moments": len(rows),
        "by_kind": Counter(row["moment"] for row in rows),
        "calls": Counter(call["came"] for call in calls),
        "lost_callers": sum(call["lost"] for call in calls),
        "lost_contexts": sum(call["contexts_lost"] for call in calls),
        "doubled": Counter(what for call in calls for what in call["doubled"]),
        "cards_missing": sum(call["cards_missing"] for call in calls),
        "cards_again": sum(call["cards_again"] for call in calls),
        "stuck_agents": sum(row["stuck"] for row in rows),
        "missed": sum(row.get("missed", False) for row in rows),
        **times,
    }


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole of all transfers; times as p50, p95 and the worst."""
    accepted = [row["accept_to_bridge_ms"] for row in rows if row["accept_to_bridge_ms"] is not None]
    return {
        "transfers": len(rows),
        "bridged": sum(row["came"] == "bridged" for row in rows),
        "bridged_by_baresip": sum(row["baresip"] for row in rows),
        "returned": sum(row["came"] == "returned" for row in rows),
        "offers": sum(row["offers"] for row in rows),
        "lost_callers": sum(row["lost"] for row in rows),
        "lost_contexts": sum(row["lost_contexts"] for row in rows),
        "back_to_caller_ms": _spread([one for row in rows for one in row["back_to_caller_ms"]]),
        "context_on_screen_ms": _spread([one for row in rows for one in row["context_on_screen_ms"]]),
        "accept_to_bridge_ms": _spread(accepted),
        "recordings_incomplete": sum(bool(row["recording_fault"]) for row in rows),
    }


def _spread(values: list[float]) -> dict[str, float]:
    p50, p95, most = at_shares(values, 0.50, 0.95, 1.0)
    return {"n": len(values), "p50": p50 or 0.0, "p95": p95 or 0.0, "max": most or 0.0}


def _show(result: dict[str, Any], rows: dict[str, str]) -> None:
    table = Table("what", "figure")
    for key, words in rows.items():
        value = result[key]
        table.add_row(words, json.dumps(value) if isinstance(value, dict) else str(value))
    Console().print(table)
