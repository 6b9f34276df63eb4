"""``ivr bench knowledge``: how soon the answers are ready, how soon one is found, and what memory they take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from ivr.answers.wire import AnswersClient
from ivr.commands.knowledge_ask import confuser_of
from ivr.commands.options import plain_errors
from ivr.errors import PartFailed
from ivr.paths import project_file
from ivr.store.shelf import read_shelf

_EVERY: Final = 7  # of the packs' examples one in so many is asked
_NOISE: Final = 0.2  # words misheard, so that no question is one that the ranking knows by heart
_ROWS: Final = {
    "index_s": "reading the packs and building the index, s",
    "query_ms": "a question, asked over the socket as workers do, ms",
    "rss_mb": "memory of the process at most, MB",
}


@click.command()
@click.option(
    "--dialplans",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=project_file("dialplans"),
    help="Folder with knowledge/, institutions.yaml and topics.yaml.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@plain_errors
def knowledge(folder: Path, as_json: bool) -> None:
    """Start the answers' own process and ask it some hundred questions, one after another."""
    shelf = read_shelf(folder)
    confuser = confuser_of(shelf)
    examples = [example for one in shelf.placed for example in one.entry.examples][::_EVERY]
    figures = measure(folder, [confuser.misheard(example, _NOISE, 1) or example for example in examples])
    if as_json:
        click.echo(json.dumps(figures))
        return
    table = Table(show_header=False)
    for name, meaning in _ROWS.items():
        table.add_row(meaning, str(figures[name]))
    Console().print(table)


def measure(folder: Path, questions: Sequence[str]) -> dict[str, Any]:
    """``index_s``, ``query_ms`` (p50, p95) and ``rss_mb`` of a process that answers from ``folder``.

    Raises:
        PartFailed: it did not come up.
        AnswersUnavailable: it went away.
    """
    with tempfile.TemporaryDirectory(prefix="ivr-") as data, _process(folder, Path(data)) as (pid, index_s):
        client = AnswersClient(Path(data) / "answers.sock")
        times = []
        for question in questions:
            before = time.perf_counter()
            client.answer(question)
            times.append((time.perf_counter() - before) * 1000)
        peak = _peak_mb(pid)
    times.sort()
    ms = {f"p{share}": round(times[min(len(times) - 1, len(times) * share // 100)], 2) for share in (50, 95)}
    return {"questions": len(times), "index_s": index_s, "query_ms": ms, "rss_mb": peak}


@contextmanager
def _process(folder: Path, data: Path) -> Iterator[tuple[int, float]]:
    """The part as the supervisor starts it: its process id, and how long its index took."""
    environment = os.environ | {"IVR_LINE_DATA_DIR": str(data), "IVR_ANSWERS_DIALPLANS": str(folder.resolve())}
    command = [sys.executable, "-m", "ivr", "part", "answers"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    ) as process:
        try:
            yield process.pid, _ready(process)
        finally:
            process.terminate()


def _ready(process: subprocess.Popen[str]) -> float:
    for line in process.stdout or ():
        said = json.loads(line) if line.startswith("{") else {}
        if said.get("event") == "ready":
            return float(said["index_s"])
        if said.get("event") == "failed":
            raise PartFailed("answers", str(said["problem"]), "Correct this and measure again")
    raise PartFailed("answers", "ended before it was ready", "Run “ivr part answers” to see why")


def _peak_mb(pid: int) -> float:
    """The largest resident set of a process so far, in millions of bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return round(kilobytes * 1024 / 1e6, 1)
