"""Tasks as a reading of the journal: due when agreed, urgent first, never lost, done once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.people.staff import Absence, Employee, Role, Staff
from ivr.people.tasks import URGENT, Task, concerns, tasks_of
from ivr.store.schema import JournalEvent

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def tomorrow(at: datetime) -> datetime:
    return at + timedelta(days=1)


def event(kind: str, seq: int, data: dict[str, Any], *, call: str = "c1", minutes: int = 0) -> JournalEvent:
    return JournalEvent(call, seq, AT + timedelta(minutes=minutes), kind, data)


def created(seq: int = 5, *, call: str = "c1", **data: Any) -> JournalEvent:
    return event("task.created", seq, {"type": "callback", "pii_caller": "+37061234567"} | data, call=call)


def only(*events: JournalEvent) -> Task:
    (task,) = tasks_of(events, tomorrow)
    return task


@pytest.mark.rule("A12.10")
def test_a_callback_is_due_when_it_was_agreed() -> None:
    assert only(created(agreed_at="2026-11-25T10:00+02:00")).due == datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.mark.rule("A12.25")
def test_who_was_cut_off_is_due_at_once_and_comes_first() -> None:
    tasks = tasks_of([created(), created(call="c2", urgent=True)], tomorrow)
    assert [task.call for task in tasks] == ["c2", "c1"]
    assert tasks[0].due == AT + URGENT


@pytest.mark.parametrize("agreed", ["", "soon", None, "2026-11-25T10:00"])
def test_without_a_time_that_means_one_moment_it_is_due_the_next_working_day(agreed: str | None) -> None:
    assert only(created(agreed_at=agreed)).due == AT + timedelta(days=1)


@pytest.mark.rule("A12.11")
def test_not_yet_moves_it_to_the_next_agreed_time() -> None:
    again = event("task.tried", 9, {"task": 5, "result": "not_yet", "agreed_at": "2026-11-26T09:00+02:00"}, minutes=30)
    task = only(created(), again)
    assert task.open
    assert (task.due, task.tries) == (datetime(2026, 11, 26, 7, tzinfo=UTC), 0)


@pytest.mark.rule("A12.12")
def test_not_reached_is_tried_again_and_counted() -> None:
    tries = [event("task.tried", 9 + n, {"task": 5, "result": "not_reached"}, minutes=60 * n) for n in range(3)]
    task = only(created(), *tries)
    assert task.open
    assert (task.tries, task.due) == (3, AT + timedelta(hours=3))


def test_done_is_done_once_whatever_comes_later() -> None:
    events = [
        created(),
        event("task.done", 8, {"task": 5, "by": 7}, minutes=1),
        event("task.done", 9, {"task": 5, "by": 8}, minutes=2),
        event("task.tried", 10, {"task": 5, "result": "not_reached"}, minutes=3),
    ]
    task = only(*events)
    assert (task.done_by, task.done_at, task.tries) == (7, AT + timedelta(minutes=1), 0)
    assert not task.overdue(AT + timedelta(days=9))


@pytest.mark.rule("A12.19")
def test_the_receipt_names_who_opened_it_first() -> None:
    seen = [event("task.seen", 8 + n, {"task": 5, "by": 7 + n}, minutes=n) for n in range(2)]
    task = only(created(), *seen)
    assert (task.seen_by, task.seen_at, task.open) == (7, AT, True)


@pytest.mark.rule("A12.15")
def test_somebody_else_who_answered_is_a_try_and_cannot_talk_now_is_a_new_time() -> None:
    other = event("task.tried", 9, {"task": 5, "result": "other_person"})
    later = event("task.tried", 10, {"task": 5, "result": "not_now", "agreed_at": "2026-11-26T09:00+02:00"})
    task = only(created(), other, later)
    assert (task.tries, task.due) == (1, datetime(2026, 11, 26, 7, tzinfo=UTC))


@pytest.mark.rule("A10", "A12.19")
def test_a_task_is_for_the_one_named_their_unit_and_who_stands_in() -> None:
    ona, jonas, rasa = (
        Employee(number, name, unit, frozenset({Role.AGENT}))
        for number, name, unit in ((1, "Ona Petraitienė", "A"), (2, "Jonas Kazlauskas", "B"), (3, "Rasa Rasienė", "B"))
    )
    here = Staff((ona, jonas, rasa))
    away = Staff((ona, jonas, rasa), (Absence(1, AT, AT + timedelta(days=3), 2),))
    to: list[dict[str, Any]] = [{"for": ona.name}, {"for": "B"}, {}]
    to_ona, to_unit, to_nobody = (only(created(**fields)) for fields in to)
    assert [concerns(to_ona, one, here, AT) for one in (ona, jonas, rasa)] == [True, False, False]
    assert [concerns(to_ona, one, away, AT) for one in (ona, jonas, rasa)] == [True, True, False]
    assert [concerns(to_unit, one, here, AT) for one in (ona, jonas, rasa)] == [False, True, True]
    assert not any(concerns(to_nobody, one, away, AT) for one in (ona, jonas, rasa))


def test_two_tasks_of_a_call_are_told_apart() -> None:
    tasks = tasks_of([created(5), created(6, type="message"), event("task.done", 9, {"task": 6})], tomorrow)
    assert [(task.number, task.open) for task in tasks] == [(5, True), (6, False)]


def test_what_identifies_people_is_not_printed() -> None:
    task = only(created(pii_name="Ona Petraitienė", pii_reason="dėl išmokos"))
    assert not {word for word in ("Ona", "1234567", "išmokos") if word in repr(task)}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["task.created", "task.seen", "task.tried", "task.done"]),
            st.integers(1, 6),
            st.dictionaries(
                st.sampled_from(["task", "by", "result", "urgent"]), st.one_of(st.none(), st.integers(0, 6))
            ),
        ),
        max_size=20,
    )
)
def test_no_task_is_ever_lost(rows: list[tuple[str, int, dict[str, Any]]]) -> None:
    events = [event(kind, seq, data, minutes=number) for number, (kind, seq, data) in enumerate(rows)]
    tasks = tasks_of(events, tomorrow)
    assert {task.number for task in tasks} == {seq for kind, seq, _ in rows if kind == "task.created"}
