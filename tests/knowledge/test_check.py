"""What a pack may not be: too long, unproved, nameless, unread. Every number of a pack that changes is noticed."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from ivr.errors import KnowledgeError
from ivr.knowledge.check import Finding, allowed_facts, check_entries, number_faults, uncovered
from ivr.knowledge.edition import edition_of
from ivr.knowledge.facts import mentions
from ivr.knowledge.institutions import load_institutions
from ivr.knowledge.pack import Placed, load_pack, load_topic_file
from ivr.knowledge.page import parse_page
from ivr.language.numbers import cardinal_words, ordinal_words
from ivr.store.shelf import mark_reviewed, read_shelf
from tests.knowledge.page import PAGE

DIALPLANS = Path("dialplans")
EDITION = edition_of(parse_page(PAGE.encode(), "page.txt"))
INSTITUTIONS = load_institutions(
    """
institutions:
  uzimtumo_tarnyba: {name: Užimtumo tarnyba, named: [užimtumo]}
  biblioteka: {name: biblioteka, named: [bibliotek]}
""",
    "institutions.yaml",
)
TOPIC = """pack: ministerija
topic: family_card
entries:
  - id: kortele
    sources: [[1, 1]]
    date: 2021-03-05
    about: bibliotekos kortelę
    institution: biblioteka
    examples: [ar brangi, kiek kainuoja kortelė, kokia kaina, ar mokama, brangu, nemokama, ar vaikui pigiau, kiek]
    short: Biblioteka kortelę išduoda už du eurus penkiasdešimt centų, o vaikui iki keturiolikos metų – už vieną eurą.
    long:
      - Prašymą pateikite per dešimt darbo dienų.
    documents: Nuotraukos nereikia.
    submit: null
