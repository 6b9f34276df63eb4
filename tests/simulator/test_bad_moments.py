"""What a bad moment's callers are judged by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivr.commands.bench_transfer import moment_figures
from ivr.events import JournalKind
from ivr.office.offers import Offer, OfferState
from ivr.simulator.bad_moments import doubled, judged_call
from ivr.store.journal import JournalEvent

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CALLBACK = {"urgent": True, "pii_caller": "+37061234567", "pii_context": {"pii_caller": "+37061234567"}}


Written = tuple[str, dict[str, Any]]


def events(*kinds: Written) -> list[JournalEvent]:
    return [JournalEvent("c1", number, AT, kind, data, number) for number, (kind, data) in enumerate(kinds, start=1)]


def offer(number: int, began_s: float, ended_s: float) -> Offer:
    began, ended = AT + timedelta(seconds=began_s), AT + timedelta(seconds=ended_s)
    return Offer(number, "c1", number, OfferState.ENDED, "free", {}, "", "", began, ended)


ENDED: Written = (JournalKind.CALL_ENDED, {"reason": "caller"})
CRASHED: Written = (JournalKind.CALL_ENDED, {"reason": "crashed"})
CARD: Written = (JournalKind.TRANSFER_CONTEXT, {})


@pytest.mark.rule("A12.25")
@pytest.mark.parametrize(
    ("came", "journal", "lost"),
    [
        ("bridged", events(CARD, ENDED), False),
        ("bridged", events(CARD, CRASHED), True),
        ("dropped", events(CARD, (JournalKind.TASK_CREATED, CALLBACK), CRASHED), False),
        ("dropped", events(CARD, (JournalKind.TASK_CREATED, CALLBACK | {"urgent": False}), CRASHED), True),
        ("dropped", events(CARD, (JournalKind.TASK_CREATED, {"urgent": True}), CRASHED), True),
        ("nowhere", events(CARD, ENDED), True),
        ("refused 503", [], True),
    ],
)
def test_who_is_neither_in_a_call_nor_in_an_urgent_callback_is_lost(
    came: str, journal: list[JournalEvent], lost: bool
) -> None:
    assert judged_call(came, journal, [], [], [])["lost"] is lost


def test_a_callback_without_what_the_call_knew_lost_its_context() -> None:
    journal = events((JournalKind.TASK_CREATED, CALLBACK | {"pii_context": {}}), CRASHED)
    assert judged_call("dropped", journal, [], [], [])["contexts_lost"] == 1


def test_cards_are_counted_by_their_rows() -> None:
    judged = judged_call("bridged", events(CARD, CARD, ENDED), [], [], [1, 1])
    assert (judged["cards_missing"], judged["cards_again"]) == (1, 1)


def test_what_happened_twice_is_named() -> None:
    accepted: Written = (JournalKind.TRANSFER_ACCEPTED, {})
    failed: Written = (JournalKind.TRANSFER_FAILED, {})
    task: Written = (JournalKind.TASK_CREATED, CALLBACK)
    whole = events(accepted, failed, accepted, task, CRASHED)
    assert doubled(whole, [offer(1, 0, 5), offer(2, 5, 9)], [0.1, 5.1]) == []
    assert doubled(events(accepted, accepted, task, task, CRASHED, CRASHED), [], []) == [
        "call.ended",
        "task.created",
        "transfer.accepted",
    ]
    assert doubled(whole, [offer(1, 0, 6), offer(2, 5, 9)], [0.1, 5.1, 5.2]) == ["two agents at once", "rang twice"]


def test_figures_count_over_all_moments() -> None:
    fine = judged_call("bridged", events(CARD, ENDED), [], [], [1])
    bad = judged_call("dropped", events(CARD, CRASHED, CRASHED), [], [], [])
    rows = [
        {"moment": "broker", "stuck": 0, "calls": [fine, fine], "after_s": 0.1},
        {"moment": "bridged", "stuck": 1, "calls": [bad, fine], "callback_ms": 30.0, "notice_to_callback_ms": 20.0},
    ]
    result = moment_figures(rows)
    assert (result["moments"], result["lost_callers"], result["cards_missing"], result["stuck_agents"]) == (2, 1, 1, 1)
    assert (result["calls"], result["doubled"]) == ({"bridged": 3, "dropped": 1}, {"call.ended": 1})
    assert (result["callback_ms"]["n"], result["callback_ms"]["max"]) == (1, 30.0)
