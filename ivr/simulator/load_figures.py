"""What many calls say together. Pure: results of calls in, plain numbers out."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ivr.simulator.load_citizen import CallResult

GAP_MS: Final = 40.0  # a pause between two packets of sound that somebody may hear
REFUSAL: Final = 503
Spread = dict[str, float | int | None]


def spread(values: Iterable[float], digits: int = 1) -> Spread:
    """p50, p95, p99 and the largest by the nearest rank, and how many there were; None where there were none."""
    ordered = sorted(values)

    def at(share: float) -> float | None:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], digits) if ordered else None

    return {"p50": at(0.50), "p95": at(0.95), "p99": at(0.99), "max": at(1.0), "count": len(ordered)}


def figures(results: Sequence[CallResult]) -> dict[str, Any]:
    """Of all calls of one run; milliseconds."""
    admitted = [result for result in results if result.admitted]
    refused = [result for result in results if not result.admitted]
    turns = [turn for result in admitted for turn in result.turns]
    timed = [turn for turn in turns if not turn.missing]
    intervals = [step for result in admitted for step in result.intervals_ms]
    wrong = [result for result in admitted if result.faults]
    return {
        "calls": len(admitted),
        "wrong": len(wrong),
        "faults": dict(Counter(f"{result.scenario}: {fault}" for result in wrong for fault in result.faults)),
        "minutes": round(sum(result.seconds for result in admitted) / 60, 1),
        "v2v_ms": spread(turn.v2v_ms for turn in timed if not turn.open_speech),
        "v2v_open_ms": spread(turn.v2v_ms for turn in timed if turn.open_speech),
        "steps_ms": {
            name: spread(getattr(turn, name) for turn in timed if not turn.open_speech)
            for name in ("silence_ms", "decode_ms", "mind_ms", "sound_ms")
        },
        "untimed": dict(Counter(turn.missing for turn in turns if turn.missing)),
        "frame_ms": spread(intervals),
        "gaps_over_40_ms": sum(step > GAP_MS for step in intervals),
        "gaps": gaps(admitted),
        "lost_packets": sum(result.lost for result in admitted),
        "refused": len(refused),
        "refused_ms": spread(result.took_ms for result in refused if result.code == REFUSAL),
        "refused_otherwise": dict(
            Counter(
                f"{result.code or 'no answer'}" if result.code != REFUSAL else "without Retry-After"
                for result in refused
                if result.code != REFUSAL or not result.retry_after
            )
        ),
    }


def gaps(results: Sequence[CallResult], shown: int = 10) -> list[dict[str, float | str]]:
    """The longest pauses over 40 ms: how long, how far into the sound of which call, when by the machine's clock."""
    found = [
        (step, result, sum(result.intervals_ms[:place]) / 1000)
        for result in results
        for place, step in enumerate(result.intervals_ms)
        if step > GAP_MS
    ]
    return [
        {"ms": step, "at_s": round(at, 2), "moment": round(result.began + at, 2), "scenario": result.scenario}
        for step, result, at in sorted(found, key=lambda row: -row[0])[:shown]
    ]


def growth(memory_kb: Sequence[tuple[float, int]], warm_s: float, window_s: float) -> float | None:
    """By which share memory grew: the median of the last ``window_s`` against that of the first after ``warm_s``.

    ``memory_kb``: moment in seconds of load, and kilobytes. None while the windows would overlap.
    """
    if not memory_kb or memory_kb[-1][0] < warm_s + 2 * window_s:
        return None
    first = [kb for at, kb in memory_kb if warm_s <= at < warm_s + window_s]
    last = [kb for at, kb in memory_kb if at >= memory_kb[-1][0] - window_s]
    return round(statistics.median(last) / statistics.median(first) - 1, 5)


def shares(before: Mapping[str, float], after: Mapping[str, float], seconds: float) -> dict[str, float]:
    """Core time of each part as a share of one core, parts of a kind together; nothing for who came in between."""
    taken: Counter[str] = Counter()
    for name in before.keys() & after.keys():
        taken[name.partition("-")[0]] += after[name] - before[name]  # type: ignore[assignment]  # seconds, not a count
    return {name: round(taken[name] / seconds, 3) for name in sorted(taken)}
