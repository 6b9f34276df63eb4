"""A whole line behind Kamailio on loopback, and what its processes take of the machine.

The line is the real ``ivr serve``, the proxy runs with what ``ivr deploy kamailio`` writes.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from ivr.config import Config
from ivr.deploy.kamailio import CONFIG_NAME, render
from ivr.errors import PartFailed
from ivr.paths import project_file
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config

_PATH: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_STARTS_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Use:
    """What a process has now: memory that is its own, threads, descriptors, and seconds of a core that it took."""

    memory_kb: int
    threads: int
    descriptors: int
    cpu_s: float


def line_config(
    folder: Path, *, workers: int, callers: int, settings: Mapping[str, Mapping[str, object]] | None = None
) -> tuple[Config, Path]:
    """Configuration of a line with a proxy before it, in ``folder``; ``settings`` adds keys by section.

    Whoever wants a person is called at an address where nobody is. Prompts come from the project's cache.
    """
    ports = free_ports(Random(), workers)  # noqa: S311  (ports, not secrets)
    sections: dict[str, dict[str, object]] = {
        "workers": {"count": workers, "callers_per_worker": callers, "drain_s": 1.0},
        "proxy": {"bind": "127.0.0.1", "port": ports.peer_sip, "trunks": ["127.0.0.0/8"], "retry_after_s": 5},
        "people": {"hours": "always", "agent": f"sip:agent@127.0.0.1:{ports.peer_rtp}"},
        "speech": {"prompt_cache": str(project_file("var", "prompt-cache"))},
        "answers": {"enabled": False},
    }
    for section, keys in (settings or {}).items():
        sections.setdefault(section, {}).update(keys)
    return write_config(folder, ports, settings=sections)


@asynccontextmanager
async def proxied_line(config: Config, path: Path) -> AsyncIterator[LoopbackLine]:
    """The line and its proxy, both ready inside and gone after. Raises PartFailed when one does not come up."""
    async with LoopbackLine(config, path) as line:
        proxy = await start_proxy(config, path.parent / "proxy")
        try:
            yield line
        finally:
            proxy.terminate()
            await proxy.wait()


async def start_proxy(config: Config, folder: Path) -> asyncio.subprocess.Process:
    """Kamailio before the workers of ``config``. Raises PartFailed when it is not installed or does not come up."""
    command = proxy_command(config, folder)
    with (folder / "kamailio.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    until = asyncio.get_running_loop().time() + _STARTS_S
    while not (folder / "kamailio_ctl").exists():
        if process.returncode is not None or asyncio.get_running_loop().time() > until:
            if process.returncode is None:
                process.kill()
                await process.wait()
            raise PartFailed("kamailio", "did not come up", f"All it said is in {folder / 'kamailio.log'}")
        await asyncio.sleep(0.05)
    return process


def proxy_command(config: Config, folder: Path) -> list[str]:
    """Writes Kamailio's configuration for the workers of ``config`` to ``folder``; how it is started with it.

    Raises PartFailed when Kamailio is not installed.
    """
    program = shutil.which("kamailio", path=_PATH)
    if program is None:
        raise PartFailed("kamailio", "is not installed", "Install it (Debian: kamailio), then try again")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in render(config, [config], folder, run_dir=folder).items():
        (folder / name).write_text(text, encoding="utf-8")
    return [program, "-f", str(folder / CONFIG_NAME), "-DD", "-E", "-Y", str(folder)]


def parts_file(config: Config, supervisor: int) -> dict[str, Any]:
    """What the supervisor of that process id last wrote about its parts; empty before it did."""
    try:
        status = json.loads((config.line.data_dir / "parts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(status["parts"]) if status["pid"] == supervisor else {}


def uses(supervisor: int, parts: Mapping[str, Any]) -> dict[str, Use]:
    """Of the supervisor, and of every part that runs; ``parts`` as :func:`parts_file` has them."""
    pids = {"supervisor": supervisor, **{name: part["pid"] for name, part in parts.items()}}
    found = {name: use_of(int(pid)) for name, pid in pids.items() if pid is not None}
    return {name: use for name, use in found.items() if use is not None}


def stolen_s() -> float:
    """Seconds of all cores that the machine beneath has kept for itself since it started (Linux, virtual machines)."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


def use_of(pid: int) -> Use | None:
    """Of one process; None when it is gone."""
    folder = Path(f"/proc/{pid}")
    try:
        status = dict(
            row.split(":", 1) for row in (folder / "status").read_text(encoding="ascii", errors="replace").splitlines()
        )
        fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        descriptors = len(list((folder / "fd").iterdir()))
    except OSError:
        return None
    cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return Use(int(status["RssAnon"].split()[0]), int(status["Threads"]), descriptors, cpu_s)
