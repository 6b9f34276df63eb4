"""``ivr plan``: look after the dial plan."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.dialog.compare import compare
from ivr.dialog.nodes import Plan
from ivr.dialog.picture import picture
from ivr.dialog.plan import phrases, prompts_used
from ivr.dialog.schema import schema_text
from ivr.errors import IvrError
from ivr.processes.preflight import read_plan
from ivr.speech.lexicon import Lexicon
from ivr.speech.prompts import PromptBook, other_texts


@click.group()
def plan() -> None:
    """The conversation as a plan that staff may edit."""


@plan.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
@click.option("--no-lexicon", is_flag=True, help="Don't check whether the recogniser knows the words.")
@plain_errors
def check(file: Path | None, config_path: Path | None, as_json: bool, no_lexicon: bool) -> None:
    """Check a plan (default: the configured one) as the line does at start."""
    config = loaded(config_path)
    path = file or config.line.plan
    try:
        book = PromptBook(config.line.prompts_dir, config.line.language)
        known = {*book.ids, *other_texts(config.line.prompts_dir, config.line.language)}
        lexicon = None if no_lexicon else Lexicon(config.speech.model)
        checked = read_plan(path, lexicon, frozenset(known))
    except IvrError as error:
        if not as_json:
            raise
        fields = {key: value for key, value in vars(error).items() if isinstance(value, str | int)}
        click.echo(json.dumps({"ok": False, "message": str(error), **fields}, ensure_ascii=False))
        raise SystemExit(1) from error
    _report(path, checked, as_json)


@plan.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@config_option
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="SVG file; otherwise to the screen.")
@plain_errors
def graph(file: Path | None, config_path: Path | None, out: Path | None) -> None:
    """Draw a plan (default: the configured one) as SVG."""
    config = loaded(config_path)
    book = PromptBook(config.line.prompts_dir, config.line.language)
    texts = {name: book.text(name) for name in book.ids}
    drawn = picture(read_plan(file or config.line.plan, None, None), texts)
    if out is None:
        click.echo(drawn, nl=False)
        return
    try:
        out.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out} can't be written ({error.strerror})") from error
    click.echo(f"{out}: drawn; open it in a browser.")


@plan.command()
@click.argument("before", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("after", required=False, type=click.Path(dir_okay=False, path_type=Path))
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@plain_errors
def diff(before: Path, after: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Tell what AFTER (default: the configured plan) changes in BEFORE."""
    path = after or loaded(config_path).line.plan
    differences = compare(read_plan(before, None, None), read_plan(path, None, None))
    if as_json:
        listed = [asdict(difference) for difference in differences]
        click.echo(json.dumps({"before": str(before), "after": str(path), "differences": listed}, ensure_ascii=False))
        return
    for difference in differences:
        click.echo(str(difference))
    click.echo(f"{len(differences)} differences." if differences else "The two plans are the same.")


@plan.command()
def schema() -> None:
    """Print the plan's JSON Schema, for editors."""
    click.echo(schema_text(), nl=False)


def _report(path: Path, checked: Plan, as_json: bool) -> None:
    summary = {
        "ok": True,
        "file": str(path),
        "plan": checked.plan,
        "version": checked.version,
        "nodes": len(checked.nodes),
        "prompts": len(prompts_used(checked)),
        "phrases": len(phrases(checked)),
    }
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
        return
    click.echo(
        f"{path}: plan {checked.plan}, version {checked.version}, is sound: {summary['nodes']} nodes, "
        f"{summary['prompts']} prompts, {summary['phrases']} phrases."
    )
