"""``ivr calls``: what callers said, what the line said, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.events import JournalKind, Outcome, RecordingState
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import CallSummary, Journal
from ivr.store.narrative import ALARM, CITIZEN, KEY, LINE, NOTE, PAUSE, Told, tell
from ivr.store.schema import JournalEvent, masked, shown, timestamp

_GOOD, _FAIR, _BAD = "green", "yellow", "red"
_COLOURS: Mapping[str, str] = {
    Outcome.ANSWERED: _GOOD,
    Outcome.TRANSFERRED: _GOOD,
    Outcome.MESSAGE: _GOOD,
    Outcome.CALLBACK: _FAIR,
    Outcome.ABANDONED: _FAIR,
    Outcome.ENDED_BY_RULE: _FAIR,
    Outcome.DROPPED: _BAD,
    RecordingState.OK: _GOOD,
    RecordingState.DEGRADED: _FAIR,
    RecordingState.FAILED: _BAD,
    RecordingState.BLOCKED: _FAIR,
    RecordingState.DECLINED: "dim",
}
_LOOKS = {
    CITIZEN: ("citizen", "cyan"),
    LINE: ("line", "green"),
    KEY: ("key", "magenta"),
    NOTE: ("", "dim"),
    PAUSE: ("", "dim italic"),
    ALARM: ("alarm", "bold red"),
}

_reveal = click.option("--reveal", is_flag=True, help="Show callers' numbers in full.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def calls() -> None:
    """Calls that the line took, from its journal."""


@calls.command("list")
@config_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many, newest first.")
@_json
@_reveal
@plain_errors
def list_calls(config_path: Path | None, limit: int, as_json: bool, reveal: bool) -> None:
    """The latest calls."""
    journal = Journal(open_database(loaded(config_path).journal_path, create=False))
    found = journal.calls(limit)
    if as_json:
        click.echo(json.dumps([call.public(reveal=reveal) for call in found], ensure_ascii=False, indent=1))
    elif not found:
        click.echo("No calls yet.")
    else:
        Console().print(_table(found, reveal=reveal))


@calls.command()
@click.argument("call_id", metavar="ID")
@config_option
@_json
@_reveal
@plain_errors
def show(call_id: str, config_path: Path | None, as_json: bool, reveal: bool) -> None:
    """One call as a timeline. ID may be any beginning that fits one call only."""
    config = loaded(config_path)
    database = open_database(config.journal_path, create=False)
    journal = Journal(database)
    call = journal.call(call_id)
    events = journal.events(call.call_id)
    alarms = Alarms(database).between(call.started, (call.ended or events[-1].at) + timedelta(seconds=1))
    recording = recording_of(events, config)
    if as_json:
        body = call.public(reveal=reveal) | {
            "recording_file": str(recording) if recording else None,
            "timeline": [_public(event, reveal=reveal) for event in events],
            "alarms": [{"at": timestamp(a.at), "kind": a.kind, "data": masked(a.data)} for a in alarms],
        }
        click.echo(json.dumps(body, ensure_ascii=False, indent=1))
        return
    print_call(Console(), call, tell(events, alarms, reveal=reveal), recording, reveal=reveal)


def recording_of(events: list[JournalEvent], config: Config) -> Path | None:
    """The recording that the journal names, if the file is there."""
    for event in reversed(events):
        if event.kind == JournalKind.RECORDING_ENDED and event.data.get("file"):
            path = config.recordings_dir / str(event.data["file"])
            return path if path.exists() else None
    return None


def print_call(
    console: Console, call: CallSummary, lines: list[Told], recording: Path | None, *, reveal: bool = False
) -> None:
    """A call for people's eyes: head, timeline, where its recording lies."""
    head = Text.assemble(
        (_local(call.started), "bold"),
        "   ",
        shown(call.caller, reveal=reveal) or "hidden number",
        "   ",
        _clock(call.duration_s) if call.duration_s is not None else ("still going on", "bold yellow"),
        "   ",
        _coloured(call.outcome),
        "   recording ",
        _coloured(call.recording),
    )
    console.print(Panel(head, title=f"call {call.call_id}", title_align="left", border_style="dim", expand=False))
    grid = Table.grid(padding=(0, 2), expand=False)
    grid.add_column(justify="right", no_wrap=True, style="dim")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines:
        who, style = _LOOKS[line.who]
        text = {NOTE: f"· {line.text}", PAUSE: f"… {line.text}"}.get(line.who, line.text)
        spoken = line.who in (CITIZEN, LINE)
        grid.add_row(_clock(line.at_s), Text(who, style=style), Text(text, style="" if spoken else style))
    console.print(grid)
    if recording is not None:
        console.print()
        console.print(Text(f"recording  {recording}"), soft_wrap=True)


def _table(found: list[CallSummary], *, reveal: bool) -> Table:
    # Widths for a terminal of 80 columns: an id that is cut off can't be given to `show`.
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0))
    for name, width in (("began", 11), ("call", 22), ("caller", 6)):
        table.add_column(name, no_wrap=True, min_width=width)
    table.add_column("length", justify="right", no_wrap=True, min_width=7)
    for name, width in (("outcome", 11), ("recording", 9)):
        table.add_column(name, no_wrap=True, min_width=width)
    table.add_column("topics", overflow="fold")
    for call in found:
        table.add_row(
            _local(call.started, "%m-%d %H:%M"),
            call.call_id,
            shown(call.caller, reveal=reveal) or Text("hidden", style="dim"),
            _clock(call.duration_s) if call.duration_s is not None else Text("live", style="bold yellow"),
            _coloured(call.outcome),
            _coloured(call.recording),
            ", ".join(call.topics) or Text("–", style="dim"),
        )
    return table


def _public(event: JournalEvent, *, reveal: bool) -> dict[str, object]:
    data = event.data if reveal else masked(event.data)
    return {"seq": event.seq, "at": timestamp(event.at), "kind": event.kind, "data": data}


def _coloured(word: str | None) -> Text:
    return Text(word, style=_COLOURS.get(word, "")) if word else Text("–", style="dim")


def _local(at: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone().strftime(form)


def _clock(seconds: float) -> str:
    """``mm:ss.s``."""
    tenths = round(max(0.0, seconds) * 10)
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"
