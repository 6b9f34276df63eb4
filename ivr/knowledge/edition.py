"""What is kept of the page that a pack was written from: date, checksum and facts of each entry, not its text.

With it the pack can be checked without the page, the page can be held against the pack, and two editions of the page
can be compared: what came, what changed, what went.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

import yaml
from pydantic import Field, ValidationError

from ivr.dialog.marked_yaml import YamlFault, parse
from ivr.errors import KnowledgeError
from ivr.knowledge.facts import facts_of
from ivr.knowledge.pack import Part, refused
from ivr.knowledge.page import Page, Source

Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_HEADER: Final = (
    "# Written by “ivr knowledge import PAGE --write”: what the packs know of the ministry's page. Don't edit.\n"
)


class SourceRecord(Part):
    """One entry of the page: its date, the checksum of its text, and the numbers it holds (facts.py)."""

    date: date | None
    checksum: Checksum
    facts: tuple[str, ...]


class _Record(Part):
    checksum: Checksum
    topics: tuple[str, ...]
    entries: dict[str, SourceRecord]


@dataclass(frozen=True)
class Edition:
    """A page as it was imported. ``checksum``: of the whole file; ``topics``: titles in the page's order."""

    checksum: str
    topics: tuple[str, ...]
    entries: Mapping[Source, SourceRecord]


@dataclass(frozen=True)
class Difference:
    """Sources that only the newer edition has, whose text or date differs, and that only the older one has."""

    added: tuple[Source, ...]
    changed: tuple[Source, ...]
    gone: tuple[Source, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.gone)


def edition_of(page: Page) -> Edition:
    """What is kept of a page."""
    return Edition(
        page.checksum,
        tuple(topic.title for topic in page.topics),
        {
            source: SourceRecord(date=entry.updated, checksum=entry.checksum, facts=facts_of(entry.text))
            for source, entry in page.entries.items()
        },
    )


def compare(older: Edition, newer: Edition) -> Difference:
    """How two editions differ, in the page's order."""
    return Difference(
        tuple(source for source in newer.entries if source not in older.entries),
        tuple(
            source
            for source, record in newer.entries.items()
            if source in older.entries and record.checksum != older.entries[source].checksum
        ),
        tuple(source for source in older.entries if source not in newer.entries),
    )


def dump_edition(edition: Edition) -> str:
    """The edition as YAML, one entry a line."""
    lines = [_HEADER, f"checksum: {edition.checksum}\n", "topics:\n"]
    lines += [f"  - {_scalar(title)}\n" for title in edition.topics]
    lines.append("entries:\n")
    for source, record in edition.entries.items():
        facts = ", ".join(_scalar(fact) for fact in record.facts)
        day = record.date.isoformat() if record.date else "null"
        lines.append(f"  {named(source)!r}: {{date: {day}, checksum: {record.checksum}, facts: [{facts}]}}\n")
    return "".join(lines)


def load_edition(text: str, file: str) -> Edition:
    """Read what :func:`dump_edition` wrote.

    Raises:
        KnowledgeError: no YAML, a wrong field, or a name that is no "topic.number".
    """
    try:
        marked = parse(text)
        record = _Record.model_validate(marked.data)
    except YamlFault as fault:
        raise KnowledgeError(file, fault.line, fault.problem, _AGAIN) from fault
    except ValidationError as error:
        raise refused(file, marked, error) from error
    entries: dict[Source, SourceRecord] = {}
    for name, entry in record.entries.items():
        topic, _, number = name.partition(".")
        if not (topic.isdigit() and number.isdigit()):
            raise KnowledgeError(file, marked.line(("entries", name)), f"{name!r} is no topic and number", _AGAIN)
        entries[int(topic), int(number)] = entry
    return Edition(record.checksum, record.topics, entries)


_AGAIN: Final = "Write the file again with “ivr knowledge import PAGE --write”"


def named(source: Source) -> str:
    """(8, 6) → "8.6"."""
    return f"{source[0]}.{source[1]}"


def _scalar(text: str) -> str:
    return str(yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10_000)).strip()
