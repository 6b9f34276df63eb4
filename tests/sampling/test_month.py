"""The calendar of draws."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr.errors import SamplingError
from ivr.sampling.month import Month, due


def test_a_month_opens_where_the_last_one_closed() -> None:
    january = Month.parse("2027-01", UTC)
    assert january.opens == datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert january.draws[0] == datetime(2027, 1, 8, tzinfo=UTC)
    assert str(january.before) == "2026-12"


def test_february_has_four_draws_too() -> None:
    february = Month.parse("2027-02", UTC)
    assert len(february.draws) == 4
    assert february.closes == datetime(2027, 2, 28, 20, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026", "2026-13", "lapkritis", "", "2026-11-01"])
def test_what_is_no_month_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SamplingError, match="2026-11"):
        Month.parse(text, UTC)


def test_shares_grow_to_the_whole() -> None:
    assert [due(number, 4, 8) for number in (1, 2, 3, 4)] == [2, 4, 6, 8]
    assert [due(number, 4, 5) for number in (1, 2, 3, 4)] == [2, 3, 4, 5]
