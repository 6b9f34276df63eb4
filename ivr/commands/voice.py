"""``ivr voice``: hear how a text is spoken."""

from __future__ import annotations

import wave
from pathlib import Path

import click

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.events import SAMPLE_RATE
from ivr.language.verbalise import verbalise
from ivr.speech.engines import synthesizer_for
from ivr.speech.pronunciation import pronounce


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
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm)
    click.echo(f"{out}: {len(pcm) / 2 / SAMPLE_RATE:.2f} s")
