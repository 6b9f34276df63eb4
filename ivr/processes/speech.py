"""The speech process: recognition and synthesis away from the audio clock."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from ivr.config import Config
from ivr.processes.status import report, supervisor_gone
from ivr.speech.server import serve_speech


async def run_speech(config: Config) -> None:
    """Serve Wyoming on the line's socket until SIGTERM or until the supervisor is gone."""
    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(serve_speech(config, lambda: report("ready", socket=str(config.speech_socket))))

    def stop() -> None:
        serving.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    listener = asyncio.create_task(supervisor_gone(stop))
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    listener.cancel()
