"""A call's journal in plain words: who said what when, and what became of it.

Pure: events in, lines out. Offsets are seconds from the first event. Personal
data are masked unless ``reveal``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ivr.events import HangupReason, JournalKind, Outcome, RecordingState
from ivr.store.schema import Alarm, JournalEvent, masked

PAUSE_S: Final = 1.5  # silence between turns that is worth a line

CITIZEN, LINE, KEY, NOTE, PAUSE, ALARM = "citizen", "line", "key", "note", "pause", "alarm"

REASONS: Final[Mapping[str, str]] = {
    HangupReason.CALLER: "the caller hung up",
    HangupReason.CANCELLED: "the caller gave up before the answer",
    HangupReason.ASSISTANT: "the line ended it",
    HangupReason.MEDIA_LOST: "the sound was lost",
    HangupReason.BUSY: "busy",
    HangupReason.DECLINED: "declined",
    HangupReason.NO_ANSWER: "no answer",
    HangupReason.UNREACHABLE: "unreachable",
    HangupReason.NO_ACK: "the answer was never confirmed",
    HangupReason.DRAINED: "the line was stopped",
    HangupReason.CRASHED: "the line's process died",
    HangupReason.ERROR: "an error",
}

OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.ANSWERED: "answered",
    Outcome.TRANSFERRED: "transferred to a person",
    Outcome.MESSAGE: "message left",
    Outcome.CALLBACK: "to be called back",
    Outcome.DROPPED: "dropped",
    Outcome.ABANDONED: "abandoned",
    Outcome.ENDED_BY_RULE: "ended by a rule",
}

STATES: Final[Mapping[str, str]] = {
    RecordingState.OK: "whole",
    RecordingState.DEGRADED: "kept with gaps or cut short",
    RecordingState.FAILED: "nothing usable was kept",
    RecordingState.BLOCKED: "not made: the notice was not heard to its end",
    RecordingState.DECLINED: "not made: off, or the caller objected",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line: when (seconds from the start), who (``citizen``, ``line``, ``key``, ``note`` …), what."""

    at_s: float
    who: str
    text: str


def tell(events: Sequence[JournalEvent], alarms: Sequence[Alarm] = (), *, reveal: bool = False) -> list[Told]:
    """The call as lines in order of time; turns stand where they began. Empty for no events."""
    if not events:
        return []
    start = events[0].at
    lines: list[Told] = []
    spoken: list[tuple[float, float]] = []
    for event in events:
        data: Mapping[str, Any] = event.data if reveal else masked(event.data)
        since = (event.at - start).total_seconds()
        if event.kind in (JournalKind.TURN_HEARD, JournalKind.TURN_SAID):
            began, ended = _number(data, "started_s", since), _number(data, "ended_s", since)
            spoken.append((began, ended))
            lines.append(_turn(event.kind, data, began))
        elif event.kind == JournalKind.TURN_KEY:
            lines.append(Told(since, KEY, str(data.get("key") or data.get("pii_key", "?"))))
        else:
            lines.append(Told(since, NOTE, note(event.kind, data)))
    for alarm in alarms:
        what = ", ".join(f"{key} {value}" for key, value in masked(alarm.data).items())
        lines.append(Told((alarm.at - start).total_seconds(), ALARM, f"{alarm.kind}: {what}" if what else alarm.kind))
    lines.extend(_pauses(spoken))
    return sorted(lines, key=lambda line: line.at_s)


def _turn(kind: str, data: Mapping[str, Any], began: float) -> Told:
    text = str(data.get("text") or data.get("pii_text", "")).strip()
    quoted = f"„{text}“"
    if kind == JournalKind.TURN_SAID:
        prompts = data.get("prompts")
        if not text and isinstance(prompts, list):
            quoted = "[" + ", ".join(map(str, prompts)) + "]"
        return Told(began, LINE, quoted + ("" if data.get("completed", True) else " – cut off"))
    if not text:
        return Told(began, CITIZEN, "spoke, not understood")
    confidence = data.get("confidence")
    sure = f"  ({confidence:.0%} sure)" if isinstance(confidence, int | float) else ""
    return Told(began, CITIZEN, quoted + sure)


