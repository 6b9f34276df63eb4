"""Where the packs lie: ``dialplans/knowledge/<pack>/*.yaml`` with the record of the page they were written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from ivr.dialog.marked_yaml import YamlFault, parse
from ivr.errors import KnowledgeError
from ivr.knowledge.edition import Edition, load_edition
from ivr.knowledge.institutions import Institution, load_institutions
from ivr.knowledge.pack import PACKS, Placed, load_pack, load_topic_file

PAGE: Final = "page.yaml"
"""The record of the ministry's page, beside the folders of the packs."""


@dataclass(frozen=True)
class Shelf:
    """All that answers are made of. ``edition`` is None while no page was imported.

    ``kinds``: example questions that no pack answers, by kind; ``concepts``: words that mean one thing, by name.
    """

    placed: tuple[Placed, ...]
    institutions: Mapping[str, Institution]
    topics: frozenset[str]
    edition: Edition | None
    kinds: Mapping[str, tuple[str, ...]]
    concepts: Mapping[str, tuple[str, ...]]


def read_shelf(folder: Path, files: Sequence[Path] = ()) -> Shelf:
    """Read ``dialplans``; ``files``: only these topic files.

    Raises:
        KnowledgeError: a file is missing, unreadable or wrong.
    """
    chosen = list(files) or [path for pack in PACKS for path in sorted((folder / "knowledge" / pack).glob("*.yaml"))]
    page = folder / "knowledge" / PAGE
    institutions, topics = folder / "institutions.yaml", folder / "topics.yaml"
    return Shelf(
        tuple(load_pack({str(path): _text(path) for path in chosen})),
        load_institutions(_text(institutions), str(institutions)),
        _topic_ids(topics),
        load_edition(_text(page), str(page)) if page.exists() else None,
        _lists(folder / "knowledge" / "kinds.yaml"),
        _lists(folder / "knowledge" / "concepts.yaml"),
    )


def mark_reviewed(text: str, file: str, ids: Sequence[str], day: date) -> str:
    """The file's text with the second reading recorded for the entries named, or for all; nothing else is touched.

    Raises:
        KnowledgeError: the file is refused, has no such entry, or an old mark that is longer than its line.
    """
    placed = load_topic_file(text, file)
    unknown = [name for name in ids if name not in {one.entry.id for one in placed}]
    if unknown:
        raise KnowledgeError(file, 0, f"there is no entry {unknown[0]!r}", "Give ids as they stand in the file")
    lines = text.split("\n")
    for one in reversed(placed):
        seal = one.entry.seal()
        reviewed = one.entry.reviewed
        if (ids and one.entry.id not in ids) or (reviewed is not None and reviewed.seal == seal):
            continue
        mark = f"    reviewed: {{day: {day.isoformat()}, seal: {seal}}}"
        if ("entries", one.index, "reviewed") in one.marked.lines:
            lines[one.line("reviewed") - 1] = mark
        else:
            lines.insert(one.line("id"), mark)
    marked = "\n".join(lines)
    for one in load_topic_file(marked, file):
        reviewed = one.entry.reviewed
        if (not ids or one.entry.id in ids) and (reviewed is None or reviewed.seal != one.entry.seal()):
            raise KnowledgeError(
                file, one.line("reviewed"), "the mark can't be written here", "Put “reviewed” on one line"
            )
    return marked


def _topic_ids(path: Path) -> frozenset[str]:
    """Ids only: what a topic is, is for the dial plan to check."""
    try:
        topics = parse(_text(path)).data
    except YamlFault as fault:
        raise KnowledgeError(path, fault.line, fault.problem, fault.remedy) from fault
    ids = topics.get("topics") if isinstance(topics, dict) else None
    if not isinstance(ids, dict):
        raise KnowledgeError(path, 0, "has no topics", "Restore the file")
    return frozenset(ids)


def _lists(path: Path) -> dict[str, tuple[str, ...]]:
    """A file of names with lists of texts."""
    try:
        marked = parse(_text(path))
    except YamlFault as fault:
        raise KnowledgeError(path, fault.line, fault.problem, fault.remedy) from fault
    if not isinstance(marked.data, dict):
        raise KnowledgeError(path, 1, "holds no names with lists", "Write “name: [text, text]”")
    for name, texts in marked.data.items():
        if not (isinstance(texts, list) and texts and all(isinstance(text, str) and text for text in texts)):
            raise KnowledgeError(
                path, marked.line((name,)), f"{name!r} is no list of texts", "Write “name: [text, text]”"
            )
    return {name: tuple(texts) for name, texts in marked.data.items()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise KnowledgeError(path, 0, f"can't be read ({error.strerror})", "Give a folder like dialplans/") from error
    except UnicodeDecodeError as error:
        raise KnowledgeError(path, 0, "is not UTF-8 text", "Save it as UTF-8 text") from error
