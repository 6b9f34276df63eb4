"""A text in pieces that a voice speaks in one breath: sentences, long ones at a clause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])[\"“”»]?\s+(?=\S)|\n\s*\n")
_CLAUSE_END: Final = re.compile(r"(?<=[,;:–—])\s+")
_WORD: Final = re.compile(r"\w")
LONGEST: Final = 220  # characters, about 15 s of speech


def pieces(text: str, longest: int = LONGEST) -> Iterator[str]:
    """Pieces of at most ``longest`` characters, in order, without those that have no word."""
    for sentence in _SENTENCE_END.split(text):
        for part in _short(" ".join(sentence.split()), longest):
            if _WORD.search(part):
                yield part


def _short(sentence: str, longest: int) -> Iterator[str]:
    if len(sentence) <= longest:
        yield sentence
        return
    current = ""
    for clause in _CLAUSE_END.split(sentence):
        for piece in _cut(clause, longest):
            if current and len(current) + 1 + len(piece) > longest:
                yield current
                current = piece
            else:
                current = f"{current} {piece}" if current else piece
    if current:
        yield current


def _cut(clause: str, longest: int) -> Iterator[str]:
    while len(clause) > longest:
        at = clause.rfind(" ", 1, longest + 1)
        at = at if at > 0 else longest
        yield clause[:at].rstrip()
        clause = clause[at:].lstrip()
    if clause:
        yield clause
