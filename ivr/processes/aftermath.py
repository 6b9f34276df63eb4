"""After a fall: every call that a dead worker held gets an end, a recording and a callback.

Rule A12.25: a dropped call is called back unless the number is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from ivr.errors import RecordingError, StoreError
from ivr.events import HangupReason, JournalKind, Outcome, RecordingState
from ivr.people.context import card_of, context_of
from ivr.people.summary import summary
from ivr.people.tasks import Tried
from ivr.recording.recover import recover
from ivr.recording.wav import part_path
from ivr.session.tasks import dropped_callback
from ivr.store.journal import Journal, JournalEvent

log = structlog.get_logger(__name__)


def close_open_calls(
    journal: Journal,
    recordings: Path,
    at: datetime,
    worker: str | None = None,
    titles: Mapping[str, str] | None = None,
    fell_at: datetime | None = None,
) -> list[str]:
    """End each open call of ``worker`` (all workers if None) that was offered by ``fell_at``; returns their ids.

    Each gets, as far as it applies: ``task.created`` (urgent callback, with all that the call knew; ``titles``: of
    topics, by id; a call that the assistant had placed ``task.tried`` instead), ``recording.ended`` and
    ``recording.state`` from the recovered file, ``call.ended``.
    """
    ended: list[str] = []
    for call_id in journal.open_calls():
        events = journal.events(call_id)
        offered = _first(events, JournalKind.CALL_OFFERED)
        if worker is not None and offered.get("worker") != worker:
            continue
        if fell_at is not None and events[0].at > fell_at:
            continue  # of the worker that was started since
        answered = any(event.kind == JournalKind.CALL_ANSWERED for event in events)
        caller = str(offered.get("pii_caller") or "")
        # First of all: nobody waits for a recording to be made whole. A worker may have died just after asking for a
        # callback, or between its 200 and the journal's word of it: who rang when it died is called back, too. Not so
        # whom an employee rang by a click and who had not picked up: the employee knows, and the task is there.
        if "request" in offered:
            _put_off(journal, call_id, offered, answered, at)
        elif caller and not _called_back(events) and (answered or offered.get("direction") != "out"):
            journal.append(call_id, JournalKind.TASK_CREATED, _callback(call_id, caller, events, titles), at)
        _finish_recording(journal, recordings, call_id, events, at)
        outcome = Outcome.DROPPED if answered else Outcome.ABANDONED
        journal.append(
            call_id,
            JournalKind.CALL_ENDED,
            {"reason": HangupReason.CRASHED.value, "code": 0, "outcome": outcome.value},
            at,
        )
        ended.append(call_id)
    return ended


def _called_back(events: list[JournalEvent]) -> bool:
    return any(event.kind == JournalKind.TASK_CREATED and event.data.get("urgent") for event in events)


def _put_off(journal: Journal, call_id: str, offered: Mapping[str, object], answered: bool, at: datetime) -> None:
    """The line had placed the call: the task that it was about is there already, and is not doubled."""
    about = {key: offered[key] for key in ("of", "task", "request")}
    result = Tried.LOST if answered else Tried.NOT_REACHED
    data = about | {"result": result.value, "reason": HangupReason.CRASHED.value}
    journal.append(call_id, JournalKind.TASK_TRIED, data, at)


def _callback(
    call_id: str, caller: str, events: list[JournalEvent], titles: Mapping[str, str] | None
) -> dict[str, object]:
    """Whoever calls back knows what the assistant or the agent knew, and whom the caller was talking to."""
    context = context_of(call_id, events)
    data = dropped_callback(caller, HangupReason.CRASHED)
    data |= {key: value for key, value in context.slots.items() if key in ("pii_name", "for")}
    if context.topic:
        data["topic"] = context.topic
    if context.questions:
        data["pii_reason"] = context.questions[-1]
    called = [event.data["employee"] for event in events if event.kind == JournalKind.TRANSFER_CONTEXT]
    if called:
        data["employee"] = called[-1]
    return data | {"pii_context": context.payload(summary(context, titles or {}), {"card": card_of(call_id)})}


def _first(events: list[JournalEvent], kind: JournalKind) -> Mapping[str, object]:
    return next((event.data for event in events if event.kind == kind), {})


def _finish_recording(
    journal: Journal, recordings: Path, call_id: str, events: list[JournalEvent], at: datetime
) -> None:
    began = next((event for event in events if event.kind == JournalKind.RECORDING_STARTED), None)
    if began is None or any(event.kind == JournalKind.RECORDING_ENDED for event in events):
        return
    state, data = RecordingState.FAILED, {"final": True, "reason": "nothing of the recording was left"}
    try:
        if any(event.kind == JournalKind.INTENT_DECIDED and event.data.get("intent") == "unrecord" for event in events):
            # The worker died before it could erase what the caller objected to (X11): it must not be made whole.
            part_path(recordings / f"{call_id}.wav").unlink(missing_ok=True)
            state, data = RecordingState.DECLINED, {"final": True, "reason": "the caller objected; erased"}
        for recovered in recover(recordings, call_id):
            if recovered.state is not RecordingState.FAILED:
                state = recovered.state
                data = {"final": True, "reason": "the worker died; cut short"}
                file = {"file": recovered.path.name, "duration_s": round(recovered.duration_s, 3), "state": state.value}
                ended_at = began.at + timedelta(seconds=recovered.duration_s)
                journal.append(call_id, JournalKind.RECORDING_ENDED, file, ended_at)
    except (RecordingError, StoreError, OSError) as error:
        log.error("recording_not_recovered", call=call_id, error=str(error))
    journal.append(call_id, JournalKind.RECORDING_STATE, {"state": state.value, **data}, at)
