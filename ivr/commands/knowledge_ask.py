"""``ivr knowledge ask``, ``eval``, ``index``, ``search``: find answers, and measure how well they are found."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ivr.commands.options import plain_errors
from ivr.errors import KnowledgeError
from ivr.knowledge.evaluation import Question, figures, load_questions
from ivr.knowledge.folds import in_folds
from ivr.knowledge.mishearing import Confuser
from ivr.knowledge.pack import PACKS
from ivr.knowledge.ranking import Answer, Ranker, target_of
from ivr.knowledge.words import Concepts
from ivr.paths import project_file
from ivr.store.search import build_search
from ivr.store.search import search as search_in
from ivr.store.shelf import Shelf, read_shelf

SHELF = project_file("dialplans")
SEARCH = Path("var/knowledge.db")

shelf_option = click.option(
    "--dialplans",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=SHELF,
    help="Folder with knowledge/, institutions.yaml and topics.yaml; default: the line's own.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
pack_option = click.option("--pack", type=click.Choice([*PACKS, "all"]), default="all", show_default=True)


def ranker_of(shelf: Shelf) -> Ranker:
    """The ranking over all packs of a shelf.

    Raises:
        KnowledgeError: the shelf has no entries.
    """
    if not shelf.placed:
        raise KnowledgeError(SHELF, 0, "there are no packs", "Give the folder with knowledge/ by --dialplans")
    return Ranker([target_of(one) for one in shelf.placed], shelf.kinds, Concepts(shelf.concepts))


def confuser_of(shelf: Shelf) -> Confuser:
    """Mishears words as others of the shelf's own texts and example questions."""
    entries = [one.entry for one in shelf.placed]
    return Confuser(text for one in entries for text in (*one.examples, *(said for _, said in one.spoken())))


@click.command()
@click.argument("query", required=False)
@click.option("--jsonl", is_flag=True, help='Read lines {"query": …} from standard input, write a JSON line for each.')
@pack_option
@shelf_option
@plain_errors
def ask(query: str | None, jsonl: bool, pack: str, folder: Path) -> None:
    """What the line would make of a question."""
    if bool(query) == jsonl:
        raise click.UsageError("give a question or --jsonl")
    shelf = read_shelf(folder)
    ranker = ranker_of(shelf)
    packs = () if pack == "all" else (pack,)
    if query:
        _show(shelf, ranker.ask(query, packs))
        return
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            click.echo(json.dumps(as_json(ranker.ask(_query(line, number), packs)), ensure_ascii=False))


@click.command("eval")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--left-out", is_flag=True, help="Instead of a file: every example question, as if it were not in the pack."
)
@click.option("--noise", type=click.FloatRange(0, 1), default=0.0, help="Share of words misrecognised.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the noise.")
@click.option("--wrong", is_flag=True, help="Also list the questions whose first entry is wrong.")
@pack_option
@shelf_option
@json_option
@plain_errors
def evaluate(
    file: Path | None, left_out: bool, noise: float, seed: int, wrong: bool, pack: str, folder: Path, as_json: bool
) -> None:
    """Measure how well the questions of FILE find their entries (--pack: only questions for entries of that pack).

    Noise makes of words others that sound alike, other forms, two words, their beginnings, or nothing. With --left-out
    it trains five times, each time without a fifth of the examples, and asks those.
    """
    if (file is None) != left_out:
        raise click.UsageError("give a file or --left-out")
    shelf = read_shelf(folder)
    confuser = confuser_of(shelf)
    started = time.perf_counter()
    ranker = ranker_of(shelf)
    built = time.perf_counter() - started
    asked: list[tuple[Question, Answer]] = []
    times: list[float] = []
    if file is None and noise:
        targets, concepts = [target_of(one) for one in shelf.placed], Concepts(shelf.concepts)
        asked += in_folds(targets, shelf.kinds, concepts, lambda query: confuser.misheard(query, noise, seed))
    elif file is None:
        for query, entry, kind, answer in ranker.left_out():
            right = frozenset({ranker.targets[entry].id}) if kind == "faq" else frozenset()
            asked.append((Question(query, kind, right), answer))
    else:
        for question in load_questions(file.read_text(encoding="utf-8"), str(file)):
            heard = confuser.misheard(question.query, noise, seed)
            before = time.perf_counter()
            answer = ranker.ask(heard)
            times.append(time.perf_counter() - before)
            asked.append((question, answer))
    if pack != "all":
        asked = [(one, answer) for one, answer in asked if _of_pack(one, pack)]
    found = figures(asked)
    if times:
        found["ms_p95"] = round(sorted(times)[int(0.95 * (len(times) - 1))] * 1000, 1)
    found["build_s"] = round(built, 2)
    _report(found, asked if wrong else [], as_json)