"""


def findings(text: str = TOPIC, *, drafts: bool = True) -> list[Finding]:
    return check_entries(load_topic_file(text, "t.yaml"), EDITION, INSTITUTIONS, {"family_card"}, drafts=drafts)


def test_a_good_entry_passes() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("was", "becomes", "rule", "line_with"),
    [
        ("du eurus", "tris eurus", "number", "short:"),
        ("dešimt darbo", "dvidešimt darbo", "number", "- Prašymą"),
        ("Nuotraukos nereikia.", "Reikia dviejų nuotraukų.", "number", "documents:"),
        ("vieną eurą.", "1 eurą.", "digits", "short:"),
        ("Biblioteka kortelę", "Tarnyba kortelę", "institution", "short:"),
        ("institution: biblioteka", "institution: pastas", "institution", "institution:"),
        ("date: 2021-03-05", "date: 2021-03-06", "date", "date:"),
        ("sources: [[1, 1]]", "sources: [[9, 1]]", "source", "sources:"),
        ("topic: family_card", "topic: cards", "topic", "- id"),
        (", kiek]", "]", "examples", "examples:"),
        (", kiek]", ", Brangų]", "examples", "examples:"),
        ("per dešimt darbo dienų.", "per dešimt darbo dienų", "stop", "- Prašymą"),
        ("Nuotraukos nereikia.", "Nuotraukos (spalvotos) nereikia.", "brackets", "documents:"),
        ("Nuotraukos nereikia.", "Formą rasite www puslapyje.", "address", "documents:"),
        ("Nuotraukos nereikia.", "Reikia NDNT pažymos.", "abbreviation", "documents:"),
        ("Nuotraukos nereikia.", "Reikia " + "ir " * 60 + "pažymos.", "length", "documents:"),
        ("Biblioteka kortelę", "Biblioteka " + "ir " * 40 + "kortelę", "length", "short:"),
        ("Biblioteka kortelę", "Biblioteka. Taip. Ne. Kortelę", "length", "short:"),
    ],
)
def test_each_fault_is_found_on_its_line(was: str, becomes: str, rule: str, line_with: str) -> None:
    text = TOPIC.replace(was, becomes)
    assert text != TOPIC
    (found, *_) = [finding for finding in findings(text) if finding.rule == rule]
    assert line_with in text.split("\n")[found.line - 1]


def test_a_second_reading_is_demanded_and_a_later_change_breaks_it() -> None:
    assert [finding.rule for finding in findings(drafts=False)] == ["review"]
    text = mark_reviewed(TOPIC, "t.yaml", (), read_shelf(DIALPLANS).edition.entries[1, 1].date)  # type: ignore[union-attr,arg-type]
    assert findings(text, drafts=False) == []
    changed = text.replace("Nuotraukos nereikia.", "Nuotraukos nebereikia.")
    assert [finding.rule for finding in findings(changed)] == ["review"]
    assert mark_reviewed(text, "t.yaml", (), load_topic_file(text, "t")[0].entry.date) == text  # type: ignore[arg-type]


def test_the_same_source_or_question_for_two_entries_is_refused() -> None:
    twin = TOPIC + TOPIC[TOPIC.index("  - id") :].replace("id: kortele", "id: antra")
    rules = {(finding.id, finding.rule) for finding in findings(twin)}
    assert rules == {("ministerija/antra", "source"), ("ministerija/antra", "examples")}


def test_what_nobody_answers_is_told() -> None:
    assert uncovered(load_topic_file(TOPIC, "t.yaml"), EDITION) == [(1, 2), (1, 3), (2, 1), (2, 3)]


@pytest.mark.parametrize(
    ("was", "becomes", "said", "line"),
    [
        ("    examples:", "    exampels:", "exampels is not known", 9),
        ("    about: bibliotekos kortelę\n", "", "missing", 4),
        ("id: kortele", "id: Kortelė", "entries.0.id", 4),
        ("sources: [[1, 1]]", "sources: [[1, 1], [1, 1]]", "twice", 4),
        ("entries:", "entries: [", "YAML", 4),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(was: str, becomes: str, said: str, line: int) -> None:
    with pytest.raises(KnowledgeError) as refused:
        load_topic_file(TOPIC.replace(was, becomes), "t.yaml")
    assert said in str(refused.value)
    assert abs(refused.value.line - line) <= 1


def test_an_id_of_two_files_is_refused() -> None:
    with pytest.raises(KnowledgeError, match=r"also in a\.yaml:4"):
        load_pack({"a.yaml": TOPIC, "b.yaml": TOPIC})


def test_an_invented_contact_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="without a source"):
        load_institutions("institutions: {uzimtumo_tarnyba: {name: a, named: [a], phone: '1'}}", "i.yaml")


@pytest.fixture(scope="module")
def shipped() -> list[Placed]:
    return [one for one in read_shelf(DIALPLANS).placed if one.pack == "ministerija"]


@pytest.mark.rule("Q1", "A7.2", "A7.3")
def test_the_packs_that_are_shipped_pass(shipped: list[Placed]) -> None:
    shelf = read_shelf(DIALPLANS)
    found = check_entries(shelf.placed, shelf.edition, shelf.institutions, shelf.topics, drafts=True)
    assert [f"{finding.file}:{finding.line}: {finding.problem}" for finding in found] == []


@pytest.mark.rule("Q3")
def test_every_number_of_a_pack_that_is_changed_is_noticed(shipped: list[Placed]) -> None:
    """By the number checker, where the new number is none of the source's own; by the seal always."""
    edition = read_shelf(DIALPLANS).edition
    assert edition is not None
    changed = unnoticed = 0
    for one in shipped:
        own = {int(digits) for fact in allowed_facts(one, edition) for digits in re.findall(r"\d+", fact)}
        for field, text in one.entry.spoken():
            for mention in mentions(text):
                other = _another(text, mention.start, mention.end, own)
                mutant = _with_text(one, field, text, other)
                changed += 1
                assert mutant.entry.seal() != one.entry.seal()
                unnoticed += not list(number_faults(mutant, edition))
    assert changed > 150
    assert unnoticed <= changed * 0.15


def _another(text: str, start: int, end: int, own: Collection[int]) -> str:
    """The text with the last number word of a place changed for another, none of ``own``, of the same form."""
    words = text[start:end].split()
    for place in range(len(words) - 1, -1, -1):
        for table in (cardinal_words(), ordinal_words()):
            value = table.get(words[place].lower())
            if value is not None:
                foreign = [word for word, number in table.items() if number != value and number not in own]
                words[place] = next((word for word in foreign if word[-2:] == words[place][-2:]), foreign[0])
                return text[:start] + " ".join(words) + text[end:]
    return text[:start] + "septyniasdešimt septyni" + text[end:]


def _with_text(one: Placed, field: str, was: str, becomes: str) -> Placed:
    name, _, part = field.partition(".")
    entry = one.entry
    if name == "long":
        index = int(part) - 1
        update: dict[str, object] = {"long": (*entry.long[:index], becomes, *entry.long[index + 1 :])}
    elif name == "table":
        update = {"short": entry.short + " " + becomes}
    else:
        update = {name: becomes}
    assert was != becomes
    return Placed(one.pack, one.topic, one.file, one.index, entry.model_copy(update=update), one.marked)
