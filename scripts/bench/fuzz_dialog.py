"""Hold thousands of random conversations with the line's mind, and tell what went wrong and how long it thought.

    python -m scripts.bench.fuzz_dialog --calls 10000
    python -m scripts.bench.fuzz_dialog --seed 4711 --calls 1 --show    # look at one conversation again
    python -m scripts.bench.fuzz_dialog --json

What counts as a fault is in ``ivr/simulator/fuzz.py``. Ends with 1 when there was one. Times are those of the mind
alone, per event; on a machine that does other things at the same time they say little.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter

from rich.progress import track

from ivr.config import Config
from ivr.dialog.plan import Plan, load_plan
from ivr.processes.preflight import read
from ivr.simulator.fuzz import FuzzRun, fuzz
from ivr.simulator.text_call import GRAMMARS
from ivr.speech.prompts import PromptBook, other_texts


def percentile(sorted_values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie; 0 for none."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))] if sorted_values else 0.0


def report(runs: int, ends: Counter[str], faults: list[FuzzRun], handled_s: list[float]) -> dict[str, object]:
    """The figures as plain data; times in milliseconds."""
    handled_s.sort()
    return {
        "calls": runs,
        "events": len(handled_s),
        "faults": len(faults),
        "ends": dict(ends.most_common()),
        "machine_ms": {
            "p50": round(percentile(handled_s, 0.5) * 1000, 4),
            "p99": round(percentile(handled_s, 0.99) * 1000, 4),
            "worst": round(percentile(handled_s, 1.0) * 1000, 3),
        },
    }


def main() -> int:
    """Print the figures; 1 when a conversation had a fault."""
    parser = argparse.ArgumentParser(description="Random conversations with the line's mind.")
    parser.add_argument("--calls", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first one; the others follow (default: 1)")
    parser.add_argument("--most", type=int, default=40, help="acts of a caller at most (default: 40)")
    parser.add_argument("--show", action="store_true", help="print what the callers did")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    plan, texts = _line()
    GRAMMARS.read()  # as the worker does at its start
    ends: Counter[str] = Counter()
    faults: list[FuzzRun] = []
    handled_s: list[float] = []
    rested: set[str] = set()
    seeds = range(options.seed, options.seed + options.calls)
    for seed in track(seeds, "conversations", disable=options.json or not sys.stderr.isatty()):
        run = fuzz(seed, plan, texts, most=options.most)
        ends[run.end] += 1
        handled_s += run.handled_s
        rested |= run.rested
        if run.faults:
            faults.append(run)
        if options.show:
            print(f"{seed}: {'; '.join(run.done)} → {run.end}")
    figures = report(options.calls, ends, faults, handled_s) | {
        "nodes_rested_in": len(rested),
        "nodes": len(plan.nodes),
    }
    if options.json:
        print(json.dumps(figures | {"seeds_with_faults": [run.seed for run in faults]}, ensure_ascii=False))
    else:
        for name, value in figures.items():
            print(f"{name:<12} {value}")
        for run in faults[:20]:
            print(f"seed {run.seed}: {'; '.join(run.faults)}\n    {'; '.join(run.done[-8:])}")
    return 1 if faults else 0


def _line() -> tuple[Plan, dict[str, str]]:
    line = Config().line
    book = PromptBook(line.prompts_dir, line.language)
    texts = {name: book.text(name) for name in book.ids} | other_texts(line.prompts_dir, line.language)
    return load_plan(read(line.plan), str(line.plan), prompts=texts), texts


if __name__ == "__main__":
    sys.exit(main())
