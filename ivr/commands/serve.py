"""``ivr serve``: the line, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ivr import log
from ivr.commands.options import chosen, config_option, loaded, plain_errors
from ivr.config import Config
from ivr.processes.line import make_supervisor, prepare
from ivr.processes.lock import data_folder
from ivr.processes.service import Service

console = Console(stderr=True)


@click.command()
@config_option
@click.option("--check", "check_only", is_flag=True, help="Check everything and stop before any part is started.")
@plain_errors
def serve(config_path: Path | None, check_only: bool) -> None:
    """Take calls until SIGTERM or Ctrl-C; live calls then finish first."""
    log.configure("supervisor")
    config = loaded(config_path)
    prepare_shown(config)
    if check_only:
        console.print("[green]✓[/] everything is in place")
        return
    with data_folder(config):
        asyncio.run(_serve(config, chosen(config_path)))


def prepare_shown(config: Config) -> None:
    """Preparation with a progress bar for prompts that need rendering."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("prompts", total=None)

        def shown(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=f"rendering {what}"[:40])

        prepare(config, shown)


async def _serve(config: Config, config_path: Path | None) -> None:
    supervisor, service = make_supervisor(config, config_path), Service()
    beating: asyncio.Task[None] | None = None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await supervisor.start()
        service.ready()
        beating = asyncio.create_task(service.beat())
        console.print(_running(config))
        running = asyncio.create_task(supervisor.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        service.stopping()
        if running.done() and not stop.is_set():
            running.result()
        console.print(f"stopping: no new calls; live ones may go on for {config.workers.drain_s:.0f} s")
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await supervisor.stop(config.workers.drain_s)
        if beating is not None:
            beating.cancel()


def _running(config: Config) -> str:
    if not config.workers.count:
        return f"[green]●[/] the office runs on {config.office.bind}, port {config.office.port}"
    ports = [str(config.sip.port + index) for index in range(config.workers.count)]
    return (
        f"[green]●[/] {config.line.number} takes calls on {config.sip.bind}, "
        f"SIP port{'s' if len(ports) > 1 else ''} {', '.join(ports)}"
    )
