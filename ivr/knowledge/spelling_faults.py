"""Likely slips of the pen in a page, found by the page's own words: no dictionary is needed.

A word that stands once and differs by one letter, before its ending, from a word that stands often is taken for a
slip; so are two known words grown together and a capital in the middle of a sentence that is used nowhere else so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

OFTEN: Final = 3
SHORTEST: Final = 5
_ENDING: Final = 3  # letters that may differ by declension
_WORD: Final = re.compile(r"[^\W\d_]+")
_LETTERS: Final = "aąbcčdeęėfghiįyjklmnoprsštuųūvzž"
_INNER_CAPITAL: Final = re.compile(r"(?<=[a-ząčęėįšųūž] )[A-ZĄČĘĖĮŠŲŪŽ][a-ząčęėįšųūž]+")


class Speller:
    """Knows the words of a whole page."""

    def __init__(self, texts: Iterable[str]) -> None:
        joined = "\n".join(texts)
        self._count = Counter(word.lower() for word in _WORD.findall(joined))
        self._capitals = Counter(_INNER_CAPITAL.findall(joined))

    def faults(self, text: str) -> Iterator[tuple[str, str]]:
        """Kind of fault and the word: "typo", "glued_words", "missing_stop"."""
        for word in dict.fromkeys(_WORD.findall(text)):
            if len(word) >= SHORTEST and self._count[word.lower()] == 1:
                if likely := self._slip(word.lower()):
                    yield "typo", f"{word}, probably {likely}"
                elif parts := self._glued(word.lower()):
                    yield "glued_words", parts
        for match in _INNER_CAPITAL.finditer(text):
            if self._capitals[match[0]] == 1 and self._count[match[0].lower()] > 1:
                yield "missing_stop", text[max(0, match.start() - 20) : match.end() + 20]

    def _slip(self, word: str) -> str | None:
        """The frequent word that this one is probably meant to be."""
        last = max(1, len(word) - _ENDING)
        for at in range(last):
            tries = [word[:at] + letter + word[at:] for letter in _LETTERS]
            tries += [word[:at] + letter + word[at + 1 :] for letter in _LETTERS]
            tries += [word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :]]
            for other in tries:
                if other != word and self._count[other] >= OFTEN and len(other) >= SHORTEST:
                    return other
        for at in range(last, len(word)):  # two letters lost before the ending: "kolektyvių"
            for pair in ("in", "iš", "ini"):
                if self._count[word[:at] + pair + word[at:]] >= OFTEN:
                    return word[:at] + pair + word[at:]
        return None

    def _glued(self, word: str) -> str | None:
        for at in range(SHORTEST, len(word) - SHORTEST + 1):
            if self._count[word[:at]] >= OFTEN and self._count[word[at:]] >= 2:
                return f"{word[:at]} {word[at:]}"
        return None
