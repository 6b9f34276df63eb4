"""A page of questions is taken apart as it was meant, and one that is no such page is refused with its line."""

from __future__ import annotations

from datetime import date

import pytest

from ivr.errors import KnowledgeError
from ivr.knowledge.edition import compare, dump_edition, edition_of, load_edition
from ivr.knowledge.faults import page_faults
from ivr.knowledge.page import Page, parse_page
from tests.knowledge.page import PAGE


def parsed(text: str = PAGE) -> Page:
    return parse_page(text.encode(), "page.txt")


@pytest.mark.rule("Q1")
def test_topics_entries_questions_and_dates_are_found() -> None:
    page = parsed()
    assert [(topic.title, topic.announced) for topic in page.topics] == [
        ("Bibliotekos kortelė (nuo 2021 m.)", 3),
        ("Knygų nuoma", 3),
    ]
    assert list(page.entries) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 3)]
    first = page.entries[1, 1]
    assert (first.line, first.question.line, first.question.text) == (7, 9, "Ar kortelė brangi?")
    assert first.updated == date(2021, 3, 5)


def test_lists_inside_an_answer_begin_no_entry() -> None:
    answer = parsed().entries[1, 1].answer
    assert [part.text for part in answer][1:] == [
        "• Prašymą pateikite per 10 darbo dienų.",
        "• Nuotraukos nereikia.",
        "1. Ateikite nuo 8 val.",
        "2. Pasirašykite.",
    ]


def test_an_entry_without_answer_or_date_is_kept() -> None:
    empty = parsed().entries[1, 3]
    assert (empty.answer, empty.updated) == ((), None)


@pytest.mark.rule("Q5")
@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ((1, 2), "question_ends_with_stop"),
        ((1, 2), "doubled_word"),
        ((1, 2), "missing_space"),
        ((1, 2), "odd_date"),
        ((1, 2), "relative_time"),
        ((1, 2), "url_port"),
        ((1, 3), "EMPTY"),
        ((2, 0), "count"),
        ((2, 1), "arithmetic"),
        ((2, 1), "units"),
        ((2, 1), "nav_path"),
        ((2, 3), "order"),
        ((2, 3), "star_bullets"),
    ],
)
def test_faults_are_reported_with_their_entry(place: tuple[int, int], kind: str) -> None:
    assert (place, kind) in {(fault.source, fault.kind) for fault in page_faults(parsed())}


def test_a_clean_entry_has_no_fault() -> None:
    kinds = {fault.kind for fault in page_faults(parsed()) if fault.source == (1, 1)}
    assert kinds == {"numbered", "indirect"}  # a list inside, and a question for yes or no that says neither


RULE = "buvęs atlyginimas mokamas tol, kol darbuotojas eina tas pačias pareigas įstaigoje"


def cited(question: str, *others: str) -> bool:
    told = "".join(
        f"  • {number}.\n\n   {asked}\n\n   {answer}\n\n   Atnaujinta: 2021 03 05\n\n"
        for number, (asked, answer) in enumerate([(question, f"Taip, {RULE}."), *(("Kaip?", one) for one in others)], 1)
    )
    faults = page_faults(parsed(f"{PAGE[: PAGE.index(' •')]} • Alga {1 + len(others)}\n{told}"))
    return ((1, 1), "law_ref_mismatch") in {(fault.source, fault.kind) for fault in faults}


def test_an_answer_that_is_the_rule_of_another_part_than_the_one_asked_about_is_reported() -> None:
    fourth = f"Įstatymo 7 straipsnio 4 dalis sako: {RULE}."
    asked = "Ar pažeista 7 straipsnio 5 dalis?"
    assert cited(asked, fourth, fourth.replace("sako", "įtvirtina"))
    assert not cited(asked, fourth)  # the word of one other entry against this one's
    assert not cited(asked.replace("5", "4"), fourth, fourth)
    assert not cited(asked, fourth.replace("7 str", "8 str"), fourth.replace("7 str", "8 str"))
    assert not cited(asked, "Pagal 7 straipsnio 4 dalį.", "Žr. 7 straipsnio 4 dalį.")


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


@pytest.mark.parametrize(
    ("broken", "where", "said"),
    [
        ("Labas rytas\n" + PAGE, "Labas rytas", "before the first topic"),
        (PAGE.replace("   Kas išduoda", "Kas išduoda"), "Kas išduoda", "neither"),
        (PAGE.replace("2021 04 01", "2021 14 01"), "2021 14 01", "no date"),
        (PAGE.replace("  • 1.\n", "   pradžia\n  • 1.\n", 1), "pradžia", "belongs to no entry"),
        (
            PAGE.replace("   • Prašymą", "   Atnaujinta: 2021 03 05\n   • Prašymą"),
            "• Prašymą",
            "after the entry's date",
        ),
        (PAGE.replace("   Kas išduoda kortelę?\n", ""), "  • 3.", "no question"),
    ],
)
def test_a_foreign_or_broken_file_is_refused_with_its_line(broken: str, where: str, said: str) -> None:
    with pytest.raises(KnowledgeError) as refused:
        parsed(broken)
    assert refused.value.line == line_of(broken, where)
    assert said in refused.value.problem


@pytest.mark.parametrize("text", ["", "Visai kitas tekstas\n", "<html></html>"])
def test_a_file_without_topics_is_refused(text: str) -> None:
    with pytest.raises(KnowledgeError, match="no page of the ministry's questions"):
        parsed(text)


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="UTF-8"):
        parse_page("Užduokite klausimą\n".encode("utf-16"), "page.txt")


def test_blanks_do_not_change_the_checksum_but_words_do() -> None:
    before = parsed().entries[1, 1].checksum
    assert parsed(PAGE.replace("Ateikite nuo", "Ateikite   nuo")).entries[1, 1].checksum == before
    assert parsed(PAGE.replace("Ateikite nuo", "Ateikite iki")).entries[1, 1].checksum != before


def test_two_editions_differ_in_what_came_changed_and_went() -> None:
    older = edition_of(parsed())
    newer = edition_of(parsed(PAGE.replace("  • 3.\n\n   Ką", "  • 2.\n\n   Ką").replace("2,50 Eur", "3 Eur")))
    difference = compare(older, newer)
    assert (difference.added, difference.changed, difference.gone) == (((2, 2),), ((1, 1),), ((2, 3),))
    assert not compare(older, older)


def test_the_record_of_a_page_is_read_back_as_it_was_written() -> None:
    edition = edition_of(parsed())
    assert load_edition(dump_edition(edition), "page.yaml") == edition
    with pytest.raises(KnowledgeError, match=r"page\.yaml:"):
        load_edition(dump_edition(edition).replace("facts:", "fact:"), "page.yaml")
