"""Hours of load in pieces: the line stays up between them, a file of state says how far it is.

A piece ends idle: everybody has hung up, and what threads and descriptors are left then is written down beside the
memory that was taken while callers talked.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from ivr.config import Config, load
from ivr.errors import PartFailed
from ivr.simulator.load import CONVERSATIONS, SETTLES_S, Crowd, mixture
from ivr.simulator.load_citizen import CallResult
from ivr.simulator.load_figures import figures, growth
from ivr.simulator.load_line import Use, line_config, parts_file, proxy_command, uses

WORKERS: Final = 5
CALLERS_PER_WORKER: Final = 2
CALLERS: Final = 8  # four fifths of the room
WARM_S: Final = 600.0
WINDOW_S: Final = 300.0
_SAMPLE_S: Final = 5.0

_STARTS_S: Final = 120.0
_ENDS_S: Final = 30.0


@dataclass
class State:
    """What is kept between pieces. ``memory``: seconds of load and kilobytes by part; ``idle``: at each piece's end."""

    folder: str
    line: int = 0
    proxy: int = 0
    loaded_s: float = 0.0
    before: dict[str, list[float]] = field(default_factory=dict)
    memory: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    idle: list[dict[str, list[float]]] = field(default_factory=list)
    pieces: list[dict[str, Any]] = field(default_factory=list)
    restarts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> State | None:
        """None where nothing was begun. Raises PartFailed for a file that is none of ours."""
        if not path.exists():
            return None
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise PartFailed("soak", f"{path} is no state of a soak", "Give another file") from error

    def write(self, path: Path) -> None:
        """Whole or not at all."""
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(path)