def _of_pack(question: Question, pack: str) -> bool:
    """Pairs of the page are the ministry's; questions of other kinds belong to every pack."""
    packs = {name.split("/")[0] if "/" in name else PACKS[0] for name in question.right}
    return question.kind != "faq" or pack in packs


@click.command()
@click.option("--database", type=click.Path(dir_okay=False, path_type=Path), default=SEARCH, show_default=True)
@shelf_option
@plain_errors
def index(database: Path, folder: Path) -> None:
    """Write the packs into a SQLite file for searching by staff."""
    shelf = read_shelf(folder)
    database.parent.mkdir(parents=True, exist_ok=True)
    build_search(database, shelf.placed)
    click.echo(f"{database}: {len(shelf.placed)} entries.")


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--database", type=click.Path(dir_okay=False, path_type=Path), default=SEARCH, show_default=True)
@plain_errors
def search(words: tuple[str, ...], database: Path) -> None:
    """Entries that hold all these words (beginnings of words suffice)."""
    table = Table()
    for column in ("id", "about", "found"):
        table.add_column(column)
    for hit in search_in(database, " ".join(words)):
        table.add_row(hit.id, hit.about, hit.shown.replace("[", "\\["))
    Console().print(table)


def as_json(answer: Answer) -> dict[str, object]:
    """The answer as programs read it (issue 6: for machines)."""
    return {
        "kind": answer.kind,
        "decision": answer.decision,
        "confidence": round(answer.confidence, 4),
        "candidates": [
            {"id": one.id, "sources": [list(source) for source in one.sources], "score": one.score}
            for one in answer.candidates
        ],
    }


def _query(line: str, number: int) -> str:
    try:
        return str(json.loads(line)["query"])
    except (ValueError, KeyError, TypeError) as error:
        raise KnowledgeError("standard input", number, f"is no question ({error})", 'Write {"query": …}') from error


def _show(shelf: Shelf, answer: Answer) -> None:
    entries = {one.id: one.entry for one in shelf.placed}
    click.echo(f"{answer.kind}, {answer.decision}, confidence {answer.confidence:.2f}")
    table = Table()
    for column in ("score", "id", "about"):
        table.add_column(column)
    for one in answer.candidates:
        table.add_row(f"{one.score:.2f}", one.id, entries[one.id].about)
    Console().print(table)
    if answer.candidates and answer.decision == "answer":
        click.echo(entries[answer.candidates[0].id].short)


def _report(found: dict[str, float | int], wrong: list[tuple[Question, Answer]], as_json: bool) -> None:
    missed = [_miss(question, answer) for question, answer in wrong if not _right(question, answer)]
    if as_json:
        click.echo(json.dumps(found | ({"wrong": missed} if wrong else {}), ensure_ascii=False))
        return
    table = Table(show_header=False)
    for name, value in found.items():
        table.add_row(
            name, f"{value:.1%}" if isinstance(value, float) and not name.startswith(("ms", "build")) else str(value)
        )
    Console().print(table)
    for miss in missed:
        click.echo("  ".join(f"{name}: {value}" for name, value in miss.items()))


def _miss(question: Question, answer: Answer) -> dict[str, str]:
    return {
        "query": question.query,
        "right": ", ".join(sorted(question.right)) or question.kind,
        "decision": answer.decision,
        "first": answer.candidates[0].id if answer.candidates else "",
    }


def _right(question: Question, answer: Answer) -> bool:
    if question.kind != "faq":
        return question.kind == answer.kind
    return figures([(question, answer)])["first"] == 1.0
