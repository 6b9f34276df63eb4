"""What a grammar is: phrases for the ear, and the way back from heard words to a typed value.

Vosk turns a phrase list into a back-off bigram: what stands in one phrase is likely, but **any word of the list
may follow any other, and repeat**. So a grammar here

- never relies on word order to tell values apart: ``parse`` reads what was heard and says None ("not understood")
  for a sequence that means nothing or two things;
- makes use of it where values are strings of words (digits, letters, a date's parts): the words and the joins that
  are usual are listed, instead of every combination;
- keeps lists of whole phrases (choices, yes and no) free of words that would make sense alone with another meaning.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container
from functools import lru_cache
from typing import Generic, TypeVar

from ivr.events import Grammar
from ivr.language.answers import FILLERS

Value = TypeVar("Value")


class SpokenGrammar(ABC, Generic[Value]):
    """One kind of answer. Immutable and hashable; two of the same parameters are equal."""

    @property
    @abstractmethod
    def name(self) -> str:
        """For logs, journal and the command line: ``digits:4``."""

    @abstractmethod
    def phrases(self) -> tuple[str, ...]:
        """What the ear may expect, lower case, no punctuation; empty for open speech."""

    @abstractmethod
    def parse(self, text: str) -> Value | None:
        """The value of recognised words, or None: not understood."""

    def complete(self, text: str) -> bool | None:
        """Whether the caller has said all that is expected; None for an answer whose length nobody knows.

        With all of it the ear waits for little silence; while some is missing a pause ends nothing.
        """
        return None

    def listening(self) -> Grammar:
        """This grammar as the mind's :class:`~ivr.events.Listen` and the recogniser take it."""
        return Grammar(self.name, _phrases(self))


def missing_words(grammar: SpokenGrammar[Value], lexicon: Container[str]) -> tuple[str, ...]:
    """Words of the grammar that the recogniser does not know, each once: an error when a plan is loaded."""
    words = dict.fromkeys(word for phrase in _phrases(grammar) for word in phrase.split())
    return tuple(word for word in words if word not in lexicon)


def without_fillers(text: str) -> str:
    """The text without hesitation and greetings.

    >>> without_fillers("ė nu keturi mm penki")
    'keturi penki'
    """
    return " ".join(word for word in text.split() if word not in FILLERS)


@lru_cache(maxsize=256)
def _phrases(grammar: SpokenGrammar[Value]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(grammar.phrases()))