class Soak:
    """One soak. ``path``: the file of state; beside it the line has its folder."""

    def __init__(self, path: Path, step: Callable[[CallResult], None] = lambda result: None) -> None:
        self._path, self._step = path, step
        found = State.read(path)
        self.state = found or State(str(path.with_name(path.name + ".line").resolve()))
        self._config_path = Path(self.state.folder) / "ivr.toml"
        self._config: Config | None = None
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def config(self) -> Config:
        """The line's, once it is there."""
        if self._config is None:
            raise PartFailed("soak", "has no line yet", "Begin it first")
        return self._config

    def piece(self, seconds: float) -> None:
        """Begin the line if there is none, and load it for so long. Raises PartFailed, what preparing raises."""
        self._attach()
        began = self.state.loaded_s
        stop = threading.Event()
        crowd = Crowd(self.config, mixture(CONVERSATIONS), CALLERS, seed=len(self.state.pieces) + 1, step=self._step)
        watching = threading.Thread(target=self._watch, args=(stop, began), daemon=True)
        watching.start()
        try:
            results = crowd.run(seconds)
        finally:
            stop.set()
            watching.join()
        self.state.loaded_s = round(began + seconds, 1)
        time.sleep(2 * SETTLES_S)
        self.state.idle.append(_plain(self._uses()))
        self.state.pieces.append(_kept(results))
        self.state.restarts = {
            name: row["restarts"] for name, row in parts_file(self.config, self.state.line).items() if row["restarts"]
        }
        self.state.write(self._path)

    def end(self) -> None:
        """Stop line and proxy; the state stays."""
        for pid in (self.state.proxy, self.state.line):
            _stop(pid, self.state.folder)
        for child in self._children:
            child.wait(_ENDS_S)
        self.state.line = self.state.proxy = 0
        self.state.write(self._path)

    def result(self) -> dict[str, Any]:
        """What is known so far; ``growth`` is None before there was enough load."""
        state = self.state
        total = [(at, sum(parts.values())) for at, parts in state.memory]
        names = sorted(state.memory[-1][1]) if state.memory else []
        last = state.idle[-1] if state.idle else {}
        first = state.idle[0] if state.idle else {}
        return {
            "part": "soak",
            "callers": CALLERS,
            "minutes": round(state.loaded_s / 60, 1),
            "pieces": len(state.pieces),
            "growth": growth(total, WARM_S, WINDOW_S),
            "growth_by_part": {
                name: growth([(at, parts.get(name, 0)) for at, parts in state.memory], WARM_S, WINDOW_S)
                for name in names
            },
            "memory_mb": round(total[-1][1] / 1000) if total else None,
            "threads": {"before": _sum(state.before, 1), "first": _sum(first, 1), "last": _sum(last, 1)},
            "descriptors": {"before": _sum(state.before, 2), "first": _sum(first, 2), "last": _sum(last, 2)},
            "calls": sum(piece["calls"] for piece in state.pieces),
            "wrong": sum(piece["wrong"] for piece in state.pieces),
            "faults": {fault: count for piece in state.pieces for fault, count in piece["faults"].items()},
            "v2v_p95_ms": [piece["v2v_p95_ms"] for piece in state.pieces],
            "gaps_over_40_ms": sum(piece["gaps"] for piece in state.pieces),
            "fallen": state.restarts,
        }

    # ------------------------------------------------------------ the line

    def _attach(self) -> None:
        if self.state.line:
            if not _ours(self.state.line, self.state.folder) or not _ours(self.state.proxy, self.state.folder):
                raise PartFailed("soak", "its line is gone since the last piece", f"Remove {self._path} and begin anew")
            self._config = load(self._config_path, {})
            return
        folder = Path(self.state.folder)
        self._config, path = line_config(folder, workers=WORKERS, callers=CALLERS_PER_WORKER)
        from ivr.processes.line import prepare

        prepare(self._config)
        command = [sys.executable, "-m", "ivr", "serve", "--config", str(path)]
        self.state.line = self._spawn(command, folder / "line.log")
        self.state.proxy = self._spawn(proxy_command(self._config, folder / "proxy"), folder / "proxy.log")
        self.state.write(self._path)
        until = time.monotonic() + _STARTS_S
        while not ((parts := parts_file(self._config, self.state.line)) and _ready(parts)):
            if time.monotonic() > until:
                self.end()
                raise PartFailed("soak", "its line did not come up", f"All it said is in {folder / 'line.log'}")
            time.sleep(0.2)
        self.state.before = _plain(self._uses())

    def _spawn(self, command: Sequence[str], log: Path) -> int:
        with log.open("ab") as file:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=os.environ, start_new_session=True
            )
        self._children.append(child)
        return child.pid

    def _uses(self) -> dict[str, Use]:
        return uses(self.state.line, parts_file(self.config, self.state.line))

    def _watch(self, stop: threading.Event, began: float) -> None:
        since = time.monotonic()
        while not stop.wait(_SAMPLE_S):
            memory = {name: use.memory_kb for name, use in self._uses().items()}
            self.state.memory.append((round(began + time.monotonic() - since, 1), memory))


def _ready(parts: dict[str, Any]) -> bool:
    return all(part["state"] == "ready" for part in parts.values())


def _plain(of: dict[str, Use]) -> dict[str, list[float]]:
    return {name: [use.memory_kb, use.threads, use.descriptors] for name, use in of.items()}


def _sum(of: dict[str, list[float]], column: int) -> int:
    return int(sum(row[column] for row in of.values()))


def _kept(results: Sequence[CallResult]) -> dict[str, Any]:
    told = figures(results)
    return {
        "calls": told["calls"],
        "wrong": told["wrong"],
        "faults": told["faults"],
        "v2v_p95_ms": told["v2v_ms"]["p95"],
        "gaps": told["gaps_over_40_ms"],
    }


def _ours(pid: int, folder: str) -> bool:
    try:
        return folder in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _stop(pid: int, folder: str) -> None:
    if not pid or not _ours(pid, folder):
        return
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + _ENDS_S
    while _ours(pid, folder) and time.monotonic() < until:
        time.sleep(0.1)
