"""What a pack may not be: too long, unproved, nameless, unread. Every number of a pack that changes is noticed."""

from __future__ import annotations

import random
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
from ivr.language.dates import month_words
from ivr.language.numbers import cardinal_words, ordinal_words
from ivr.language.spoken_numbers import number_of
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


@pytest.mark.rule("Q1", "A7.2", "A7.3")
def test_the_packs_that_are_shipped_pass() -> None:
    shelf = read_shelf(DIALPLANS)
    found = check_entries(shelf.placed, shelf.edition, shelf.institutions, shelf.topics)
    assert [f"{finding.file}:{finding.line}: {finding.problem}" for finding in found] == []


@pytest.mark.rule("Q3")
def test_every_number_of_every_text_that_is_changed_is_noticed() -> None:
    """Changed to one that the source lacks: by the number checker. To another of the source's: by the seal."""
    shelf = read_shelf(DIALPLANS)
    dice = random.Random(1)
    foreign, unnoticed = 0, []
    for one in shelf.placed:
        edition = shelf.edition if one.pack == "ministerija" else None
        facts = allowed_facts(one, edition)
        for field, text in one.entry.spoken():
            for mention in mentions(text):
                changed = [text[: mention.start] + other + text[mention.end :] for other in _others(mention.said, dice)]
                assert changed, mention.said
                strange = next((new for new in changed if not _of_source(_said_at(new, mention.start), facts)), None)
                assert _with_text(one, field, text, changed[0]).entry.seal() != one.entry.seal()
                if strange is not None:
                    foreign += 1
                    if not list(number_faults(_with_text(one, field, text, strange), edition)):
                        unnoticed.append(f"{one.id} {field}: {strange}")
    assert foreign > 900
    assert unnoticed == []


_MONTHS = ("sausio", "kovo", "balandžio", "birželio", "liepos", "rugsėjo", "gruodžio")
_IN_ONE_WORD = (("aštuoniolikme", "septyniolikme"), ("trečdal", "ketvirtadal"), ("dvigub", "trigub"))


def _others(said: str, dice: random.Random) -> list[str]:
    """What is said with its last number word, month or share changed for others, forms with the same ending first."""
    words = said.split()
    for place in range(len(words) - 1, -1, -1):
        word = words[place].lower()
        for table in (cardinal_words(), ordinal_words()):
            if word in table:
                others = [other for other in table if number_of(other, ordinal=True) not in (None, table[word])]
                dice.shuffle(others)
                others.sort(key=lambda other: other[-2:] != word[-2:])
                return [" ".join([*words[:place], other, *words[place + 1 :]]) for other in others[:80]]
    if words[0].lower() in month_words():
        return [" ".join([month, *words[1:]]) for month in _MONTHS if month_words()[month] != month_words()[words[0]]]
    for was, becomes in _IN_ONE_WORD:
        if was in said:
            return [said.replace(was, becomes)]
    return ["septynioliką", "trylikos", "dvidešimt devynių", "dvidešimt trejų"]  # pusė, pusantro, vieni


def _said_at(text: str, start: int) -> str:
    return next((mention.fact for mention in mentions(text) if mention.start == start), "")


def _of_source(fact: str, facts: Collection[str]) -> bool:
    """Whether the source holds the number in any unit, or the date or a longer one."""
    value = fact.partition(" ")[0]
    if "-" in value:
        return any(value.lstrip("-") in other for other in facts)
    parts = {part.lstrip("0") for other in facts for part in other.partition(" ")[0].split("-")}
    return value in parts or not value


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
