"""A text in pieces that a voice speaks in one breath: sentences, and their clauses.

Fixed prompts are rendered by the sentence. In a call the first clause is spoken while the next is made, so there a
sentence is cut at its commas too; a clause of a word or two stays with the next one, unless it begins the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from ivr.language.verbalise import verbalise

_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])[\"“”»]?\s+(?=\S)|\n\s*\n")
_CLAUSE_END: Final = re.compile(r"(?<=[,;:–—])\s+")
_WORD: Final = re.compile(r"\w")
_TAG: Final = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]{0,500}>", re.DOTALL)
_ENTITY: Final = re.compile(r"&(?:#\w{1,8}|[A-Za-z]{2,10});")
_UNHEARD: Final = frozenset(("So", "Sk", "Cs", "Co", "Cn", "Cf", "Cc"))
LONGEST: Final = 220  # characters, about 15 s of speech
# In a call: what is made while the clause before is heard, about 8 s of speech; Kokoro needs 434 MB for that many.
LONGEST_IN_CALL: Final = 120
# The first clause of a text is waited for behind a lead-in; Kokoro makes this many while one is heard.
LONGEST_FIRST: Final = 60
SHORTEST: Final = 15  # characters of a clause that stands alone, about 1 s
# Where a long clause has no comma, people breathe before such a word.
_BREATH: Final = frozenset((
    "ir", "arba", "bei", "ar", "bet", "kad", "jei", "jeigu", "kai", "kaip", "nes", "su", "į", "iš", "nuo", "iki",
    "per", "po", "prie", "dėl", "pagal", "apie", "už", "ne", "be", "ant", "kuris", "kuri", "kurie", "kurios", "kurį",
    "kurią", "and", "or", "but", "if", "that", "when", "to", "of", "for", "with", "from", "at", "in", "on", "by",
))  # fmt: skip
_BEGINNING: Final = 2 * LONGEST  # characters of a text that surely hold its first clause


def readable(text: str) -> str:
    """The text without what nobody can say: HTML tags and entities, emoji, control signs.

    >>> readable("<p>Labas&nbsp;rytas 😀</p>")
    ' Labas rytas   '
    """
    plain = _ENTITY.sub(" ", _TAG.sub(" ", text))
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign) not in _UNHEARD else " "
        for sign in unicodedata.normalize("NFC", plain)
    )


def speakable(text: str, language: str) -> str:
    """Words and pauses only, so that every voice says numbers, dates and foreign letters alike."""
    return verbalise(text) if language == "lt" else readable(text)


def first_clause(text: str, language: str) -> str:
    """What a voice makes first of a text in a call; empty for a text without words.

    >>> first_clause("Gerai, 5 Eur sumokėsite rytoj.", "lt"), first_clause("5 Eur.", "lt"), first_clause("😀", "lt")
    ('Gerai,', 'penki eurai.', '')
    """
    for sentence in sentences(speakable(text[:_BEGINNING], language)):
        return next(clauses(sentence, first=True), "")
    return ""


def pieces(text: str, longest: int = LONGEST) -> Iterator[str]:
    """Sentences of at most ``longest`` characters, in order, without those that have no word; longer ones are cut."""
    for sentence in sentences(text):
        yield from _spoken(_joined(_CLAUSE_END.split(sentence), longest, at_least=longest))


def sentences(text: str) -> Iterator[str]:
    """Sentences of any length, in order, blanks made one, without those that have no word."""
    yield from _spoken(" ".join(sentence.split()) for sentence in _SENTENCE_END.split(text))


def clauses(sentence: str, *, first: bool) -> Iterator[str]:
    """Pieces of one sentence in a call, cut at its commas; ``first``: it begins a text, so its first clause is short.

    >>> list(clauses("Taip, žinau, kad atvyksite rytoj, jeigu galėsite.", first=True))
    ['Taip,', 'žinau, kad atvyksite rytoj,', 'jeigu galėsite.']
    """
    parts = _CLAUSE_END.split(sentence)
    if first:
        begin, *rest = [*_cut(parts[0], LONGEST_FIRST)] or [""]
        if rest:
            parts[0] = parts[0][len(begin) - 1 :].lstrip()
        else:
            del parts[0]
        yield from _spoken(iter((begin,)))
    yield from _spoken(_joined(parts, LONGEST_IN_CALL, at_least=SHORTEST))


def _spoken(parts: Iterator[str]) -> Iterator[str]:
    return (part for part in parts if _WORD.search(part))


def _joined(parts: list[str], longest: int, *, at_least: int) -> Iterator[str]:
    """Neighbours together until they are ``at_least`` so long, if they fit into ``longest``."""
    current = ""
    for part in parts:
        for piece in _cut(part, longest):
            if current and (len(current) >= at_least or len(current) + 1 + len(piece) > longest):
                yield current
                current = piece
            else:
                current = f"{current} {piece}" if current else piece
    if current:
        yield current


def _cut(clause: str, longest: int) -> Iterator[str]:
    """Pieces that fit; one that ends in the middle of a clause gets a comma, so that it is no end of a sentence."""
    while len(clause) > longest:
        at = _breath(clause, longest - 1)
        yield f"{clause[:at].rstrip()},"
        clause = clause[at:].lstrip()
    if clause:
        yield clause


def _breath(clause: str, longest: int) -> int:
    """Where to cut: at the last place to breathe in the second half, else at the last blank, else anywhere."""
    blanks = [at for at in range(1, longest + 1) if clause[at] == " "]
    places = [at for at in blanks if at > longest // 2 and clause[at + 1 :].split(" ", 1)[0].lower() in _BREATH]
    return next(reversed(places or blanks), longest)
