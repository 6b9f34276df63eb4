"""The switchboard's socket: JSON lines between the office and every line worker, both ways, for as long as both live.

A worker that dies closes its end, and the office frees its agents at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import structlog

from ivr.errors import StoreError
from ivr.office.switchboard import Switchboard, Wire
from ivr.people.handover import (
    LONGEST,
    CalledBack,
    Leave,
    Order,
    Rang,
    Reply,
    Report,
    Resume,
    Seek,
    Standing,
    line_of,
    message_of,
)
from ivr.private_socket import private_socket

log = structlog.get_logger(__name__)


async def serve_switchboard(path: Path, switchboard: Switchboard, ready: Callable[[], None] = lambda: None) -> None:
    """Answer workers until cancelled; their calls go on without the office. Raises OSError: no socket can be made."""
    writers: set[asyncio.StreamWriter] = set()

    async def worker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def tell(reply: Reply | Standing | Order) -> None:
            if not writer.is_closing():
                writer.write(line_of(reply))

        wire = Wire(tell)
        writers.add(writer)
        switchboard.connected(wire)
        try:
            while line := await reader.readline():
                await _obey(switchboard, wire, line)
        except (OSError, ValueError) as error:  # ValueError: a line without an end
            log.warning("worker_connection_broke", error=str(error))
        finally:
            if writer in writers:
                writers.discard(writer)
                writer.close()
                with contextlib.suppress(StoreError, sqlite3.Error):
                    await switchboard.lost(wire)

    server = await asyncio.start_unix_server(worker, sock=private_socket(path), limit=LONGEST)
    async with server:
        ready()
        try:
            await server.serve_forever()
        finally:
            for writer in tuple(writers):
                writers.discard(writer)
                writer.close()


async def _obey(switchboard: Switchboard, wire: Wire, line: bytes) -> None:
    """A line that is no message, and one that the database fails at, must not cost the connection."""
    try:
        match message_of(line):
            case Seek() as seek:
                await switchboard.seek(wire, seek)
            case Leave(call=call):
                await switchboard.leave(call)
            case Rang() as rang:
                await switchboard.rang(wire, rang)
            case CalledBack() as called:
                await switchboard.callbacks.called_back(wire, called)
            case Report() as report:
                await switchboard.report(report)
            case Resume() as resumed:
                await switchboard.resume(wire, resumed)
            case other:
                log.warning("not_for_the_switchboard", kind=type(other).__name__)
    except (KeyError, TypeError, ValueError, StoreError, sqlite3.Error) as error:
        log.error("worker_not_obeyed", error=repr(error))
    except Exception:  # whatever it was: its agents and callers are not forgotten for it
        log.exception("worker_not_obeyed")