def note(kind: str, data: Mapping[str, Any]) -> str:
    """One event that is no turn, in plain words; unknown kinds are shown with their fields."""

    def said(key: str, form: str = "{}") -> str:
        value = data.get(key)
        return "" if value in (None, "") else form.format(value)

    reason = REASONS.get(str(data.get("reason", "")), said("reason"))
    match kind:
        case JournalKind.CALL_OFFERED:
            caller = said("pii_caller") or "a hidden number"
            if data.get("direction") == "out":
                about = said("of", ", about the task of {}")
                return f"the line calls {caller}" + about + said("employee", ", for employee {}")
            return f"call from {caller}" + said("called", " to {}") + said("worker", ", on {}")
        case JournalKind.CALL_ANSWERED:
            return "answered" + said("after_ms", " after {} ms") + said("codec", ", {}")
        case JournalKind.CALL_ENDED:
            outcome = OUTCOMES.get(str(data.get("outcome", "")), said("outcome"))
            return "call ended" + (f": {reason}" if reason else "") + (f"; outcome: {outcome}" if outcome else "")
        case JournalKind.NOTICE_COMPLETED:
            return "the recording notice was heard to its end"
        case JournalKind.RECORDING_STARTED:
            return "recording begins" + said("file", " → {}")
        case JournalKind.RECORDING_ENDED:
            return "recording ends" + said("duration_s", " after {} s")
        case JournalKind.RECORDING_STATE:
            state = STATES.get(str(data.get("state", "")), said("state"))
            return f"recording: {state}" + (f" ({data['reason']})" if data.get("reason") else "")
        case JournalKind.INTENT_DECIDED:
            by = {"voice": "by voice", "key": "by key"}.get(str(data.get("by")), said("by"))
            return "wants: " + said("intent") + (f", {by}" if by else "")
        case JournalKind.ANSWER_SOUGHT:
            return "asked: " + said("pii_text", "„{}“") + said("decision", " – {}") + said("confidence", ", {} sure")
        case JournalKind.ANSWER_SENT:
            went = "sent" if data.get("taken") else "not sent"
            return "answer " + said("answer") + f" {went}" + said("channel", " by {}") + said("pii_to", " to {}")
        case JournalKind.ANSWER_GIVEN:
            heard = {"whole": ", heard whole", "part": ", heard in part"}.get(str(data.get("heard")), "")
            return "answer " + said("answer") + said("source", " from {}") + said("date", " of {}") + heard
        case JournalKind.AUTH_STARTED:
            return "authentication begins"
        case JournalKind.AUTH_VERDICT:
            return "authentication: " + said("verdict")
        case JournalKind.TRANSFER_OFFERED:
            return "a person is being called" + said("target", " ({})")
        case JournalKind.TRANSFER_QUEUED:
            return "everybody is busy; the caller waits" + said("position", ", in place {}")
        case JournalKind.TRANSFER_CONTEXT:
            return "somebody is chosen for the caller" + said("employee", ": employee {}")
        case JournalKind.TRANSFER_ACCEPTED:
            return "the person picked up"
        case JournalKind.TRANSFER_BRIDGED:
            return "caller and person are connected"
        case JournalKind.TRANSFER_FAILED:
            return f"the person was not reached: {reason}"
        case JournalKind.TRANSFER_RETURNED:
            return "the caller is back with the assistant"
        case JournalKind.TASK_CREATED:
            what = ("urgent " if data.get("urgent") else "") + str(data.get("type", "task"))
            length = _number(data, "ended_s", 0.0) - _number(data, "started_s", 0.0)
            spoken = f" of {length:.1f} s" if length > 0 else ""
            open_end = ", not confirmed by the caller" if data.get("confirmed") is False else ""
            whom = said("for", ", for {}") + said("pii_caller", ", call {}") + said("agreed_at", ", agreed for {}")
            return f"task for the staff: {what}{spoken}{whom}{open_end}"
        case JournalKind.CALL_NOTED:
            return "the agent's note" + said("disposition", " ({})") + said("pii_note", ": „{}“")
        case JournalKind.TASK_SEEN:
            return "an employee has opened the task"
        case JournalKind.TASK_PLANNED:
            return "an employee lets the assistant call" + said("agreed_at", ", at {}") + said("pii_answer", ": „{}“")
        case JournalKind.TASK_TRIED:
            who = "the line" if "request" in data else "staff"
            result = str(data.get("result", "")).replace("_", " ")
            return f"{who} tried: {result}" + said("agreed_at", ", agreed for {}")
        case JournalKind.TASK_DONE:
            return "task done" + said("type", ": {}")
        case JournalKind.REVIEW_DRAWN:
            return "drawn for review" + said("month", " of {}") + said("reason", ": {}")
        case JournalKind.REVIEW_DONE:
            return "reviewed by the quality unit"
        case JournalKind.TRANSCRIPT_CORRECTED:
            return "a turn's words were corrected by staff"
        case JournalKind.MESSAGE_BEGUN:
            return "the caller may speak a message" + said("type", ": {}")
        case JournalKind.RECORDING_ERASED:
            return "the recording was erased for good"
        case JournalKind.DATA_ERASED:
            return "personal data were erased"
        case _:
            fields = ", ".join(f"{key} {value}" for key, value in data.items())
            return f"{kind}: {fields}" if fields else kind


def _number(data: Mapping[str, Any], key: str, default: float) -> float:
    value = data.get(key)
    return float(value) if isinstance(value, int | float) else default


def _pauses(spoken: Sequence[tuple[float, float]]) -> list[Told]:
    pauses: list[Told] = []
    silent_from: float | None = None
    for began, ended in sorted(spoken):
        if silent_from is not None and began - silent_from >= PAUSE_S:
            pauses.append(Told(silent_from, PAUSE, f"{began - silent_from:.1f} s of silence"))
        silent_from = max(ended, silent_from or 0.0)
    return pauses
