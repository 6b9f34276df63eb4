"""What a question is made of, for comparing it with others: folded words, their stems, parts of words, concepts.

Callers decline, recognisers lose diacritics and mishear: so words are folded, cut to a light stem, and also compared
by their characters. Concepts tie words that share no letters but mean the same to callers ("alga", "atlyginimas").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from ivr.language.folding import folded

SHORTEST_STEM: Final = 3
REMEMBERED: Final = 20_000
"""Words whose concept is kept; at that number all are forgotten."""
_WORD: Final = re.compile(r"[a-z]+|\d+")
# Endings on folded words: nouns, adjectives, verbs, participles.
_ENDINGS: Final = (
    "a as o os ai ui u e es ei i is ys io iu iui y yje oje eje uje ame ose ese yse uose iuose amas omis emis imis "
    "ams oms ems ims ais iais us ius ia ias iai iam ios ioje iomis ioms um umi ies mis asis oji ojo ajam aji uoju "
    "ajame osios ajai aja ojoje ieji uju iesiems uosius aisiais ti tis siu si s sime site te iau ome ote au ejo "
    "avo avau davo davau davome davote ejau ime ite ate du dama damas dami damos ant antis anti anciam ancio "
    "anciu ancia ancios usi usio usios usiam usiems ama ami amos amo amu amam ima imas imai imo imu ta tas tos to "
    "tu tinas tina tino tinos cia ciau kite ki k ejus usis uosis iuos ausi esi asi osi isi imui ymas ymo ejimas "
    "ejimo t kit sim sit "
)
_REFLEXIVE: Final = re.compile(r"(?:osi|asi|ausi|omasi|ymasi|iesi|avosi|ytis|intis|uotis)$")
_ENDING: Final = re.compile(f"(?:{'|'.join(sorted(_ENDINGS.split(), key=len, reverse=True))})$")


def words_of(text: str) -> list[str]:
    """Folded words of a text, in order.

    >>> words_of("Ar gausiu šeimos KORTELĘ?")
    ['ar', 'gausiu', 'seimos', 'kortele']
    """
    return _WORD.findall(folded(text))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A light stem of a folded word; short words stay as they are.

    >>> stem("korteles"), stem("kortele"), stem("pensijos"), stem("ar")
    ('kortel', 'kortel', 'pensij', 'ar')
    """
    reflexive = _REFLEXIVE.search(word, SHORTEST_STEM)
    if reflexive:  # "mokosi" is to learn, "moka" to pay
        return f"{word[: reflexive.start()]}+si"
    match = _ENDING.search(word, SHORTEST_STEM)
    return word[: match.start()] if match else word


def grams(word: str, sizes: Sequence[int] = (3, 4, 5)) -> list[str]:
    """Parts of so many characters of a folded word with its edges.

    >>> grams("ar")
    ['<ar', 'ar>', '<ar>']
    """
    padded = f"<{word}>"
    return [padded[at : at + size] for size in sizes for at in range(len(padded) - size + 1)]


class Concepts:
    """Words that mean one thing. ``groups``: name → beginnings of words ("alg", "atlygin"), folded here."""

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        self._by_start = {
            folded(start): name for name, starts in groups.items() for start in starts if " " not in start
        }
        self._longest = max((len(start) for start in self._by_start), default=0)
        self._memory: dict[str, str | None] = {}

    def of(self, word: str) -> str | None:
        """The concept of a folded word, by the longest beginning that fits; "=" at the end of one: the whole word."""
        if word not in self._memory:
            if len(self._memory) >= REMEMBERED:
                self._memory.clear()
            found = self._by_start.get(f"{word}=")
            for length in range(min(len(word), self._longest), 1, -1):
                if found:
                    break
                found = self._by_start.get(word[:length])
            self._memory[word] = found
        return self._memory[word]
