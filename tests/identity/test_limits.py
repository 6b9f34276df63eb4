"""How often one may try, and what many tries together look like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.identity.limits import DAY, MONTH, Limits, number_may_try, person_may_pass
from ivr.identity.patterns import Finding, Pattern, Thresholds, patterns
from ivr.identity.ports import Try

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
LIMITS = Limits(number_per_day=6, withheld_per_day=9, person_per_day=4, person_per_month=8, pauses_s=(0, 60, 300))


def ago(*seconds: float, passed: bool = False) -> list[Try]:
    return [Try(NOW - timedelta(seconds=each), "n", passed=passed) for each in seconds]


@pytest.mark.rule("X6")
@pytest.mark.parametrize(
    ("before", "may"),
    [
        ([], True),
        ([0], True),  # no pause after the first failure
        ([59, 4000], False),
        ([60, 4000], True),
        ([299, 4000, 5000], False),
        ([300, 4000, 5000], True),
        ([299, 4000, 5000, 6000], False),  # the last pause stands for all further ones
        ([300, 4000, 5000, 6000], True),
        ([3000] * 5, True),
        ([3000] * 6, False),
        ([86_400] * 6, True),  # a day is over
        ([86_399] * 6, False),
    ],
)
def test_pauses_grow_and_a_number_has_a_limit(before: list[float], may: bool) -> None:
    assert number_may_try(ago(*before), NOW, LIMITS) == may


@pytest.mark.rule("X6")
def test_tries_that_passed_and_those_to_come_do_not_count() -> None:
    assert number_may_try(ago(*[1] * 9, passed=True), NOW, LIMITS)
    assert number_may_try(ago(*[-5] * 9), NOW, LIMITS)
    assert person_may_pass(ago(*[1] * 9, passed=True), NOW, LIMITS)


@pytest.mark.rule("X6")
def test_withheld_numbers_share_a_limit_and_have_no_pauses() -> None:
    assert number_may_try(ago(*[1] * 8), NOW, LIMITS, withheld=True)
    assert not number_may_try(ago(*[1] * 9), NOW, LIMITS, withheld=True)


@pytest.mark.rule("X6")
@pytest.mark.parametrize(
    ("before", "may"),
    [
        ([], True),
        ([1000] * 3, True),
        ([1000] * 4, False),
        ([299] * 3, False),
        ([90_000] * 7, True),
        ([90_000] * 8, False),
        ([31 * 86_400] * 20, True),
        ([30 * 86_400 - 1] * 8, False),
        ([30 * 86_400] * 8, True),
        ([1000, 1000, 1000, 90_000, 90_000], True),
    ],
)
def test_a_person_has_a_limit_by_day_and_by_month(before: list[float], may: bool) -> None:
    assert person_may_pass(ago(*before), NOW, LIMITS) == may


@given(st.lists(st.integers(0, 40 * 86_400), max_size=15))
@settings(deadline=None)
def test_a_failure_more_never_opens_a_door(before: list[int]) -> None:
    for allowed in (number_may_try, person_may_pass):
        if not allowed(ago(*before), NOW, LIMITS):
            assert not allowed(ago(*before, 0), NOW, LIMITS)


def test_without_pauses_only_the_counts_decide() -> None:
    assert number_may_try(ago(0, 0, 0), NOW, Limits(pauses_s=()))


def test_the_limits_that_come_with_the_line() -> None:
    usual = Limits()
    assert (usual.number_per_day, usual.person_per_day, usual.person_per_month) == (6, 3, 5)
    assert list(usual.pauses_s) == sorted(usual.pauses_s)
    assert timedelta(days=1) == DAY
    assert timedelta(days=30) == MONTH


def tried(number: str, name: str = "", digits: str = "", person: str = "", before: float = 0.0) -> Try:
    return Try(NOW - timedelta(seconds=before), number, name, digits, person)


FOUR = Thresholds()


@pytest.mark.rule("X6")
def test_one_number_that_claims_to_be_many_people_is_a_pattern_when_the_count_is_reached() -> None:
    tries = [tried("n", f"name-{at}", "1") for at in range(4)]
    found = patterns(tries, tries[-1], NOW, FOUR)
    assert found == (Finding(Pattern.MANY_PERSONS, "n", 4),)
    assert patterns(tries[:3], tries[2], NOW, FOUR) == ()
    five = [*tries, tried("n", "name-4", "1")]
    assert patterns(five, five[-1], NOW, FOUR) == (), "staff are told once, not with every further try"
    eight = [tried("n", f"name-{at}", "1") for at in range(8)]
    assert patterns(eight, eight[-1], NOW, FOUR)[0].count == 8
    assert patterns(tries, tries[-1], NOW, FOUR, withheld=True) == (), "withheld numbers are many people"


@pytest.mark.rule("X6")
def test_one_person_claimed_from_many_numbers_is_a_pattern() -> None:
    tries = [tried(f"n-{at}", "name", "1", "p") for at in range(4)]
    assert patterns(tries, tries[-1], NOW, FOUR) == (Finding(Pattern.MANY_NUMBERS, "p", 4),)
    unknown = [tried(f"n-{at}", "name", "1") for at in range(4)]
    assert patterns(unknown, unknown[-1], NOW, FOUR) == ()


@pytest.mark.rule("X6")
def test_one_name_with_ever_other_digits_is_a_sweep_from_whichever_numbers() -> None:
    tries = [tried(f"n-{at}", "name", f"d-{at}") for at in range(4)]
    assert patterns(tries, tries[-1], NOW, FOUR) == (Finding(Pattern.DIGIT_SWEEP, "name", 4),)
    same = [tried("n", "name", "d") for _ in range(4)]
    assert patterns(same, same[-1], NOW, FOUR) == (), "the same again is a right person's second try"


@pytest.mark.rule("X6")
@pytest.mark.parametrize(("before", "found"), [(86_399.0, True), (86_400.0, False), (-1.0, False)])
def test_patterns_are_those_of_a_day(before: float, found: bool) -> None:
    tries = [*(tried("n", f"name-{at}", "1", before=before) for at in range(3)), tried("n", "name-9", "1")]
    assert bool(patterns(tries, tries[-1], NOW, FOUR)) == found


def test_tries_without_a_name_are_no_claim() -> None:
    tries = [tried("n") for _ in range(8)]
    assert patterns(tries, tries[-1], NOW, FOUR) == ()
    mixed = [*(tried("n", f"name-{at}", "1") for at in range(3)), tried("n"), tried("m", "name-7", "1")]
    assert patterns(mixed, mixed[0], NOW, FOUR) == ()
