"""Knowledge packs: what the line answers, as YAML that staff may edit.

A pack is a folder of files, one a topic: ``dialplans/knowledge/<pack>/<topic>.yaml``. docs/knowledge.md describes
each field. Whatever is wrong is refused with its file and line; whether the content is right is for
:mod:`ivr.knowledge.check`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ivr.dialog.marked_yaml import Marked, read_as
from ivr.errors import KnowledgeError
from ivr.knowledge.deadlines import Deadline
from ivr.knowledge.page import Source

DOCS: Final = "docs/knowledge.md lists what each field may be"
PACKS: Final = ("ministerija", "personalas", "linija")
_SEAL_LENGTH: Final = 12

Text = Annotated[str, Field(min_length=1)]
FaultKind = Literal["empty", "wrong_answer", "contradiction", "outdated", "indirect", "non_answer", "garbled", "other"]


class Part(BaseModel):
    """Anything in a pack: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _pair(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


SourceRef = Annotated[Source, BeforeValidator(_pair)]


class SourceFault(Part):
    """A fault of the source and what the spoken text does about it. ``other``: the entry it contradicts."""

    kind: FaultKind
    source: SourceRef
    other: SourceRef | None = None
    handled: Text


class Review(Part):
    """The second reading: ``day``, and ``seal``, the checksum of what was read; a changed text breaks it."""

    day: date
    seal: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]


class Table(Part):
    """An answer that depends on one number. ``ask``: the question for it; ``say``: a text with ``{column}`` in it."""

    ask: Text
    say: Text
    rows: dict[int, dict[str, Text]] = Field(min_length=1)

    @model_validator(mode="after")
    def _columns(self) -> Table:
        for number, row in self.rows.items():
            try:
                self.say.format(**row)
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"row {number} does not fill “say” ({error})") from error
        return self

    def answer(self, number: int) -> str | None:
        """The row's text, or None where the table has no such row."""
        row = self.rows.get(number)
        return self.say.format(**row) if row is not None else None


class Entry(Part):
    """One answer. ``topic`` and ``pack`` come from its file; see docs/knowledge.md for the rest."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.]*$")]
    sources: tuple[SourceRef, ...] = ()
    basis: Text | None = None
    date: date | None
    about: Text
    institution: Text
    answered: bool = True
    examples: tuple[Text, ...]
    short: Text
    long: tuple[Text, ...] = Field(min_length=1)
    documents: Text | None
    submit: Text | None
    table: Table | None = None
    deadline: Deadline | None = None
    facts: tuple[Text, ...] = ()
    support: tuple[SourceRef, ...] = ()
    faults: tuple[SourceFault, ...] = ()
    reviewed: Review | None = None

    @model_validator(mode="after")
    def _has_source(self) -> Entry:
        if not self.sources and not self.basis:
            raise ValueError("an entry needs sources (the ministry's page) or a basis (another document)")
        if len(set(self.sources)) != len(self.sources):
            raise ValueError("a source is named twice")
        return self

    def spoken(self) -> Iterator[tuple[str, str]]:
        """Every text that a caller may hear, with the name of its field: ("long.1", "…")."""
        yield "about", self.about
        yield "short", self.short
        for number, part in enumerate(self.long, 1):
            yield f"long.{number}", part
        if self.documents:
            yield "documents", self.documents
        if self.submit:
            yield "submit", self.submit
        if self.table:
            yield "table.ask", self.table.ask
            for row in self.table.rows:
                yield f"table.{row}", self.table.answer(row) or ""

    def seal(self) -> str:
        """What a second reading vouches for: all spoken texts, the date, the institution and the sources."""
        parts = [self.id, str(self.date), self.institution, str(self.answered), str(self.sources), str(self.support)]
        parts += [str(self.deadline), str(self.facts)] if self.deadline or self.facts else []
        parts += [f"{field}\n{text}" for field, text in self.spoken()]
        return hashlib.sha256("\n\n".join(parts).encode()).hexdigest()[:_SEAL_LENGTH]


class TopicFile(Part):
    """``topic``: an id of dialplans/topics.yaml."""

    pack: Literal["ministerija", "personalas", "linija"]
    topic: Text
    entries: tuple[Entry, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Placed:
    """An entry with its place: pack, topic, file and the lines of its fields."""

    pack: str
    topic: str
    file: str
    index: int
    entry: Entry
    marked: Marked

    @property
    def id(self) -> str:
        """Unique over all packs: "ministerija/vaiko_pinigu_amzius"."""
        return f"{self.pack}/{self.entry.id}"

    def line(self, field: str = "") -> int:
        """Line of a field ("short", "long.2", "examples.0") or of the entry."""
        path: list[str | int] = ["entries", self.index]
        for part in field.split(".") if field else []:
            # Parts of "long" count from 1 in names, from 0 in the file; rows of a table are keys.
            path.append(
                int(part) - 1 if part.isdigit() and path[-1] == "long" else int(part) if part.isdigit() else part
            )
        return self.marked.line(path)


def load_topic_file(text: str, file: str) -> list[Placed]:
    """The entries of one file, in its order.

    Raises:
        KnowledgeError: no YAML, a wrong or unknown field, or an id given twice; with the line.
    """
    loaded, marked = read_as(TopicFile, text, file, KnowledgeError, refused)
    placed = [Placed(loaded.pack, loaded.topic, file, i, entry, marked) for i, entry in enumerate(loaded.entries)]
    seen: dict[str, int] = {}
    for one in placed:
        if one.entry.id in seen:
            problem = f"the id {one.entry.id!r} is given twice, first on line {seen[one.entry.id]}"
            raise KnowledgeError(file, one.line("id"), problem, "Rename one of them")
        seen[one.entry.id] = one.line("id")
    return placed


def load_pack(files: Mapping[str, str]) -> list[Placed]:
    """Entries of many files (name → text), in the order given.

    Raises:
        KnowledgeError: as :func:`load_topic_file`, and an id that two files of a pack share.
    """
    placed: list[Placed] = []
    seen: dict[str, Placed] = {}
    for file, text in files.items():
        for one in load_topic_file(text, file):
            first = seen.setdefault(one.id, one)
            if first is not one:
                problem = f"the id {one.entry.id!r} is also in {first.file}:{first.line('id')}"
                raise KnowledgeError(file, one.line("id"), problem, "Rename one of them")
            placed.append(one)
    return placed


def refused(file: str, marked: Marked, error: ValidationError) -> KnowledgeError:
    """The fault of a model on its lowest line, in plain words."""
    unknown = [fault for fault in error.errors() if fault["type"] == "extra_forbidden"]
    fault = unknown[0] if unknown else marked.first(error)  # a slip in a name explains what is missing
    where = ".".join(str(part) for part in fault["loc"]) or "the file"
    line = marked.line(fault["loc"])
    if fault["type"] == "extra_forbidden":
        return KnowledgeError(file, line, f"{where} is not known here", "Remove it or correct its spelling")
    if fault["type"] == "missing":
        return KnowledgeError(file, line, f"{where} is missing", "Add it; " + DOCS)
    problem = fault["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(fault["input"], dict) else f" (it is {fault['input']!r})"
    return KnowledgeError(file, line, f"{where}: {problem[:1].lower()}{problem[1:]}{shown}"[:300], DOCS)
