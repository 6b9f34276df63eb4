"""Percentiles by the nearest rank: of what was measured a value that was really there, never one between. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def at_shares(values: Iterable[float], *shares: float, digits: int = 1) -> list[float | None]:
    """The value at each share (0–1) of the ordered values, rounded; None where there are none.

    >>> at_shares([30, 10, 20, 40], 0.5, 0.95, 1.0)
    [30.0, 40.0, 40.0]
    >>> at_shares([], 0.5)
    [None]
    """
    ordered = sorted(values)
    if not ordered:
        return [None] * len(shares)
    last = len(ordered) - 1
    return [round(float(ordered[min(last, int(len(ordered) * share))]), digits) for share in shares]
