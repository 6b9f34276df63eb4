"""After a worker's fall: nobody who was being put through, or was talking, is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.events import HangupReason, JournalKind
from ivr.office.feed import without_personal_data
from ivr.processes.aftermath import close_open_calls
from ivr.recording.wav import STEREO_FRAME_BYTES, PartFile
from ivr.session.tasks import dropped_callback
from ivr.store.database import open_database
from ivr.store.journal import Journal

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(open_database(tmp_path / "journal.db"))


def begin(journal: Journal, call: str, worker: str, caller: str = "+37061234567") -> None:
    offered = {"pii_caller": caller, "worker": worker, "node": "line-1"}
    journal.append(call, JournalKind.CALL_OFFERED, offered, AT)
    journal.append(call, JournalKind.CALL_ANSWERED, {}, AT)


@pytest.mark.rule("A12.25")
def test_who_was_talking_to_an_agent_is_called_back_with_all_that_was_known(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "c1", "worker-0")
    heard = {"grammar": "open:question", "pii_text": "kada bus pensija"}
    journal.append("c1", JournalKind.TURN_HEARD, heard, AT)
    journal.append("c1", JournalKind.INTENT_DECIDED, {"intent": "pensions", "topic": "pensions"}, AT)
    journal.append("c1", JournalKind.AUTH_VERDICT, {"verdict": "passed"}, AT)
    journal.append("c1", JournalKind.TRANSFER_CONTEXT, {"employee": 6, "offer": 2}, AT)
    journal.append("c1", JournalKind.TRANSFER_CONTEXT, {"employee": 7, "offer": 3}, AT)
    journal.append("c1", JournalKind.TRANSFER_BRIDGED, {"target": "agent"}, AT)
    begin(journal, "c2", "worker-1")
    assert close_open_calls(journal, tmp_path, AT, "worker-0", {"pensions": "Pensijos"}) == ["c1"]
    (task,) = journal.of_kind(JournalKind.TASK_CREATED)
    assert (task.data["urgent"], task.data["reason"], task.data["topic"]) == (True, "crashed", "pensions")
    assert (task.data["employee"], task.data["pii_reason"]) == (7, "kada bus pensija")
    context = task.data["pii_context"]
    assert context["authentication"]["state"] == "passed"
    assert context["pii_summary"].startswith("Teiravosi: „kada bus pensija“, tema „Pensijos“.")
    assert journal.events("c1")[-1].kind == JournalKind.CALL_ENDED
    assert journal.open_calls() == ["c2"]
    assert "pensija" not in str(without_personal_data(task.data))


@pytest.mark.rule("A12.25")
def test_nothing_is_done_twice(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "c1", "worker-0")
    begin(journal, "withheld", "worker-0", caller="")
    assert close_open_calls(journal, tmp_path, AT, "worker-0") == ["c1", "withheld"]
    assert close_open_calls(journal, tmp_path, AT) == []
    assert [task.call_id for task in journal.of_kind(JournalKind.TASK_CREATED)] == ["c1"]


@pytest.mark.rule("A12.25")
def test_a_worker_that_died_just_after_asking_for_a_callback_is_not_doubled(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "c1", "worker-0")
    journal.append("c1", JournalKind.TASK_CREATED, dropped_callback("+37061234567", HangupReason.MEDIA_LOST), AT)
    assert close_open_calls(journal, tmp_path, AT, "worker-0") == ["c1"]
    assert len(journal.of_kind(JournalKind.TASK_CREATED)) == 1


@pytest.mark.rule("X11")
def test_a_worker_that_died_before_it_could_erase_a_recording_leaves_none(journal: Journal, tmp_path: Path) -> None:
    for call in ("objected", "agreed"):
        begin(journal, call, "worker-0")
        journal.append(call, JournalKind.RECORDING_STARTED, {"file": f"{call}.wav"}, AT)
        part = PartFile(tmp_path / f"{call}.wav")
        part.write(bytes(STEREO_FRAME_BYTES))
        part.close()
    journal.append("objected", JournalKind.INTENT_DECIDED, {"intent": "unrecord", "by": "key"}, AT)
    close_open_calls(journal, tmp_path, AT)
    assert [path.name for path in tmp_path.glob("*.wav*")] == ["agreed.wav"]
    states = {event.call_id: event.data["state"] for event in journal.of_kind(JournalKind.RECORDING_STATE)}
    assert states == {"objected": "declined", "agreed": "degraded"}


@pytest.mark.rule("A12.25")
def test_who_rang_when_the_worker_died_may_have_been_answered_and_is_called_back(
    journal: Journal, tmp_path: Path
) -> None:
    journal.append("c1", JournalKind.CALL_OFFERED, {"pii_caller": "+37061234567", "worker": "worker-0"}, AT)
    close_open_calls(journal, tmp_path, AT)
    assert [task.data["urgent"] for task in journal.of_kind(JournalKind.TASK_CREATED)] == [True]


@pytest.mark.rule("A12.15")
def test_whom_an_employee_rang_by_a_click_is_no_second_task_unless_they_had_picked_up(
    journal: Journal, tmp_path: Path
) -> None:
    placed = {"pii_caller": "+37061234567", "worker": "worker-0", "direction": "out", "of": "c0", "task": 3}
    for call in ("rang", "spoke"):
        journal.append(call, JournalKind.CALL_OFFERED, placed, AT)
    journal.append("spoke", JournalKind.CALL_ANSWERED, {}, AT)
    close_open_calls(journal, tmp_path, AT)
    assert [task.call_id for task in journal.of_kind(JournalKind.TASK_CREATED)] == ["spoke"]
    assert not journal.open_calls()


def test_a_call_that_the_line_placed_is_tried_again_and_no_second_task(journal: Journal, tmp_path: Path) -> None:
    placed = {"pii_caller": "+37061234567", "worker": "worker-0", "of": "c0", "task": 3, "request": 9}
    journal.append("c1", JournalKind.CALL_OFFERED, placed, AT)
    close_open_calls(journal, tmp_path, AT)
    assert not journal.of_kind(JournalKind.TASK_CREATED)
    (tried,) = journal.of_kind(JournalKind.TASK_TRIED)
    assert (tried.data["task"], tried.data["result"]) == (3, "not_reached")
