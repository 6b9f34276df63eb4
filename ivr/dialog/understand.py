"""From heard words to one of the meanings that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Meaning = TypeVar("Meaning")


def normalise(text: str) -> str:
    """Lower case, words only: ``"Taip, prašau."`` → ``"taip prašau"``."""
    return " ".join("".join(char if char.isalpha() else " " for char in text.lower()).split())


def understand(text: str, meanings: Mapping[str, Meaning]) -> Meaning | None:
    """The meaning of ``text``, or None.

    The whole text decides, else the longest phrase that it contains as whole
    words. Two equally long phrases of different meaning ("taip ne") decide
    nothing: asking again is better than guessing.
    """
    said = normalise(text)
    if said in meanings:
        return meanings[said]
    padded = f" {said} "
    inside = [phrase for phrase in meanings if f" {phrase} " in padded]
    if not inside:
        return None
    longest = max(len(phrase.split()) for phrase in inside)
    best = [meanings[phrase] for phrase in inside if len(phrase.split()) == longest]
    return best[0] if all(meaning == best[0] for meaning in best) else None
