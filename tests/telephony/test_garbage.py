"""What calls leave behind is collected, on a line that is never idle, too."""

from __future__ import annotations

from ivr.telephony.garbage import EVERY_S, FULL, FULL_AT_LEAST_S, YOUNG, GarbagePlan


def collected(seconds: float, *, busy: bool) -> list[int]:
    plan = GarbagePlan(0.0)
    return [found for at in range(round(seconds * 10)) if (found := plan.due(at / 10, busy=busy)) is not None]


def test_an_idle_line_collects_all_each_time() -> None:
    assert collected(4 * EVERY_S + 1, busy=False) == [FULL] * 4


def test_a_busy_line_collects_all_once_a_minute_and_little_in_between() -> None:
    found = collected(3 * FULL_AT_LEAST_S + 1, busy=True)
    assert found.count(FULL) == 3
    assert found.count(YOUNG) == 3 * FULL_AT_LEAST_S / EVERY_S - 3


def test_a_moment_without_calls_is_used_and_the_minute_begins_anew() -> None:
    plan = GarbagePlan(0.0)
    assert plan.due(FULL_AT_LEAST_S - EVERY_S, busy=False) == FULL
    assert plan.due(FULL_AT_LEAST_S + EVERY_S, busy=True) == YOUNG
