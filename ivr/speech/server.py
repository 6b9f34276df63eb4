"""A recogniser, a voice or both, served over Wyoming on a Unix socket.

Every call's ear has a connection of its own, every sentence of the mouth too.
A connection's events are handled in order; the work itself (decoding,
synthesis) runs in threads of its own kind (:mod:`ivr.speech.ear_threads`), so that
a long sentence never keeps an ear waiting and no call waits for another's turn.

The server is written on ``asyncio`` streams with Wyoming's reader and writer
rather than on ``wyoming.server``: that one takes over SIGTERM, creates the
socket readable by everybody for a moment, and dies on a malformed event.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import structlog

from ivr.errors import SpeechError
from ivr.private_socket import private_socket
from ivr.speech.connection import Connection
from ivr.speech.ear_threads import EarThreads
from ivr.speech.ports import Recognizer, Synthesizer

_log = structlog.get_logger(__name__)
EAR_THREADS: Final = 8  # where a recogniser's answer is waited for
_VOICE_THREADS: Final = 1  # sentence by sentence in turn; more would take the ears' cores


class SpeechServer:
    """Serves until :meth:`stop`. A client that asks for the half which is not there is refused.

    ``stall_s``: a turn that is open while no sound comes is ended after this
    many seconds, so that a caller whose sound stopped still gets an answer.
    """

    def __init__(
        self,
        path: Path,
        recognizer: Recognizer | None = None,
        synthesizer: Synthesizer | None = None,
        *,
        language: str = "lt",
        stall_s: float = 2.0,
        ear_threads: int = EAR_THREADS,
    ) -> None:
        self.path = path
        self.recognizer = recognizer
        self.synthesizer = synthesizer
        self.language = language
        self.stall_s = stall_s
        self.ears = EarThreads(ear_threads)
        self.voices = ThreadPoolExecutor(_VOICE_THREADS, thread_name_prefix="voice")
        self._server: asyncio.AbstractServer | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def clients(self) -> int:
        """Connections that are open now."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen. Raises SpeechError when the socket can't be made."""
        try:
            sock = private_socket(self.path)
        except OSError as error:
            raise SpeechError(
                "speech", f"socket {self.path} can't be made ({error.strerror or error})", "Check [line] data_dir"
            ) from error
        self._server = await asyncio.start_unix_server(self._serve, sock=sock)

    async def stop(self) -> None:
        """Close the socket and every connection; work that runs is let finish, its result is dropped."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self.path.unlink(missing_ok=True)
        self.ears.close()
        self.voices.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await Connection(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away in the middle of something
        except asyncio.CancelledError:
            pass  # the server stops; asyncio would report this as a fault of its callback
        except Exception:  # one connection's fault must not become another's
            _log.exception("speech.connection_failed")
        finally:
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()


async def serve(server: SpeechServer, ready: Callable[[], None]) -> None:
    """Listen, call ``ready``, serve until cancelled. Raises SpeechError when the socket can't be made."""
    await server.start()
    try:
        ready()
        await asyncio.Event().wait()
    finally:
        await server.stop()
