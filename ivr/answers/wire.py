"""The book behind a Unix socket: a JSON line for each question and one for its answer.

The packs and their ranking take more memory than a line worker may, and a busy interpreter next to the audio clock is
heard as gaps; so they live in a process of their own (``ivr part knowledge``), and all workers ask it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import structlog

from ivr.dialog.ports import Answers, SpokenAnswer, Understood
from ivr.errors import AnswersUnavailable
from ivr.private_socket import private_socket

log = structlog.get_logger(__name__)

PATIENCE_S: Final = 5.0
LONGEST: Final = 1 << 20
"""Bytes of a line; a question of a whole three-minute turn has some thousand."""


class AnswersClient:
    """The port ``Answers`` of a worker: a short connection for each question; blocks at most :data:`PATIENCE_S`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answer(self, text: str, after: str = "", among: Sequence[str] = ()) -> Understood:
        """What is meant by the words. Raises AnswersUnavailable while nobody is there to ask."""
        asked = json.dumps({"text": text, "after": after, "among": list(among)}, ensure_ascii=False)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE_S)
                connection.connect(str(self._path))
                connection.sendall(asked.encode() + b"\n")
                with connection.makefile("rb") as lines:
                    return understood_of(json.loads(lines.readline(LONGEST)))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise AnswersUnavailable(f"{self._path} does not answer ({error})") from error


async def serve_answers(path: Path, book: Answers, ready: Callable[[], None]) -> None:
    """Answer until cancelled. Raises OSError when the socket can't be made."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(_answered(book, line) + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.LimitOverrunError) as error:
            log.warning("answers.connection_lost", error=str(error))
        finally:
            writer.close()

    server = await asyncio.start_unix_server(answer, sock=private_socket(path), limit=LONGEST)
    async with server:
        ready()
        await server.serve_forever()


def _answered(book: Answers, line: bytes) -> bytes:
    """A line that is no question, and one that the book fails at, are answered by ``null``."""
    try:
        asked = json.loads(line)
        text, after, among = str(asked["text"]), str(asked["after"]), [str(name) for name in asked["among"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("answers.no_question", error=str(error))
        return b"null"
    try:
        found = book.answer(text, after, among)
    except Exception:
        # Whatever it was: the next question shall find the book open.
        log.exception("answers.failed")
        return b"null"
    return json.dumps(asdict(found), ensure_ascii=False).encode() if found is not None else b"null"


def understood_of(data: Any) -> Understood:
    """The inverse of ``asdict``. Raises KeyError, TypeError, ValueError for anything else."""
    candidates = tuple(
        SpokenAnswer(**(one | {"sentences": tuple(one["sentences"]), "longer": tuple(one["longer"])}))
        for one in data["candidates"]
    )
    kinds = tuple((kind, float(share)) for kind, share in data["kinds"])
    return Understood(data["kind"], float(data["confidence"]), data["decision"], candidates, kinds)
