"""When did the machine itself stand still? One process a core that nothing on the machine may hold up.

``python -m ivr.simulator.load_canary CORE`` wants to run every few milliseconds, before everything else (SCHED_FIFO).
When it could not, no program of ours could have run on that core either: the machine beneath had it, or the kernel.
It says each such time on a line of its own, two moments of the monotonic clock. Without the right to go before others
it ends at once with status 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

EVERY_S: Final = 0.004
LATE_S: Final = 0.008
_FIRST: Final = 90  # of the kernel's real-time priorities
_LEAVES_S: Final = 5.0

Still = tuple[float, float]


class Canaries:
    """One on each core this process may use; ``known`` tells after :meth:`close` whether they were allowed to watch."""

    def __init__(self) -> None:
        self.known = False
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "ivr.simulator.load_canary", str(core)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for core in sorted(os.sched_getaffinity(0))
        ]

    def close(self) -> list[Still]:
        """End them; from when to when a core stood still, in the order of time."""
        told: list[Still] = []
        codes = []
        for process in self._processes:
            out, _ = process.communicate(timeout=_LEAVES_S)  # its standard input closes, and it leaves
            codes.append(process.returncode)
            for line in out.splitlines():
                begin, end = line.split()
                told.append((float(begin), float(end)))
        self.known = not any(codes)
        return sorted(told)


def stood_still(stills: Sequence[Still], begin: float, end: float) -> float:
    """Seconds between two moments in which some core stood still; where two did, counted once."""
    total, until = 0.0, begin
    for first, last in stills:
        first, last = max(first, until), min(last, end)
        if last > first:
            total, until = total + last - first, last
    return total


def watch(core: int) -> int:
    """Until standard input closes; 1 where it may not go before others."""
    try:
        os.sched_setaffinity(0, {core})
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_FIRST))
    except OSError:
        return 1
    os.set_blocking(sys.stdin.fileno(), False)
    last = time.monotonic()
    while True:
        time.sleep(EVERY_S)
        now = time.monotonic()
        if now - last > EVERY_S + LATE_S:
            print(f"{last + EVERY_S:.6f} {now:.6f}", flush=True)
        last = now
        try:
            if os.read(sys.stdin.fileno(), 1) == b"":
                return 0
        except BlockingIOError:
            continue


if __name__ == "__main__":
    sys.exit(watch(int(sys.argv[1])))
