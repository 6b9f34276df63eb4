"""Faults of the ministry's page that a program can see, so that an editor looks at them before answering from it.

Names of the kinds are those of the list kept by hand, against which ``ivr knowledge verify --anomalies`` holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ivr.knowledge.page import Page, PageEntry, PageTopic, Paragraph, Source

SHOWN: Final = 60


@dataclass(frozen=True)
class PageFault:
    """``line``: 1-based line of the file; ``shown``: the words around the fault."""

    source: Source
    line: int
    kind: str
    shown: str


_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    "missing_stop": re.compile(r"[a-ząčęėįšųūž] (?:Aiškūs|Taigi|Todėl|Taip pat)\b"),
    "missing_space": re.compile(r"[a-ząčęėįšųūž][.,][A-ZĄČĘĖĮŠŲŪŽa-ząčęėįšųūž]{3,}(?!\w*\.(?:lt|eu|com))"),
    "nav_path": re.compile(r"->"),
    "star_bullets": re.compile(r"(?:^| )\* ?[a-z0-9]"),
    "odd_date": re.compile(r"\b\d{4} \d{2} \d{2}\b"),
    "url_port": re.compile(r"https?://[^\s/]+:\d+"),
    "units": re.compile(r"\bm[23]\b"),
    "arithmetic": re.compile(r"\d ?[x×] ?\d|\d\) ?–|–\s*\d+ Eur\) x"),
    "formula": re.compile(r"[α-ωΑ-Ω]"),
    "doubled_word": re.compile(r"\b(\w{4,}) \1\b", re.I),
    "outdated_law": re.compile(r"1408/71|574/72"),
    "relative_time": re.compile(r"\bkaip ir dabar\b|\bšių metų\b|\beinamaisiais metais\b|\bšiais metais\b", re.I),
    "bullet_as_heading": re.compile(r"^• [^.;,]+$"),
}


def page_faults(page: Page) -> list[PageFault]:
    """All faults, in the page's order."""
    seen: dict[str, PageEntry] = {}
    found: list[PageFault] = []
    for topic in page.topics:
        found += _counted(topic)
        for entry in topic.entries:
            found += _of_entry(entry)
            found += _copied(entry, seen)
    return found


def _counted(topic: PageTopic) -> Iterator[PageFault]:
    numbers = [entry.source[1] for entry in topic.entries]
    if len(numbers) != topic.announced:
        shown = f"{topic.title}: {topic.announced} announced, {len(numbers)} found"
        yield PageFault((topic.number, 0), topic.line, "count", shown)
    for expected, entry in enumerate(topic.entries, 1):
        if entry.source[1] != expected:
            yield PageFault(entry.source, entry.line, "order", f"{entry.source[1]} stands where {expected} should")


def _of_entry(entry: PageEntry) -> Iterator[PageFault]:
    if not entry.answer:
        yield PageFault(entry.source, entry.line, "EMPTY", entry.question.text[:SHOWN])
    elif entry.updated is None:
        yield PageFault(entry.source, entry.line, "undated", entry.question.text[:SHOWN])
    for part in (entry.question, *entry.answer):
        for kind, pattern in _PATTERNS.items():
            if match := pattern.search(part.text):
                yield PageFault(entry.source, part.line, kind, _around(part, match))


def _copied(entry: PageEntry, seen: dict[str, PageEntry]) -> Iterator[PageFault]:
    answer = " ".join(part.text for part in entry.answer)
    first = seen.setdefault(answer, entry) if answer else entry
    if first is not entry:
        shown = f"the same answer as {first.source[0]}.{first.source[1]}"
        yield PageFault(
            first.source, first.line, "wrong_answer", f"the same answer as {entry.source[0]}.{entry.source[1]}"
        )
        yield PageFault(entry.source, entry.line, "duplicate", shown)


def _around(part: Paragraph, match: re.Match[str]) -> str:
    start = max(0, match.start() - SHOWN // 4)
    return part.text[start : start + SHOWN]
