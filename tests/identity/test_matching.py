"""Answers against the registry: tolerant in names, exact in digits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.identity.matching import agrees, askable, is_candidate
from ivr.identity.names import (
    _forms,
    bare,
    distance,
    names_agree,
    same_given,
    same_surname,
    similarities,
    stem,
)
from ivr.identity.personal_code import check_digit, is_personal_code
from ivr.identity.questions import PUBLIC, T3, Question
from ivr.language.declension import Case
from ivr.language.given_names import given_names
from ivr.language.mailboxes import DOMAINS, address_keys
from ivr.language.places import streets
from ivr.language.surnames import MEN, surnames, womens_forms
from ivr.privacy import Pii
from tests.identity.people import EVERYTHING, RIGHT, WRONG

STREETS = frozenset(streets())
GIVEN = st.sampled_from(sorted(given_names()))
SURNAMES = st.sampled_from(sorted(surnames()))
LOCALS = st.from_regex(r"[a-z0-9]{1,8}([._+-][a-z0-9]{1,8}){0,2}", fullmatch=True)
DIGITS = st.from_regex(r"[0-9]{4}", fullmatch=True)


@pytest.mark.rule("T4.3")
@pytest.mark.parametrize("question", list(Question))
def test_a_right_answer_agrees_and_a_wrong_or_empty_one_does_not(question: Question) -> None:
    assert agrees(EVERYTHING, question, RIGHT[question])
    assert not agrees(EVERYTHING, question, WRONG[question])
    assert not agrees(EVERYTHING, question, "")


@pytest.mark.rule("T5", "T4.3")
@pytest.mark.parametrize("question", [question for question in Question if question is not Question.NAME])
def test_what_is_not_stored_agrees_with_nothing(question: Question) -> None:
    fields = {Question.ADDRESS: "house", Question.LAST_FOUR: "last4"}
    empty: Any = None if question in (Question.LAST_VISIT, Question.EMPLOYMENT_END) else Pii("")
    record = replace(EVERYTHING, **{fields.get(question, question.value): empty})
    assert not agrees(record, question, "")
    assert not agrees(record, question, RIGHT[question])
    assert question is Question.LAST_FOUR or question not in askable(record, STREETS)


@pytest.mark.rule("T3")
def test_all_eight_questions_can_be_asked_about_somebody_of_whom_all_is_stored() -> None:
    assert len(T3) == 8
    assert askable(EVERYTHING, STREETS) == set(T3)
    assert set(T3) > PUBLIC


@pytest.mark.rule("T3")
def test_a_street_that_the_ear_does_not_expect_is_not_asked_for() -> None:
    assert Question.ADDRESS not in askable(replace(EVERYTHING, street=Pii("Nežinomoji")), STREETS)
    assert Question.ADDRESS not in askable(replace(EVERYTHING, house=Pii("b")), STREETS)


@pytest.mark.rule("T3")
@pytest.mark.parametrize("month", range(1, 13))
def test_the_month_of_the_last_visit_suffices(month: int) -> None:
    assert agrees(EVERYTHING, Question.LAST_VISIT, str(month)) == (month == 2)


@pytest.mark.rule("T4.3")
@given(stored=DIGITS, said=DIGITS)
@settings(deadline=None)
def test_digits_are_exact(stored: str, said: str) -> None:
    record = replace(EVERYTHING, last4=Pii(stored), registration=Pii(stored))
    assert agrees(record, Question.LAST_FOUR, said) == (stored == said)
    assert agrees(record, Question.REGISTRATION, said) == (stored == said)
    assert is_candidate(record, said, "Jonas Petraitis") == (stored == said)


@pytest.mark.rule("T4.3")
@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("Laisvės|12", True), ("laisves|12a", True), ("LAISVĖS|12-7", True), ("Laisvės|120", False),
        ("Laisvės|1", False), ("Laisvės|", False), ("|12", False), ("Vytauto|12", False), ("Laisvės", False),
    ],
)  # fmt: skip
def test_an_address_is_street_and_house_without_letter_and_flat(value: str, right: bool) -> None:
    assert agrees(EVERYTHING, Question.ADDRESS, value) == right


@pytest.mark.rule("T4.3", "X4")
@given(local=LOCALS, other=LOCALS, domain=st.sampled_from(sorted(DOMAINS)))
def test_a_keyed_address_agrees_with_its_own_keys_alone(local: str, other: str, domain: str) -> None:
    record = replace(EVERYTHING, email=Pii(f"{local}@{domain}"))
    keyed = f"keys:{address_keys(other)}"
    provider = domain.partition(".")[0]
    same = address_keys(local) == address_keys(other)
    for half in (domain, f"keys:{address_keys(domain)}", f"keys:{address_keys(provider)}"):
        assert agrees(record, Question.EMAIL, f"{keyed}@{half}") == same
        assert agrees(record, Question.EMAIL, f"{other}@{half}") == (local == other)
    assert not agrees(record, Question.EMAIL, f"{local}@keys:")
    assert not agrees(record, Question.EMAIL, f"keys:@{domain}")
    assert not agrees(record, Question.EMAIL, f"{local}@{provider}")
    assert not agrees(record, Question.EMAIL, local)


@pytest.mark.rule("T3")
def test_half_a_stored_name_is_none_to_ask_for() -> None:
    for half in (replace(EVERYTHING, given=Pii("")), replace(EVERYTHING, surname=Pii(""))):
        assert Question.NAME not in askable(half, STREETS)


@pytest.mark.rule("T4.3", "X4")
def test_of_a_keyed_provider_the_first_part_will_do_and_no_other() -> None:
    record = replace(EVERYTHING, email=Pii("ona@mail.inbox.lt"))
    assert agrees(record, Question.EMAIL, f"ona@keys:{address_keys('mail')}")
    assert agrees(record, Question.EMAIL, f"ona@keys:{address_keys('mail.inbox.lt')}")
    assert not agrees(record, Question.EMAIL, f"ona@keys:{address_keys('mail.inbox')}")
    assert not agrees(record, Question.EMAIL, "ona@mail")


@pytest.mark.rule("T4.3")
def test_a_candidate_needs_digits_and_name() -> None:
    assert is_candidate(EVERYTHING, "4861", "Jonas Petraitis")
    assert not is_candidate(EVERYTHING, "4861", "Petras Petraitis")
    assert not is_candidate(EVERYTHING, "4862", "Jonas Petraitis")


@pytest.mark.rule("T4.3")
@given(name=GIVEN, surname=SURNAMES, case=st.sampled_from(list(Case)))
@settings(max_examples=200, deadline=None)
def test_a_name_agrees_with_itself_in_every_case_and_without_diacritics(name: str, surname: str, case: Case) -> None:
    said = f"{given_names()[name][case]} {surnames()[surname][case]}"
    assert names_agree(said, name, surname)
    assert names_agree(f"{name} {surname}", bare(name), bare(surname))
    assert names_agree(said.upper(), name.lower(), surname.upper())


@pytest.mark.rule("T4.3")
@given(man=st.sampled_from(MEN))
@settings(max_examples=200, deadline=None)
def test_a_man_his_wife_and_his_daughter_have_three_surnames(man: str) -> None:
    family = (man, *womens_forms(man))
    for one in family:
        for other in family:
            assert same_surname(one, other) == (one == other)


# A consonant and one that no telephone makes of it.
FAR = {"b": "l", "d": "m", "f": "r", "g": "n", "j": "t", "k": "l", "l": "k", "m": "d", "n": "g", "p": "r", "r": "p",
       "s": "l", "t": "j", "v": "k", "z": "r"}  # fmt: skip


@pytest.mark.rule("T4.3", "T5")
@given(name=GIVEN, data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_name_with_another_consonant_is_another_name(name: str, data: st.DataObject) -> None:
    """One that is clearly another, in the part that makes the name; long names may have one slip."""
    low = bare(name.lower())
    places = [at for at in range(min(4, len(low) - 3)) if low[at] in FAR and low[at] not in low[max(0, at - 1) : at]]
    if len(low) > 9 or not places:
        return
    at = data.draw(st.sampled_from(places))
    other = low[:at] + FAR[low[at]] + low[at + 1 :]
    assert same_given(low, name)
    assert not same_given(other, name)
    assert not names_agree(f"{other} Petraitis", name, "Petraitis")


@pytest.mark.rule("T4.3")
@given(a=GIVEN, b=GIVEN)
@settings(max_examples=300, deadline=None)
def test_it_does_not_matter_which_of_two_names_is_heard_and_which_is_stored(a: str, b: str) -> None:
    assert same_given(a, b) == same_given(b, a)


@pytest.mark.rule("T4.3", "T5")
@pytest.mark.parametrize(
    "pair",
    [
        "Rasa Rita", "Vilma Vilija", "Darius Dainius", "Rimas Romas", "Aušra Audra", "Lina Dina", "Algis Alvydas",
        "Mantas Marius", "Jonas Jokūbas", "Ona Ina", "Vytas Vytautas", "Rūta Rita", "Gintaras Gintautas",
        "Daiva Dalia", "Edita Edgaras", "Arvydas Alvydas", "Nerijus Marijus", "Justas Justinas",
    ],
)  # fmt: skip
def test_two_usual_names_that_resemble_each_other_are_two(pair: str) -> None:
    one, other = pair.split()
    assert not same_given(one, other)
    assert not same_given(other, one)


@pytest.mark.rule("T4.3")
@pytest.mark.parametrize(
    ("heard", "stored", "right"),
    [
        ("Kovalskis", "Kowalski", True), ("Šimanskis", "Szymański", True), ("Viktorija", "Victoria", False),
        ("Aleksandras", "Aleksandra", False), ("Rimša", "Rimšė", False), ("Petraitė", "Petrutė", False),
        ("Vidas", "Vitas", False), ("Jonas", "Jonis", False), ("Kristijonas", "Kristijanas", True),
        ("Katarina", "Katerina", True), ("Max", "Maksas", True), ("Filipas", "Philipp", True),
        ("Navickas", "Navikas", False), ("Juozas", "Juozapas", False), ("Tomas", "Domas", False),
    ],
)  # fmt: skip
def test_spelling_is_tolerated_and_another_name_is_not(heard: str, stored: str, right: bool) -> None:
    assert (same_given(heard, stored) or same_surname(heard, stored)) == right


@pytest.mark.rule("T4.3")
@pytest.mark.parametrize(
    ("heard", "given_name", "surname", "right"),
    [
        ("Ona Kazlauskienė", "Ona Marija", "Kazlauskienė", True),
        ("Marija Kazlauskienė", "Ona Marija", "Kazlauskienė", True),
        ("Ona Marija Kazlauskienė", "Ona-Marija", "Kazlauskienė", True),
        ("Ona Butkienė", "Ona", "Butkienė-Kazlauskienė", True),
        ("Ona Kazlauskienė", "Ona", "Butkienė–Kazlauskienė", True),
        ("Ona Butkienė Kazlauskienė", "Ona", "Butkienė-Kazlauskienė", True),
        ("Ona Rimkienė", "Ona", "Butkienė-Kazlauskienė", False),
        ("Rasa Kazlauskienė", "Ona Marija", "Kazlauskienė", False),
        ("Kazlauskienė", "Ona", "Kazlauskienė", False),
        ("Ona", "Ona", "Kazlauskienė", False),
        ("", "Ona", "Kazlauskienė", False),
    ],
)
def test_several_names_and_double_surnames(heard: str, given_name: str, surname: str, right: bool) -> None:
    assert names_agree(heard, given_name, surname) == right


def test_the_threshold_decides() -> None:
    assert names_agree("Marta Kazlauskienė", "Morta", "Kazlauskienė", 0.85)
    assert not names_agree("Marta Kazlauskienė", "Morta", "Kazlauskienė", 0.95)


@given(ten=st.from_regex(r"[0-9]{10}", fullmatch=True))
@settings(deadline=None)
def test_one_of_ten_digits_makes_a_code_right(ten: str) -> None:
    right = [digit for digit in "0123456789" if is_personal_code(ten + digit)]
    assert right == [str(check_digit(ten))]


@pytest.mark.parametrize(
    ("ten", "digit"), [("3330924006", 4), ("4123456789", 6), ("3850101000", 7), ("0000000000", 0), ("6010101005", 0)]
)
def test_check_digits(ten: str, digit: int) -> None:
    weights = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1], [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]
    rests = [sum(int(d) * w for d, w in zip(ten, row, strict=True)) % 11 for row in weights]
    expected = next((rest for rest in rests if rest < 10), 0)
    assert check_digit(ten) == expected


@pytest.mark.parametrize("ten", ["333092400", "33309240064", "333092400x", "٣333092400", ""])
def test_what_is_no_code_is_refused(ten: str) -> None:
    with pytest.raises(ValueError, match="ten digits"):
        check_digit(ten)


@pytest.mark.parametrize("code", ["33309240063", "3330924006", "333092400644", "3330924006x", "٣3309240064", ""])
def test_what_is_no_whole_code_is_none(code: str) -> None:
    assert is_personal_code("33309240064")
    assert not is_personal_code(code)


@pytest.mark.parametrize(
    ("a", "b", "far"),
    [("", "", 0), ("jon", "jon", 0), ("jon", "jun", 0.5), ("jon", "on", 1), ("kat", "rim", 3), ("bet", "pet", 0.5)],
)  # fmt: skip
def test_changes_that_a_telephone_blurs_count_half(a: str, b: str, far: float) -> None:
    assert distance(a, b) == distance(b, a) == far


def test_endings_are_cut_from_names_that_are_long_enough() -> None:
    assert stem("Petraitienė", given=False) == ("petrait", "iene")
    assert stem("Petraitienė", given=True) == ("petraitien", "e")
    assert stem("Ona", given=True) == ("on", "a")
    assert stem("As", given=True) == ("as", "")
    assert stem("Kowalski", given=False) == ("kovalsk", "")


def test_forms_lead_to_their_names_and_a_nominative_to_itself_alone() -> None:
    forms = _forms({name: given_names()[name] for name in ("Jonas", "Teodoras", "Teodora")})
    assert forms["jono"] == forms["jonui"] == ("jonas",)
    assert forms["teodora"] == ("teodora",), "the accusative of the man's name without its sign is a woman's name"
    assert forms["teodorą"] == ("teodoras", "teodora")
    assert forms["teodoros"] == ("teodora",)


def test_at_the_threshold_names_are_the_same() -> None:
    alike = max(similarities("Sofija", "Zofija", given=True))
    assert alike == 0.9
    assert same_given("Sofija", "Zofija", alike)
    assert not same_given("Sofija", "Zofija", alike + 0.001)
    assert same_surname("Stonkus", "Stankus", max(similarities("Stonkus", "Stankus", given=False)))
