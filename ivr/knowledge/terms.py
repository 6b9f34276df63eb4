"""The table of the personnel decree's deadlines, and whether the pack ``personalas`` says what it says.

A line a point, fields parted by tabs: point, who, what, value, unit, direction, trigger, note; the first line names
them. The table was made by hand from the decree, so it is the source that the pack is held against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.errors import KnowledgeError
from ivr.knowledge.check import Finding
from ivr.knowledge.deadlines import Deadline, Unit
from ivr.knowledge.facts import facts_of, unproved
from ivr.knowledge.pack import Placed
from ivr.language.dates import month_words

PACK: Final = "personalas"
_FIELDS: Final = ("point", "who", "what", "value", "unit", "direction", "trigger")
_UNITS: Final[Mapping[str, tuple[Unit, str]]] = {
    "darbo dienos": ("working_days", "diena"),
    "darbo diena (kita)": ("working_days", "diena"),
    "ta pati diena": ("working_days", ""),
    "dienos (kalendorinės)": ("days", "diena"),
    "mėnuo": ("months", "mėnuo"),
    "valandos": ("hours", "valanda"),
    "mėnesio diena": ("day_of_month", "diena"),
    "data (kasmet)": ("day_of_year", ""),
    "duomenų valdytojo nurodytas terminas": ("none", ""),
}
_BEFORE: Final = ("prieš", "iki")


@dataclass(frozen=True)
class Term:
    """A line of the table. ``fact``: its number as texts are read, or empty; ``facts``: all numbers of the line."""

    point: str
    deadline: Deadline
    fact: str
    facts: frozenset[str]
    line: int


def is_table(text: str) -> bool:
    """Whether a file is such a table, by the names of its fields."""
    return text.split("\n", 1)[0].split("\t")[: len(_FIELDS)] == list(_FIELDS)


def load_terms(text: str, file: str) -> dict[str, Term]:
    """Terms by point, in the table's order.

    Raises:
        KnowledgeError: a line that is no term, or a point given twice; with the line.
    """
    if not is_table(text):
        raise KnowledgeError(file, 1, "is no table of deadlines", f"Its first line names {', '.join(_FIELDS)}")
    terms: dict[str, Term] = {}
    for number, line in enumerate(text.splitlines()[1:], 2):
        if not line.strip():
            continue
        term = _term(line.split("\t"), number, file)
        if term.point in terms:
            raise KnowledgeError(file, number, f"point {term.point} is given twice", "Keep one of the two lines")
        terms[term.point] = term
    return terms


def _term(cells: Sequence[str], number: int, file: str) -> Term:
    row = dict(zip(_FIELDS, (cell.strip() for cell in cells), strict=False))
    kind = _UNITS.get(row.get("unit", ""))
    if len(cells) < len(_FIELDS) or kind is None:
        raise KnowledgeError(file, number, "is no term", f"Units are: {', '.join(_UNITS)}")
    unit, noun = kind
    before = any(word in row["direction"].split() for word in _BEFORE)
    if unit == "day_of_year":
        month, _, day = row["value"].partition(" ")
        if month not in month_words() or not day.isdigit():
            raise KnowledgeError(file, number, f"{row['value']!r} is no day of the year", "Write it as “kovo 1”")
        count, fact = month_words()[month] * 100 + int(day), f"--{month_words()[month]:02}-{int(day):02}"
    elif unit == "none":
        count, fact = 0, ""
    elif row["value"].isdigit():
        count = int(row["value"])
        fact = f"{count} {noun}" if noun and count > 1 else ""  # "kitą dieną", "per mėnesį"
    else:
        raise KnowledgeError(file, number, f"{row['value']!r} is no number", "Write the term in digits")
    deadline = Deadline(count=count, unit=unit, direction="before" if before else "after")
    told = {
        *facts_of(". ".join([row["what"], row["trigger"], *cells[len(_FIELDS) :]])),
        *re.findall(r"\d+", row["point"]),
    }
    return Term(row["point"], deadline, fact, frozenset({*told, fact} - {""}), number)


def term_faults(placed: Sequence[Placed], terms: Mapping[str, Term]) -> Iterator[Finding]:
    """Where the pack and the table differ: points missing on either side, other terms, numbers that are not the term's.

    Each spoken text may use the line's numbers and those of its point ("papunktis penki vienuolika"), no other; the
    short answer must say the term's, and "darbo" exactly where days are working days.
    """
    staff = [one for one in placed if one.pack == PACK]
    for one in staff:
        term = terms.get(one.entry.id)
        if term is None:
            yield _fault(one, "", f"the table has no point {one.entry.id}", "Correct the id, or the table")
            continue
        if one.entry.deadline != term.deadline:
            problem = f"its term is {_said(one.entry.deadline)}, the table has {_said(term.deadline)}"
            yield _fault(one, "deadline", problem, f"See line {term.line} of the table")
        for field, text in one.entry.spoken():
            for mention in unproved(text, term.facts):
                problem = f"{field}: “{mention.said}” ({mention.fact}) is not in the table"
                yield _fault(one, field, problem, f"Line {term.line} has {', '.join(sorted(term.facts))}")
        if term.fact and term.fact not in facts_of(one.entry.short):
            yield _fault(one, "short", f"short does not say the term ({term.fact})", f"See line {term.line}")
        if term.fact.endswith("diena") and (term.deadline.unit == "working_days") != ("darbo dien" in one.entry.short):
            problem = "short does not tell working days from calendar days as the table does"
            yield _fault(one, "short", problem, f"See line {term.line} of the table")


def missing_points(placed: Sequence[Placed], terms: Mapping[str, Term]) -> list[str]:
    """Points of the table that no entry of the pack answers."""
    answered = {one.entry.id for one in placed if one.pack == PACK}
    return [point for point in terms if point not in answered]


def _said(deadline: Deadline | None) -> str:
    return f"{deadline.count} {deadline.unit} {deadline.direction}" if deadline else "none"


def _fault(one: Placed, field: str, problem: str, remedy: str) -> Finding:
    return Finding(one.file, one.line(field), one.id, "term", problem, remedy)
