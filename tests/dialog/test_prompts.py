"""Every sentence that a caller can hear, looked at word by word."""

from __future__ import annotations

import re

import pytest

from ivr.dialog.nodes import AnswerNode
from ivr.dialog.parts import ToPrompt, references
from ivr.dialog.plan import Plan
from ivr.dialog.ways import closure, ways_of
from ivr.paths import project_file
from ivr.speech.prompts import PromptBook

EMOTIVE_OR_JARGON = {
    "okei", "ok", "super", "jėga", "kietai", "šaunu", "nuostabu", "fantastika", "puiku", "siaubas", "siaubinga",
    "baisu", "katastrofa", "nesąmonė", "absurdas", "info", "aplikacija", "botas", "linkas", "mailas", "kompas",
    "chebra", "davai", "blyn", "užknisa",
}  # fmt: skip
SHORTENED = re.compile(r"\b(pvz|proc|tel|nr|val|min|mėn|str|eur|tūkst|dr|gyv|d|m|g)\.", re.IGNORECASE)
YEARS = {"2017": "septynioliktų", "2018": "aštuonioliktų", "2019": "devynioliktų", "2020": "dvidešimtų"}


@pytest.mark.rule("A12.5", "A12.8")
@pytest.mark.parametrize("language", ["lt", "en"])
def test_prompts_are_plain_whole_sentences(language: str) -> None:
    book = PromptBook(project_file("prompts"), language)
    for name in book.ids:
        text = book.text(name)
        assert not re.search(r"\d", text), f"{name}: digits"
        assert not re.search(r"\b[A-ZĄČĘĖĮŠŲŪŽ]{2,}\b", text), f"{name}: letters instead of a word"
        assert not SHORTENED.search(text), f"{name}: abbreviation"
        assert text[0].isupper(), f"{name}: begins in the middle of a sentence"
        # A colon leads over to a value that follows: a number, a time.
        assert text[-1] in ".?:", f"{name}: no full stop at its end"
        assert "!" not in text, f"{name}: shouts"
        assert not EMOTIVE_OR_JARGON & set(re.findall(r"\w+", text.lower())), f"{name}: emotive word or jargon"


@pytest.mark.rule("A12.4", "A12.5", "X1")
def test_greeting_is_polite_and_says_who_speaks(texts: dict[str, str]) -> None:
    greeting = texts["greeting"]
    assert greeting.startswith("Laba diena.")
    assert "Užimtumo tarnybą" in greeting
    assert "virtualiąja asistente" in greeting
    assert "dirbtinio intelekto" in greeting


@pytest.mark.rule("A12.6")
def test_first_question_asks_how_to_help(plan: Plan, texts: dict[str, str]) -> None:
    menu = plan.nodes["menu"]
    assert menu.type == "gate"
    assert texts[menu.ask[0]] == "Kuo galiu padėti?"


@pytest.mark.rule("A12.9", "Q2")
def test_answers_are_short_and_tell_their_date(plan: Plan, texts: dict[str, str]) -> None:
    answers = [node for node in plan.nodes.values() if isinstance(node, AnswerNode)]
    assert len(answers) == 3
    for answer in answers:
        text = " ".join(texts[prompt] for prompt in answer.prompts)
        assert len(text.split()) <= 45, answer.answer
        assert YEARS[answer.source.updated[:4]] in text, "the year of the source is spoken"
        assert "galėjo pasikeisti" in text


def test_english_has_what_proves_the_structure() -> None:
    lithuanian, english = (set(PromptBook(project_file("prompts"), language).ids) for language in ("lt", "en"))
    assert english <= lithuanian
    needed = {"greeting", "notice.recorded", "transfer.wished", "transfer.failed", "message.ask", "message.sent"}
    assert needed <= english


def test_whoever_turned_to_english_hears_nothing_else(plan: Plan) -> None:
    english = set(PromptBook(project_file("prompts"), "en").ids)
    nodes = {name for name in plan.nodes if name.startswith("english_")} | {"english", "goodbye"}
    ways = ways_of(plan)
    assert closure({"english"}, {name: ways[name] & nodes for name in nodes}) == nodes - {"english_way"}
    said = {ref.name for name in nodes for ref in references(plan.nodes[name]) if isinstance(ref.kind, ToPrompt)}
    general = {*plan.no_input, *plan.no_match, *plan.deaf}
    if "$place" in said:  # a value that has fixed prompts in other languages
        said = said - {"$place"} | {*(f"place.{place}" for place in range(1, 6)), "place.more"}
    assert (said | general) <= english


@pytest.mark.rule("X11")
def test_the_notice_tells_how_to_object(texts: dict[str, str]) -> None:
    assert "nesutinkate" in texts["notice.recorded"]
    assert "devynis" in texts["notice.recorded"]
    assert "press nine" in texts["en:notice.recorded"]
