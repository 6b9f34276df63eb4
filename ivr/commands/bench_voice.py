"""``ivr bench voice``: is the voice understood, and how soon is it heard?"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.events import Prompt, Say
from ivr.processes.sounds import LEAD, LoadedSounds
from ivr.session.speaker import Speaker
from ivr.speech.foreign_ear import ForeignEar
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.voice_figures import CLAUSES, FirstSound, MeasuredVoice, Understood, commands, first_sound, stop_ms
from ivr.speech.voice_figures import understood as measure_understood
from ivr.speech.voices import identify, installed_piper

PROMPT: Final = "greeting"
_TURNS: Final = 20
_LATE_S: Final = 1.0  # a sentence that takes so long is late in any case
_ROWS: Final = {
    "understood": "understood by the other recogniser, 16 kHz (0–1)",
    "understood_8khz": "understood at 8 kHz (0–1)",
    "first_sound_ms": "a new clause of at most 1.2 s, ms",
    "clause_s": "length of these clauses at most, s",
    "real_time": "seconds of work for a second of speech",
    "stop_ms": "stopping in the middle at most, ms",
    "load_s": "loading, s",
}


@click.command()
@click.option(
    "--ear",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the LIEPA recogniser's model; without it nobody listens and `understood` is null.",
)
@click.option("--all-cores", is_flag=True, help="Don't hold the measurement to one core.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@config_option
@plain_errors
def voice(folder: Path | None, all_cores: bool, as_json: bool, config_path: Path | None) -> None:
    """The configured voice and the installed Piper voice: understood by another ear, and how soon they are heard."""
    config = loaded(config_path)
    if not all_cores:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    ear = ForeignEar(folder) if folder is not None else None
    result: dict[str, Any] = {"voices": {}}
    steps = (len(commands(ear)) if ear else 0) + len(CLAUSES)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        for speaker, load_s in _speakers(config):
            task = bar.add_task(speaker.name, total=steps)

            def step(task: Any = task) -> None:
                bar.advance(task)

            heard = measure_understood(speaker, ear, commands(ear), step) if ear else None
            made = first_sound(speaker, step)
            result["voices"][speaker.name] = _figures(heard, made, stop_ms(speaker), load_s)
    result |= asyncio.run(_ready_sound(_sounds(config)))
    shipped = next(iter(result["voices"].values()))
    result |= {key: shipped[key] for key in ("understood", "understood_8khz")}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        _show(result)


def _speakers(config: Config) -> list[tuple[MeasuredVoice, float]]:
    """The configured voice first, then the installed Piper voice; each with the seconds that loading took."""
    # Imported here: other benches must not carry the engines.
    from ivr.speech.engines import speaker

    made: list[tuple[MeasuredVoice, float]] = []
    identities = {identity.name: identity for identity in (identify(config), installed_piper())}
    for identity in identities.values():
        began = time.perf_counter()
        voice = speaker(identity)
        if voice is not None:
            made.append((voice, time.perf_counter() - began))
    return made


def _figures(heard: Understood | None, made: FirstSound, stops: tuple[float, ...], load_s: float) -> dict[str, Any]:
    ordered = sorted(made.ms)
    return {
        "understood": round(heard.share, 4) if heard else None,
        "understood_8khz": round(heard.share_narrow, 4) if heard else None,
        "commands": heard.said if heard else 0,
        "wrong": [list(pair) for pair in heard.wrong] if heard else [],
        "wrong_8khz": [list(pair) for pair in heard.wrong_narrow] if heard else [],
        "first_sound_ms": {"p50": round(ordered[len(ordered) // 2], 1), "max": round(ordered[-1], 1)},
        "clause_s": round(max(made.seconds), 2),
        "real_time": round(made.real_time, 3),
        "stop_ms": round(max(stops), 1) if stops else None,
        "load_s": round(load_s, 2),
    }


def _sounds(config: Config) -> LoadedSounds:
    """One fixed prompt and the lead-ins, rendered if need be."""
    cache = PromptCache.of(config)
    wanted = [prompt for prompt in cache.book.ids if prompt == PROMPT or prompt.startswith(LEAD)]
    cache.render(prompts=wanted)
    return LoadedSounds(
        {prompt: cache.get(prompt) or b"" for prompt in wanted},
        {prompt: cache.book.text(prompt) for prompt in wanted},
    )


async def _ready_sound(sounds: LoadedSounds) -> dict[str, Any]:
    """From the decision to the first sample given to the leg: a fixed prompt, and the lead-in of a late sentence."""
    leg, loop = _Leg(), asyncio.get_running_loop()
    fixed: list[float] = []
    late: list[float] = []
    for turn in range(_TURNS):
        for times, said in ((fixed, Prompt(PROMPT)), (late, Prompt(text="Tai naujas sakinys"))):
            speaker = Speaker(leg, sounds, _LateMouth(), "lt", loop.time, lambda _: None)
            began = leg.wait()
            speaker.say(Say(str(turn), (said,)))
            await leg.heard.wait()
            times.append(1000 * (leg.at - began))
            speaker.stop()
    return {"prompt_ms": round(max(fixed), 1), "lead_in_ms": round(max(late), 1)}


class _Leg:
    """Notes when it is given the first sound."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.at = 0.0

    def wait(self) -> float:
        self.heard.clear()
        return time.perf_counter()

    def play(self, utterance: str, pcm: bytes) -> None:
        if not self.heard.is_set():
            self.at = time.perf_counter()
            self.heard.set()

    def flush(self) -> None:
        """Nothing plays, here and below."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class _LateMouth:
    async def say(self, text: str, language: str) -> AsyncIterator[bytes]:
        await asyncio.sleep(_LATE_S)
        yield bytes(320)


def _show(result: dict[str, Any]) -> None:
    table = Table(title="Voices, on one core")
    table.add_column("figure")
    for name in result["voices"]:
        table.add_column(name, justify="right")
    for key, row in _ROWS.items():
        table.add_row(row, *(_cell(figures[key]) for figures in result["voices"].values()))
    console = Console()
    console.print(table)
    console.print(f"a fixed prompt after {result['prompt_ms']} ms, a lead-in after {result['lead_in_ms']} ms")


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {figure}" for key, figure in value.items())
    return "–" if value is None else str(value)
