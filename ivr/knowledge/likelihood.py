"""How likely each entry's examples would say the words of a question: a language model an entry.

An entry's few examples hold few of the words that callers may use, so each entry leans on its topic, and each topic on
everything that is asked. What is told is by how much likelier the words are there than in any question: words that all
say count nothing, words that only one topic knows count for all its entries. The classifiers and the likeness to
examples look at a question as a whole; this view adds up its words one by one, and errs elsewhere.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.knowledge.classifier import Labels
from ivr.knowledge.rows import Matrix

Tokens = NDArray[np.uint16]
_HALF: Final = 0.5  # of an occurrence is granted to each token everywhere
_MOST: Final = 255  # of one token in one entry or kind; what is said oftener counts no more
_WRITTEN: Final = 200  # tokens whose scores are reckoned at a time


class Likelihoods:
    """Made once from all examples; asking changes nothing.

    ``said``: each example's tokens (words, or parts of them); ``labels``: its entry; ``topics``: each entry's topic.
    ``own`` and ``shared``: how many tokens of its topic an entry is taken to hold as well, and a topic of them all.
    """

    def __init__(
        self, said: Iterable[Sequence[str]], labels: Labels, topics: Labels, own: float, shared: float
    ) -> None:
        self._numbers: dict[str, int] = {}
        self._labels, self._topics, self._own, self._shared = labels, topics, own, shared
        numbered, starts = array("H"), [0]  # of all examples in one piece
        for tokens in said:
            numbered.extend(self._numbered(tokens))
            starts.append(len(numbered))
        every, self._starts = np.frombuffer(numbered, np.uint16), np.array(starts)
        self._every, owners = every, np.repeat(labels, np.diff(starts))
        self._counts = np.zeros((len(self._numbers), len(topics)), dtype=np.uint8)
        pairs, often = np.unique(every.astype(np.int64) * len(topics) + owners, return_counts=True)
        self._counts.flat[pairs] = np.minimum(often, _MOST)
        self._sizes = self._counts.sum(axis=0, dtype=np.float32)
        self._held = np.zeros((len(self._numbers), int(topics.max()) + 1), dtype=np.float32)
        np.add.at(self._held, (every, topics[owners]), 1)
        self._topic_sizes = self._held.sum(axis=0)
        totals = self._held.sum(axis=1) + _HALF
        self._everywhere = np.asarray(totals / totals.sum(), dtype=np.float32)
        self._table = np.empty(self._counts.shape, dtype=np.float16)
        for start in range(0, len(self._table), _WRITTEN):
            some = slice(start, start + _WRITTEN)
            leaning = (self._held[some] + shared * self._everywhere[some, None]) / (self._topic_sizes + shared)
            likely = (self._counts[some] + own * leaning[:, topics]) / (self._sizes + own)
            self._table[some] = np.log(likely / self._everywhere[some, None])

    def scores(self, tokens: Sequence[str]) -> Matrix:
        """A score an entry, mostly between -6 and 6; tokens that no example has say nothing."""
        return self._sum(self._known(tokens))

    def left_out(self, example: int) -> Matrix:
        """The scores that an example gets from the others."""
        said, entry = self._every[self._starts[example] : self._starts[example + 1]], int(self._labels[example])
        said = said[self._held[said].sum(axis=1) > 1]
        found = self._sum(said)
        if len(said):
            topic, everywhere = self._topics[entry], self._everywhere[said][:, None]
            held, size = self._held[said, topic][:, None] - 1, self._topic_sizes[topic] - len(said)
            near = np.flatnonzero(self._topics == topic)
            itself = np.asarray(near == entry, dtype=np.float32)
            counts, sizes = self._counts[np.ix_(said, near)] - itself, self._sizes[near] - len(said) * itself
            leaning = (held + self._shared * everywhere) / (size + self._shared)
            likely = (counts + self._own * leaning) / (sizes + self._own)
            found[near] = np.log(likely / everywhere).sum(axis=0) / len(said) ** 0.5
        return found

    def _numbered(self, tokens: Sequence[str]) -> set[int]:
        """Numbers of the tokens; new ones get theirs."""
        return {self._numbers.setdefault(token, len(self._numbers)) for token in tokens}

    def _known(self, tokens: Sequence[str]) -> Tokens:
        found = {self._numbers[token] for token in tokens if token in self._numbers}
        return np.fromiter(found, dtype=np.uint16, count=len(found))

    def _sum(self, tokens: Tokens) -> Matrix:
        if not len(tokens):
            return np.zeros(len(self._topics), dtype=np.float32)
        return np.asarray(self._table[tokens].sum(axis=0, dtype=np.float32) / len(tokens) ** 0.5)
