"""A whole line on loopback, started as an operator would start it: for demo, benches and tests.

It is the real ``ivr serve`` in a process of its own, with a configuration
written to a folder of its own and ports that are free at this moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any

from ivr.config import Config, load
from ivr.errors import PartFailed

RTP_LOWEST, RTP_HIGHEST = 20_000, 32_000


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of one line on loopback; RTP ranges are per worker, from ``rtp`` on."""

    sip: int
    office: int
    rtp: int
    peer_sip: int
    peer_rtp: int


def free_ports(random: Random, workers: int = 1) -> Ports:
    """Ports that nobody uses right now, SIP ones free for UDP and TCP and consecutive per worker."""
    for _ in range(200):
        sip = random.randrange(15_000, 19_900)
        if all(is_free(sip + offset) for offset in range(workers + 2)):
            rtp = random.randrange(RTP_LOWEST, RTP_HIGHEST - 100 * (workers + 1), 100)
            return Ports(sip, _free_tcp(), rtp, sip + workers + 1, rtp + 100 * workers)
    raise PartFailed("loopback", "no free SIP port was found", "Stop programs that hold ports 15000-19999")


def is_free(port: int) -> bool:
    """Nobody on loopback uses the port, neither by UDP nor by TCP."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _free_tcp() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_config(
    folder: Path, ports: Ports, *, settings: Mapping[str, Mapping[str, object]] | None = None
) -> tuple[Config, Path]:
    """``ivr.toml`` for such a line in ``folder``; ``settings`` adds or overrides keys by section."""
    sections: dict[str, dict[str, object]] = {
        "line": {"data_dir": str(folder / "data")},
        "sip": {"bind": "127.0.0.1", "port": ports.sip, "rtp_port": ports.rtp},
        "office": {"port": ports.office},
        "mqtt": {"embedded": False},  # many such lines may run at once
        "people": {"hours": "always"},  # whoever tries a line at night wants to see it hand over
    }
    for section, keys in (settings or {}).items():
        sections.setdefault(section, {}).update(keys)
    lines: list[str] = []
    for section, keys in sections.items():
        # JSON's strings, numbers, booleans and lists are TOML's too.
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""]
    path = folder / "ivr.toml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return load(path, {}), path


class LoopbackLine:
    """``async with LoopbackLine(config, path):`` the line is ready inside and gone after.

    Raises:
        PartFailed: with the line's own last words when it does not come up.
    """

    def __init__(self, config: Config, path: Path, *, start_timeout_s: float = 90.0) -> None:
        self.config, self.path = config, path
        self.log_path = path.with_name("line.log")
        self._timeout = start_timeout_s
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """SIP address of the first worker."""
        return f"sip:{self.config.line.number}@{self.config.sip.bind}:{self.config.sip.port}"

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        if self._process is None:
            raise PartFailed("loopback", "the line is not running", "Start it first")
        return self._process.pid

    def parts(self) -> dict[str, Any]:
        """What the supervisor last wrote about its parts."""
        try:
            status = json.loads((self.config.line.data_dir / "parts.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        # A former life's file is not news of this one.
        return dict(status["parts"]) if self._process is not None and status["pid"] == self._process.pid else {}

    def ready(self) -> bool:
        """All parts run."""
        parts = self.parts()
        return bool(parts) and all(part["state"] == "ready" for part in parts.values())

    async def __aenter__(self) -> LoopbackLine:
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ivr",
                "serve",
                "--config",
                str(self.path),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ,
            )
        deadline = time.monotonic() + self._timeout
        while not self.ready():
            if self._process.returncode is not None or time.monotonic() > deadline:
                await self.__aexit__(None, None, None)
                raise PartFailed("line", self._last_words(), f"All it said is in {self.log_path}")
            await asyncio.sleep(0.05)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), self.config.workers.drain_s + 15.0)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _last_words(self) -> str:
        try:
            lines = self.log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            lines = []
        said = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
        return (said or lines or ["did not come up"])[-1].rstrip(".")
