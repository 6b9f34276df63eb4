"""``ivr knowledge``: the line's answers: import, check, prove and try them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ivr.commands.knowledge_ask import ask, evaluate, index, json_option, search, shelf_option
from ivr.commands.knowledge_editors import export, heard, restore, unanswered
from ivr.commands.options import plain_errors
from ivr.errors import KnowledgeError
from ivr.knowledge.check import Finding, check_entries, uncovered
from ivr.knowledge.edition import Difference, Edition, compare, dump_edition, edition_of, load_edition, named
from ivr.knowledge.faults import PageFault, page_faults
from ivr.knowledge.page import Page, parse_page
from ivr.knowledge.terms import Term, is_table, load_terms, missing_points, term_faults
from ivr.store.shelf import Shelf, mark_reviewed, read_shelf


@click.group()
def knowledge() -> None:
    """The line's answers: packs that staff may edit, and the page they come from."""


for command in (ask, evaluate, export, heard, index, restore, search, unanswered):
    knowledge.add_command(command)


@knowledge.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Keep dates, checksums and facts here.")
@click.option(
    "--compare", "older", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Older page or record."
)
@json_option
@plain_errors
def import_page(file: Path, write: Path | None, older: Path | None, as_json: bool) -> None:
    """Take a page of the ministry's questions apart and report its faults; refuse what is no such page."""
    page = parse_page(file.read_bytes(), str(file))
    edition, faults = edition_of(page), page_faults(page)
    difference = compare(_edition(older), edition) if older else None
    if write:
        write.write_text(dump_edition(edition), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(_as_json(page, edition, faults, difference), ensure_ascii=False))
        return
    table = Table(title=f"{file}: {len(page.topics)} topics, {len(page.entries)} entries, {len(faults)} faults")
    for column in ("entry", "line", "fault", "where"):
        table.add_column(column)
    for fault in faults:
        table.add_row(named(fault.source), str(fault.line), fault.kind, fault.shown)
    Console().print(table)
    if difference is not None:
        for name, sources in asdict(difference).items():
            click.echo(f"{name}: {', '.join(named(source) for source in sources) or 'none'}")


@knowledge.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@shelf_option
@click.option("--drafts", is_flag=True, help="The second reading may still be missing.")
@json_option
@plain_errors
def check(files: tuple[Path, ...], folder: Path, drafts: bool, as_json: bool) -> None:
    """Check packs (default: all): form, lengths, numbers against the source, examples, second reading."""
    shelf = read_shelf(folder, files)
    found = check_entries(shelf.placed, shelf.edition, shelf.institutions, shelf.topics, drafts=drafts)
    missing = [] if files or shelf.edition is None else uncovered(shelf.placed, shelf.edition)
    if as_json:
        summary = {
            "ok": not found and not missing,
            "entries": len(shelf.placed),
            "findings": [asdict(finding) for finding in found],
            "uncovered": [named(source) for source in missing],
        }
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        _print_findings(shelf, found)
        if missing:
            click.echo(f"Not answered: {', '.join(named(source) for source in missing)}")
    if found or missing:
        raise SystemExit(1)


@knowledge.command()
@click.option(
    "--source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The page, or the table.",
)
@click.option(
    "--anomalies", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Faults found by hand (TSV)."
)
@shelf_option
@json_option
@plain_errors
def verify(source: Path, anomalies: Path | None, folder: Path, as_json: bool) -> None:
    """Derive dates, checksums and facts anew from the page and hold the packs against them.

    With a table of the personnel decree's deadlines as the source: hold the personnel pack against that.
    """
    table = source.read_text(encoding="utf-8", errors="replace")
    if is_table(table):
        _verify_terms(load_terms(table, str(source)), read_shelf(folder), as_json)
        return
    page = parse_page(source.read_bytes(), str(source))
    shelf = read_shelf(folder)
    if shelf.edition is None:
        raise KnowledgeError(
            folder, 0, "there is no record of the page", "Write it with “ivr knowledge import --write”"
        )
    fresh = edition_of(page)
    problems = _drift(shelf.edition, fresh)
    found = check_entries(shelf.placed, fresh, shelf.institutions, shelf.topics, drafts=True)
    missing = uncovered(shelf.placed, fresh)
    unseen = _unseen(anomalies, page) if anomalies else []
    if as_json:
        summary = {
            "ok": not (problems or found or missing or unseen),
            "drift": problems,
            "findings": [asdict(finding) for finding in found],
            "uncovered": [named(one) for one in missing],
            "anomalies_unseen": unseen,
        }
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(problem)
        _print_findings(shelf, found)
        if missing:
            click.echo(f"Not answered: {', '.join(named(one) for one in missing)}")
        for line in unseen:
            click.echo(f"found by hand, not by the importer: {line}")
    if problems or found or missing or unseen:
        raise SystemExit(1)


