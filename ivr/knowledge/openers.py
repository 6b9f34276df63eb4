"""What people say before they come to the point: some of it sounds like a wish ("noriu"), and none says anything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from ivr.knowledge.words import words_of

# fmt: off
_SAID: Final = (
    "laba diena", "labas rytas", "labas vakaras", "labas", "laba", "sveiki", "sveikas", "alio",
    "klausykite", "klausykit", "klausyk", "sakykite", "sakykit", "pasakykite", "pasakykit", "prasau",
    "prasau pasakyti", "prasom", "gal galite pasakyti", "gal galetumete pasakyti", "ar galite pasakyti",
    "ar galetumete pasakyti", "gal galit pasakyti", "gal zinote", "gal zinot", "noriu paklausti", "noriu paklaust",
    "norejau paklausti", "norejau paklaust", "noreciau paklausti", "noreciau paklaust", "noriu pasiteirauti",
    "noreciau pasiteirauti", "norejau pasiteirauti", "noriu suzinoti", "noriu suzinot", "noreciau suzinoti",
    "norejau suzinoti", "as noriu paklausti", "as norejau paklausti", "as noreciau paklausti", "as noriu suzinoti",
    "as noreciau suzinoti", "noriu pasiklausti", "noriu pasiklaust", "turiu klausima", "turiu toki klausima",
    "turiu viena klausima", "klausimas toks", "toks klausimas", "klausimas", "klausiu", "mane domina", "man idomu",
    "idomu", "zinokit", "zinote", "zinot", "supraskit", "atsiprasau", "tai sakykit", "tai va", "va", "tai", "na",
    "nu", "o", "ir", "gerai", "as tik norejau paklausti", "as norejau suzinoti", "geriau pasakykite",
    "tada pasakykite", "ne geriau pasakykite", "ne geriau pasakykit",
)
_PEOPLE: Final = ("darbuotojo", "darbuotojos", "zmogaus", "operatoriaus", "specialisto", "konsultanto", "konsultantes")
# fmt: on
# Who wants no person for it says nothing of the matter by that.
_NO_PERSON: Final = tuple(
    f"{one} {other}" for who in _PEOPLE for no in ("nereikia", "nenoriu") for one, other in ((who, no), (no, who))
)
_OPENERS: Final = frozenset((*_SAID, *_NO_PERSON))
_FIRST: Final = frozenset(said.split()[0] for said in _OPENERS)
_LONGEST: Final = 5  # words of an opener


def opening(words: Sequence[str], more: Collection[str] = ()) -> int:
    """How many of the first words say nothing yet. ``words``: folded; ``more``: further openers, likewise.

    A question of nothing else is all matter.

    >>> opening(["laba", "diena", "kiek", "trunka"]), opening(["laba", "diena"])
    (2, 0)
    """
    at = 0
    while at < len(words) and (words[at] in _FIRST or more):
        rest = [" ".join(words[at : at + length]) for length in range(1, min(_LONGEST, len(words) - at) + 1)]
        fitting = [length for length, said in enumerate(rest, 1) if said in _OPENERS or said in more]
        if not fitting or fitting[-1] == len(words) - at:
            return at
        at += fitting[-1]
    return at


def matter_words(question: str) -> list[str]:
    """The words of a question without the polite ones before its matter; a question of nothing else keeps them.

    >>> matter_words("Laba diena, norėčiau paklausti, kiek trunka atostogos?")
    ['kiek', 'trunka', 'atostogos']
    >>> matter_words("Alio?")
    ['alio']
    """
    words = words_of(question)
    return words[opening(words) :]
