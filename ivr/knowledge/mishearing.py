"""Questions as a recogniser may hear them, for measuring how much slips cost.

A recogniser with a vocabulary never writes letters that are no word: what it mishears becomes another word that sounds
alike (mostly another ending of the same word), two shorter ones, the beginning of the word, or nothing. Words are
compared by sound: diacritics dropped, voiced and voiceless consonants and the vowels among themselves cost little.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from ivr.knowledge.words import stem, words_of
from ivr.language.folding import folded

NEAREST: Final = 6
"""A misheard word becomes one of so many that sound most like it."""
_ALIKE: Final = 0.5  # of a word's letters may differ in sound, or it is no such word
_VOWELS: Final = frozenset("aeiouy")
_PAIRS: Final = {frozenset(pair) for pair in ("bp", "dt", "gk", "zs", "zc", "sc", "vf", "mn", "lr", "iy", "hg", "ij")}
_COMPARED: Final = 150  # words at most, those that share most pairs of letters
# How many in a hundred slips are another word, another form of the word, two words, its beginning; the rest is lost.
_OTHER, _FORM, _SPLIT, _CUT = 0.4, 0.65, 0.75, 0.88


class Confuser:
    """Mishears words as others of ``vocabulary``; the same text, share and seed give the same result."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._words = sorted({word for text in vocabulary for word in words_of(text) if word.isalpha()})
        self._known = frozenset(self._words)
        self._holding: dict[str, list[int]] = defaultdict(list)
        for number, word in enumerate(self._words):
            for pair in _pairs(word):
                self._holding[pair].append(number)
        self._memory: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def misheard(self, query: str, share: float, seed: int) -> str:
        """The question with about that share of its words replaced, split, cut short or lost."""
        dice = random.Random(f"{seed} {query}")  # noqa: S311  # noise for measuring, not a secret
        heard = [word if dice.random() >= share else self._slip(folded(word), dice) for word in query.split()]
        return " ".join(word for word in heard if word)

    def alike(self, word: str) -> tuple[str, ...]:
        """Other words of the vocabulary that sound most like a folded word, the nearest first; no forms of its own."""
        return self._near(word)[0]

    def forms(self, word: str) -> tuple[str, ...]:
        """Forms of the same word (of the same stem) in the vocabulary, the nearest first."""
        return self._near(word)[1]

    def _near(self, word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if word not in self._memory:
            shared: dict[int, int] = defaultdict(int)
            for pair in _pairs(word):
                for number in self._holding.get(pair, ()):
                    shared[number] += 1
            likely = sorted(shared, key=lambda number: (-shared[number], number))[:_COMPARED]
            others = [self._words[number] for number in likely if self._words[number] != word]
            near = sorted((distance(word, other), other) for other in others)
            alike = [other for far, other in near if far <= _ALIKE * len(word)]
            self._memory[word] = (
                tuple(other for other in alike if stem(other) != stem(word))[:NEAREST],
                tuple(other for other in alike if stem(other) == stem(word))[:NEAREST],
            )
        return self._memory[word]

    def _slip(self, word: str, dice: random.Random) -> str:
        way = dice.random()
        heard: tuple[str, ...] = ()
        if way < _OTHER:
            heard = self.alike(word)
        elif way < _FORM:
            heard = self.forms(word)
        elif way < _SPLIT:
            heard = self._halves(word)
        elif way < _CUT and len(word) > 3:
            heard = (word[: dice.randrange(2, len(word))],)
        if not heard and way < _CUT:
            heard = self.alike(word)
        return dice.choice(heard) if heard else ""

    def _halves(self, word: str) -> tuple[str, ...]:
        """Ways to hear the word as two of the vocabulary."""
        cuts = range(2, len(word) - 1)
        both = (at for at in cuts if word[:at] in self._known and word[at:] in self._known)
        return tuple(f"{word[:at]} {word[at:]}" for at in both)


def distance(one: str, other: str) -> float:
    """How differently two folded words sound: changes of letters, those that sound alike at a third of the price.

    >>> distance("vaikas", "vaikas"), distance("vaikas", "vaigas"), distance("vaikas", "vaikus")
    (0.0, 0.3, 0.3)
    """
    row = [0.0]
    for letter in other:
        row.append(row[-1] + _lost(letter))
    for mine in one:
        last, row = row, [row[0] + _lost(mine)]
        for at, letter in enumerate(other):
            row.append(min(last[at] + _changed(mine, letter), last[at + 1] + _lost(mine), row[at] + _lost(letter)))
    return round(row[-1], 4)


def _changed(one: str, other: str) -> float:
    if one == other:
        return 0.0
    return 0.3 if frozenset((one, other)) in _PAIRS or {one, other} <= _VOWELS else 1.0


def _lost(letter: str) -> float:
    return 0.5 if letter in _VOWELS or letter == "j" else 0.8


def _pairs(word: str) -> set[str]:
    padded = f"<{word}>"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}