@knowledge.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("ids", nargs=-1)
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the reading; default: today.")
@plain_errors
def reviewed(file: Path, ids: tuple[str, ...], day: datetime | None) -> None:
    """Record that the texts of FILE (all entries, or those named) were read a second time against the source."""
    text = mark_reviewed(file.read_text(encoding="utf-8"), str(file), ids, day.date() if day else date.today())
    file.write_text(text, encoding="utf-8")


@knowledge.command()
@click.argument("sources", nargs=-1, required=True)
@shelf_option
@plain_errors
def facts(sources: tuple[str, ...], folder: Path) -> None:
    """Print the numbers that the source holds: ivr knowledge facts 1.1 8.6."""
    edition = read_shelf(folder, ()).edition
    for name in sources:
        topic, _, number = name.partition(".")
        record = (
            edition.entries.get((int(topic or 0), int(number or 0)))
            if edition and name.replace(".", "").isdigit()
            else None
        )
        if record is None:
            raise KnowledgeError(folder, 0, f"the page has no entry {name}", "Give topic and number: 8.6")
        click.echo(f"{name} ({record.date}): {', '.join(record.facts) or 'no numbers'}")


def _verify_terms(terms: Mapping[str, Term], shelf: Shelf, as_json: bool) -> None:
    found, missing = list(term_faults(shelf.placed, terms)), missing_points(shelf.placed, terms)
    if as_json:
        summary = {
            "ok": not (found or missing),
            "terms": len(terms),
            "findings": [asdict(finding) for finding in found],
            "uncovered": missing,
        }
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        _print_findings(shelf, found)
        click.echo(f"{len(terms)} terms. Not answered: {', '.join(missing) or 'none'}.")
    if found or missing:
        raise SystemExit(1)


def _edition(path: Path) -> Edition:
    if path.suffix == ".yaml":
        return load_edition(path.read_text(encoding="utf-8"), str(path))
    return edition_of(parse_page(path.read_bytes(), str(path)))


def _drift(kept: Edition, fresh: Edition) -> list[str]:
    problems = []
    difference = compare(kept, fresh)
    for name, sources in asdict(difference).items():
        problems += [f"{named(source)}: {name} in this page" for source in sources]
    if kept.checksum != fresh.checksum:
        problems.append(
            f"the page's checksum is {fresh.checksum[:12]}…, the packs were written from {kept.checksum[:12]}…"
        )
    for source, record in kept.entries.items():
        other = fresh.entries.get(source)
        if other is not None and (record.facts != other.facts or record.date != other.date):
            problems.append(f"{named(source)}: the kept facts are not those of the page")
    return problems


def _unseen(path: Path, page: Page) -> list[str]:
    """Faults found by hand that the importer does not report at that entry."""
    reported: dict[str, set[str]] = {}
    for fault in page_faults(page):
        reported.setdefault(named(fault.source), set()).add(fault.kind)
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    unseen = []
    for row in rows:
        kinds = {part.strip() for part in row[2].replace("+", ",").split(",")}
        if not kinds & reported.get(row[0], set()):
            unseen.append(f"{row[0]} {row[2]}: {row[3]}")
    return unseen


def _as_json(
    page: Page, edition: Edition, faults: Sequence[PageFault], difference: Difference | None
) -> dict[str, object]:
    entries = [
        {
            "topic": entry.source[0],
            "number": entry.source[1],
            "line": entry.line,
            "question": entry.question.text,
            "date": entry.updated.isoformat() if entry.updated else None,
            "checksum": entry.checksum,
            "facts": list(edition.entries[entry.source].facts),
            "faults": [{"kind": f.kind, "line": f.line, "shown": f.shown} for f in faults if f.source == entry.source],
        }
        for entry in page.entries.values()
    ]
    result: dict[str, object] = {
        "file": page.file,
        "checksum": page.checksum,
        "topics": [{"number": t.number, "title": t.title, "announced": t.announced} for t in page.topics],
        "entries": entries,
    }
    if difference is not None:
        result["difference"] = {name: [named(one) for one in sources] for name, sources in asdict(difference).items()}
    return result


def _print_findings(shelf: Shelf, found: Sequence[Finding]) -> None:
    for finding in found:
        click.echo(f"{finding.file}:{finding.line}: {finding.id}: {finding.problem}. {finding.remedy}")
    click.echo(f"{len(shelf.placed)} entries, {len(found)} faults.")
