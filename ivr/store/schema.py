"""What the store keeps, as Python sees it, and how it becomes text and back.

Times are UTC with milliseconds. Data are JSON objects; values of keys that
begin with ``pii_`` identify a person and are masked wherever they are printed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from ivr.privacy import MASK, Masked, Pii

PII_PREFIX = "pii_"


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One line of a call's journal. ``seq`` counts from 1 within the call; ``rowid`` is 0 until it is stored.

    ``data`` holds personal data in clear under ``pii_…`` keys and is therefore
    not part of the ``repr``; use :func:`masked` before showing it.
    """

    call_id: str
    seq: int
    at: datetime
    kind: str
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    rowid: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that staff must know although no call is to blame."""

    at: datetime
    kind: str
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    rowid: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One call as a reading of its events; None where no event tells.

    ``duration_s`` is from the answer (from the offer, when never answered) to the end.
    """

    call_id: str
    started: datetime
    answered: datetime | None
    ended: datetime | None
    caller: Pii
    outcome: str | None
    recording: str | None
    duration_s: float | None
    node: str
    topics: tuple[str, ...]
    events: int

    def public(self, *, reveal: bool = False) -> dict[str, Any]:
        """JSON-able; the caller's number masked unless ``reveal``."""
        return {
            "call": self.call_id,
            "started": timestamp(self.started),
            "answered": timestamp(self.answered) if self.answered else None,
            "ended": timestamp(self.ended) if self.ended else None,
            "pii_caller": shown(self.caller, reveal=reveal),
            "outcome": self.outcome,
            "recording": self.recording,
            "duration_s": self.duration_s,
            "node": self.node,
            "topics": list(self.topics),
            "events": self.events,
        }


def whole_ms(at: datetime) -> datetime:
    """``at`` in UTC without what the store would not keep; a naive time is taken as UTC."""
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def timestamp(at: datetime) -> str:
    """``2026-11-21T21:06:32.123Z``: sorts as text."""
    return whole_ms(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The inverse of :func:`timestamp`."""
    return datetime.fromisoformat(text)


def shown(value: Pii, *, reveal: bool) -> str:
    """A number for people's eyes: its tail, or all of it on request; empty when withheld."""
    if not value:
        return ""
    return value.reveal() if reveal else value.tail()


def plain(value: object, *, personal: bool = False) -> Any:
    """``value`` as JSON can hold it; never raises.

    ``Pii`` is kept in clear only under a ``pii_`` key, ``Secret`` never. What
    JSON does not know becomes its text; NaN and infinities become null.
    """
    match value:
        case Pii():
            return _text(value.reveal()) if personal else MASK
        case Masked():
            return MASK
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Enum():
            return plain(value.value, personal=personal)
        case str():
            return _text(value)
        case datetime():
            return timestamp(value)
        case Mapping():
            return {
                _text(str(key)): plain(item, personal=personal or str(key).startswith(PII_PREFIX))
                for key, item in value.items()
            }
        case list() | tuple():
            return [plain(item, personal=personal) for item in value]
        case set() | frozenset():
            return sorted((plain(item, personal=personal) for item in value), key=str)
        case _:
            return _text(str(value))


def _text(value: str) -> str:
    # A header from the network may hold half a surrogate pair, which UTF-8 has no bytes for.
    return value.encode("utf-8", "replace").decode("utf-8")


def encode(data: Mapping[str, Any]) -> str:
    """Canonical JSON of what :func:`plain` returned: equal data, equal text."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def masked(value: Any, *, personal: bool = False) -> Any:
    """Journal data for people's eyes: what is under ``pii_`` keys shows its last characters only."""
    match value:
        case dict():
            return {
                key: masked(item, personal=personal or str(key).startswith(PII_PREFIX)) for key, item in value.items()
            }
        case list():
            return [masked(item, personal=personal) for item in value]
        case str() if personal and value:
            return Pii(value).tail()
        case int() | float() if personal and not isinstance(value, bool):
            return MASK
        case _:
            return value
