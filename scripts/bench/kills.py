"""``kill -9`` of every process of a line at random moments while people call it; what of calls and sound was lost.

    python -m scripts.bench.kills --json                       # 200 kills, at most nine minutes a start
    python -m scripts.bench.kills --state FILE --json          # again and again: goes on where it stopped
    python -m scripts.bench.kills --kills 5 --seed 3

Workers, ears, voice, answers, office and the supervisor are killed, also while others are still coming back; the
supervisor is started again as our systemd unit would. Two workers, four callers who speak and press keys, recordings
on; prompts of one word and few answers, so that calls are recorded soon and parts come back soon. Ends with 1 when an
event, a caller or more than 2 s of a recording was lost, or a part stayed away. What counts: ``kill_verdict.py``. Its
figures have nothing to do with time, so it may run beside other work.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.progress import Progress

from ivr.errors import PartFailed, StoreError
from ivr.paths import project_file
from ivr.processes.line import prepare
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent
from scripts.bench.callers import Caller, numbers
from scripts.bench.kill_verdict import Kill, Row, Verdict, judge
from tests.line.conftest import short_prompts

WORKERS = 2
PAUSE_S = 3.0
SUPERVISORS_SHARE = 0.06
RESTART_S = 5.0  # RestartSec of our unit
BACK_S = 180.0
LONGEST_CALL_S = 25.0
SETTLED_S = 60.0


class KilledLine:
    """A line on loopback, its callers, and somebody who kills."""

    def __init__(self, folder: Path, random_: random.Random) -> None:
        self._random = random_
        answers = folder / "dialplans"
        shutil.copytree(project_file("dialplans"), answers, ignore=shutil.ignore_patterns("ministerija", "personalas"))
        settings: dict[str, dict[str, object]] = {
            "line": {"prompts_dir": str(short_prompts())},
            "workers": {"count": WORKERS, "drain_s": 1.0, "restart_delay_s": 0.1},
            "speech": {"voice": "piper", "prompt_cache": str(project_file("var", "prompt-cache"))},
            "answers": {"dialplans": str(answers)},
        }
        self.config, path = write_config(folder, free_ports(random_, WORKERS), settings=settings)
        prepare(self.config)
        self._line = LoopbackLine(self.config, path)
        self.before: set[Row] = set()
        self.kills: list[Kill] = []
        self._away: list[tuple[Kill, int]] = []  # with the process that was killed
        number = numbers()
        self.callers = [
            Caller(
                f"worker-{index % WORKERS}",
                ("127.0.0.1", self.config.sip.port + index % WORKERS),
                random.Random(random_.random()),
                number,
                LONGEST_CALL_S,
            )
            for index in range(2 * WORKERS)
        ]

    async def begin(self) -> None:
        """Start line and callers. Raises PartFailed."""
        await self._line.__aenter__()
        for caller in self.callers:
            caller.start()

    async def end(self) -> Verdict:
        """Let the callers finish, stop the line, and look at what is left."""
        try:
            for caller in self.callers:
                caller.stop()
            for caller in self.callers:
                await asyncio.to_thread(caller.join, 60.0)
            await self._until(lambda: self._line.ready() and not self._away, BACK_S)
            await self._until(self._quiet, SETTLED_S)
        finally:
            await self._line.__aexit__(None, None, None)
        events = Journal(open_database(self.config.journal_path)).follow(0, limit=10_000_000)
        seen = [call for caller in self.callers for call in caller.seen]
        return judge(seen, self.kills, events, self.before, map(_row, events), self._lengths())

    async def kill(self) -> Kill:
        """Kill one part that runs at some moment. Only the supervisor is waited for: nobody else starts it again."""
        await asyncio.sleep(self._random.uniform(0.0, PAUSE_S))
        name, pid = self._victim()
        self.look()
        kill = Kill(name, time.time())
        self.kills.append(kill)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if name == "supervisor":
            began = time.monotonic()
            kill.back_s = round(time.monotonic() - began, 2) if await self._start_again() else None
        else:
            self._away.append((kill, pid))
        return kill

    def _victim(self) -> tuple[str, int]:
        """A part that is ready now, or the supervisor."""
        running = {name: part["pid"] for name, part in self._line.parts().items() if part["state"] == "ready"}
        if not running or self._random.random() < SUPERVISORS_SHARE:
            return "supervisor", self._line.pid
        name = self._random.choice(sorted(running))
        return name, int(running[name])

    async def watch(self) -> None:
        """Note when each part is back; until cancelled."""
        while True:
            parts = self._line.parts()
            for kill, pid in tuple(self._away):
                if (part := parts.get(kill.name)) and part["pid"] != pid and part["state"] == "ready":
                    kill.back_s = round(time.time() - kill.at, 2)
                    self._away.remove((kill, pid))
            await asyncio.sleep(0.1)

    def look(self) -> None:
        """Remember every row that a reader sees now."""
        with contextlib.suppress(StoreError):
            self.before |= set(map(_row, Journal(open_database(self.config.journal_path)).follow(0, limit=10_000_000)))

    def _quiet(self) -> bool:
        return not Journal(open_database(self.config.journal_path)).open_calls()

    async def _start_again(self) -> bool:
        """As systemd does with our unit; again while the former life's parts still hold the ports."""
        deadline = time.monotonic() + BACK_S
        while time.monotonic() < deadline:
            await asyncio.sleep(RESTART_S)
            with contextlib.suppress(PartFailed):
                await self._line.__aenter__()
                return True
        return False

    async def _until(self, what: Callable[[], bool], limit_s: float = BACK_S) -> bool:
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if what():
                return True
            await asyncio.sleep(0.1)
        return False

    def _lengths(self) -> dict[str, float]:
        found = {}
        for path in self.config.recordings_dir.glob("*.wav"):
            with wave.open(str(path)) as sound:
                found[path.stem] = sound.getnframes() / sound.getframerate()
        return found


