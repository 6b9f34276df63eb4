"""Ears and voice, each a process of its own: away from the audio clock, and each with its own engines only.

Apart, neither holds the other's libraries and models in memory, and a voice that
falls leaves the ears open. The engines are imported where they are needed for the
same reason.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Final

import structlog

from ivr.config import Config
from ivr.processes import heap
from ivr.processes.status import report, until_stopped
from ivr.speech.server import EAR_THREADS, SpeechServer, serve

_log = structlog.get_logger(__name__)
# The interpreter's own 5 ms are as long as a piece of sound takes: a text that is ready would wait as long again.
_SWITCH_S: Final = 0.0005


async def serve_ears(config: Config, ready: Callable[[], None]) -> None:
    """Load the recogniser and serve it until cancelled. Raises ModelError, SpeechError; nothing was served then."""
    from ivr.speech.recognizers import recognizer_for

    sys.setswitchinterval(_SWITCH_S)
    recognizer = await asyncio.to_thread(recognizer_for, config)
    distant = config.speech.recognizer or config.speech.recognizer_of
    threads = EAR_THREADS if distant else len(os.sched_getaffinity(0))
    _log.info("ears.ready", recognizer=recognizer.name, version=recognizer.version)
    server = SpeechServer(config.ears_socket, recognizer, language=config.line.language, ear_threads=threads)
    await serve(server, ready)


async def serve_voice(config: Config, ready: Callable[[], None]) -> None:
    """Load the voice and serve it until cancelled. Raises ModelError, SpeechError; nothing was served then."""
    from ivr.speech.engines import synthesizer_for

    voice = await asyncio.to_thread(synthesizer_for, config)
    _log.info("voice.ready", voice=voice.name, version=voice.version)
    await serve(SpeechServer(config.voice_socket, synthesizer=voice, language=config.line.language), ready)


async def run_ears(config: Config) -> None:
    """Serve Wyoming on the ears' socket until SIGTERM or until the supervisor is gone."""
    heap.share_one()
    await until_stopped(serve_ears(config, lambda: report("ready", socket=str(config.ears_socket))))


async def run_voice(config: Config) -> None:
    """Serve Wyoming on the voice's socket until SIGTERM or until the supervisor is gone."""
    heap.share_one()
    await until_stopped(serve_voice(config, lambda: report("ready", socket=str(config.voice_socket))))
