"""A call as an agent reads it while it goes on: who said what, without what tells who the caller is (P64).

The agent is told the caller's number and questions on the card, for one purpose; the conversation itself shows
names, codes and numbers to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ivr.answers.anonymous import anonymous
from ivr.events import JournalKind
from ivr.people.context import Entry
from ivr.people.quality_line import without_quality_line
from ivr.privacy import MASK

CITIZEN: Final = "citizen"
LINE: Final = "line"
KEY: Final = "key"
NOTE: Final = "note"
_OPEN: Final = "open"  # grammars of open speech begin with it
_NOTED: Final = frozenset(
    (
        JournalKind.NOTICE_COMPLETED,
        JournalKind.AUTH_STARTED,
        JournalKind.AUTH_VERDICT,
        JournalKind.TRANSFER_OFFERED,
        JournalKind.TRANSFER_FAILED,
        JournalKind.TRANSFER_BRIDGED,
        JournalKind.TRANSFER_RETURNED,
        JournalKind.CALL_ENDED,
    )
)
_CLAUSES: Final = re.compile(r"(?<=[.!?,;:])\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """``text`` is what was said or keyed, empty when it was not understood; of a note it is the event's kind,
    and ``detail`` its verdict. ``cut``: the line was interrupted there."""

    at: datetime
    who: str
    text: str
    detail: str = ""
    cut: bool = False


def transcript(events: Iterable[Entry]) -> list[Line]:
    """The conversation so far, in the order in which it went onto the journal, without the quality line's part."""
    return [line for event in without_quality_line(events) if (line := _line(event)) is not None]


def _line(event: Entry) -> Line | None:
    data = event.data
    match event.kind:
        case JournalKind.TURN_SAID:
            text = str(data.get("text") or "").strip()
            return Line(event.at, LINE, _said(text), cut=not data.get("completed", True)) if text else None
        case JournalKind.TURN_HEARD:
            return Line(event.at, CITIZEN, _heard(data))
        case JournalKind.TURN_KEY:
            return Line(event.at, KEY, str(data.get("key") or MASK))
        case kind if kind in _NOTED:
            return Line(event.at, NOTE, str(kind), str(data.get("verdict") or ""))
    return None


def _heard(data: Any) -> str:
    if data.get("text"):
        return str(data["text"])
    words = str(data.get("pii_text") or "")
    if not words:
        return ""
    return anonymous(words) if str(data.get("grammar", "")).startswith(_OPEN) else MASK


def _said(text: str) -> str:
    """Clauses of the line that repeat a number or a name lose it; all others stay as they were spoken."""
    clauses = []
    for clause in _CLAUSES.split(text):
        hidden = anonymous(clause)
        end = clause[-1] if clause[-1:] in ".!?,;:" else ""
        clauses.append(hidden + end if MASK in hidden else clause)
    return " ".join(clauses)
