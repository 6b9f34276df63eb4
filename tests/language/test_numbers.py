"""Numbers, dates, telephone numbers and addresses come back from everything that callers may say for them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.language.dates import (
    DAYS_IN_MONTH,
    MonthDay,
    date_of,
    day_of,
    month_of,
    month_words,
    spoken_dates,
    spoken_days,
)
from ivr.language.declension import Case
from ivr.language.numbers import Gender, cardinal, collective, ordinal
from ivr.language.phones import is_national, phone_of, spoken_phone, spoken_phones
from ivr.language.spelling import email_of, letters_of, spell
from ivr.language.spoken_numbers import MAX_DIGITS, digit_readings, digits_of, number_of

UNHURRIED = settings(deadline=None)  # the machine may be busy with other things
NATIONAL = st.from_regex(r"\A([3-6][0-9]{7}|[789]0[0-9]{6})\Z").filter(is_national)
LATEST = 2026


@UNHURRIED
@given(st.integers(0, 999_999), st.sampled_from(Case), st.sampled_from(Gender))
def test_a_number_in_any_case_and_gender_is_understood(number: int, case: Case, gender: Gender) -> None:
    assert number_of(cardinal(number, case, gender)) == number


@UNHURRIED
@given(st.integers(1, 2999), st.sampled_from(Case), st.sampled_from(Gender), st.booleans(), st.booleans())
def test_an_ordinal_in_any_form_is_understood(
    number: int, case: Case, gender: Gender, plural: bool, definite: bool
) -> None:
    said = ordinal(number, case, gender, plural=plural, definite=definite)
    assert number_of(said, ordinal=True) == number


@UNHURRIED
@given(st.integers(1, 9), st.sampled_from(Case), st.sampled_from(Gender))
def test_a_collective_is_understood(number: int, case: Case, gender: Gender) -> None:
    assert number_of(collective(number, case, gender)) == number


@UNHURRIED
@given(st.text("0123456789", min_size=1, max_size=MAX_DIGITS))
def test_digits_said_one_by_one_are_the_digits(digits: str) -> None:
    said = " ".join(cardinal(int(digit)) for digit in digits)
    assert digits_of(said) == digits_of(said, len(digits)) == digits


@UNHURRIED
@given(st.lists(st.integers(0, 999), min_size=1, max_size=5))
def test_digits_said_in_groups_are_among_the_readings(groups: list[int]) -> None:
    """What can be read in two ways is read in neither; what is read is never something that was not said."""
    digits = "".join(str(group) for group in groups)
    said = " ".join(cardinal(group) for group in groups)
    readings = digit_readings(said, len(digits))
    assert digits in readings
    assert digits_of(said, len(digits)) == (digits if len(readings) == 1 else None)


def test_a_long_babble_of_numbers_is_refused_at_once() -> None:
    assert digits_of("dvidešimt trys " * 500, 8) is None
    assert digits_of("dvidešimt trys " * 500) is None
    assert phone_of("dvidešimt trys " * 500) is None


@UNHURRIED
@given(NATIONAL)
def test_a_phone_number_read_back_is_understood(national: str) -> None:
    assert phone_of(spoken_phone(f"+370{national}")) == f"+370{national}"


@UNHURRIED
@given(NATIONAL)
def test_a_phone_number_is_never_mistaken_for_another(national: str) -> None:
    heard = [phone_of(said) for said in spoken_phones(national)]
    assert set(heard) <= {f"+370{national}", None}
    by_digit = heard[0]
    assert by_digit == f"+370{national}"


@UNHURRIED
@given(st.dates(date(1930, 1, 1), date(LATEST, 12, 31)))
def test_a_date_is_understood_however_it_is_said(value: date) -> None:
    for said in spoken_dates(value):
        assert date_of(said, latest=LATEST) == value, said


@UNHURRIED
@given(st.integers(1, 12).flatmap(lambda month: st.tuples(st.just(month), st.integers(1, DAYS_IN_MONTH[month - 1]))))
def test_a_day_is_understood_however_it_is_said(day: tuple[int, int]) -> None:
    for said in spoken_days(*day):
        assert day_of(said) == MonthDay(*day), said


def test_impossible_days_are_not_understood() -> None:
    for said in (
        "vasario trisdešimta",
        "balandžio trisdešimt pirma",
        "kovo nulis",
        "penkta",
        "kovo",
        "kovo gegužės penkta",
    ):
        assert day_of(said) is None, said
    assert date_of("du tūkstančiai pirmų metų vasario dvidešimt devinta", latest=LATEST) is None
    assert date_of("du tūkstančiai trisdešimtų metų kovo penkta", latest=LATEST) is None


def test_every_form_of_a_month_is_that_month() -> None:
    assert len(set(month_words().values())) == 12
    for form, number in month_words().items():
        assert month_of(form) == number


@UNHURRIED
@given(st.text("aąbcčdeęėfghiįyjklmnoprsštuųūvzžqwx", min_size=1, max_size=20))
def test_a_spelled_word_is_that_word(word: str) -> None:
    assert letters_of(spell(word)) == word


@UNHURRIED
@given(st.from_regex(r"\A[a-z][a-z0-9]{0,9}([._-][a-z0-9]{1,8})?@[a-z]{1,10}\.(lt|com|eu|net)\Z"))
def test_a_spelled_address_is_that_address(address: str) -> None:
    assert email_of(spell(address)) == address


@pytest.mark.parametrize(
    "said",
    [
        "",
        "eta",
        "jot o en a es",
        "jot eta taškas el tė",
        "jot eta gė taškas",
        "eta džimeil taškas kom",
        "jot jot jot eta a",
    ],
)
def test_half_an_address_is_not_understood(said: str) -> None:
    assert email_of(said) is None
