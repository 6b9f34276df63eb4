"""How long a caller may have to wait, said honestly or not at all (A12.16)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

_ENOUGH: Final = 5  # handled calls that an estimate rests on
_CAUTION: Final = NormalDist().inv_cdf(0.75)  # three callers in four should wait no longer than was said


def waiting_minutes(position: int, agents: int, handled_s: Sequence[float]) -> int | None:
    """Whole minutes within which most callers at ``position`` (1 is next) are served; None without grounds for any.

    ``agents``: those who are ready or on a call. ``handled_s``: seconds that
    the latest conversations and their wrap-up took. With n agents at work a
    place is freed every mean/n seconds; for the wish that three in four wait no
    longer, the spread of such a sum (about its mean over the root of the position) is added.
    """
    if position < 1 or agents < 1 or len(handled_s) < _ENOUGH:
        return None
    every_s = sum(handled_s) / len(handled_s) / agents
    spread = _CAUTION * every_s * math.sqrt(position)
    return max(1, math.ceil((position * every_s + spread) / 60))
