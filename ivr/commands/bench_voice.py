"""``ivr bench voice``: is the voice understood, and how soon is it heard?"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final, Self

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.events import FRAME_S, Prompt, Say
from ivr.processes.sounds import LEAD, LoadedSounds
from ivr.session.lead_in import LeadIns
from ivr.session.speaker import Speaker
from ivr.speech.foreign_ear import ForeignEar
from ivr.speech.mouth import Mouth
from ivr.speech.ports import Synthesizer
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.server import SpeechServer
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voice_figures import CLAUSES, FirstSound, MeasuredVoice, Understood, commands, first_sound, stop_ms
from ivr.speech.voice_figures import understood as measure_understood
from ivr.speech.voices import identify, installed_piper
from ivr.telephony.playout import SILENCE, Playout

PROMPT: Final = "greeting"
_TURNS: Final = 20
_BETWEEN_S: Final = 0.1
_PATIENCE_S: Final = 10.0
_SAID: Final = {
    "prompt_ms": Prompt(PROMPT),
    "lead_in_ms": Prompt(text="Ilgalaikio darbo išmoka skiriama nuo kitos dienos po kreipimosi į Užimtumo tarnybą."),
    "clause_ms": Prompt(text="Gerai, pasakysiu, ką apie tai žinau."),
}
_ROWS: Final = {
    "understood": "understood by the other recogniser, 16 kHz (0–1)",
    "understood_8khz": "understood at 8 kHz (0–1)",
    "first_sound_ms": "a new clause of at most 1.2 s, ms",
    "clause_s": "speech of these clauses at most, s",
    "real_time": "seconds of work for a second of speech",
    "stop_ms": "stopping in the middle at most, ms",
    "load_s": "loading, s",
}
_HEARD_ROWS: Final = {
    "prompt_ms": "from the decision to the sound of a fixed prompt, ms",
    "lead_in_ms": "of a new sentence by its lead-in, ms",
    "clause_ms": "of a new sentence whose first clause is short, ms",
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
    chosen: MeasuredVoice | None = None
    steps = (len(commands(ear)) if ear else 0) + len(CLAUSES)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        for speaker, load_s in _speakers(config):
            task = bar.add_task(speaker.name, total=steps)

            def step(task: Any = task) -> None:
                bar.advance(task)

            heard = measure_understood(speaker, ear, commands(ear), step) if ear else None
            made = first_sound(speaker, step)
            result["voices"][speaker.name] = _figures(heard, made, stop_ms(speaker), load_s)
            chosen = chosen or speaker
    if chosen is None:
        raise click.ClickException("No voice of this machine to measure: set [speech] voice to kokoro or piper")
    result |= asyncio.run(_heard_after(_sounds(config), VoiceChain((chosen,))))
    shipped = result["voices"][chosen.name]
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


async def _heard_after(sounds: LoadedSounds, voice: Synthesizer) -> dict[str, dict[str, float]]:
    """From the decision to the first sample that the media clock takes, by what is said; ms.

    As in a call: the session's speaker, the voice behind its socket, a leg's queue, and a clock that asks it for
    20 ms every 20 ms. So anything takes up to 20 ms more than it takes to decide and to queue it.
    """
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder, _Leg() as leg:
        server = SpeechServer(Path(folder) / "voice.sock", synthesizer=voice)
        await server.start()
        mouth, lead_ins = Mouth(f"unix://{server.path}"), LeadIns()
        now = asyncio.get_running_loop().time
        for key, said in _SAID.items():
            times = []
            for turn in range(_TURNS):
                speaker = Speaker(leg, sounds, mouth, "lt", now, lambda _: None, lead_ins)
                await asyncio.sleep(_BETWEEN_S + turn * FRAME_S / _TURNS)  # at every moment of the clock's 20 ms
                began = leg.wait()
                speaker.say(Say(str(turn), (said,)))
                times.append(1000 * (await leg.heard() - began))
                speaker.stop()
            ordered = sorted(times)
            found[key] = {"p50": round(ordered[len(ordered) // 2], 1), "max": round(ordered[-1], 1)}
        await server.stop()
    return found


class _Leg:
    """A leg's queue and a media clock, which notes when it is given the first sound."""

    def __init__(self) -> None:
        self._playout = Playout()
        self._loop = asyncio.get_running_loop()
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self._first: asyncio.Future[float] = self._loop.create_future()
        self._waits = False

    def __enter__(self) -> Self:
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._clock.join()

    def wait(self) -> float:
        """From now on the next sound counts."""
        self._first = self._loop.create_future()
        self._waits = True
        return time.perf_counter()

    async def heard(self) -> float:
        """When the clock took it."""
        return await asyncio.wait_for(self._first, _PATIENCE_S)

    def play(self, utterance: str, pcm: bytes) -> None:
        self._playout.add(utterance, pcm)

    def flush(self) -> None:
        self._playout.flush()

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def _tick(self) -> None:
        due = time.perf_counter()
        while not self._over.is_set():
            if self._playout.frame() is not SILENCE and self._waits:
                self._waits = False
                self._loop.call_soon_threadsafe(self._first.set_result, time.perf_counter())
            due += FRAME_S
            time.sleep(max(0.0, due - time.perf_counter()))


def _show(result: dict[str, Any]) -> None:
    table = Table(title="Voices, on one core")
    table.add_column("figure")
    for name in result["voices"]:
        table.add_column(name, justify="right")
    for key, row in _ROWS.items():
        table.add_row(row, *(_cell(figures[key]) for figures in result["voices"].values()))
    console = Console()
    console.print(table)
    for key, row in _HEARD_ROWS.items():
        console.print(f"{row}: {_cell(result[key])}")


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {figure}" for key, figure in value.items())
    return "–" if value is None else str(value)
