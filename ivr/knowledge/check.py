"""Whether a pack may be spoken: lengths, numbers proved by their source, institutions, examples, second reading."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.knowledge.edition import Edition, named
from ivr.knowledge.facts import unproved
from ivr.knowledge.institutions import OWN, Institution
from ivr.knowledge.pack import Placed
from ivr.knowledge.page import Source
from ivr.language.folding import folded

SHORT_WORDS: Final = 45
SHORT_SENTENCES: Final = 3
PART_WORDS: Final = 60
ABOUT_WORDS: Final = 12
EXAMPLES: Final = 8
_SENTENCE_END: Final = re.compile(r"[.!?…](?=\s|$)")
_WORD: Final = re.compile(r"[^\W\d_]+", re.UNICODE)
_ADDRESS: Final = re.compile(r"www|http|@|\btaškas (?:lt|el tė)\b", re.I)
_DIGIT: Final = re.compile(r"\d")
_STRAIGHT: Final = re.compile(r"[\"']|,,|''")
_CAPITALS: Final = re.compile(r"\b[A-ZĄČĘĖĮŠŲŪŽ]{2,}\b")


@dataclass(frozen=True, order=True)
class Finding:
    """A fault of a pack. ``rule``: what it breaks (a word); ``remedy``: what to do."""

    file: str
    line: int
    id: str
    rule: str
    problem: str
    remedy: str


def check_entries(
    placed: Sequence[Placed],
    edition: Edition | None,
    institutions: Mapping[str, Institution],
    topics: Collection[str],
    *,
    drafts: bool = False,
) -> list[Finding]:
    """Every fault of these entries, by file and line. ``drafts``: the second reading may be missing.

    Entries of the ministry's pack are held against ``edition``, those of the others against their own ``facts``.
    """
    found: list[Finding] = []
    for one in placed:
        found += _lengths(one)
        found += _wording(one)
        found += _naming(one, institutions)
        if one.topic not in topics:
            found.append(_finding(one, "", "topic", f"there is no topic {one.topic!r}", "Use an id of topics.yaml"))
        if one.pack != "ministerija":
            found += number_faults(one, None)
        elif edition is not None:
            found += _sources(one, edition)
            found += number_faults(one, edition)
        found += _review(one, drafts)
    found += _shared(placed)
    return sorted(set(found))


def uncovered(placed: Iterable[Placed], edition: Edition) -> list[Source]:
    """Entries of the page that no entry of the packs answers."""
    covered = {source for one in placed for source in one.entry.sources}
    return [source for source in edition.entries if source not in covered]


def allowed_facts(one: Placed, edition: Edition | None) -> frozenset[str]:
    """Facts that an entry's texts may use: those of its sources and of the entries it leans on.

    Without an edition: the entry's own facts, its term and the numbers of its point ("5.11" is spoken).
    """
    entry = one.entry
    if edition is None:
        return frozenset({*entry.facts, *re.findall(r"\d+", entry.id)})
    known = [edition.entries[source] for source in (*entry.sources, *entry.support) if source in edition.entries]
    day = {entry.date.isoformat()} if entry.date else set()
    return frozenset(day | {fact for record in known for fact in record.facts})


def number_faults(one: Placed, edition: Edition | None) -> Iterator[Finding]:
    """Numbers, amounts, ages, dates and terms of spoken texts that the source does not hold."""
    facts = allowed_facts(one, edition)
    for field, text in one.entry.spoken():
        for mention in unproved(text, facts):
            problem = f"{field}: “{mention.said}” ({mention.fact}) is not in the source"
            yield _finding(one, field, "number", problem, f"The source has: {', '.join(sorted(facts)) or 'no numbers'}")


def _lengths(one: Placed) -> Iterator[Finding]:
    entry = one.entry
    limits = [("about", entry.about, ABOUT_WORDS), ("short", entry.short, SHORT_WORDS)]
    limits += [(f"long.{i}", part, PART_WORDS) for i, part in enumerate(entry.long, 1)]
    limits += [(name, text, PART_WORDS) for name, text in entry.spoken() if name.startswith(("doc", "sub", "table"))]
    for field, text, most in limits:
        words = count_words(text)
        if words > most:
            problem = f"{field} has {words} words, at most {most} are heard out"
            yield _finding(one, field, "length", problem, "Shorten it or make two parts")
    sentences = len(_SENTENCE_END.findall(entry.short))
    if not 1 <= sentences <= SHORT_SENTENCES:
        problem = f"short has {sentences} sentences, one to three are meant"
        yield _finding(one, "short", "length", problem, "End every sentence with a stop and keep three at most")
    if len(entry.examples) < EXAMPLES:
        problem = f"{len(entry.examples)} example questions, at least {EXAMPLES} are needed"
        yield _finding(one, "examples", "examples", problem, "Add questions in other words, lengths and registers")


def count_words(text: str) -> int:
    """Words as they are spoken.

    >>> count_words("Vaiko pinigai – penkiasdešimt eurų šešiolika centų.")
    6
    """
    return len(_WORD.findall(text))


def _wording(one: Placed) -> Iterator[Finding]:
    for field, text in one.entry.spoken():
        if _DIGIT.search(text):
            yield _finding(one, field, "digits", f"{field} has digits", "Write numbers as words, in their case")
        if _ADDRESS.search(text):
            problem = f"{field} reads a web or e-mail address out"
            yield _finding(one, field, "address", problem, "Say what it is; addresses are sent by message")
        if _STRAIGHT.search(text):
            yield _finding(one, field, "quotes", f"{field} has wrong quotation marks", "Use „…“")
        for word in _CAPITALS.findall(text):
            yield _finding(one, field, "abbreviation", f"{field} has the abbreviation “{word}”", "Write it out")
        if " (" in text or text.startswith("("):
            yield _finding(one, field, "brackets", f"{field} has brackets", "Nobody hears brackets: say it in words")
        if field != "about" and not re.search(r"[.?!]$", text):
            yield _finding(one, field, "stop", f"{field} does not end with a stop", "End the sentence")
    if one.entry.about.endswith((".", "?")):
        yield _finding(
            one, "about", "stop", "about ends with a stop", "It stands inside a question: leave the stop out"
        )
    for index, example in enumerate(one.entry.examples):
        if _DIGIT.search(example):
            yield _finding(
                one, f"examples.{index}", "digits", "an example has digits", "Write numbers as callers say them"
            )


def _naming(one: Placed, institutions: Mapping[str, Institution]) -> Iterator[Finding]:
    institution = institutions.get(one.entry.institution)
    if institution is None:
        problem = f"there is no institution {one.entry.institution!r}"
        yield _finding(one, "institution", "institution", problem, "Add it to institutions.yaml or choose another")
        return
    first = folded(_SENTENCE_END.split(one.entry.short, maxsplit=1)[0])
    if one.entry.institution != OWN and not any(folded(name) in first for name in institution.named):
        problem = f"the first sentence of short does not name {institution.name}"
        yield _finding(one, "short", "institution", problem, "Begin with whose matter it is")


def _sources(one: Placed, edition: Edition) -> Iterator[Finding]:
    entry = one.entry
    if not entry.sources:
        yield _finding(one, "", "source", "no source on the ministry's page", "Name topic and number in sources")
    handled = [ref for fault in entry.faults for ref in (fault.source, fault.other) if ref]
    for source in (*entry.sources, *entry.support, *handled):
        if source not in edition.entries:
            problem = f"the page has no entry {named(source)}"
            yield _finding(one, "sources", "source", problem, "Correct topic and number")
    dates = [edition.entries[source].date for source in entry.sources if source in edition.entries]
    if entry.date not in dates:
        said = ", ".join(str(day) for day in dates if day) or "none: write null"
        problem = f"the date {entry.date} is not that of the source"
        yield _finding(one, "date", "date", problem, f"The page says {said}")


def _review(one: Placed, drafts: bool) -> Iterator[Finding]:
    reviewed = one.entry.reviewed
    if reviewed is None:
        if not drafts:
            problem = "was not read a second time"
            yield _finding(one, "", "review", problem, "Read it against the source, then “ivr knowledge reviewed”")
    elif reviewed.seal != one.entry.seal():
        problem = f"a text was changed after its second reading of {reviewed.day}"
        yield _finding(one, "reviewed", "review", problem, "Read it against the source, then “ivr knowledge reviewed”")


def _shared(placed: Sequence[Placed]) -> Iterator[Finding]:
    """What only the entries together show: a source answered twice, an example that two entries claim."""
    answered: dict[tuple[str, Source], Placed] = {}
    asked: dict[str, Placed] = {}
    for one in placed:
        for source in one.entry.sources:
            first = answered.setdefault((one.pack, source), one)
            if first is not one:
                problem = f"the source {named(source)} is also answered by {first.entry.id}"
                yield _finding(one, "sources", "source", problem, "Give it to one of them")
        for index, example in enumerate(one.entry.examples):
            key = " ".join(_WORD.findall(folded(example)))
            first = asked.setdefault(key, one)
            if first is not one:
                problem = f"“{example}” is also an example of {first.id}"
                yield _finding(one, f"examples.{index}", "examples", problem, "Reword it so that it asks for this one")
            elif asked[key] is one and _said_before(one, index, key):
                problem = f"“{example}” is written twice"
                yield _finding(one, f"examples.{index}", "examples", problem, "Replace it by a different question")


def _said_before(one: Placed, index: int, key: str) -> bool:
    return any(" ".join(_WORD.findall(folded(other))) == key for other in one.entry.examples[:index])


def _finding(one: Placed, field: str, rule: str, problem: str, remedy: str) -> Finding:
    line = one.line(field if not field.startswith("table.") else "table")
    return Finding(one.file, line, one.id, rule, problem, remedy)
