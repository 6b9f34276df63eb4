"""``ivr bench transfer``: callers handed over to agents who fail in every way."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.commands.serve import prepare_shown
from ivr.config import Config
from ivr.paths import project_file

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


@click.command()
@click.option("--transfers", type=click.IntRange(1), default=200, show_default=True, help="How many calls in all.")
@click.option("--workers", type=click.IntRange(1, 16), default=4, show_default=True, help="Line workers side by side.")
@click.option(
    "--no-answer", "no_answer_s", type=click.FloatRange(3, 60), default=3.0, show_default=True, help="Seconds."
)
@click.option("--minutes", type=click.FloatRange(min=0.1), help="Begin no call later; go on with --turns.")
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
    transfers: int,
    workers: int,
    no_answer_s: float,
    minutes: float | None,
    notes_path: Path | None,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Hand callers over to telephones of sipp that accept, are busy, decline, ring on, hang up, or are not there.

    Nobody may be lost: who does not reach an agent is with the assistant again, or on the list of callbacks.
    """
    from ivr.simulator.conversation_bench import Notes

    os.environ.setdefault("IVR_LOG_LEVEL", "warning")
    notes = Notes(notes_path)
    left = transfers - sum(1 for _ in notes.of("transfer"))
    if left > 0:
        asyncio.run(_measure(loaded(config_path), notes, left, workers, no_answer_s, minutes, quiet=as_json))
    result = figures(list(notes.of("transfer")))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        _show(result)


async def _measure(
    config: Config, notes: Any, wanted: int, workers: int, no_answer_s: float, minutes: float | None, *, quiet: bool
) -> None:
    from ivr.simulator.bench_agents import Agents, free_block
    from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
    from ivr.simulator.transfer_bench import JournalWatch, judged, offers_of, run_callers
    from ivr.speech.prompts import PromptBook

    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        prompts = folder / "prompts" / config.line.language
        prompts.mkdir(parents=True)
        ids = PromptBook(config.line.prompts_dir, config.line.language).ids
        # Nobody listens to the sentences here: a word each, so that ten callers take minutes and not an hour.
        (prompts / "line.yaml").write_text("".join(f"{one}: Gerai.\n" for one in ids), encoding="utf-8")
        settings: dict[str, dict[str, object]] = {
            "line": {"prompts_dir": str(folder / "prompts")},
            "speech": {"voice": config.speech.voice, "prompt_cache": str(project_file("var", "prompt-cache"))},
            "workers": {"count": workers, "drain_s": 1.0},
            "people": {"hours": "always", "no_answer_s": no_answer_s, "wrap_up_s": 0},
        }
        line_config, path = write_config(folder, free_ports(Random(), workers), settings=settings)  # noqa: S311
        prepare_shown(line_config)
        bar = stack.enter_context(Progress(disable=quiet))
        task = bar.add_task("transfers", total=wanted)
        async with LoopbackLine(line_config, path):
            agents = Agents(line_config.office_path, line_config.office.port, folder, free_block(), workers)
            stack.enter_context(agents.at_work())
            watch = stack.enter_context(JournalWatch(line_config.journal_path))
            lines = [("127.0.0.1", line_config.sip.port + number) for number in range(workers)]

            recordings = line_config.recordings_dir

            def done(row: dict[str, Any]) -> None:
                offers = offers_of(line_config.office_path, row["call"])
                notes.add("transfer", judged(row, watch.call(row["sip"]), agents, offers, no_answer_s, recordings))
                bar.advance(task)

            until = time.monotonic() + 60.0 * minutes if minutes is not None else float("inf")
            await asyncio.to_thread(run_callers, lines, wanted, watch, done, until)


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
    ordered = sorted(values)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0

    return {"n": len(ordered), "p50": at(0.50), "p95": at(0.95), "max": at(1.0)}


def _show(result: dict[str, Any]) -> None:
    table = Table("what", "figure")
    for key, words in _ROWS.items():
        value = result[key]
        table.add_row(words, json.dumps(value) if isinstance(value, dict) else str(value))
    Console().print(table)
