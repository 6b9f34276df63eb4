"""Grammars of words: yes and no, one of several choices, open speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ivr.language.answers import NO, YES, affirmed
from ivr.speech.grammars.base import SpokenGrammar


@dataclass(frozen=True, slots=True)
class YesNo(SpokenGrammar[bool]):
    """Yes or no in all shades; both at once are not understood."""

    @property
    def name(self) -> str:
        return "yesno"

    def phrases(self) -> tuple[str, ...]:
        return (*YES, *NO)

    def parse(self, text: str) -> bool | None:
        return affirmed(text)


@dataclass(frozen=True, slots=True)
class Choice(SpokenGrammar[str]):
    """One of several things, each with its phrases. Value: the choice's id.

    The longest phrase that was said as whole words decides; two equally long ones of different meaning don't.
    """

    options: tuple[tuple[str, tuple[str, ...]], ...]
    label: str = "choice"

    @classmethod
    def of(cls, options: Mapping[str, Iterable[str]], label: str = "choice") -> Choice:
        """From id → phrases."""
        return cls(tuple((choice, tuple(phrases)) for choice, phrases in options.items()), label)

    @property
    def name(self) -> str:
        return self.label

    def phrases(self) -> tuple[str, ...]:
        return tuple(phrase for _, phrases in self.options for phrase in phrases)

    def parse(self, text: str) -> str | None:
        padded = f" {text} "
        said = [(len(phrase.split()), choice) for choice, phrases in self.options for phrase in phrases
                if f" {phrase} " in padded]  # fmt: skip
        longest = max((size for size, _ in said), default=0)
        meant = {choice for size, choice in said if size == longest}
        return meant.pop() if len(meant) == 1 else None


@dataclass(frozen=True, slots=True)
class OpenQuestion(SpokenGrammar[str]):
    """Whatever the caller says, heard with the domain's language model. Value: the words."""

    @property
    def name(self) -> str:
        return "open"

    def phrases(self) -> tuple[str, ...]:
        return ()

    def parse(self, text: str) -> str | None:
        return " ".join(text.split()) or None
