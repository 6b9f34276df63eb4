"""A person's tries to prove who they are, as a request for their own data is told of them (GDPR 15).

The log of tries (:mod:`ivr.registry.tries`) knows numbers, names and digits by keyed hashes alone, so it is asked by
number. Of the rest its answer shows the beginnings of the hashes, as alarms do: equal ones mean the same name, digits
or person. An erasure leaves the log alone: for its month it keeps strangers from guessing, and it names nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.identity.limits import MONTH
from ivr.identity.ports import Try
from ivr.store.schema import timestamp

MARK: Final = 8
"""Signs of a hash that are shown: enough to see what is the same, too few to try values on."""
_WHY: Final = (
    "Security of processing (GDPR 32): limits and alarms against guessing are read from this log. It holds keyed hashes"
    " alone, is not erased on request (GDPR 17(3)(b)), and each try is gone after the days that are said here."
)


@dataclass(frozen=True, slots=True)
class TryBook:
    """``of``: tries from a number, which may be written in any of these ways; it blocks and raises StoreError.

    ``elsewhere``: line nodes, each with a log of its own that is not asked from here.
    """

    of: Callable[[Collection[str]], Sequence[Try]]
    elsewhere: Callable[[], Sequence[str]] = tuple


def gone_at(tries: Sequence[Try]) -> datetime | None:
    """When the last of these tries is forgotten; None: there are none."""
    return max(one.at for one in tries) + MONTH if tries else None


def told(tries: Sequence[Try], elsewhere: Sequence[str] = ()) -> bytes:
    """JSON for the person: when each try was, how it ended, and marks of what was claimed (null: nothing was)."""
    rows = [
        {
            "at": timestamp(one.at),
            "passed": one.passed,
            **{key: value[:MARK] or None for key, value in _marks(one)},
        }
        for one in tries
    ]
    body = {"kept_days": MONTH.days, "why_kept": _WHY, "not_asked": list(elsewhere), "tries": rows}
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _marks(one: Try) -> tuple[tuple[str, str], ...]:
    return (("name_mark", one.name), ("digits_mark", one.digits), ("person_mark", one.person))
