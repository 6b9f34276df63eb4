"""``ivr prompts``: render, check and play the fixed prompts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.commands.prompts_answers import answer_findings, ship_answers
from ivr.events import SAMPLE_RATE
from ivr.speech.pace import SLOW, slower
from ivr.speech.prompt_cache import Progress as Step
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.prompt_check import Finding, measures
from ivr.speech.prompt_check import check as find_faults
from ivr.speech.wav import write_wav

_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_language = click.option(
    "--language", type=click.Choice(["lt", "en"]), help="Prompts of this language instead of the configured one."
)


@click.group()
def prompts() -> None:
    """Texts that callers hear, and their sound."""


@prompts.command()
@config_option
@_language
@_json
@click.option("--clean", is_flag=True, help="Also delete sounds that belong to no prompt.")
@click.option("--ship", is_flag=True, help="Render into prompts/sounds, what comes with the project, blocks included.")
@click.option("--replace", is_flag=True, help="With --ship: also when another voice spoke what is there.")
@click.option("--answers", is_flag=True, help="Instead: the short answers of the packs, into prompts/answers.")
@plain_errors
def render(
    config_path: Path | None, language: str | None, as_json: bool, clean: bool, ship: bool, replace: bool, answers: bool
) -> None:
    """Make the sound of every prompt that has none yet."""
    cache = _cache(config_path, language)
    if answers:
        _render_answers(config_path, cache, as_json)
        return
    with _bar() as step:
        rendered = cache.ship(step, replace=replace) if ship else cache.render(step)
    removed = cache.remove_stale() if clean else 0
    if as_json:
        click.echo(json.dumps({"rendered": rendered, "removed": removed, "prompts": len(cache.book.ids)}))
    elif ship and cache.shipped is not None:
        click.echo(f"{rendered} rendered, {len(cache.shipped.clips)} clips in {cache.shipped.folder}")
    else:
        click.echo(f"{rendered} rendered, {len(cache.book.ids) - rendered} were there, in {cache.folder}")


@prompts.command()
@config_option
@_language
@_json
@plain_errors
def check(config_path: Path | None, language: str | None, as_json: bool) -> None:
    """Find faults in texts and sounds; exits 1 when one must be mended."""
    cache = _cache(config_path, language)
    found = find_faults(cache)
    of_answers, texts, clips = answer_findings(loaded(config_path), cache)
    found += of_answers
    errors = sum(finding.severity == "error" for finding in found)
    figures = measures(cache)
    if as_json:
        content = {
            "prompts": len(cache.book.ids),
            "blocks": len(cache.block_texts),
            "voice": cache.identity.name,
            "answers": {"texts": texts, "with_sound": clips},
            "errors": errors,
            "measures": figures,
            "findings": [asdict(f) for f in found],
        }
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        if found:
            _console().print(_table(found))
        for name, value in figures.items():
            click.echo(f"{name}: {value}")
        sizes = f"{len(cache.book.ids)} prompts, {len(cache.block_texts)} building blocks, {texts} texts of answers"
        click.echo(f"{sizes}, voice {cache.identity.name}: {errors} errors, {len(found) - errors} warnings")
    sys.exit(1 if errors else 0)


@prompts.command()
@config_option
@_language
@click.argument("prompt")
@click.option("--slow", is_flag=True, help="As callers hear it after „kalbėkite lėčiau“.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Write a WAV file instead of playing.")
@plain_errors
def play(config_path: Path | None, language: str | None, prompt: str, slow: bool, out: Path | None) -> None:
    """Let a prompt be heard, or write it to a WAV file."""
    cache = _cache(config_path, language)
    cache.render(prompts=(prompt,))
    pcm = cache.get(prompt) or b""
    if slow:
        pcm = slower(pcm, SLOW)
    if out is not None:
        click.echo(f"{out}: {write_wav(out, pcm):.2f} s")
        return
    player = _player()
    if player is None:
        raise click.ClickException(
            "No player on this machine: install alsa-utils (aplay) or sox, or use --out FILE.wav"
        )
    subprocess.run(player, input=pcm, check=False)


def _render_answers(config_path: Path | None, cache: PromptCache, as_json: bool) -> None:
    with _bar() as step:
        made, sounds = ship_answers(loaded(config_path), cache, step)
    if as_json:
        click.echo(json.dumps({"rendered": made, "clips": len(sounds.shipped.clips), "bytes": sounds.size}))
    else:
        size = f"{sounds.size / 1e6:.1f} MB"
        click.echo(f"{made} rendered, {len(sounds.shipped.clips)} sentences in {sounds.folder}, {size}")


def _cache(config_path: Path | None, language: str | None) -> PromptCache:
    config = loaded(config_path)
    if language is not None:
        config = config.model_copy(update={"line": config.line.model_copy(update={"language": language})})
    return PromptCache.of(config)


@contextmanager
def _bar() -> Iterator[Step]:
    """A progress bar on standard error; nothing when it is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("rendering", total=None)

        def step(done: int, total: int, prompt: str) -> None:
            bar.update(task, completed=done, total=total, description=prompt[:40])

        yield step


def _table(found: list[Finding]) -> Table:
    table = Table("prompt", "", "rule", "problem", box=None, pad_edge=False)
    for finding in found:
        colour = "red" if finding.severity == "error" else "yellow"
        table.add_row(finding.prompt or "-", f"[{colour}]{finding.severity}[/]", finding.rule, finding.problem)
    return table


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=200)


def _player() -> list[str] | None:
    if shutil.which("aplay"):
        return ["aplay", "-q", "-t", "raw", "-f", "S16_LE", "-r", str(SAMPLE_RATE), "-c", "1", "-"]
    if shutil.which("play"):
        raw = ["-t", "raw", "-e", "signed", "-b", "16", "-r", str(SAMPLE_RATE), "-c", "1"]
        return ["play", "-q", *raw, "-"]
    return None
