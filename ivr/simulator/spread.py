"""What many measured values say in four numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

Spread = dict[str, float | int | None]


def spread(values: Iterable[float], digits: int = 1) -> Spread:
    """p50, p95, p99 and the largest by the nearest rank, and how many there were; None where there were none."""
    ordered = sorted(values)

    def at(share: float) -> float | None:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], digits) if ordered else None

    return {"p50": at(0.50), "p95": at(0.95), "p99": at(0.99), "max": at(1.0), "count": len(ordered)}
