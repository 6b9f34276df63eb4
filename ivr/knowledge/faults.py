"""Faults of the ministry's page that a program can see, so that an editor looks at them before answering from it.

Names of the kinds are those of the list kept by hand, against which ``ivr knowledge verify --anomalies`` holds them.
A fault too many costs a look, one too few a wrong answer: so the rules lean towards reporting.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.knowledge.page import Page, PageEntry, PageTopic, Paragraph, Source
from ivr.knowledge.spelling_faults import Speller

SHOWN: Final = 60
NEARLY_SAME: Final = 0.9  # share of word triples that two answers have in common
SAME_RULE: Final = 0.4  # from that share on, an answer tells the rule that another entry tells
TABLE_CELLS: Final = 6


@dataclass(frozen=True)
class PageFault:
    """``line``: 1-based line of the file; ``shown``: the words around the fault."""

    source: Source
    line: int
    kind: str
    shown: str


# In any paragraph.
_ANYWHERE: Final[dict[str, re.Pattern[str]]] = {
    "missing_space": re.compile(r"[a-ząčęėįšųūž][.,](?!lt\b|eu\b|com\b|html?\b|pdf\b)[A-ZĄČĘĖĮŠŲŪŽa-ząčęėįšųūž]{4,}"),
    "nav_path": re.compile(r"->"),
    "star_bullets": re.compile(r"(?:^| )\* ?[a-ząčęėįšųūž0-9]"),
    "odd_date": re.compile(r"\b\d{4} \d{2} \d{2}\b"),
    "url_port": re.compile(r"https?://[^\s/]+:\d+"),
    "units": re.compile(r"\bm[23]\b"),
    "arithmetic": re.compile(r"\d ?[x×] ?\d|\d\) ?–|–\s*\d+ Eur\) x"),
    "formula": re.compile(r"[α-ωΑ-Ω]"),
    "doubled_word": re.compile(r"\b(\w{4,}) \1\b", re.I),
    "outdated_law": re.compile(r"1408/71|574/72"),
    "relative_time": re.compile(r"\bkaip ir dabar\b|\bšių metų\b|\beinamaisiais metais\b|\bšiais metais\b", re.I),
    "garbled": re.compile(r"\b[a-ząčęėįšųūž]+[A-ZĄČĘĖĮŠŲŪŽ][a-ząčęėįšųūž]{2,}"),
    "quotes": re.compile(r",,\w"),
    "inline_list": re.compile(r"\b1[.)] .{10,}?\b2[.)] .{10,}?\b3[.)] "),
    "missing_word": re.compile(r"ne ilgiau kaip \d{4} m\.|\d+ ir daugiau darbing"),
    "grammar": re.compile(
        r"[Tt]eisę į [^.]{5,200} turi teisę|teisę gauti [^.]+ turi [^.]* ?turi teisę gauti"
        r"|[Tt]aip pat teisę gauti [^.]+ turi teisę"
        r"|\bAr tiesa, (?!kad\b|jog\b)|Tais atvejais, kai [^.]+ jie turėtų"
    ),
    "grammar_in_question": re.compile(r"^Kokią turi teisę"),
    "typo_in_question": re.compile(r"^Kokias atvejais"),
    "typo": re.compile(r"\bGi atvejo\b|[a-ząčęėįšųūž],[a-ząčęėįšųūž]{4,}"),
}
_SAYS_YES_OR_NO: Final = re.compile(
    r"^\W*(?:taip|ne)\b|\b(?:ne)?(?:reikia|gali|galėsite|galite|galima|privalo|turi teisę|priklauso|turės|bus)\b"
    r"|Nebūtinai",
    re.I,
)
_NUMBERED: Final = re.compile(r"^\s*\d{1,2}[.)]\s")
_LABEL: Final = re.compile(r"^\s*(\d+(?:\.\d+)+)\.?\s")
_STOP: Final = re.compile(r"[.!?:;“”\")]$")
_REFERENCE: Final = re.compile(r"(\d+) (?:straipsn\w+|str\.) (\d+) (?:dal\w+|d\.)")


def page_faults(page: Page) -> list[PageFault]:
    """All faults, in the page's order."""
    speller = Speller(entry.text for entry in page.entries.values())
    others = [*_copies(list(page.entries.values())), *_cited_otherwise(list(page.entries.values()))]
    found: list[PageFault] = []
    for topic in page.topics:
        found += _counted(topic)
        for entry in topic.entries:
            for rule in (_missing, _of_paragraphs, _of_question, _of_answer, _of_lists, _of_lines):
                found += rule(entry)
            found += [
                PageFault(entry.source, part.line, "typo_in_question" if part is entry.question else kind, word)
                for part in (entry.question, *entry.answer)
                for kind, word in speller.faults(part.text)
            ]
            found += [fault for fault in others if fault.source == entry.source]
    return found


