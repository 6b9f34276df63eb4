"""The honest estimate: most wait no longer than was said, and nothing is said without grounds."""

from __future__ import annotations

import random

import pytest

from ivr.people.waiting import waiting_minutes


@pytest.mark.rule("A12.16")
@pytest.mark.parametrize(("position", "agents"), [(1, 1), (1, 4), (5, 2), (12, 6)])
def test_three_in_four_wait_no_longer_than_was_said(position: int, agents: int) -> None:
    chance = random.Random(4)
    handled = [chance.expovariate(1 / 240) for _ in range(60)]
    said = waiting_minutes(position, agents, handled)
    assert said
    kept = 0
    for _ in range(800):
        # Agents whose conversations end after memoryless times: places are freed one after the other.
        waited = sum(chance.expovariate(agents / 240) for _ in range(position))
        kept += waited <= 60 * said
    assert kept / 800 >= 0.7


@pytest.mark.parametrize(
    ("position", "agents", "handled"), [(1, 0, [60.0] * 9), (0, 1, [60.0] * 9), (3, 2, [60.0] * 4)]
)
def test_without_grounds_nothing_is_said(position: int, agents: int, handled: list[float]) -> None:
    assert waiting_minutes(position, agents, handled) is None


def test_it_is_never_under_a_minute_and_grows_with_the_queue() -> None:
    handled = [30.0] * 9
    said = [waiting_minutes(position, 3, handled) or 0 for position in range(1, 40)]
    assert said[0] == 1
    assert said == sorted(said)
