"""When the assistant calls, how often, and when it leaves a task to people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.events import JournalKind
from ivr.people.calling import Calling, CallRules, due_now, next_call
from ivr.people.tasks import Task, TaskBook
from ivr.store.schema import JournalEvent

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AGREED = "2026-11-20T16:00+02:00"
WHEN = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Office:
    """A task and what happens to it."""

    def __init__(self, **data: Any) -> None:
        self.book, self.seq, self.now = TaskBook(lambda at: at + timedelta(days=1)), 0, AT
        created: dict[str, Any] = {"type": "callback", "pii_caller": "+37060000001", "agreed_at": AGREED}
        self.event(JournalKind.TASK_CREATED, "call-1", **{**created, **data})

    def event(self, kind: JournalKind, call: str = "later-call", **data: Any) -> Task:
        self.seq += 1
        self.book.add(JournalEvent(call, self.seq if call != "call-1" else 1, self.now, kind, data, self.seq))
        return self.book.tasks()[0]

    def tried(self, result: str, request: int = 0, **data: Any) -> Task:
        about: dict[str, Any] = {"of": "call-1", "task": 1, "result": result}
        if request:
            about["request"] = request
        return self.event(JournalKind.TASK_TRIED, **{**about, **data})

    @property
    def calling(self) -> Calling | None:
        return self.book.tasks()[0].calling


@pytest.mark.rule("A12.11")
def test_a_time_agreed_with_the_assistant_is_kept_by_it() -> None:
    calling = Office().calling
    assert calling is not None
    assert next_call(calling, CallRules()) == WHEN
    assert not due_now(calling, CallRules(), WHEN - timedelta(seconds=1))
    assert due_now(calling, CallRules(), WHEN)
    assert due_now(calling, CallRules(), WHEN + HOUR)
    assert not due_now(calling, CallRules(), WHEN + HOUR + timedelta(seconds=1)), "nobody expects it any more"
    assert next_call(calling, CallRules(agreed=False)) is None


def test_a_time_at_the_end_of_the_calendar_keeps_no_other_task_from_being_called() -> None:
    def opens(at: datetime) -> datetime:
        return at + timedelta(days=1)

    calling = Office(agreed_at="9999-12-31T20:00+02:00").calling
    assert calling is not None
    assert not due_now(calling, CallRules(opens=opens), WHEN)


@pytest.mark.parametrize("data", [{"by": 3}, {"agreed_at": ""}, {"type": "message"}])
def test_what_an_employee_agreed_and_what_has_no_time_is_left_to_people(data: dict[str, Any]) -> None:
    assert Office(**data).calling is None


@pytest.mark.rule("A12.15")
def test_who_is_not_reached_is_called_again_after_a_pause_and_not_for_ever() -> None:
    office, rules = Office(), CallRules(tries=3, pause=HOUR)
    office.now = WHEN
    for request in (1, 2):
        office.tried("not_reached", request, reason="no_answer")
        calling = office.calling
        assert calling is not None
        assert next_call(calling, rules) == office.now + HOUR
        office.now += HOUR
    task = office.tried("other_person", 3)
    assert task.calling is not None
    assert next_call(task.calling, rules) is None
    assert (task.tries, task.last, task.open) == (3, "other_person", True)


def test_the_end_of_one_call_counts_once_whoever_tells_of_it() -> None:
    office = Office()
    office.tried("not_reached", 7, reason="no_answer")
    assert office.tried("lost", 7, reason="crashed").tries == 1
    assert office.event(JournalKind.TASK_DONE, of="call-1", task=1, request=7).done_at is not None


@pytest.mark.rule("A12.25")
def test_who_was_lost_on_a_broken_line_is_called_again_at_once() -> None:
    office = Office()
    office.now = WHEN
    task = office.tried("lost", 1)
    assert task.calling is not None
    assert due_now(task.calling, CallRules(), WHEN)
    assert task.due == WHEN + timedelta(minutes=15)


@pytest.mark.rule("A12.10", "A12.11")
@pytest.mark.parametrize("result", ["not_now", "not_yet"])
def test_a_new_time_moves_the_task_and_counts_tries_anew(result: str) -> None:
    office = Office()
    office.tried("not_reached", 1)
    task = office.tried(result, 2, agreed_at="2026-11-23T10:00+02:00")
    assert task.calling is not None
    assert (task.due, task.calling.tries) == (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), 0)
    assert next_call(task.calling, CallRules()) == task.due
    assert office.tried(result, agreed_at="2026-11-24T10:00+02:00", by=3).calling is None, "the employee calls"


def test_what_a_call_really_came_to_counts_however_late_it_is_told() -> None:
    office = Office()
    office.tried("not_reached", 1, reason="worker_lost")
    task = office.tried("not_now", 1, agreed_at="2026-11-23T10:00+02:00")
    assert task.calling is not None
    assert next_call(task.calling, CallRules()) == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert office.tried("lost", 1) == task, "what others guessed is told a second time, and counts no more"
    assert Office().tried("not_reached", 1).tries == 1
    assert office.tried("wrong_number", 1).calling is None


@pytest.mark.parametrize("result", ["wrong_number", "broken_off", "not_yet"])
def test_people_see_to_what_the_assistant_cant_mend(result: str) -> None:
    assert Office().tried(result, 1).calling is None


def test_an_employee_leaves_a_task_to_the_assistant_and_takes_it_back() -> None:
    office = Office(type="message", agreed_at="")
    planned: dict[str, Any] = {"task": 1, "by": 3, "agreed_at": AGREED, "pii_answer": "Galima ir paštu."}
    task = office.event(JournalKind.TASK_PLANNED, "call-1", **planned)
    assert task.calling is not None
    assert (task.calling.asked_by, task.calling.answer.reveal()) == (3, "Galima ir paštu.")
    assert next_call(task.calling, CallRules(agreed=False)) == WHEN
    moved = office.tried("not_now", 1, agreed_at="2026-11-23T10:00+02:00").calling
    assert moved is not None
    assert (moved.asked_by, moved.answer.reveal()) == (3, "Galima ir paštu."), "the answer is not lost"
    assert office.event(JournalKind.TASK_PLANNED, "call-1", task=1, by=3).calling is None


@given(
    st.lists(st.sampled_from(["not_reached", "other_person", "lost"]), max_size=12),
    st.integers(1, 5),
    st.integers(1, 600),
)
def test_never_more_calls_than_allowed_and_never_before_the_pause(results: list[str], tries: int, pause: int) -> None:
    office, rules = Office(), CallRules(tries=tries, pause=timedelta(minutes=pause))
    office.now, placed = WHEN, 0
    for number, result in enumerate(results, 1):
        calling = office.calling
        assert calling is not None
        at = next_call(calling, rules)
        if at is None:
            break
        assert at >= office.now
        office.now, placed = at, placed + 1
        office.tried(result, number)
        again = office.calling
        assert again is not None
        later = next_call(again, rules)
        assert later is None or result == "lost" or later == office.now + rules.pause
    assert placed <= tries
