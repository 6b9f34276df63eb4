"""Retention: the shortest rule wins, a hold stops it, nothing goes a moment early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivr.vault.retention import Aged, due

ENDED = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = {"call": 180, "complaint": 365, "declined_later": 1}


def aged(*classes: str, held: bool = False) -> Aged:
    return Aged("a", ENDED, frozenset(classes), held)


@pytest.mark.parametrize(
    ("one", "days"), [(aged("call"), 180), (aged("call", "complaint"), 180), (aged("call", "declined_later"), 1)]
)
@pytest.mark.rule("X8", "P63")
def test_the_shortest_rule_wins_to_the_day(one: Aged, days: int) -> None:
    assert due([one], DAYS, ENDED + timedelta(days=days, seconds=-1)) == []
    assert [found.name for found in due([one], DAYS, ENDED + timedelta(days=days))] == ["a"]


def test_what_is_held_or_has_no_rule_stays() -> None:
    assert due([aged("call", held=True), aged("unknown"), aged()], DAYS, ENDED + timedelta(days=9999)) == []


def test_the_longest_overdue_comes_first() -> None:
    later = Aged("b", ENDED + timedelta(days=1), frozenset({"call"}))
    assert [found.name for found in due([later, aged("call")], DAYS, ENDED + timedelta(days=400))] == ["a", "b"]
