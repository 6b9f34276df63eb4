"""Office hours: weekdays, public holidays, days that staff add, times for callbacks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ivr.dialog.hours import Hours
from ivr.dialog.plan import Plan

ZONE = ZoneInfo("Europe/Vilnius")
WEEK = {"monday": "08:00-17:00", "tuesday": "08:00-17:00", "friday": "08:00-15:45"}
HOURS = Hours.model_validate({"days": WEEK, "closed": ["2025-03-04"]})
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1), timezones=st.just(ZONE))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2025-03-03T07:59", False),
        ("2025-03-03T08:00", True),
        ("2025-03-03T16:59", True),
        ("2025-03-03T17:00", False),
        ("2025-03-04T10:00", False),  # staff closed that day
        ("2025-03-05T10:00", False),  # no hours on Wednesdays here
        ("2025-03-07T15:44", True),
        ("2025-03-07T15:45", False),
        ("2025-03-11T10:00", False),  # Restoration of Independence, a Tuesday
        ("2025-12-26T10:00", False),  # Christmas, a Friday
    ],
)
def test_open_and_closed(moment: str, is_open: bool) -> None:
    assert HOURS.is_open(at(moment)) is is_open


def test_moments_of_other_zones_are_put_on_the_office_s_clock() -> None:
    assert HOURS.is_open(datetime(2025, 3, 3, 6, 0, tzinfo=ZoneInfo("UTC")))
    assert not HOURS.is_open(datetime(2025, 7, 7, 4, 59, tzinfo=ZoneInfo("UTC")))
    assert HOURS.is_open(datetime(2025, 7, 7, 5, 0, tzinfo=ZoneInfo("UTC"))), "summer time"


def test_holidays_are_those_of_lithuania_and_of_the_staff() -> None:
    assert HOURS.is_holiday(at("2025-02-16T12:00"))
    assert HOURS.is_holiday(at("2025-03-04T12:00"))
    assert not HOURS.is_holiday(at("2025-03-05T12:00"))


def test_the_next_opening_skips_weekends_holidays_and_closed_days() -> None:
    assert HOURS.opens_after(at("2025-03-03T17:30")) == at("2025-03-07T08:00")
    assert HOURS.opens_after(at("2025-03-10T18:00")) == at("2025-03-14T08:00"), "the holiday is skipped"
    assert HOURS.opens_after(at("2025-03-03T06:00")) == at("2025-03-03T08:00")
    assert HOURS.opens_after(at("9999-12-31T20:00")) is None, "the calendar ends here"


@given(moment=MOMENTS, count=st.integers(1, 5))
@settings(max_examples=150, deadline=None)
@pytest.mark.rule("A12.10")
def test_callback_times_lie_in_office_hours_and_leave_time_to_prepare(moment: datetime, count: int) -> None:
    times = HOURS.callback_times(moment, count)
    assert len(times) == count
    slot = timedelta(minutes=HOURS.callback_slot_minutes)
    assert list(times) == sorted(set(times))
    for time in times:
        assert time - moment >= slot
        assert HOURS.is_open(time)
        assert HOURS.is_open(time + slot - timedelta(seconds=1)), "the whole time is within office hours"


@given(moment=MOMENTS)
@settings(max_examples=150, deadline=None)
def test_the_next_opening_is_the_first_moment_in_which_it_is_open(moment: datetime) -> None:
    opens = HOURS.opens_after(moment)
    assert opens is not None
    assert opens > moment
    assert HOURS.is_open(opens)
    assert not HOURS.is_open(opens - timedelta(seconds=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": {}},
        {"days": {"monday": "8-17"}},
        {"days": {"monday": "17:00-08:00"}},
        {"days": {"Monday": "08:00-17:00"}},
        {"days": WEEK, "timezone": "Europe/Nowhere"},
        {"days": WEEK, "closed": ["2025-13-01"]},
    ],
)
def test_wrong_hours_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate(wrong)


def test_the_line_s_own_hours_are_those_of_a_working_week(plan: Plan) -> None:
    assert plan.hours is not None
    assert plan.hours.is_open(at("2025-03-03T11:00"))
    assert not plan.hours.is_open(at("2025-03-02T11:00"))
    assert date(2025, 3, 3) not in plan.hours.closed


def test_next_working_day_skips_weekends_and_holidays() -> None:
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:00-17:00")
    hours = Hours.model_validate({"days": days})
    wednesday = datetime(2026, 12, 23, 12, tzinfo=UTC)  # 24, 25 and 26 are holidays, 26 a Saturday
    assert hours.next_working_day(wednesday) == datetime(2026, 12, 28, 15, tzinfo=UTC)
