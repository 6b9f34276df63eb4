"""What many calls say together. Pure: results of calls in, plain numbers out."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from ivr.simulator.load_canary import Still, stood_still
from ivr.simulator.load_citizen import GAP_MS, CallResult
from ivr.simulator.spread import spread

REFUSAL: Final = 503


def figures(results: Sequence[CallResult], stills: Sequence[Still] | None = None) -> dict[str, Any]:
    """Of all calls of one run; milliseconds.

    ``stills``: when a core of the machine stood still. A pause that would have been none without such a time counts
    among ``gaps_over_40_ms`` like any other, and is told of again as ``gaps_while_it_stood_still``.
    """
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
        "gaps_over_40_ms": sum(len(result.gaps()) for result in admitted),
        "gaps_while_it_stood_still": (
            None if stills is None else sum(excused(gap, stills) for result in admitted for gap in result.gaps())
        ),
        "gaps": longest(admitted),
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


def excused(gap: tuple[float, float], stills: Sequence[Still]) -> bool:
    """Without the time in which the machine stood still it would have been no pause."""
    begin, end = gap
    return 1000 * (end - begin - stood_still(stills, begin, end)) <= GAP_MS


def at_once(results: Iterable[CallResult]) -> int:
    """The most callers who were talking in the same moment."""
    admitted = [result for result in results if result.admitted]
    changes = sorted([(result.began + result.seconds, -1) for result in admitted] + [(r.began, 1) for r in admitted])
    return max(accumulate(change for _, change in changes), default=0)


def longest(results: Sequence[CallResult], shown: int = 10) -> list[dict[str, float | str]]:
    """The longest pauses over 40 ms: how long, how far into the sound of which call, when by the machine's clock."""
    found = [(end - begin, begin, result) for result in results for begin, end in result.gaps()]
    return [
        {
            "ms": round(1000 * lasted, 1),
            "at_s": round(begin - result.began, 2),
            "moment": round(begin, 2),
            "scenario": result.scenario,
        }
        for lasted, begin, result in sorted(found, key=lambda row: -row[0])[:shown]
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
