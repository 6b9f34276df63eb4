"""What many measured values say in four numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.ranks import at_shares

Spread = dict[str, float | int | None]


def spread(values: Iterable[float], digits: int = 1) -> Spread:
    """p50, p95, p99 and the largest, and how many there were; None where there were none."""
    listed = list(values)
    p50, p95, p99, largest = at_shares(listed, 0.50, 0.95, 0.99, 1.0, digits=digits)
    return {"p50": p50, "p95": p95, "p99": p99, "max": largest, "count": len(listed)}
