"""``ivr asr``: what the line's recogniser makes of a sound file."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import click
import numpy as np

from ivr.commands.options import config_option, loaded
from ivr.errors import AudioError, IvrError
from ivr.events import SAMPLE_RATE, Grammar
from ivr.speech import sound
from ivr.speech.engines import recognizer_for
from ivr.speech.ports import HeardText
from ivr.speech.protocol import DEFAULT_END_SILENCE_S

_CHUNK = SAMPLE_RATE // 50 * 2


@click.group()
def asr() -> None:
    """Recognition of speech."""


@asr.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--grammar", default="", help="Phrases to expect, separated by commas or spaces; none: open speech.")
@click.option("--end-silence", default=DEFAULT_END_SILENCE_S, show_default=True, help="Seconds that end a turn.")
@click.option("--json", "as_json", is_flag=True, help="Print turns with times, words and confidence as JSON.")
@config_option
def transcribe(file: Path, grammar: str, end_silence: float, as_json: bool, config_path: Path | None) -> None:
    """Turns of speech in a WAV file (mono, 16 bit), heard as on the line."""
    try:
        turns = _turns(file, _phrases(grammar), end_silence, config_path)
    except IvrError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        content = [
            {
                "text": turn.text,
                "confidence": turn.confidence,
                "started": round(turn.started_s, 3),
                "ended": round(turn.ended_s, 3),
                "words": [
                    {
                        "text": w.text,
                        "started": round(w.started, 3),
                        "ended": round(w.ended, 3),
                        "confidence": w.confidence,
                    }
                    for w in turn.words
                ],
            }
            for turn in turns
        ]
        click.echo(json.dumps({"file": str(file), "turns": content}, ensure_ascii=False))
        return
    for turn in turns:
        click.echo(f"{turn.started_s:7.2f}–{turn.ended_s:.2f} s  {turn.confidence:.2f}  {turn.text or '(no match)'}")
    if not turns:
        click.echo("(no speech)")


def _phrases(grammar: str) -> tuple[str, ...]:
    separated = grammar.split(",") if "," in grammar else grammar.split()
    return tuple(" ".join(phrase.lower().split()) for phrase in separated if phrase.strip())


def _turns(file: Path, phrases: tuple[str, ...], end_silence: float, config_path: Path | None) -> list[HeardText]:
    pcm = _read(file)
    stream = recognizer_for(loaded(config_path)).stream(Grammar("file", phrases), end_silence_s=end_silence)
    try:
        events = [event for at in range(0, len(pcm), _CHUNK) for event in stream.accept(pcm[at : at + _CHUNK])]
        events += stream.finish()
    finally:
        stream.close()
    return [event for event in events if isinstance(event, HeardText)]


def _read(file: Path) -> bytes:
    try:
        with wave.open(str(file), "rb") as source:
            rate, width, channels = source.getframerate(), source.getsampwidth(), source.getnchannels()
            content = source.readframes(source.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise AudioError(f"{file} can't be read as WAV ({error})") from error
    if width != 2 or channels != 1:
        raise AudioError(f"{file} has {channels} channels of {8 * width} bits", "Convert it to 16-bit mono")
    if not content:
        raise AudioError(f"{file} holds no sound")
    return sound.to_pcm(np.clip(sound.resample(sound.to_samples(content), rate), -1, 1))
