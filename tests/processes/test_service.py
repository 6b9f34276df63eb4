"""The service manager is told what it waits for, and nobody else is told anything."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from ivr.processes.service import Service


def manager(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(path))
    listening.settimeout(30)
    return listening


async def test_systemd_hears_that_the_line_is_ready_moves_and_stops(tmp_path: Path) -> None:
    with manager(tmp_path / "notify") as listening:
        environ = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "20000",
            "WATCHDOG_PID": str(os.getpid()),
        }
        service = Service(environ)
        service.ready()
        assert listening.recv(100) == b"READY=1"
        beating = asyncio.create_task(service.beat())
        for _ in range(3):
            assert await asyncio.to_thread(listening.recv, 100) == b"WATCHDOG=1"
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        listening.setblocking(False)
        while True:
            try:
                listening.recv(100)
            except BlockingIOError:
                break
        service.stopping()
        assert listening.recv(100) == b"STOPPING=1"


async def test_without_systemd_or_when_another_process_is_watched_nothing_is_told(tmp_path: Path) -> None:
    Service({}).ready()
    await Service({}).beat()
    with manager(tmp_path / "notify") as listening:
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}
        await Service(environ).beat()
        listening.setblocking(False)
        try:
            heard = listening.recv(100)
        except BlockingIOError:
            heard = b""
        assert heard == b""
    Service({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready()
