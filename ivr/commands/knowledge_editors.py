"""``ivr knowledge export``, ``restore``, ``unanswered``, ``heard``: for those who write the answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ivr.answers.readings import READ, Group, HeardOld, grouped, heard_old, missed
from ivr.commands.knowledge_ask import json_option, shelf_option
from ivr.commands.options import config_option, loaded, plain_errors
from ivr.errors import KnowledgeError
from ivr.knowledge.export import read_export, to_csv, to_json, to_packs
from ivr.knowledge.words import words_of
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.schema import JournalEvent, shown, timestamp
from ivr.store.shelf import Shelf, read_shelf


@click.command()
@click.option("--format", "form", type=click.Choice(("json", "csv")), default="json", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of printing.")
@shelf_option
@plain_errors
def export(form: str, out: Path | None, folder: Path) -> None:
    """All entries of the packs as one table, for reading elsewhere; “ivr knowledge restore” reads it back."""
    placed = read_shelf(folder).placed
    text = to_csv(placed) if form == "csv" else to_json(placed)
    if out is None:
        click.echo(text, nl=False)
    else:
        # A spreadsheet program takes a file without this mark for an old Windows text.
        out.write_text(text, encoding="utf-8-sig" if form == "csv" else "utf-8")
        click.echo(f"{out}: {len(placed)} entries.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="An empty folder."
)
@plain_errors
def restore(file: Path, folder: Path) -> None:
    """Write the packs of an export as files into a folder; compare them with the packs before they take their place."""
    if folder.exists() and any(folder.iterdir()):
        raise KnowledgeError(folder, 0, "is not empty", "Give a new folder: packs are never written over")
    files = to_packs(read_export(file.read_text(encoding="utf-8"), str(file)), str(file))
    for (pack, topic), text in files.items():
        path = folder / pack / f"{topic}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    click.echo(f"{folder}: {len(files)} files. Hold them against the rules: ivr knowledge check {folder}/*/*.yaml")


@click.command()
@config_option
@click.option("--days", type=click.IntRange(1), default=30, show_default=True, help="How far back.")
@shelf_option
@json_option
@plain_errors
def unanswered(config_path: Path | None, days: int, folder: Path, as_json: bool) -> None:
    """Questions that were refused, or whose answers were rejected or did not help; those asked most come first."""
    shelf = read_shelf(folder)
    groups = grouped(missed(_events(config_path, days), _ordinary(shelf)))
    if as_json:
        click.echo(json.dumps([_group(group) for group in groups], ensure_ascii=False))
        return
    table = Table("times", "why", "asked", "nearest entry", "last", title=f"Not answered in {days} days")
    for group in groups:
        why = ", ".join(f"{reason} {count}" for reason, count in group.why.items())
        table.add_row(str(len(group.missed)), why, "\n".join(group.examples), group.nearest, f"{group.last:%Y-%m-%d}")
    Console().print(table)


@click.command()
@click.argument("ids", nargs=-1)
@config_option
@click.option("--days", type=click.IntRange(1), default=30, show_default=True, help="How far back.")
@click.option("--reveal", is_flag=True, help="Show callers' numbers in full.")
@shelf_option
@json_option
@plain_errors
def heard(config_path: Path | None, ids: tuple[str, ...], days: int, reveal: bool, folder: Path, as_json: bool) -> None:
    """Who heard an answer (all, or those of IDS) that was changed or dropped since, so that they may be told (A20)."""
    versions = {one.id: one.entry.seal() for one in read_shelf(folder).placed}
    found = heard_old(_events(config_path, days), versions, ids)
    if as_json:
        click.echo(json.dumps([_old(one, reveal) for one in found], ensure_ascii=False))
        return
    table = Table("when", "call", "answer", "heard", "caller", title=f"Heard an old answer in {days} days")
    for one in found:
        gone = " (gone)" if one.gone else ""
        when = f"{one.at:%Y-%m-%d %H:%M}"
        table.add_row(when, one.call_id, one.answer + gone, one.heard, shown(one.caller, reveal=reveal))
    Console().print(table)


def _events(config_path: Path | None, days: int) -> list[JournalEvent]:
    database = open_database(loaded(config_path).journal_path)
    try:
        since = datetime.now(UTC) - timedelta(days=days)
        return [event for event in Journal(database).of_kind(*READ) if event.at >= since]
    finally:
        database.close()


def _ordinary(shelf: Shelf) -> frozenset[str]:
    """Words of the packs: nobody's name, even where a name is written so."""
    texts = (text for one in shelf.placed for text in (*one.entry.examples, one.entry.about))
    return frozenset(word for text in texts for word in words_of(text))


def _group(group: Group) -> dict[str, object]:
    return {
        "times": len(group.missed),
        "why": dict(group.why),
        "examples": group.examples,
        "nearest": group.nearest,
        "last": timestamp(group.last),
    }


def _old(one: HeardOld, reveal: bool) -> dict[str, object]:
    return {
        "at": timestamp(one.at),
        "call": one.call_id,
        "answer": one.answer,
        "gone": one.gone,
        "heard": one.heard,
        "pii_caller": shown(one.caller, reveal=reveal),
    }
