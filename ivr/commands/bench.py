"""``ivr bench``: figures, measured on this machine, printed for people or as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.bench_all import everything
from ivr.commands.bench_conversation import conversation
from ivr.commands.bench_identity import identity
from ivr.commands.bench_knowledge import knowledge
from ivr.commands.bench_load import load
from ivr.commands.bench_office import office
from ivr.commands.bench_transfer import transfer
from ivr.commands.bench_voice import voice
from ivr.commands.options import config_option, loaded, plain_errors
from ivr.commands.serve import prepare_shown
from ivr.errors import TelephonyError
from ivr.paths import project_file
from ivr.processes.preflight import make_data_dir
from ivr.ranks import at_shares
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config

console = Console()

FIGURES = {"invite_to_180_ms": "INVITE to 180", "invite_to_200_ms": "INVITE to 200", "ok_to_rtp_ms": "200 to first RTP"}
ASR_FIGURES = {
    "rtf": "core seconds per second of sound, each caller",
    "streams_per_core": "callers that a core can hear at once",
    "load_s": "loading the model, s",
    "ready_s": "starting the process, s",
    "rss_mb": "memory of the process at most, MB",
    "endpoint_to_text_ms": "end of speech to text beyond the silence, ms",
    "turns": "turns",
    "understood": "understood as said",
    "unanswered": "without an answer in 3 s",
    "dropped_s": "sound dropped, s",
    "behind_ms": "the bench itself was late by at most, ms",
}
PAUSE_S = 0.25  # between calls, so that the leg before is gone


@click.group()
def bench() -> None:
    """Measure the line on this machine."""


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p95 and p99 by the nearest rank, rounded to 0.1; all 0 when nothing was measured."""
    return {f"p{share}": at or 0.0 for share, at in zip((50, 95, 99), at_shares(values, 0.50, 0.95, 0.99), strict=True)}


@bench.command()
@click.option(
    "--calls", type=click.IntRange(1), default=50, show_default=True, help="How many calls, one after another."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@plain_errors
def answer(calls: int, as_json: bool) -> None:
    """INVITE to 180, to 200, and 200 to the first RTP packet (rule A12.2)."""
    from ivr.simulator.wire import Timing, time_call

    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        cache = project_file("var", "prompt-cache")
        ports = free_ports(Random())  # noqa: S311  (ports, not secrets)
        config, path = write_config(
            Path(folder), ports, settings={"speech": {"prompt_cache": str(cache)}, "workers": {"drain_s": 1.0}}
        )
        prepare_shown(config)

        async def run() -> list[Timing]:
            async with LoopbackLine(config, path):
                return await asyncio.to_thread(measure)

        def measure() -> list[Timing]:
            good: list[Timing] = []
            with Progress(console=console, transient=True, disable=as_json) as bar:
                for _ in bar.track(range(calls), description="calls"):
                    with contextlib.suppress(TelephonyError):
                        good.append(time_call(("127.0.0.1", ports.sip)))
                    time.sleep(PAUSE_S)
            return good

        good = asyncio.run(run())
    result: dict[str, Any] = {
        "calls": calls,
        "failed": calls - len(good),
        **{key: percentiles([getattr(call, key) for call in good]) for key in FIGURES},
    }
    if as_json:
        click.echo(json.dumps(result))
    else:
        table = Table(title=f"Answering: {calls} calls, {calls - len(good)} failed")
        for column in ("milliseconds", "p50", "p95", "p99"):
            table.add_column(column, justify="right" if column != "milliseconds" else "left")
        for key, name in FIGURES.items():
            table.add_row(name, *(f"{value:.1f}" for value in result[key].values()))
        console.print(table)
    if len(good) < calls:
        raise click.ClickException(f"{calls - len(good)} of {calls} calls were not answered")


@bench.command()
@click.option("--streams", default=10, show_default=True, help="How many callers speak at once.")
@click.option("--seconds", default=20.0, show_default=True, help="For how long.")
@click.option("--all-cores", is_flag=True, help="Don't hold the ears' process to one core.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@config_option
@plain_errors
def asr(streams: int, seconds: float, all_cores: bool, as_json: bool, config_path: Path | None) -> None:
    """The ears' real process under many callers: speed, memory, and how late its answers are."""
    from ivr.simulator.clips import Clips
    from ivr.simulator.ear_load import Load, ears_process, speak_at_once
    from ivr.speech.lexicon import Lexicon
    from ivr.speech.vosk_decoder import VoskModel

    speech = loaded(config_path).speech
    began = time.perf_counter()
    VoskModel(speech.model)
    load_s = time.perf_counter() - began
    lexicon = Lexicon(speech.model)
    clips = [clip for clip in Clips().all if clip.duration_s < 2.5 and not lexicon.missing([clip.text.lower()])]
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        settings = {"speech": {"model": str(speech.model), "voice": speech.voice}}
        config, path = write_config(Path(folder), free_ports(Random()), settings=settings)  # noqa: S311
        make_data_dir(config)

        async def run() -> Load:
            async with ears_process(path, one_core=not all_cores) as process:
                return await speak_at_once(
                    f"unix://{config.ears_socket}",
                    process,
                    clips,
                    streams=streams,
                    seconds=seconds,
                    end_silence_s=0.7,
                )

        with Progress(console=Console(stderr=True), transient=True) as bar:
            bar.add_task(f"{streams} callers speak for {seconds:.0f} s", total=None)
            load = asyncio.run(run())
    result: dict[str, Any] = {
        "streams": streams,
        "rtf": round(load.cpu_s / load.sound_s, 4) if load.sound_s else None,
        "streams_per_core": int(load.sound_s / load.cpu_s) if load.cpu_s else None,
        "load_s": round(load_s, 3),
        "ready_s": round(load.ready_s, 2),
        "rss_mb": round(load.rss_mb, 1),
        "endpoint_to_text_ms": percentiles(load.late_ms),
        "turns": load.said,
        "understood": load.understood,
        "unanswered": load.unanswered,
        "dropped_s": round(load.dropped_s, 2),
        "behind_ms": round(1000 * load.behind_s, 1),
    }
    if as_json:
        click.echo(json.dumps(result))
    else:
        table = Table(title=f"Ears: {streams} callers at once on {'all' if all_cores else 'one'} core")
        for column in ("figure", "value"):
            table.add_column(column, justify="right" if column == "value" else "left")
        for key, name in ASR_FIGURES.items():
            value = result[key]
            shown = ", ".join(f"{k} {v:.1f}" for k, v in value.items()) if isinstance(value, dict) else str(value)
            table.add_row(name, shown)
        console.print(table)
    if not load.late_ms:
        raise click.ClickException("no caller was answered")


bench.add_command(everything)
bench.add_command(knowledge)
bench.add_command(voice)
bench.add_command(conversation)
bench.add_command(identity)
bench.add_command(load)
bench.add_command(office)
bench.add_command(transfer)