def _counted(topic: PageTopic) -> Iterator[PageFault]:
    numbers = [entry.source[1] for entry in topic.entries]
    if len(numbers) != topic.announced:
        shown = f"{topic.title}: {topic.announced} announced, {len(numbers)} found"
        yield PageFault((topic.number, 0), topic.line, "count", shown)
    for expected, entry in enumerate(topic.entries, 1):
        if entry.source[1] != expected:
            yield PageFault(entry.source, entry.line, "order", f"{entry.source[1]} stands where {expected} should")


def _missing(entry: PageEntry) -> Iterator[PageFault]:
    if not entry.answer:
        yield PageFault(entry.source, entry.line, "EMPTY", entry.question.text[:SHOWN])
    elif entry.updated is None:
        yield PageFault(entry.source, entry.line, "undated", entry.question.text[:SHOWN])


def _of_paragraphs(entry: PageEntry) -> Iterator[PageFault]:
    for part in (entry.question, *entry.answer):
        for kind, pattern in _ANYWHERE.items():
            if match := pattern.search(part.text):
                yield _at(entry, part, kind, match.start())
        plain = re.sub(r"(?:^|(?<=\s))\d{1,2}\)", "", part.text)
        if not _balanced(plain):
            yield _at(entry, part, "unbalanced_paren", max(plain.rfind("("), 0))
        if part.text.count("„") != part.text.count("“") + part.text.count("”"):
            yield _at(entry, part, "unclosed quote", part.text.find("„"))


