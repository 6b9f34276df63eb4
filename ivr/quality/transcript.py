"""What was said in a call, line by line, on the recording's own clock, with what nobody may read masked. Pure.

The words are those that the recogniser heard while the call went on. Open speech is
shown, because without it nobody could review an answer; names, long numbers and
addresses in it are masked. What was asked for because it tells who the caller is (a
name, a number) is masked whole (X5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ivr.answers.anonymous import anonymous
from ivr.events import JournalKind
from ivr.language.personal_codes import without_codes
from ivr.people.context import Entry
from ivr.privacy import MASK

CALLER, LINE, NOTE = "caller", "line", "note"
_OPEN: Final = "open"
_NUMBER: Final = re.compile(r"\+?\d(?:[ \-]?\d){3,}")
_ADDRESS: Final = re.compile(r"\S+@\S+")


class Numbered(Entry, Protocol):
    """An event with its place in the call."""

    @property
    def seq(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Line:
    """``at_s``: seconds from the recording's first sample (negative: before it); ``seq``: its event's; ``text`` masked.

    A ``note`` is an event that is no turn; its ``text`` is the event's kind.
    """

    at_s: float
    until_s: float
    who: str
    text: str
    seq: int
    corrected: bool = False


def transcript(events: Sequence[Numbered]) -> list[Line]:
    """Turns and notes in order of time; staff's corrections stand in place of what was heard."""
    if not events:
        return []
    zero = events[0].at
    began = next((event.at for event in events if event.kind == JournalKind.RECORDING_STARTED), zero)
    offset = (began - zero).total_seconds()
    corrected = {
        int(event.data.get("turn") or 0): str(event.data.get("pii_text", ""))
        for event in events
        if event.kind == JournalKind.TRANSCRIPT_CORRECTED
    }
    lines = []
    for event in events:
        since = (event.at - zero).total_seconds()
        if event.kind in (JournalKind.TURN_HEARD, JournalKind.TURN_SAID):
            at, until = _number(event.data, "started_s", since), _number(event.data, "ended_s", since)
            who = CALLER if event.kind == JournalKind.TURN_HEARD else LINE
            text = anonymous(corrected[event.seq]) if event.seq in corrected else shown(event)
            lines.append(Line(at - offset, until - offset, who, text, event.seq, event.seq in corrected))
        elif event.kind in _NOTES:
            lines.append(Line(since - offset, since - offset, NOTE, event.kind, event.seq))
    return sorted(lines, key=lambda line: (line.at_s, line.seq))


def shown(event: Entry) -> str:
    """One turn's words as a reviewer may read them."""
    text = str(event.data.get("text") or "")
    if not text and event.data.get("pii_text"):
        if not str(event.data.get("grammar", "")).startswith(_OPEN):
            return MASK
        return anonymous(str(event.data["pii_text"]))
    return _masked(text)


def searchable(events: Sequence[Numbered]) -> str:
    """All words of a call, masked like :func:`transcript`, for the full-text index."""
    return "\n".join(line.text for line in transcript(events) if line.who != NOTE and line.text)


def masked_spans(events: Sequence[Entry]) -> list[tuple[float, float]]:
    """Where the recording is silent because the caller proved who they are: seconds from its first sample (X5)."""
    began = next((event.at for event in events if event.kind == JournalKind.RECORDING_STARTED), None)
    spans: list[tuple[float, float]] = []
    since = None
    if began is None:
        return spans
    for event in events:
        if event.kind == JournalKind.AUTH_STARTED and since is None:
            since = event.at
        elif event.kind in (JournalKind.AUTH_VERDICT, JournalKind.RECORDING_ENDED) and since is not None:
            start, end = ((at - began).total_seconds() for at in (since, event.at))
            spans.append((round(max(0.0, start), 3), round(max(0.0, end), 3)))
            since = None
    return spans


_NOTES: Final = frozenset(
    {
        JournalKind.NOTICE_COMPLETED,
        JournalKind.INTENT_DECIDED,
        JournalKind.ANSWER_GIVEN,
        JournalKind.AUTH_STARTED,
        JournalKind.AUTH_VERDICT,
        JournalKind.TRANSFER_OFFERED,
        JournalKind.TRANSFER_BRIDGED,
        JournalKind.TRANSFER_FAILED,
        JournalKind.TRANSFER_RETURNED,
        JournalKind.TASK_CREATED,
        JournalKind.CALL_ENDED,
    }
)


def _masked(text: str) -> str:
    return _NUMBER.sub(MASK, _ADDRESS.sub(MASK, without_codes(text, MASK)))


def _number(data: Mapping[str, Any], key: str, default: float) -> float:
    value = data.get(key)
    return float(value) if isinstance(value, int | float) else default
