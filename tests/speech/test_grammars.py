"""Typed grammars: every value of the domain comes back from what is said, and nothing else does."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import SpeechError
from ivr.language.answers import NO, YES
from ivr.language.counting import numeral
from ivr.language.dates import MONTHS, MonthDay, spoken_dates
from ivr.language.declension import Case
from ivr.language.given_names import given_names
from ivr.language.numbers import Gender, cardinal
from ivr.language.phones import spoken_phone
from ivr.language.places import municipalities, streets
from ivr.language.spelling import spell
from ivr.language.surnames import surnames
from ivr.speech.grammars import (
    NAMES,
    Age,
    Choice,
    Date,
    Day,
    Digits,
    Email,
    Month,
    MunicipalityName,
    Name,
    Number,
    OpenQuestion,
    PersonName,
    Phone,
    Street,
    YesNo,
    by_name,
    missing_words,
)

LATEST = 2026


def said(digits: str) -> str:
    return " ".join(cardinal(int(digit)) for digit in digits)


@given(st.text("0123456789", min_size=1, max_size=11))
def test_a_code_is_heard_and_complete_with_its_last_digit(digits: str) -> None:
    grammar = Digits(len(digits))
    words = said(digits).split()
    assert grammar.parse(" ".join(words)) == digits
    assert grammar.complete(" ".join(words))
    assert not any(grammar.complete(" ".join(words[:count])) for count in range(len(words)))
    assert grammar.parse(" ".join([*words, "nulis"])) is None


def test_a_code_is_not_complete_while_its_last_number_may_grow() -> None:
    grammar = Digits(4)
    assert grammar.parse("dvylika trisdešimt") == "1230"
    assert not grammar.complete("dvylika trisdešimt")
    assert grammar.parse("dvylika trisdešimt keturi") == "1234"
    assert grammar.complete("dvylika trisdešimt keturi")


def test_a_code_with_a_digit_too_many_is_waited_for_no_longer() -> None:
    assert Digits(4).parse("keturi du šeši vienas penki") is None
    assert Digits(4).complete("keturi du šeši vienas penki")


def test_an_answer_of_unknown_length_has_no_end_of_its_own() -> None:
    for grammar in (Choice.of({"taip": "a"}), YesNo(), Number()):
        assert grammar.complete("taip") is None


def test_hesitation_does_not_spoil_a_code() -> None:
    assert Digits(4).parse("ė keturi aštuoni mm šeši vienas") == "4861"


@given(st.integers(0, 999_999))
def test_a_number_is_heard_with_what_is_counted(number: int) -> None:
    assert Number().parse(cardinal(number)) == Number().parse(f"{cardinal(number)} eurų") == number
    assert Number(most=99).parse(cardinal(number)) == (number if number <= 99 else None)


@pytest.mark.parametrize("years", [1, 3, 7, 10, 11, 20, 23, 67, 99, 104])
def test_an_age_is_heard_as_years_are_counted_and_as_other_things_are(years: int) -> None:
    age = Age()
    for collectively in (True, False):
        for case in (Case.NOMINATIVE, Case.GENITIVE, Case.ACCUSATIVE):
            told = numeral(years, case, Gender.MASCULINE, collectively=collectively)
            assert set(told.split()) <= {word for phrase in age.phrases() for word in phrase.split()}
            assert age.parse(told) == age.parse(f"{told} metų") == years
            assert age.complete(f"{told} metų")
            assert not age.complete(told)  # „metų“ may follow, or another number
    assert age.parse("tūkstantis") is None


@given(st.from_regex(r"\A6[0-9]{7}\Z"))
def test_a_phone_number_is_complete_with_its_last_digit(national: str) -> None:
    for prefix in ("", "8", "0", "370"):
        words = said(prefix + national).split()
        assert Phone().parse(" ".join(words)) == f"+370{national}"
        assert Phone().complete(" ".join(words))
        assert not any(Phone().complete(" ".join(words[:count])) for count in range(len(words)))
    assert Phone().parse(spoken_phone(f"+370{national}")) == f"+370{national}"


@given(st.dates(date(1930, 1, 1), date(LATEST, 12, 31)))
def test_a_birthday_is_heard(day: date) -> None:
    for text in spoken_dates(day):
        assert Date(LATEST).parse(text) == day
        assert Date(LATEST).parse(f"gimiau {text}") == day


def test_a_day_is_not_complete_while_it_may_grow() -> None:
    assert not Day().complete("kovo dvidešimt")
    assert Day().complete("kovo dvidešimta")
    assert Day().complete("kovo dvidešimt trečia")
    assert Day().parse("kovo dvidešimt trečia") == MonthDay(3, 23)


def test_months_are_heard_alone_and_with_their_noun() -> None:
    for number, month in enumerate(MONTHS, 1):
        assert Month().parse(month) == number
        assert Month().complete(month)
    assert Month().parse("kovo mėnuo") == 3
    assert Month().parse("kovo gegužės") is None


def test_yes_and_no_in_all_shades() -> None:
    assert {YesNo().parse(phrase) for phrase in YES} == {True}
    assert {YesNo().parse(phrase) for phrase in NO} == {False}


@pytest.mark.parametrize("text", ["", "taip ne", "ne gerai taip", "nežinau", "keturi"])
def test_both_or_neither_is_not_understood(text: str) -> None:
    assert YesNo().parse(text) is None


def test_the_longest_phrase_decides_a_choice() -> None:
    grammar = Choice.of({"work": ["darbas"], "abroad": ["darbas užsienyje"], "leave": ["atostogos"]})
    assert grammar.parse("darbas") == "work"
    assert grammar.parse("aha darbas užsienyje") == "abroad"
    assert grammar.parse("darbas atostogos") is None
    assert grammar.parse("pensija") is None
    assert grammar.listening().phrases == ("darbas", "darbas užsienyje", "atostogos")


def test_every_listed_name_is_heard() -> None:
    for name in given_names():
        assert Name().parse(name.lower()) in (PersonName(name, ""), PersonName("", name))
    for name in surnames():
        heard = Name().parse(f"jonas {name.lower()}")
        assert heard is not None
        assert name in heard


def test_names_in_other_cases_and_with_introduction_are_heard() -> None:
    assert Name().parse("mano vardas ona petraitienė") == PersonName("Ona", "Petraitienė")
    assert Name().parse("aš esu jonas kazlauskas") == PersonName("Jonas", "Kazlauskas")
    assert Name().parse("kazlauską joną") == PersonName("Jonas", "Kazlauskas")
    assert Name(extra=("Nausėda",)).parse("gitana nausėda") == PersonName("Gitana", "Nausėda")


@pytest.mark.parametrize("text", ["", "mano vardas", "jonas lietus", "jonas kazlauskas petrauskas"])
def test_what_is_no_name_is_not_understood(text: str) -> None:
    assert Name().parse(text) is None


def test_streets_and_municipalities_are_heard() -> None:
    for street in streets():
        assert Street().parse(f"{street.lower()} gatvė") == street
    for place in municipalities():
        for spoken in place.spoken:
            assert MunicipalityName().parse(spoken) == place.name
    assert MunicipalityName().parse("kauno") is None  # the city or the district?


@given(st.from_regex(r"\A[a-z]{1,8}([._-][a-z0-9]{1,6})?@[a-z]{1,8}\.(lt|com)\Z"))
def test_a_spelled_address_is_heard(address: str) -> None:
    assert Email().parse(spell(address)) == address


def test_an_address_with_whole_names_is_heard() -> None:
    assert Email().parse("jonas taškas petraitis eta džimeil taškas kom") == "jonas.petraitis@gmail.com"
    assert Email(names=False).parse("jonas taškas petraitis eta džimeil taškas kom") is None


def test_open_speech_has_no_phrases_and_takes_any_words() -> None:
    assert OpenQuestion().listening().phrases == ()
    assert OpenQuestion().parse("  kada pensija ") == "kada pensija"
    assert OpenQuestion().parse("") is None


def test_phrases_are_what_a_recogniser_takes() -> None:
    for name in NAMES:
        for phrase in by_name(name, latest_year=LATEST).listening().phrases:
            assert phrase == " ".join(phrase.lower().split())
            assert phrase.replace(" ", "").isalpha()


def test_what_the_ear_expects_is_also_understood() -> None:
    """Whole answers of the lists mean something; pieces of answers are only in the lists of strings."""
    for name in ("month", "day", "yesno", "municipality"):
        grammar = by_name(name, latest_year=LATEST)
        for phrase in grammar.phrases():
            assert grammar.parse(phrase) is not None, phrase


def test_grammars_are_found_by_name_and_others_refused() -> None:
    assert by_name("digits:7", latest_year=LATEST) == Digits(7)
    for name in ("digits", "digits:0", "digits:99", "digits:x", "month:2", "weather", ""):
        with pytest.raises(SpeechError, match="grammar"):
            by_name(name, latest_year=LATEST)


def test_missing_words_are_named_once() -> None:
    grammar = Choice.of({"a": ["geras darbas", "darbas"], "b": ["blogas darbas"]})
    assert missing_words(grammar, {"darbas"}) == ("geras", "blogas")
    assert missing_words(grammar, {"darbas", "geras", "blogas"}) == ()
    assert missing_words(OpenQuestion(), set()) == ()
