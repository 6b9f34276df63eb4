"""A number is the same fact told by digits or by words, and what is not in the source is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.knowledge.facts import facts_of, mentions, unproved
from ivr.language.declension import Case
from ivr.language.numbers import cardinal


@pytest.mark.rule("Q3")
@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("50,16 Eur", "penkiasdešimt eurų šešiolika centų"),
        ("50,16 Eur", "penkiasdešimties eurų ir šešiolikos centų"),
        ("0,79 BSI dydžio", "nulis sveikų septyniasdešimt devynios šimtosios bazinės socialinės išmokos"),
        ("18 metų", "aštuoniolikos metų"),
        ("21 metai", "dvidešimt vieneri metai"),
        ("14 metų", "keturiolikmečiui"),
        ("15 proc.", "penkiolika procentų"),
        ("30 kalendorinių dienų", "per trisdešimt dienų"),
        ("25 dienos", "iki dvidešimt penktos mėnesio dienos"),
        ("12 mėn.", "dvylikos mėnesių"),
        ("2019 m. sausio 1 d.", "du tūkstančiai devynioliktų metų sausio pirmosios"),
        ("2019 metais", "du tūkstančiai devynioliktais metais"),
        ("rugsėjo 1 d.", "rugsėjo pirmąją dieną"),
        ("1,5 VRP", "pusantrų valstybės remiamų pajamų"),
        ("7,5 metų", "septynerius su puse metų"),
        ("1 000 Eur", "tūkstantis eurų"),
        ("2 kartus", "du kartus"),
        ("2 sav.", "dviejų savaičių"),
        ("45 min.", "keturiasdešimt penkių minučių"),
        ("1 metai", "vieni metai"),
        ("I ir II laipsnio", "pirmojo ar antrojo laipsnio"),
        ("14–18 metų", "nuo keturiolikos iki aštuoniolikos metų"),
        ("1 ar 2 vaikus", "vieną arba du vaikus"),
        ("2 kartus", "dvigubai"),
        ("12 kategorijos", "dvyliktai kategorijai"),
    ],
)
def test_digits_and_words_are_one_fact(written: str, spoken: str) -> None:
    assert facts_of(written) == facts_of(spoken)
    assert not unproved(spoken, facts_of(written))


@pytest.mark.parametrize(
    "text",
    [
        "įstatymo 6 straipsnio 1 dalį",
        "pagal 17 str. 4 d.",
        "įsakymu Nr. A1-234",
        "reglamentas 883/2004",
        "www.spis9.lt/12",
        "tel. (8 5) 233 3320",
    ],
)
def test_numbers_of_laws_phones_and_addresses_are_no_facts(text: str) -> None:
    assert facts_of(text) == ()


@pytest.mark.parametrize(
    ("spoken", "facts"),
    [
        ("aštuoniolikos metų", ["19 metai"]),
        ("aštuoniolikos mėnesių", ["18 metai"]),
        ("penkiasdešimt eurų", ["50.16 eur"]),
        ("penkiasdešimt eurų septyniolika centų", ["50.16 eur"]),
        ("sausio antrosios", ["2019-01-01"]),
        ("du tūkstančiai aštuonioliktų metų sausio pirmosios", ["2019-01-01"]),
        ("vasarį", ["2019-01-01"]),
        ("dvidešimt", []),
        ("dvidešimt dienų", ["20"]),
        ("dvidešimt eurų", ["20"]),
        ("du", ["2 mėnuo"]),
        ("trečiojo laipsnio", ["1 laipsnis", "2 laipsnis"]),
        ("dviejų savaičių", ["2 mėnuo"]),
    ],
)
def test_a_number_that_the_source_lacks_is_noticed(spoken: str, facts: list[str]) -> None:
    assert unproved(spoken, facts)


def test_parts_of_a_date_and_bare_numbers_are_proved() -> None:
    facts = ["2019-01-01", "18 metai"]
    assert not unproved("nuo sausio pirmosios, du tūkstančiai devynioliktais metais, jau aštuoniolika", facts)


def test_a_bare_number_is_one_of_what_the_text_counts_elsewhere() -> None:
    facts = ["20 %", "30 %"]
    assert not unproved("dvidešimt procentų, o vieniems auginant – trisdešimt", facts)
    assert unproved("šeimai trisdešimt", facts)


@pytest.mark.parametrize(
    "text", ["vieni tėvai", "XIII-198", "A. V. Petraitis", "I skyrius", "pirmaisiais vaiko auginimo metais"]
)
def test_what_looks_like_a_number_of_something_is_none(text: str) -> None:
    assert not set(facts_of(text)) - {"1"}


def test_places_in_the_text_are_told() -> None:
    text = "iki aštuoniolikos metų"
    (mention,) = mentions(text)
    assert text[mention.start : mention.end] == mention.said == "aštuoniolikos"


@pytest.mark.rule("Q3")
@settings(deadline=None)
@given(st.integers(0, 99_999), st.integers(0, 99), st.sampled_from([Case.NOMINATIVE, Case.GENITIVE, Case.ACCUSATIVE]))
def test_every_amount_is_read_alike_from_digits_and_words(euros: int, cents: int, case: Case) -> None:
    spoken = f"{cardinal(euros, case)} eurų {cardinal(cents, case)} centų"
    assert facts_of(spoken) == facts_of(f"{euros},{cents:02} Eur")


@settings(deadline=None)
@given(st.integers(0, 9_999), st.integers(0, 9_999), st.sampled_from(["metų", "dienų", "procentų", "eurų", "mėnesių"]))
def test_only_the_same_number_proves(said: int, known: int, unit: str) -> None:
    facts = facts_of(f"{known} {unit}")
    assert bool(unproved(f"{cardinal(said, Case.GENITIVE)} {unit}", facts)) == (said != known)


@given(digits=st.text("12345679", min_size=1, max_size=200))  # 8 begins telephone numbers
def test_a_number_of_any_length_is_read_as_it_is(digits: str) -> None:
    assert facts_of(f"{digits} eurų") == (f"{digits} eur",)
    assert facts_of(f"{digits},25 eurų") == (f"{digits}.25 eur",)


@pytest.mark.parametrize("joint", ["–", ",", ", ", " ir ", " ar ", " 5 str. "])
def test_a_page_of_nothing_but_numbers_is_read_to_its_end(joint: str) -> None:
    """Would take many minutes if every number were tried with all those after it."""
    assert mentions(joint.join(["7"] * 2000) + " ir 50 Eur")[-1].fact == "50 eur"
