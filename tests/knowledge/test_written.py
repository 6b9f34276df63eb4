"""What is sent to be read shows numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.knowledge.facts import facts_of
from ivr.knowledge.written import written
from ivr.language.numbers import cardinal


@pytest.mark.parametrize(
    ("spoken", "read"),
    [
        ("šešiasdešimt devyni eurai devyniasdešimt du centai.", "69,92 Eur."),
        ("Du šimtai eurų penkiasdešimt centų", "200,50 Eur"),
        ("tūkstantis du šimtai eurų", "1 200 eurų"),
        ("nuo du tūkstančiai devynioliktų metų sausio pirmosios tai", "nuo 2019 m. sausio 1 d. tai"),
        ("iki kovo penkioliktosios.", "iki kovo 15 d."),
        ("Tai du tūkstančiai devynioliktų metų informacija.", "Tai 2019 m. informacija."),
        ("vieną sveiką trisdešimt dvi šimtąsias bazinės išmokos", "1,32 bazinės išmokos"),
        ("papunktis aštuoni penki vienas, o", "papunktis 8.5.1, o"),
        ("punktas penkiasdešimt devyni", "punktas 59"),
        ("dvidešimt pirmojo skyriaus, penkias dienas", "dvidešimt pirmojo skyriaus, penkias dienas"),
        ("Be skaičių.", "Be skaičių."),
    ],
)
def test_numbers_are_written_as_in_print(spoken: str, read: str) -> None:
    assert written(spoken) == read


@given(st.integers(10, 999_999))
def test_no_number_becomes_another(number: int) -> None:
    text = f"Iš viso {cardinal(number)} eurų."
    assert facts_of(written(text)) == facts_of(text)
    assert written(written(text)) == written(text)
