"""The ministry's page of questions, taken apart.

The page is the text of a web form: five lines of the form, then topics (one space, a bullet, the title and how many
entries follow), entries (two spaces, a bullet, the number and a stop), and the text of an entry three spaces in. The
first paragraph of an entry is its question; "Atnaujinta: 2019 05 22" ends it. Only these indents count: answers hold
numbered lists and headings of their own, which a splitter by "1." would take for entries. Blank lines may hold
no-break spaces, so blanks are told by Unicode.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ivr.errors import KnowledgeError

_TOPIC: Final = re.compile(r"^ • (?P<title>\S.*?) (?P<count>\d+)\s*$")
_ENTRY: Final = re.compile(r"^  • (?P<number>\d+)\.\s*$")
_UPDATED: Final = re.compile(r"^\s*Atnaujinta:\s*(\d{4}) (\d{2}) (\d{2})\s*$")
_ITEM: Final = re.compile(r"[•*]|\d{1,2}[.)] ")
_FORM: Final = ("Užduokite klausimą", "*Pažymėti laukai yra privalomi.", "Užduoti klausimą")

Source = tuple[int, int]
"""Topic and number within it, as the page counts them."""


@dataclass(frozen=True)
class Paragraph:
    """``line``: 1-based line of the file; ``text``: blanks made single, lines joined by one space."""

    line: int
    text: str


@dataclass(frozen=True)
class PageEntry:
    """One question with its answer. ``updated`` is None where the page gives no date, ``answer`` may be empty."""

    source: Source
    line: int
    question: Paragraph
    answer: tuple[Paragraph, ...]
    updated: date | None
    raw: tuple[str, ...]

    @property
    def text(self) -> str:
        """Question and answer, a paragraph a line."""
        return "\n".join(part.text for part in (self.question, *self.answer))

    @property
    def checksum(self) -> str:
        """SHA-256 of the text with its date; blanks and line ends don't count."""
        return hashlib.sha256(f"{self.text}\n{self.updated or ''}".encode()).hexdigest()


@dataclass(frozen=True)
class PageTopic:
    """``announced``: how many entries the heading promises."""

    number: int
    line: int
    title: str
    announced: int
    entries: tuple[PageEntry, ...]


@dataclass(frozen=True)
class Page:
    """A whole page; ``checksum`` is that of the file's bytes."""

    file: str
    checksum: str
    topics: tuple[PageTopic, ...]

    @property
    def entries(self) -> dict[Source, PageEntry]:
        """All entries by topic and number, in the page's order."""
        return {entry.source: entry for topic in self.topics for entry in topic.entries}


def parse_page(content: bytes, file: str) -> Page:
    """Take a page apart.

    Raises:
        KnowledgeError: not UTF-8, no such page at all, or a line that belongs to no entry; with the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise KnowledgeError(file, line, "is not UTF-8 text", "Save the page as UTF-8 text") from error
    lines = [unicodedata.normalize("NFC", line.rstrip("\r")) for line in text.split("\n")]
    return Page(file, hashlib.sha256(content).hexdigest(), tuple(_topics(lines, file)))


def _topics(lines: Sequence[str], file: str) -> Iterator[PageTopic]:
    starts = [index for index, line in enumerate(lines) if _TOPIC.match(line)]
    first = starts[0] if starts else len(lines)
    for index, line in enumerate(lines[:first]):
        if line.strip() and line.strip() not in _FORM:
            raise KnowledgeError(file, index + 1, f"{_shown(line)} stands before the first topic", _FOREIGN)
    if not starts:
        raise KnowledgeError(file, len(lines), "no topic found", _FOREIGN)
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True), 1):
        heading = _TOPIC.match(lines[start])
        assert heading is not None  # noqa: S101  # starts holds matching lines only
        entries = tuple(_entries(lines, start + 1, end, number, file))
        yield PageTopic(number, start + 1, heading["title"], int(heading["count"]), entries)


_FOREIGN: Final = "This is no page of the ministry's questions, or a damaged one: save it again as text"


def _entries(lines: Sequence[str], start: int, end: int, topic: int, file: str) -> Iterator[PageEntry]:
    starts = [index for index in range(start, end) if _ENTRY.match(lines[index])]
    for index in range(start, starts[0] if starts else end):
        if lines[index].strip():
            raise KnowledgeError(file, index + 1, f"{_shown(lines[index])} belongs to no entry", _FOREIGN)
    if not starts:
        raise KnowledgeError(file, start, "the topic has no entry", _FOREIGN)
    for at, after in zip(starts, [*starts[1:], end], strict=True):
        heading = _ENTRY.match(lines[at])
        assert heading is not None  # noqa: S101  # starts holds matching lines only
        yield _entry(lines, at, after, (topic, int(heading["number"])), file)


def _entry(lines: Sequence[str], at: int, end: int, source: Source, file: str) -> PageEntry:
    for index in range(at + 1, end):
        if lines[index].strip() and not lines[index].startswith("   "):
            problem = f"{_shown(lines[index])} is neither a topic, an entry nor an entry's text"
            raise KnowledgeError(file, index + 1, problem, _FOREIGN)
    updated, dated = None, [index for index in range(at + 1, end) if _UPDATED.match(lines[index])]
    if dated:
        updated = _date(lines[dated[-1]], dated[-1] + 1, file)
        below = [index for index in range(dated[0] + 1, end) if lines[index].strip()]
        if below:
            problem = f"{_shown(lines[below[0]])} comes after the entry's date"
            raise KnowledgeError(file, below[0] + 1, problem, _FOREIGN)
    paragraphs = list(_paragraphs(lines, at + 1, dated[0] if dated else end))
    if not paragraphs:
        raise KnowledgeError(file, at + 1, "the entry has no question", _FOREIGN)
    return PageEntry(source, at + 1, paragraphs[0], tuple(paragraphs[1:]), updated, tuple(lines[at + 1 : end]))


def _paragraphs(lines: Sequence[str], start: int, end: int) -> Iterator[Paragraph]:
    """Blocks between blank lines; a bullet or a number of a list begins a block of its own."""
    block: list[str] = []
    first = start
    for index in range(start, end):
        line = " ".join(lines[index].split())
        if block and (not line or _ITEM.match(line)):
            yield Paragraph(first + 1, " ".join(block))
            block = []
        if line:
            first = index if not block else first
            block.append(line)
    if block:
        yield Paragraph(first + 1, " ".join(block))


def _date(line: str, number: int, file: str) -> date:
    found = _UPDATED.match(line)
    assert found is not None  # noqa: S101  # the caller has matched it
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError as error:
        raise KnowledgeError(
            file, number, f"{_shown(line)} is no date", "Correct it: Atnaujinta: 2019 05 22"
        ) from error


def _shown(line: str) -> str:
    text = " ".join(line.split())
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
