"""The packs as a SQLite file that staff can search in full text (FTS5, diacritics don't matter)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from ivr.errors import StoreError
from ivr.knowledge.pack import Placed
from ivr.knowledge.words import words_of


@dataclass(frozen=True)
class Hit:
    """An entry that holds the words searched for. ``shown``: the words around them, found ones in brackets."""

    id: str
    about: str
    shown: str


def build_search(path: Path, placed: Sequence[Placed]) -> None:
    """Write the file anew.

    Raises:
        StoreError: it can't be written.
    """
    try:
        path.unlink(missing_ok=True)
        database = Database(str(path))
        database.table("entries").insert_all((_row(one) for one in placed), pk="id")
        database.table("entries").enable_fts(["about", "spoken", "examples"], tokenize="unicode61 remove_diacritics 2")
        database.close()
    except (OSError, sqlite3.Error) as error:
        raise StoreError(path, f"can't be written ({error})", "Check the folder and the space on the disk") from error


def search(path: Path, words: str, limit: int = 10) -> list[Hit]:
    """Entries that hold all these words or their beginnings, the best first.

    Raises:
        StoreError: there is no such file, or it is none of ours.
    """
    if not path.exists():
        raise StoreError(path, "does not exist", "Build it with “ivr knowledge index”")
    query = " ".join(f"{word}*" for word in words_of(words))
    if not query:
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "select e.id, e.about, snippet(entries_fts, -1, '[', ']', ' … ', 12) from entries_fts "
                "join entries e on e.rowid = entries_fts.rowid where entries_fts match ? order by rank limit ?",
                (query, limit),
            ).fetchall()
    except sqlite3.Error as error:
        raise StoreError(path, f"can't be searched ({error})", "Build it with “ivr knowledge index”") from error
    return [Hit(*row) for row in rows]


def _row(one: Placed) -> dict[str, str]:
    entry = one.entry
    return {
        "id": one.id,
        "topic": one.topic,
        "date": str(entry.date or ""),
        "institution": entry.institution,
        "about": entry.about,
        "spoken": "\n".join(text for field, text in entry.spoken() if field != "about"),
        "examples": "\n".join(entry.examples),
    }
