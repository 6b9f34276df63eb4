"""Every function of the language room against examples that were read word by word.

The tables lie in ``tables/``, one for a group of functions, with a header line; ``-`` stands for "nothing understood".
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ivr.language.addresses import email_words, web_words
from ivr.language.adjectives import adjective, phrase
from ivr.language.counting import counted
from ivr.language.dates import date_of, day_of, month_of
from ivr.language.days import date_words, day_words, month_name, time_words, year_words
from ivr.language.declension import Case
from ivr.language.digits import code_words, digit_words, phone_words
from ivr.language.fractions import decimal, part, percent
from ivr.language.money import money
from ivr.language.numbers import Gender, cardinal, ordinal
from ivr.language.phones import phone_of
from ivr.language.reading.ordinals import suffixed
from ivr.language.spelling import email_of
from ivr.language.spoken_numbers import digits_of, number_of
from ivr.language.verbalise import verbalise

TABLES = Path(__file__).parent / "tables"
NOTHING = "-"
LATEST = 2030


def rows(name: str) -> list[list[str]]:
    """The rows of a table, without its header."""
    with (TABLES / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


@pytest.mark.parametrize(("number", "case", "gender", "words"), rows("cardinals"))
def test_cardinals(number: str, case: str, gender: str, words: str) -> None:
    assert cardinal(int(number), Case(case), Gender(gender)) == words


@pytest.mark.parametrize(("number", "case", "gender", "count", "form", "words"), rows("ordinals"))
def test_ordinals(number: str, case: str, gender: str, count: str, form: str, words: str) -> None:
    said = ordinal(int(number), Case(case), Gender(gender), plural=count == "plural", definite=form == "definite")
    assert said == words


@pytest.mark.parametrize(("number", "noun", "case", "words"), rows("counted"))
def test_numbers_with_what_they_count(number: str, noun: str, case: str, words: str) -> None:
    assert counted(int(number), noun, Case(case)) == words


@pytest.mark.parametrize(("kind", "value", "case", "words"), rows("fractions"))
def test_fractions(kind: str, value: str, case: str, words: str) -> None:
    if kind == "part":
        count, of = value.split("/")
        assert part(int(count), int(of), Case(case)) == words
    else:
        assert {"decimal": decimal, "percent": percent}[kind](Decimal(value), Case(case)) == words


@pytest.mark.parametrize(("amount", "case", "currency", "words"), rows("money"))
def test_money(amount: str, case: str, currency: str, words: str) -> None:
    assert money(Decimal(amount), Case(case), currency) == words


@pytest.mark.parametrize(("kind", "value", "case", "form", "words"), rows("dates"))
def test_dates(kind: str, value: str, case: str, form: str, words: str) -> None:
    named = form == "named"
    if kind == "date":
        said = date_words(date.fromisoformat(value), Case(case), named=named)
    elif kind == "day":
        month, day = value.split("-")
        said = day_words(int(month), int(day), Case(case), named=named)
    elif kind == "year":
        said = year_words(int(value), Case(case), named=named)
    else:
        said = month_name(int(value), Case(case))
    assert said == words


@pytest.mark.parametrize(("time", "case", "words"), rows("times"))
def test_times(time: str, case: str, words: str) -> None:
    hour, minute = time.split(":")
    assert time_words(int(hour), int(minute), Case(case)) == words


@pytest.mark.parametrize(("kind", "written", "words"), rows("digits"))
def test_phones_codes_and_addresses(kind: str, written: str, words: str) -> None:
    says = {"phone": phone_words, "digits": digit_words, "code": code_words, "web": web_words, "email": email_words}
    assert says[kind](written) == words


@pytest.mark.parametrize(("written", "words"), rows("endings"))
def test_numbers_with_their_ending_written(written: str, words: str) -> None:
    number, ending = written.split("-")
    assert suffixed(int(number), ending) == words
    assert verbalise(written) == words


@pytest.mark.parametrize(("words", "case", "said"), rows("phrases"))
def test_phrases(words: str, case: str, said: str) -> None:
    assert (phrase if " " in words else adjective)(words, Case(case)) == said


@pytest.mark.rule("Q3")
@pytest.mark.parametrize(("policy", "written", "spoken"), rows("texts"))
def test_texts(policy: str, written: str, spoken: str) -> None:
    assert verbalise(written) == spoken, policy


@pytest.mark.parametrize(("kind", "said", "value"), rows("heard"))
def test_what_is_heard(kind: str, said: str, value: str) -> None:
    assert heard(kind, said) == value


def heard(kind: str, said: str) -> str:
    """What the ear makes of words, written as in the table."""
    understood: object
    if kind in {"number", "ordinal"}:
        understood = number_of(said, ordinal=kind == "ordinal")
    elif kind == "digits":
        understood = digits_of(said)
    elif kind == "month":
        understood = month_of(said)
    elif kind == "day":
        day = day_of(said)
        understood = f"{day.month}-{day.day}" if day else None
    elif kind == "date":
        understood = date_of(said, latest=LATEST)
    elif kind == "phone":
        understood = phone_of(said)
    else:
        understood = email_of(said)
    return NOTHING if understood is None else str(understood)


def test_there_are_enough_examples() -> None:
    assert sum(len(rows(path.stem)) for path in TABLES.glob("*.tsv")) >= 600
