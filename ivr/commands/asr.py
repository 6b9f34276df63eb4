"""``ivr asr``: what the line's recogniser makes of sound files, and how often it is right."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.errors import ManifestError, SpeechError
from ivr.events import SAMPLE_RATE, Grammar
from ivr.speech.evaluation import Line, Score, read_manifest
from ivr.speech.named import is_name, named
from ivr.speech.ports import HeardText, Recognizer
from ivr.speech.protocol import DEFAULT_END_SILENCE_S
from ivr.speech.recognizers import recognizer_for
from ivr.speech.wav import Channel, read_wav

console = Console()

_CHUNK: Final = SAMPLE_RATE // 50 * 2
_QUIET: Final = bytes(SAMPLE_RATE)  # half a second before and after each file of a manifest
_STEPS: Final = (-0.08, -0.04, -0.02, 0.0, 0.02, 0.04, 0.08)  # strictness of the curve's points
_COLUMNS: Final = ("string_accuracy", "word_accuracy", "false_rejection", "rejected_foreign")


@click.group()
def asr() -> None:
    """Recognition of speech."""


@asr.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--grammar",
    default="",
    help="Name of a grammar, or phrases to expect, separated by commas or spaces; none: open speech.",
)
@click.option("--channel", type=click.Choice(["left", "right"]), help="Which one of two; left is the caller.")
@click.option("--end-silence", default=DEFAULT_END_SILENCE_S, show_default=True, help="Seconds that end a turn.")
@click.option("--json", "as_json", is_flag=True, help="Print turns with times, words and confidence as JSON.")
@config_option
@plain_errors
def transcribe(
    file: Path, grammar: str, channel: Channel | None, end_silence: float, as_json: bool, config_path: Path | None
) -> None:
    """Turns of speech in a WAV file of any rate from 8 kHz, heard as on the line."""
    pcm = read_wav(file, channel)
    turns, _ = _hear(recognizer_for(loaded(config_path)), _grammar(grammar), pcm, end_silence)
    if as_json:
        content = [
            {
                "text": turn.text,
                "confidence": turn.confidence,
                "started": round(turn.started_s, 3),
                "ended": round(turn.ended_s, 3),
                "words": [asdict(word) for word in turn.words],
            }
            for turn in turns
        ]
        click.echo(json.dumps({"file": str(file), "turns": content}, ensure_ascii=False))
        return
    for turn in turns:
        click.echo(f"{turn.started_s:7.2f}–{turn.ended_s:.2f} s  {turn.confidence:.2f}  {turn.text or '(no match)'}")
    if not turns:
        click.echo("(no speech)")


@asr.command("eval")
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--curve", is_flag=True, help="Also measure with more and less strict rejection.")
@click.option(
    "--lines", "lines_path", type=click.Path(path_type=Path), help="Write what was heard, a line of JSON each."
)
@config_option
@plain_errors
def evaluate(manifest: Path, as_json: bool, curve: bool, lines_path: Path | None, config_path: Path | None) -> None:
    """Measure the recogniser on MANIFEST (JSON lines with audio, text, grammar, set, foreign).

    Each file is one turn of a caller, through voice activity, recognition and rejection as on the line.
    """
    config = loaded(config_path)
    lines = read_manifest(manifest)
    recognizer = recognizer_for(config)
    sounds = _sounds(manifest, lines, recognizer)
    steps = _STEPS if curve else ()
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("listening", total=len(lines) * (1 + len(steps)))
        rows = list(_measured(recognizer, lines, sounds, lambda: bar.advance(task)))
        points = [
            (
                step,
                _scores(_measured(recognizer_for(config), lines, sounds, lambda: bar.advance(task))),
            )
            for step in steps
        ]
    if lines_path is not None:
        lines_path.write_text("".join(json.dumps(_row(row), ensure_ascii=False) + "\n" for row in rows), "utf-8")
    scores = _scores(rows)
    if as_json:
        result: dict[str, Any] = {
            "all": scores[""].figures(),
            "sets": {name: score.figures() for name, score in scores.items() if name},
        }
        if points:
            result["curve"] = [{"strictness": step, **_short(found[""])} for step, found in points]
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    _show(scores, points)


_Measured = tuple[Line, str, float, float, float]  # line, heard, confidence, seconds of work, of sound


def _measured(
    recognizer: Recognizer, lines: Iterable[Line], sounds: Mapping[Path, bytes], on_line: Any
) -> Iterable[_Measured]:
    for line in lines:
        pcm = _QUIET + sounds[line.audio] + _QUIET
        turns, work_s = _hear(recognizer, line.grammar, pcm, float("inf"))
        heard = " ".join(turn.text for turn in turns if turn.text)
        yield line, heard, max((turn.confidence for turn in turns), default=0.0), work_s, len(pcm) / 2 / SAMPLE_RATE
        on_line()


def _scores(rows: Iterable[_Measured]) -> dict[str, Score]:
    """By set; "" is all of them."""
    scores = {"": Score()}
    for line, heard, _, work_s, sound_s in rows:
        for name in {"", line.set}:
            scores.setdefault(name, Score()).add(line.text, heard, work_s=work_s, sound_s=sound_s)
    return scores


def _sounds(manifest: Path, lines: list[Line], recognizer: Recognizer) -> dict[Path, bytes]:
    """All sound, and every grammar tried, so that whatever is wrong is said before anything is measured."""
    sounds: dict[Path, bytes] = {}
    tried: dict[Grammar, str] = {}
    faults: list[tuple[int, str]] = []
    for line in lines:
        try:
            if line.audio not in sounds:
                sounds[line.audio] = read_wav(line.audio)
        except SpeechError as error:
            faults.append((line.number, str(error)))
        if line.grammar not in tried:
            tried[line.grammar] = ""
            try:
                recognizer.stream(line.grammar, end_silence_s=1.0).close()
            except SpeechError as error:
                tried[line.grammar] = str(error)
        if tried[line.grammar]:
            faults.append((line.number, tried[line.grammar]))
    if faults:
        raise ManifestError(manifest, faults)
    return sounds


def _hear(recognizer: Recognizer, grammar: Grammar, pcm: bytes, end_silence_s: float) -> tuple[list[HeardText], float]:
    """Turns of a sound, and the seconds of this core's time that hearing them took."""
    stream = recognizer.stream(grammar, end_silence_s=end_silence_s)
    began = time.thread_time()
    try:
        events = [event for at in range(0, len(pcm), _CHUNK) for event in stream.accept(pcm[at : at + _CHUNK])]
        events += stream.finish()
    finally:
        stream.close()
    return [event for event in events if isinstance(event, HeardText)], time.thread_time() - began


