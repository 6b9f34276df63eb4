"""From heard words to one of the meanings that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from ivr.language import folding

Meaning = TypeVar("Meaning")


def normalise(text: str) -> str:
    """Lower case, words only: ``"Taip, prašau."`` → ``"taip prašau"``."""
    return " ".join("".join(char if char.isalpha() else " " for char in text.lower()).split())


def folded(text: str) -> str:
    """As :func:`normalise`, without diacritics: ``"Išmoką gaučiau?"`` → ``"ismoka gauciau"``."""
    return normalise(folding.folded(text))


def says(text: str, signs: Sequence[str]) -> bool:
    """One of the signs is in the text: its words begin words of the text that stand in a row.

    >>> says("Mano vyrui nemoka.", ["mano vyr"]), says("vyrui mano", ["mano vyr"])
    (True, False)
    """
    words = folded(text).split() if signs else []
    return any(_begins(words, parts_of(sign)) for sign in signs)


@lru_cache(maxsize=1024)
def parts_of(sign: str) -> tuple[str, ...]:
    """The words of a sign of the plan, folded; these are few, and looked for in every turn."""
    return tuple(folded(sign).split())


def _begins(words: Sequence[str], parts: Sequence[str]) -> bool:
    return any(
        all(word.startswith(part) for word, part in zip(words[at:], parts, strict=False))
        for at in range(len(words) - len(parts) + 1)
    )


def understand(text: str, meanings: Mapping[str, Meaning]) -> tuple[str, Meaning] | None:
    """The phrase that decides what ``text`` means, and its meaning; None when nothing does.

    The whole text decides, else the longest phrase that it contains as whole
    words. Two equally long phrases of different meaning ("taip ne") decide
    nothing: asking again is better than guessing.
    """
    said = normalise(text)
    if said in meanings:
        return said, meanings[said]
    padded = f" {said} "
    inside = [phrase for phrase in meanings if f" {phrase} " in padded]
    if not inside:
        return None
    longest = max(len(phrase.split()) for phrase in inside)
    best = [(phrase, meanings[phrase]) for phrase in inside if len(phrase.split()) == longest]
    return best[0] if all(meaning == best[0][1] for _, meaning in best) else None
