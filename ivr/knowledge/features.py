"""Questions as vectors: stems, parts of words, concepts and pairs of near words, hashed into a fixed number of places.

A word counts the more the rarer it is among the example questions. There are about as many places as features, so
few meet; a classifier is trained on the same vectors in fewer places, and there two that meet mostly differ in sign,
so they disturb little.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.knowledge.openers import matter_words
from ivr.knowledge.rows import Held, Matrix, Places, Rows, rows_of
from ivr.knowledge.words import Concepts, grams, stem

PLACES: Final = 1 << 16
REMEMBERED: Final = 20_000
"""Words whose features are kept; callers say ever new ones, so at that number all are forgotten."""
_STEM, _PAIR, _GRAM, _CONCEPT = 0.8, 0.3, 1.6, 0.6  # what each kind weighs; chosen as those of the ranking
_PART: Final = (4,)  # characters of a part by itself
_REACH: Final = 3  # words are paired with so many that follow, in either order, so that fillers between cost nothing


@dataclass(frozen=True, slots=True)
class _Word:
    """Places and signed weights of one word's own features, before its rarity counts.

    ``name``: what it is called in pairs: its concept, or its stem where it has none.
    """

    stem: str
    name: str
    places: Places
    weights: Matrix


class Featurizer:
    """Turns questions into vectors of length one with :data:`PLACES` numbers, nearly all of them zero."""

    def __init__(self, questions: Sequence[str], concepts: Concepts) -> None:
        self._concepts = concepts
        self._words: dict[str, _Word] = {}
        counts: Counter[str] = Counter()
        for question in questions:
            counts.update({self._word(word).stem for word in matter_words(question)})
        total = max(1, len(questions))
        self._rarity = {key: float(np.log((1 + total) / (1 + count)) + 0.5) for key, count in counts.items()}
        # A stem never seen is rare, but says little here: nothing can match it but by its parts.
        self._unseen = float(np.median(list(self._rarity.values()))) if self._rarity else 1.0

    def rows(self, questions: Sequence[str]) -> Rows:
        """One row a question, each of length one (or empty where a question has no word)."""
        return rows_of((self._held([self._word(word) for word in matter_words(one)]) for one in questions), PLACES)

    def known(self, question: str) -> float:
        """Share of a question's weight that lies on stems of the examples: 0–1."""
        weights = [(self._rarity.get(key, self._unseen), key in self._rarity) for key in self._stems(question)]
        total = sum(weight for weight, _ in weights)
        return sum(weight for weight, seen in weights if seen) / total if total else 0.0

    def words(self, question: str) -> list[str]:
        """Stems of the question's words, and their concepts."""
        said = [self._word(word) for word in matter_words(question)]
        return [word.stem for word in said] + [f"c:{word.name}" for word in said if word.name != word.stem]

    def parts(self, question: str) -> list[str]:
        """Parts of four characters of the question's words."""
        return [part for word in matter_words(question) for part in grams(word, _PART)]

    def _stems(self, question: str) -> list[str]:
        return [self._word(word).stem for word in matter_words(question)]

    def _held(self, words: Sequence[_Word]) -> Held:
        known = [(word.name, self._rarity.get(word.stem, 0.0)) for word in words]
        paired: list[int] = []
        weights: list[float] = []
        for at, (first, rare) in enumerate(known):
            for second, rarer in known[at + 1 : at + 1 + _REACH]:
                place, sign = _place(f"p:{first} {second}" if first < second else f"p:{second} {first}")
                paired.append(place)
                weights.append(sign * _PAIR * (rare + rarer) / 2)
        rarity = [np.float32(self._rarity.get(word.stem, self._unseen)) for word in words]
        places = np.concatenate([np.array(paired, dtype=np.uint16), *(word.places for word in words)])
        own = (word.weights * rare for word, rare in zip(words, rarity, strict=True))
        values = np.concatenate([np.array(weights, dtype=np.float32), *own])
        held, which = np.unique(places, return_inverse=True)
        summed = np.bincount(which, weights=values, minlength=len(held))
        length = max(float(np.linalg.norm(summed)), 1e-9)
        return held, (summed / length).astype(np.float32)

    def _word(self, word: str) -> _Word:
        if word not in self._words:
            if len(self._words) >= REMEMBERED:
                self._words.clear()
            parts = grams(word)
            names = [f"s:{stem(word)}", *(f"g:{part}" for part in parts)]
            weights = [_STEM, *([_GRAM / len(parts) ** 0.5] * len(parts))]
            concept = self._concepts.of(word)
            if concept:
                names.append(f"c:{concept}")
                weights.append(_CONCEPT)
            hashed = [_place(name) for name in names]
            signed = [weight * sign for weight, (_, sign) in zip(weights, hashed, strict=True)]
            places = np.array([place for place, _ in hashed], dtype=np.uint16)
            own = stem(word)
            self._words[word] = _Word(own, concept or own, places, np.array(signed, dtype=np.float32))
        return self._words[word]


def _place(name: str) -> tuple[int, float]:
    value = zlib.crc32(name.encode())
    return value % PLACES, 1.0 if value & 0x8000_0000 else -1.0
