"""What is refused and what is wanted, as people say it, without commas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.dialog.negation import refuses, wanted

PEOPLE = ("darbuotoj", "žmog", "operator", "konsultant", "specialist")
REFUSED = (
    "nenoriu kalbėti su darbuotoju",
    "Nenoriu kalbėti su darbuotoju!",
    "as nenoriu su zmogumi",
    "nereikia darbuotojo",
    "darbuotojo nereikia",
    "man darbuotojo nereikia ačiū",
    "su darbuotoju kalbėti nenoriu",
    "su darbuotoju nenoriu noriu palikti žinutę",
    "ne ne nereikia jokio žmogaus",
    "nenoriu nei su darbuotoju nei su operatoriumi",
    "nejunkite manęs su operatoriumi",
    "nenoriu laukti darbuotojo",
    "be darbuotojo",
    "gal galima be jokio konsultanto",
    "tik ne su darbuotoju",
    "ne darbuotoją o žinutę",
)
WANTED = (
    "noriu kalbėti su darbuotoju",
    "nenoriu kalbėti su robotu duokite žmogų",
    "nenoriu su robotu noriu su žmogumi",
    "nereikia robotų žmogaus reikia",
    "nereikia žinutės geriau darbuotoją",
    "darbuotoją nereikia žinutės",
    "su darbuotoju nenoriu palikti žinutės",
    "nenoriu palikti žinutės su darbuotoju noriu",
    "negaliu kalbėti su robotu sujunkite su darbuotoju",
    "ar negalėčiau pasikalbėti su darbuotoju",
    "ne su darbuotoju o su kitu darbuotoju noriu",
    "nesuprantu jūsų noriu darbuotojo",
)
# A recogniser writes no comma: what „ne“ belongs to depends on what was asked.
BARE = ("ne su darbuotoju", "ne žmogus", "ne ne su operatoriumi", "ne noriu kalbėti su darbuotoju")


@pytest.mark.rule("A12.17.1")
@pytest.mark.parametrize("said", REFUSED)
def test_who_says_that_they_want_no_person_wants_none(said: str) -> None:
    assert refuses(said, PEOPLE)
    assert refuses(said, PEOPLE, offered=True)


@pytest.mark.parametrize("said", WANTED)
def test_a_refusal_of_something_else_leaves_the_wish_for_a_person(said: str) -> None:
    assert not refuses(said, PEOPLE)


@pytest.mark.rule("A12.9")
@pytest.mark.parametrize("said", BARE)
def test_a_bare_no_refuses_what_was_offered_and_corrects_anything_else(said: str) -> None:
    assert refuses(said, PEOPLE, offered=True)
    assert not refuses(said, PEOPLE)


@pytest.mark.rule("A12.9")
@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Nenoriu kalbėti su darbuotoju, noriu palikti žinutę.", "noriu palikti žinutę"),
        ("su darbuotoju kalbėti nenoriu noriu palikti žinutę", "noriu palikti žinutę"),
        ("ne darbuotoją o žinutę", "žinutę"),
        ("darbuotojo nereikia kokių dokumentų reikia", "kokių dokumentų reikia"),
        ("nenoriu nei su darbuotoju nei su operatoriumi", ""),
        ("darbuotojo man nereikia", ""),
        ("nenoriu kalbėti su robotu duokite žmogų", "nenoriu kalbėti su robotu duokite žmogų"),
        ("kiek trunka atostogos", "kiek trunka atostogos"),
    ],
)
def test_what_is_wanted_instead_is_not_lost(said: str, left: str) -> None:
    assert wanted(said, PEOPLE) == left


@given(
    st.lists(
        st.sampled_from(["ne", "nenoriu", "su", "darbuotoju", "žmogaus", "noriu", "nereikia", "o", "bet", "tik", "be"])
    )
)
def test_only_what_is_named_can_be_refused_and_an_offer_only_adds_refusals(words: list[str]) -> None:
    said = " ".join(words)
    named = any(word.startswith(PEOPLE) for word in words)
    assert named or not refuses(said, PEOPLE, offered=True)
    assert refuses(said, PEOPLE, offered=True) or not refuses(said, PEOPLE)
    assert not refuses(said, ())
    left = wanted(said, PEOPLE)
    assert len(left.split()) < len(words) or not refuses(said, PEOPLE)
    assert wanted(said, ()) == said
