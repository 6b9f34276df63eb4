"""``ivr plan``: look after the dial plan."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.dialog.nodes import Plan
from ivr.dialog.plan import phrases, prompts_used
from ivr.errors import IvrError
from ivr.processes.preflight import read_plan
from ivr.speech.lexicon import Lexicon
from ivr.speech.prompts import PromptBook


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
        known = PromptBook(config.line.prompts_dir, config.line.language).ids
        lexicon = None if no_lexicon else Lexicon(config.speech.model)
        checked = read_plan(path, lexicon, frozenset(known))
    except IvrError as error:
        if not as_json:
            raise
        fields = {key: value for key, value in vars(error).items() if isinstance(value, str | int)}
        click.echo(json.dumps({"ok": False, "message": str(error), **fields}, ensure_ascii=False))
        raise SystemExit(1) from error
    _report(path, checked, as_json)


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
