"""A million inputs that are nearly right, for everything that reads what strangers, files and other processes send.

    python -m scripts.bench.fuzz_inputs --state FILE --json    # nine minutes; again and again: goes on where it stopped
    python -m scripts.bench.fuzz_inputs --only sip --scale 0.01
    python -m scripts.bench.fuzz_inputs --only http --seed 7

Texts, JSON, files and pages are read in this process (``fuzz_parsers.py``); SIP, SDP, RTP, MQTT, raw HTTP and lines
into the parts' sockets go over loopback to a line that ``ivr serve`` started (``fuzz_wire.py``). Each batch has a seed
of its own that its faults name. Counts inputs, crashes (an error that is no refusal, a process that fell) and stuck
calls (a call after the batch fails, or a leg stays taken). Ends with 1 when there was one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.progress import Progress

from scripts.bench.fuzz_parsers import Pages, Target, parsers
from scripts.bench.fuzz_wire import LineTarget, line_targets, lines

KEPT_FAULTS = 50


@contextmanager
def targets(only: set[str]) -> Iterator[list[Target]]:
    """All of them, or those named, ready to be run; a line runs meanwhile if one of them needs it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-fuzz-")))
        made: list[Target] = [*parsers(folder)]
        if not only or "http" in only:
            made.append(Pages())
        if not only or only & {name for name, _, _ in line_targets()}:
            made += stack.enter_context(lines(folder / "line"))
        for target in made:
            stack.callback(target.close)
        yield [target for target in made if not only or target.name in only]


def run(options: argparse.Namespace, state: dict[str, Any], bar: Progress) -> None:
    """Batch by batch, each target in turn, until all are done or the time is over; ``state`` is brought up to date."""
    until = time.monotonic() + options.minutes * 60
    with targets(set(options.only)) as chosen:
        left = {target.name: round(target.planned * options.scale) - _of(state, target)["inputs"] for target in chosen}
        task = bar.add_task("inputs", total=sum(max(0, count) for count in left.values()))
        while time.monotonic() < until and (going := [one for one in chosen if left[one.name] > 0]):
            for target in going:
                counts = _of(state, target)
                count = min(target.batch, left[target.name])
                faults = target.run(f"{options.seed}/{target.name}/{counts['inputs']}", count)
                left[target.name] -= count
                counts["inputs"] += count
                counts["crashes"] += sum(fault.problem != "stuck" for fault in faults)
                counts["stuck"] += sum(fault.problem == "stuck" for fault in faults)
                state["faults"] = [*state["faults"], *map(asdict, faults)][:KEPT_FAULTS]
                bar.advance(task, count)
                if time.monotonic() >= until:
                    break
        state["left"] = sum(max(0, count) for count in left.values())


def _of(state: dict[str, Any], target: Target | LineTarget) -> dict[str, int]:
    counts: dict[str, int] = state["targets"].setdefault(target.name, {"inputs": 0, "crashes": 0, "stuck": 0})
    return counts


def main() -> int:
    """Print the figures; 1 when something crashed or stuck."""
    parser = argparse.ArgumentParser(description="Inputs that are nearly right.")
    parser.add_argument("--seed", type=int, default=1883)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the planned inputs (default: 1)")
    parser.add_argument("--only", nargs="*", default=[], help="names of targets")
    parser.add_argument("--minutes", type=float, default=9.0, help="of this start (default: 9)")
    parser.add_argument("--state", type=Path, help="file that holds what earlier starts did; this one goes on there")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    state: dict[str, Any] = {"targets": {}, "faults": [], "left": 0}
    if options.state is not None and options.state.exists():
        state = json.loads(options.state.read_text(encoding="utf-8"))
    with Progress(disable=options.json or not sys.stderr.isatty()) as bar:
        try:
            run(options, state, bar)
        finally:
            if options.state is not None:
                options.state.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    sums = {key: sum(one[key] for one in state["targets"].values()) for key in ("inputs", "crashes", "stuck")}
    figures = {**sums, **state}
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        for name, value in {**sums, "left": state["left"], **state["targets"]}.items():
            print(f"{name:<12} {value}")
        for fault in state["faults"]:
            print(f"{fault['seed']}: {fault['problem']}\n    {fault['input'][:300]}")
    return 1 if sums["crashes"] or sums["stuck"] else 0


if __name__ == "__main__":
    sys.exit(main())
