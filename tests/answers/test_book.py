"""What a question finds, and what of the caller's own words is put into the answer."""

from __future__ import annotations

import pytest

from ivr.answers.book import AnswerBook
from ivr.dialog.ports import SpokenAnswer, Understood


def given(found: Understood) -> SpokenAnswer:
    assert found.decision == "answer"
    return found.candidates[0]


@pytest.mark.rule("Q2")
def test_an_answer_brings_its_source_its_date_and_all_that_may_be_asked_further(book: AnswerBook) -> None:
    answer = given(book.answer("kiek reikia stažo pensijai"))
    assert answer.id == "ministerija/stazas"
    assert answer.sentences[0] == "Sodros pensijai reikia stažo."
    assert answer.sentences[-1].startswith("Tai du tūkstančiai aštuonioliktų metų informacija")
    assert answer.source.endswith("septyniolikta tema, devintas klausimas")
    assert (answer.updated, answer.institution) == ("2018-05-02", "Sodra")
    assert answer.longer == ("Stažas skaičiuojamas nuo pirmos darbo dienos.", "Jį galima pasitikrinti.")
    assert answer.documents == "Reikia prašymo ir paso."


def test_a_source_without_a_date_has_none_to_say(book: AnswerBook) -> None:
    answer = given(book.answer("kokio dydžio pensija"))
    assert answer.sentences == ("Dydis priklauso nuo algos.",)
    assert (answer.updated, answer.institution) == ("", "")  # our own matter needs no naming


def test_a_known_contact_is_told_with_the_longer_answer(book: AnswerBook) -> None:
    answer = given(book.answer("kam skiriama našlių pensija"))
    assert "telefonas" in answer.longer[-1]


def test_a_table_asks_for_the_age_and_then_gives_its_row(book: AnswerBook) -> None:
    asked = given(book.answer("koks stažas pensijai"))
    assert asked.asks == "Kiek jums metų?"
    for words in ("dvidešimt treji", "jai dvidešimt treji metai", "23"):
        row = given(book.answer(words, asked.id))
        assert row.sentences[0] == "Sulaukus dvidešimt trejų metų, reikia šešių mėnesių."
        assert row.asks == ""


def test_an_age_in_the_question_itself_gives_the_row_at_once(book: AnswerBook) -> None:
    answer = given(book.answer("kiek reikia stažo pensijai man dvidešimt ketveri metai"))
    assert answer.sentences[0].startswith("Sulaukus dvidešimt ketverių")
    assert answer.asks == ""


def test_an_age_without_a_row_is_asked_for_again(book: AnswerBook) -> None:
    found = book.answer("septyniasdešimt", "ministerija/stazas")
    assert all("Sulaukus" not in sentence for one in found.candidates for sentence in one.sentences)


def test_a_date_gives_the_last_day_of_a_term(book: AnswerBook) -> None:
    # Five working days before 15 March 2027, over the public holiday of the eleventh.
    plain = given(book.answer("iki kada pranešti apie atleidimą"))
    assert len(plain.sentences) == 1
    for words, after in (
        ("iki kada pranešti apie atleidimą kovo penkioliktą", ""),
        ("o jei kovo penkioliktą", plain.id),
        ("kovo penkioliktąją", plain.id),
    ):
        answer = given(book.answer(words, after))
        assert answer.sentences[-1].endswith("paskutinė termino diena yra kovo penktoji, penktadienis.")


def test_a_follow_up_keeps_the_topic_of_the_answer_before(book: AnswerBook) -> None:
    found = book.answer("o našliams", "ministerija/dydis")
    assert found.candidates[0].id == "ministerija/nasliu"


@pytest.mark.parametrize(
    ("words", "said"),
    [("o kokių dokumentų reikia", "Reikia prašymo ir paso."), ("kur kreiptis", "Prašymas pateikiamas Sodrai.")],
)
def test_a_part_of_the_answer_before_is_told_when_only_that_is_asked(book: AnswerBook, words: str, said: str) -> None:
    assert given(book.answer(words, "ministerija/stazas")).sentences == (said,)


def test_a_wish_is_no_follow_up(book: AnswerBook) -> None:
    assert book.answer("noriu žmogaus", "ministerija/stazas").kind == "human"


@pytest.mark.parametrize("words", ["antras", "apie našlių", "našlių pensiją"])
def test_the_caller_chooses_by_place_or_by_a_word_of_the_title(book: AnswerBook, words: str) -> None:
    found = book.answer(words, among=("ministerija/dydis", "ministerija/nasliu"))
    assert given(found).id == "ministerija/nasliu"


@pytest.mark.parametrize("words", ["dukra", "duomenys", "vieniša mama", "trisdešimt metų", "trečią"])
def test_a_word_that_only_begins_like_a_number_names_no_place(book: AnswerBook, words: str) -> None:
    offered = ("ministerija/dydis", "ministerija/nasliu")
    found = book.answer(words, among=offered)
    assert found.confidence < 1, "a question of its own"


def test_words_that_choose_none_are_a_question_of_their_own(book: AnswerBook) -> None:
    found = book.answer("iki kada pranešti apie atleidimą", among=("ministerija/dydis", "ministerija/nasliu"))
    assert given(found).id == "personalas/43"


def test_every_kind_is_weighed(book: AnswerBook) -> None:
    found = book.answer("noriu žmogaus")
    assert found.kinds[0][0] == "human"
    assert sum(share for _, share in found.kinds) == pytest.approx(1)


def test_a_changed_text_is_another_version(book: AnswerBook) -> None:
    stazas, dydis = book.by_id("ministerija/stazas"), book.by_id("ministerija/dydis")
    assert stazas is not None
    assert dydis is not None
    assert stazas.version
    assert stazas.version != dydis.version
    assert book.by_id("ministerija/gone") is None