def _grammar(asked: str) -> Grammar:
    if is_name(asked):
        return named(asked)
    separated = asked.split(",") if "," in asked else asked.split()
    return Grammar("file", tuple(" ".join(phrase.lower().split()) for phrase in separated if phrase.strip()))


def _row(row: _Measured) -> dict[str, Any]:
    line, heard, sure, _, _ = row
    return {
        "line": line.number,
        "audio": str(line.audio),
        "set": line.set,
        "text": line.text,
        "heard": heard,
        "confidence": sure,
    }


def _short(score: Score) -> dict[str, Any]:
    figures = score.figures()
    return {key: figures[key] for key in ("string_accuracy", "false_rejection", "rejected_foreign")}


def _show(scores: dict[str, Score], points: list[tuple[float, dict[str, Score]]]) -> None:
    table = Table(title="Recognition")
    for column in ("set", "n", "strings right", "words right", "false rejections", "foreign refused", "real time"):
        table.add_column(column, justify="left" if column == "set" else "right")
    for name, score in sorted(scores.items()):
        figures = score.figures()
        table.add_row(
            name or "all",
            str(figures["n"]),
            *(_percent(figures[key]) for key in _COLUMNS),
            "–" if figures["rtf"] is None else f"{figures['rtf']:.3f}",
        )
    console.print(table)
    confused = scores[""].figures()["confusion"][:12]
    if confused:
        pairs = (f"{pair['said'] or '∅'} → {pair['heard'] or '∅'} {pair['n']}" for pair in confused)
        console.print("Confused most: " + ", ".join(pairs), highlight=False)
    if points:
        table = Table(title="Rejection")
        for column in ("strictness", "strings right", "false rejections", "foreign refused"):
            table.add_column(column, justify="right")
        for step, found in points:
            table.add_row(f"{step:+.2f}", *(_percent(value) for value in _short(found[""]).values()))
        console.print(table)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
