"""``ivr voice``: hear how a text is spoken."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.language.verbalise import verbalise
from ivr.speech.engines import synthesizer_for
from ivr.speech.pronunciation import pronounce
from ivr.speech.wav import write_wav


@click.group()
def voice() -> None:
    """The voice that the line speaks with."""


@voice.command()
@click.argument("text")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the sound to this WAV file.")
@config_option
@plain_errors
def say(text: str, out: Path | None, config_path: Path | None) -> None:
    """Show how Lithuanian TEXT is pronounced (IPA), and with --out let the configured voice speak it."""
    click.echo(pronounce(verbalise(text)))
    if out is None:
        return
    config = loaded(config_path)
    pcm = b"".join(synthesizer_for(config).synthesize(text, config.line.language))
    click.echo(f"{out}: {write_wav(out, pcm):.2f} s")
