"""``ivr asr``: what the line's recogniser makes of sound files, and how often it is right."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.errors import ManifestError, SpeechError
from ivr.events import SAMPLE_RATE, Grammar
from ivr.speech.calibration import Calibration, Heard, calibrate
from ivr.speech.evaluation import Line, Score, read_manifest
from ivr.speech.models import read_rejection, rejection_text, write_rejection
from ivr.speech.named import is_name, named
from ivr.speech.ports import HeardText, Recognizer
from ivr.speech.protocol import DEFAULT_END_SILENCE_S
from ivr.speech.recognizers import recognizer_for
from ivr.speech.rejection import SMALL_GRAMMAR, Rejection
from ivr.speech.wav import Channel, read_wav

console = Console()
err_console = Console(stderr=True)

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
    rows = _listened(manifest, config)
    steps = _STEPS if curve else ()
    rule = read_rejection(config.speech.model) if curve else Rejection()
    points = [(step, _scores(rows, partial(Heard.text_at, rejection=rule, stricter=step))) for step in steps]
    if lines_path is not None:
        lines_path.write_text("".join(json.dumps(_row(row), ensure_ascii=False) + "\n" for row in rows), "utf-8")
    scores = _scores(rows, lambda row: row.text)
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


@asr.command("calibrate")
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option(
    "--false-rejections",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="Share of right answers that may be lost.",
)
@click.option("--write", is_flag=True, help="Keep the least gaps in rejection.toml in the model's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print curve and least gaps as JSON.")
@config_option
@plain_errors
def calibrate_rejection(
    manifest: Path, false_rejections: float, write: bool, as_json: bool, config_path: Path | None
) -> None:
    """Find how badly an answer may fit before it is "not understood", for the configured model.

    MANIFEST is that of `ivr asr eval`, with foreign lines. Small grammars (up to eight phrases) and larger ones
    have a least gap each; one that the manifest has too few answers for stays as it is.
    """
    config = loaded(config_path)
    folder = config.speech.model
    was = read_rejection(folder)
    rows = _listened(manifest, config)
    small, large = (calibrate(rows, share=false_rejections, small=size) for size in (True, False))
    found = Rejection(
        was.least_gap_small if small.least_gap is None else small.least_gap,
        was.least_gap_large if large.least_gap is None else large.least_gap,
    )
    if as_json:
        click.echo(json.dumps({"rejection": asdict(found), "small": asdict(small), "large": asdict(large)}))
    else:
        _show_calibration({f"up to {SMALL_GRAMMAR} phrases": small, "more phrases": large})
        console.print(rejection_text(found), highlight=False, markup=False)
    if write:
        err_console.print(f"Written to {write_rejection(folder, found)}", soft_wrap=True)


def _listened(manifest: Path, config: Config) -> list[Heard]:
    lines = read_manifest(manifest)
    recognizer = recognizer_for(config)
    sounds = _sounds(manifest, lines, recognizer)

    def listen(line: Line) -> Heard:
        pcm = _QUIET + sounds[line.audio] + _QUIET
        turns, work_s = _hear(recognizer, line.grammar, pcm, float("inf"))
        return Heard(line, tuple(turns), work_s, len(pcm) / 2 / SAMPLE_RATE)

    # As in the ears' process: the model is shared, and its work leaves the interpreter free.
    with Progress(console=err_console, transient=True) as bar, ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(bar.track(pool.map(listen, lines), total=len(lines), description="listening"))


def _scores(rows: Iterable[Heard], text_of: Callable[[Heard], str]) -> dict[str, Score]:
    """By set; "" is all of them."""
    scores = {"": Score()}
    for row in rows:
        for name in {"", row.line.set}:
            score = scores.setdefault(name, Score())
            score.add(row.line.text, text_of(row), work_s=row.work_s, sound_s=row.sound_s)
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


def _row(row: Heard) -> dict[str, Any]:
    return {
        "line": row.line.number,
        "audio": str(row.line.audio),
        "set": row.line.set,
        "text": row.line.text,
        "heard": row.text,
        "confidence": max((turn.confidence for turn in row.turns), default=0.0),
        "evidence": [asdict(turn.evidence) for turn in row.turns if turn.evidence is not None],
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


def _show_calibration(found: Mapping[str, Calibration]) -> None:
    for name, calibration in found.items():
        table = Table(title=f"Grammars of {name}: {calibration.known} answers, {calibration.foreign} foreign")
        for column in ("least gap", "false rejections", "foreign refused"):
            table.add_column(column, justify="right")
        for point in calibration.curve:
            chosen = "bold" if point.least_gap == calibration.least_gap else None
            shares = (_percent(value) for value in (point.false_rejection, point.rejected_foreign))
            table.add_row(f"{point.least_gap:.2f}", *shares, style=chosen)
        console.print(table if calibration.curve else f"No lines with grammars of {name}.")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
