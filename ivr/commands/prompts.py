"""``ivr prompts``: render, check and play the fixed prompts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
from dataclasses import asdict
from pathlib import Path

import click

from ivr.commands.options import config_option, loaded
from ivr.errors import IvrError
from ivr.events import SAMPLE_RATE
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.prompt_check import check as find_faults

_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group()
def prompts() -> None:
    """Texts that callers hear, and their sound."""


@prompts.command()
@config_option
@_json
@click.option("--clean", is_flag=True, help="Also delete sounds that belong to no prompt.")
def render(config_path: Path | None, as_json: bool, clean: bool) -> None:
    """Make the sound of every prompt that has none yet."""

    def progress(done: int, total: int, prompt: str) -> None:
        click.echo(f"{done}/{total} {prompt}", err=True)

    cache = _cache(config_path)
    try:
        rendered = cache.render(progress)
        removed = cache.remove_stale() if clean else 0
    except IvrError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"rendered": rendered, "removed": removed, "prompts": len(cache.book.ids)}))
    else:
        click.echo(f"{rendered} rendered, {len(cache.book.ids) - rendered} were there, in {cache.folder}")


@prompts.command()
@config_option
@_json
def check(config_path: Path | None, as_json: bool) -> None:
    """Find faults in texts and sounds; exits 1 when one must be mended."""
    cache = _cache(config_path)
    found = find_faults(cache)
    errors = sum(finding.severity == "error" for finding in found)
    if as_json:
        content = {"prompts": len(cache.book.ids), "errors": errors, "findings": [asdict(f) for f in found]}
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        for finding in found:
            click.echo(f"{finding.severity:8}{finding.prompt or '-'}: {finding.problem} ({finding.rule})")
        click.echo(f"{len(cache.book.ids)} prompts, {errors} errors, {len(found) - errors} warnings")
    sys.exit(1 if errors else 0)


@prompts.command()
@config_option
@click.argument("prompt")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Write a WAV file instead of playing.")
def play(config_path: Path | None, prompt: str, out: Path | None) -> None:
    """Let a prompt be heard, or write it to a WAV file."""
    cache = _cache(config_path)
    try:
        cache.render(prompts=(prompt,))
        pcm = cache.get(prompt) or b""
    except IvrError as error:
        raise click.ClickException(str(error)) from error
    if out is not None:
        with wave.open(str(out), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(pcm)
        click.echo(f"{out}: {len(pcm) / 2 / SAMPLE_RATE:.2f} s")
        return
    player = _player()
    if player is None:
        raise click.ClickException(
            "No player on this machine: install alsa-utils (aplay) or sox, or use --out FILE.wav"
        )
    subprocess.run(player, input=pcm, check=False)


def _cache(config_path: Path | None) -> PromptCache:
    try:
        return PromptCache.of(loaded(config_path))
    except IvrError as error:
        raise click.ClickException(str(error)) from error


def _player() -> list[str] | None:
    if shutil.which("aplay"):
        return ["aplay", "-q", "-t", "raw", "-f", "S16_LE", "-r", str(SAMPLE_RATE), "-c", "1", "-"]
    if shutil.which("play"):
        raw = ["-t", "raw", "-e", "signed", "-b", "16", "-r", str(SAMPLE_RATE), "-c", "1"]
        return ["play", "-q", *raw, "-"]
    return None