def _row(event: JournalEvent) -> Row:
    return event.rowid, event.call_id, event.seq, event.kind, json.dumps(event.data, sort_keys=True, ensure_ascii=False)


async def chunk(
    folder: Path, random_: random.Random, kills: int, until: float, told: Callable[[Kill], None]
) -> Verdict:
    """Kill on one line until ``kills`` are done or ``until`` (monotonic) has come; what was lost."""
    line = KilledLine(folder, random_)
    await line.begin()
    watching = asyncio.create_task(line.watch())
    try:
        while len(line.kills) < kills and time.monotonic() < until:
            told(await line.kill())
    finally:
        verdict = await line.end()
        watching.cancel()
    return verdict


def main() -> int:
    """Print the figures; 1 when something was lost."""
    parser = argparse.ArgumentParser(description="kill -9 of every process during calls.")
    parser.add_argument("--kills", type=int, default=200, help="how many in all (default: 200)")
    parser.add_argument("--seed", type=int, default=1883)
    parser.add_argument("--minutes", type=float, default=9.0, help="of this start, without its end (default: 9)")
    parser.add_argument("--state", type=Path, help="file that holds what earlier starts did; this one goes on there")
    parser.add_argument("--keep", type=Path, help="folder for the line's data, to look at afterwards")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    state: dict[str, Any] = {"kills": [], "verdict": {}}
    if options.state is not None and options.state.exists():
        state = json.loads(options.state.read_text(encoding="utf-8"))
    left = options.kills - len(state["kills"])
    if left > 0:
        done: list[Kill] = []
        random_ = random.Random(f"{options.seed}/{len(state['kills'])}")
        with (
            tempfile.TemporaryDirectory(prefix="ivr-kills-") as name,
            Progress(disable=options.json or not sys.stderr.isatty()) as bar,
        ):
            task = bar.add_task("kills", total=left)

            def told(kill: Kill) -> None:
                done.append(kill)
                bar.advance(task)

            folder = options.keep or Path(name)
            verdict = asyncio.run(chunk(folder, random_, left, time.monotonic() + options.minutes * 60, told))
        verdict.add(state["verdict"])
        state["kills"] += [[kill.name, kill.back_s] for kill in done]
        state["verdict"] = verdict.plain()
        if options.state is not None:
            options.state.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    else:
        verdict = Verdict()
        verdict.add(state["verdict"])
    return _report(state["kills"], verdict, options.kills, as_json=options.json)


def _report(kills: list[list[Any]], verdict: Verdict, wanted: int, *, as_json: bool) -> int:
    back = sorted(kill[1] for kill in kills if kill[1] is not None)
    figures = {
        "kills": len(kills),
        "by_part": dict(sorted(Counter(kill[0] for kill in kills).items())),
        "left": wanted - len(kills),
        "parts_not_back": len(kills) - len(back),
        "back_s_worst": back[-1] if back else None,
        **verdict.plain(),
    }
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        for name, value in figures.items():
            print(f"{name:<20} {value}")
    return 1 if verdict.wrong or len(back) < len(kills) else 0


if __name__ == "__main__":
    sys.exit(main())
