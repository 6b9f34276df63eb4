"""Packs as one table for people's programs (JSON or CSV), and back into the files of a pack.

A row is an entry with its pack and topic. In CSV several texts stand in one cell, a line each; what has parts of its
own (table, deadline, faults, reading) is JSON there. What was exported and not changed becomes the same entries again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import yaml

from ivr.errors import KnowledgeError
from ivr.knowledge.pack import Entry, Placed

_LINES: Final = ("examples", "long", "facts")
_NESTED: Final = ("sources", "support", "table", "deadline", "faults", "reviewed", "answered")
_COLUMNS: Final = ("pack", "topic", *Entry.model_fields)
_WIDTH: Final = 116


def rows_of(placed: Iterable[Placed]) -> list[dict[str, Any]]:
    """Entries as objects of plain values, in their order."""
    return [
        {"pack": one.pack, "topic": one.topic, **one.entry.model_dump(mode="json", exclude_defaults=False)}
        for one in placed
    ]


def to_json(placed: Iterable[Placed]) -> str:
    """A JSON array, an entry a line."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows_of(placed))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def to_csv(placed: Iterable[Placed]) -> str:
    """CSV with a head line, for spreadsheets."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows_of(placed):
        writer.writerow({name: _cell(name, value) for name, value in row.items()})
    return out.getvalue()


def read_export(text: str, file: str) -> list[dict[str, Any]]:
    """Rows of what :func:`to_json` or :func:`to_csv` wrote.

    Raises:
        KnowledgeError: neither of both, or a cell that can't be read.
    """
    try:
        if text.lstrip("\ufeff ").startswith("["):
            rows = json.loads(text.lstrip("\ufeff"))
            return [dict(row) for row in rows]
    except (ValueError, TypeError) as error:
        raise KnowledgeError(file, 0, f"is no export ({error})", "Give what “ivr knowledge export” wrote") from error
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    if not {"pack", "topic", "id", "short"} <= set(reader.fieldnames or ()):
        raise KnowledgeError(file, 1, "is no export: it lacks columns", "Give what “ivr knowledge export” wrote")
    return [_row(row, file, number) for number, row in enumerate(reader, 2)]


def to_packs(rows: Sequence[Mapping[str, Any]], file: str) -> dict[tuple[str, str], str]:
    """Files of packs by pack and topic, as YAML.

    Raises:
        KnowledgeError: a row without pack, topic or id.
    """
    files: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for number, row in enumerate(rows, 1):
        if not all(row.get(name) for name in ("pack", "topic", "id")):
            raise KnowledgeError(file, number, "an entry has no pack, topic or id", "Give all three")
        entry = {
            name: value for name, value in row.items() if name not in ("pack", "topic") and not _default(name, value)
        }
        files.setdefault((str(row["pack"]), str(row["topic"])), []).append(entry)
    return {
        (pack, topic): yaml.safe_dump(
            {"pack": pack, "topic": topic, "entries": entries}, allow_unicode=True, sort_keys=False, width=_WIDTH
        )
        for (pack, topic), entries in files.items()
    }


def _default(name: str, value: object) -> bool:
    """What an entry has anyway need not be written."""
    info = Entry.model_fields.get(name)
    if info is None or info.is_required():
        return False
    return value == info.default or (value == [] and info.default == ())


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in _LINES and isinstance(value, list):
        return "\n".join(value)
    return json.dumps(value, ensure_ascii=False) if name in _NESTED else str(value)


def _row(row: Mapping[str, str], file: str, number: int) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, cell in row.items():
        if name in _LINES:
            read[name] = [line for line in (cell or "").split("\n") if line.strip()]
        elif name in _NESTED:
            try:
                read[name] = json.loads(cell) if cell else None
            except ValueError as error:
                problem = f"the cell {name} can't be read ({error})"
                raise KnowledgeError(file, number, problem, "Leave it as it was exported") from error
        else:
            read[name] = cell or None
    return read
