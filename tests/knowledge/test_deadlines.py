"""The last day of a term, over weekends and Lithuanian holidays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.knowledge.deadlines import Deadline, is_working_day
from ivr.knowledge.facts import facts_of
from ivr.knowledge.pack import Placed
from ivr.store.shelf import read_shelf


@pytest.mark.parametrize(
    ("count", "unit", "direction", "event", "last"),
    [
        (3, "working_days", "after", date(2026, 3, 9), date(2026, 3, 13)),  # 11 March is a holiday
        (1, "working_days", "after", date(2026, 12, 23), date(2026, 12, 28)),  # Christmas, then a weekend
        (3, "working_days", "before", date(2026, 4, 8), date(2026, 4, 2)),  # Easter Monday
        (0, "working_days", "after", date(2026, 7, 4), date(2026, 7, 4)),
        (5, "days", "after", date(2026, 6, 19), date(2026, 6, 25)),  # the 24th is Joninės
        (2, "days", "after", date(2026, 6, 1), date(2026, 6, 3)),
        (30, "days", "before", date(2026, 3, 31), date(2026, 2, 27)),  # 1 March is a Sunday
        (1, "months", "after", date(2026, 1, 31), date(2026, 3, 2)),  # 28 February is a Saturday
        (24, "hours", "after", date(2026, 5, 8), date(2026, 5, 9)),
        (20, "day_of_month", "before", date(2026, 5, 3), date(2026, 5, 20)),
        (301, "day_of_year", "before", date(2026, 2, 1), date(2026, 3, 1)),
        (301, "day_of_year", "before", date(2026, 4, 1), date(2027, 3, 1)),
        (0, "none", "after", date(2026, 4, 1), None),
    ],
)
def test_the_last_day(count: int, unit: str, direction: str, event: date, last: date | None) -> None:
    deadline = Deadline.model_validate({"count": count, "unit": unit, "direction": direction})
    assert deadline.last_day(event) == last


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(1, 30), st.sampled_from(["after", "before"]))
def test_a_term_in_working_days_ends_on_one_and_holds_just_so_many(event: date, count: int, direction: str) -> None:
    last = Deadline.model_validate({"count": count, "unit": "working_days", "direction": direction}).last_day(event)
    assert last is not None
    assert is_working_day(last)
    first, end = sorted((event.toordinal(), last.toordinal()))
    days = [date.fromordinal(n) for n in range(first, end + 1) if date.fromordinal(n) != event]
    assert sum(is_working_day(day) for day in days) == count


@pytest.fixture(scope="module")
def personnel() -> list[Placed]:
    return [one for one in read_shelf(Path("dialplans")).placed if one.pack == "personalas"]


@pytest.mark.rule("P1", "P4")
def test_all_terms_of_the_decree_are_there_each_with_its_point_and_draft_warning(personnel: list[Placed]) -> None:
    assert len(personnel) == 95
    for one in personnel:
        assert one.entry.deadline is not None
        assert one.entry.basis is not None
        assert one.entry.id.rstrip("abc") in one.entry.basis
        assert "gali būti dar tik projektas" in one.entry.short


def test_the_spoken_term_is_the_one_that_is_computed(personnel: list[Placed]) -> None:
    for one in personnel:
        deadline = one.entry.deadline
        assert deadline is not None
        said = facts_of(one.entry.short.split(" Tai nustato")[0])
        match deadline.unit, deadline.count:
            case ("working_days" | "days", 0):
                assert "tą pačią dieną" in one.entry.short
            case ("working_days", 1):
                assert "kitą darbo dieną" in one.entry.short
            case ("working_days" | "days", count):
                assert f"{count} diena" in said
                assert (" darbo dien" in one.entry.short) == (deadline.unit == "working_days")
            case ("hours", count):
                assert f"{count} valanda" in said
            case ("months", 1):
                assert "per mėnesį" in one.entry.short
            case ("day_of_month", count):
                assert f"{count} diena" in said
            case ("day_of_year", 301):
                assert said == ("--03-01",)
            case other:
                assert other == ("none", 0)