def _of_question(entry: PageEntry) -> Iterator[PageFault]:
    question = entry.question
    if not question.text.endswith("?"):
        yield _at(entry, question, "question_ends_with_stop", len(question.text) - SHOWN // 2)
    if question.text.count("?") > 1:
        yield _at(entry, question, "two_questions", question.text.find("?"))
    last = re.split(r"(?<=[.?!])\s+(?=[A-ZĄČĘĖĮŠŲŪŽ])", question.text.rstrip())[-1]
    answer = " ".join(part.text for part in entry.answer)
    if (
        re.search(r"\bar\b", last, re.I)
        and entry.answer
        and not re.match(r"\W*(?:taip|ne|nebūtinai|žinoma)\b", answer, re.I)
    ):
        yield _at(entry, question, "indirect", 0)
        if not _SAYS_YES_OR_NO.search(answer):
            yield _at(entry, question, "non_answer", 0)
    asked, answered = set(_REFERENCE.findall(question.text)), set(_REFERENCE.findall(answer))
    if (
        any(article == other and part != their for article, part in asked for other, their in answered)
        and not asked & answered
    ):
        yield _at(entry, question, "law_ref_mismatch", 0)


def _of_answer(entry: PageEntry) -> Iterator[PageFault]:
    if not entry.answer:
        return
    first, last = entry.answer[0], entry.answer[-1]
    for part in entry.answer:
        if "?" in re.sub(r"https?://\S+", "", part.text):
            yield _at(entry, part, "inner_question", part.text.find("?"))
        if re.match(r"^Dėl [^,]+(?:tvarkos|tvarka)\.?$", part.text):
            yield _at(entry, part, "inner_headings", 0)
    if _NUMBERED.match(first.text):
        yield _at(entry, first, "no_intro", 0)
    if re.search(r"įsakymas Nr\.", last.text) and not last.text.endswith("."):
        yield _at(entry, last, "trailing_citation", 0)
    item = _NUMBERED.match(last.text) or last.text.startswith("•")
    if not _STOP.search(last.text) or (len(last.text.split()) <= 4 and not item):
        yield _at(entry, last, "dangling", 0)
    if re.search(r"^Plačiau apie|šiame skyriuje", last.text):
        yield _at(entry, last, "dangling", 0)
    if re.search(r"interneto svetainėje\.?$", last.text) and "www" not in last.text:
        yield _at(entry, last, "dangling", 0)
    if re.search(r"https?://\S+$", last.text) or any(
        re.search(r"^\W*siekiama\b|, siekiama", p.text) for p in entry.answer
    ):
        yield _at(entry, last, "non_answer", 0)
    if "nebereikia" in " ".join(part.text for part in entry.answer):
        yield from _withdrawn(entry)


def _withdrawn(entry: PageEntry) -> Iterator[PageFault]:
    """A document that a list demands and another sentence says is no longer needed."""
    for part in entry.answer:
        if match := re.search(r"nebereikia pateikti (\w{6})\w* (\w{6})", part.text):
            wanted = [
                other
                for other in entry.answer
                if other is not part and match[1] in other.text and match[2] in other.text
            ]
            if wanted:
                yield _at(entry, part, "contradiction", match.start())


def _of_lists(entry: PageEntry) -> Iterator[PageFault]:
    short = 0
    for part in entry.answer:
        if re.match(r"^• [^.;,:]+$", part.text) and len(part.text.split()) > 3:
            yield _at(entry, part, "bullet_as_heading", 0)
        short = short + 1 if len(part.text.split()) <= 3 else 0
        if short == TABLE_CELLS:
            yield _at(entry, part, "table", 0)
    items = [part.text.lstrip("•-* ").rstrip(";. ") for part in entry.answer]
    pieces = [piece.strip() for item in items for piece in re.split("[;:]", item) if len(piece.split()) > 2]
    for piece, times in Counter(pieces).items():
        if times > 1:
            yield PageFault(entry.source, entry.line, "duplicate item", piece[:SHOWN])


def _of_lines(entry: PageEntry) -> Iterator[PageFault]:
    """What only the lines show: lists, labels given twice, lines that look blank."""
    labels = Counter(match[1] for line in entry.raw if (match := _LABEL.match(line)))
    for label, times in labels.items():
        if times > 1:
            yield PageFault(entry.source, entry.line, "numbering", f"{label} is given {times} times")
    answered = False
    for offset, line in enumerate(entry.raw, entry.line + 1):
        if _NUMBERED.match(line):
            yield PageFault(entry.source, offset, "numbered", line.strip()[:SHOWN])
        if re.match(r"^\s*-\s+\w", line):
            yield PageFault(entry.source, offset, "hyphen_bullets", line.strip()[:SHOWN])
        if line.strip() and offset > entry.question.line:
            answered = True
        if not line.strip() and len(line) > 3 and entry.question.line < offset and not answered:
            for kind in ("leading_blank", "whitespace_in_question"):
                yield PageFault(entry.source, offset, kind, "a line that only looks blank follows the question")


def _copies(entries: Sequence[PageEntry]) -> Iterator[PageFault]:
    """Answers that are the same, or nearly: one of the questions is not answered."""
    answers = [entry for entry in entries if entry.answer]
    triples = [_triples(*entry.answer) for entry in answers]
    for second, entry in enumerate(answers):
        for first, other in enumerate(answers[:second]):
            both = len(triples[first] & triples[second])
            if both and both >= NEARLY_SAME * max(len(triples[first]), len(triples[second])):
                for one, its in ((entry, other), (other, entry)):
                    shown = f"nearly the answer of {its.source[0]}.{its.source[1]}"
                    for kind in ("duplicate", "wrong_answer"):
                        yield PageFault(one.source, one.line, kind, shown)


def _cited_otherwise(entries: Sequence[PageEntry]) -> Iterator[PageFault]:
    """A question about one part of an article, and an answer that cites none but is the rule of another.

    Whose rule it is the page says itself: at least two other entries tell it of one other part of that article.
    """
    told = [
        (entry, _references(entry.question, *entry.answer), _triples(entry.question, *entry.answer))
        for entry in entries
    ]
    for entry in entries:
        asked, answer = _references(entry.question), _triples(*entry.answer)
        if not asked or not answer or _references(*entry.answer):
            continue
        parts: Counter[tuple[str, str]] = Counter()
        for other, cited, words in told:
            if other is not entry and not cited & asked and len(answer & words) >= SAME_RULE * len(answer):
                parts.update(cited)
        for article, part in sorted(parts):
            if parts[article, part] > 1 and article in {its for its, _ in asked}:
                yield PageFault(entry.source, entry.line, "law_ref_mismatch", f"the rule of {article} str. {part} d.")


def _references(*paragraphs: Paragraph) -> set[tuple[str, str]]:
    """Articles and their parts that are cited."""
    return {found for part in paragraphs for found in _REFERENCE.findall(part.text)}


def _triples(*paragraphs: Paragraph) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", " ".join(part.text for part in paragraphs).lower())
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0


def _at(entry: PageEntry, part: Paragraph, kind: str, place: int) -> PageFault:
    start = max(0, place - SHOWN // 4)
    return PageFault(entry.source, part.line, kind, part.text[start : start + SHOWN])
