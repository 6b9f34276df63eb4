"""What people say before they come to the point: some of it sounds like a wish ("noriu"), and none says anything."""

from __future__ import annotations

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
    "nu", "o", "ir", "gerai", "ne",
)
_PEOPLE: Final = ("darbuotojo", "darbuotojos", "zmogaus", "operatoriaus", "specialisto", "konsultanto", "konsultantes")
# fmt: on
# Who wants no person for it says nothing of the matter by that.
_NO_PERSON: Final = tuple(
    f"{one} {other}" for who in _PEOPLE for no in ("nereikia", "nenoriu") for one, other in ((who, no), (no, who))
)
_OPENERS: Final = sorted((tuple(said.split()) for said in (*_SAID, *_NO_PERSON)), key=len, reverse=True)


def matter_words(question: str) -> list[str]:
    """The words of a question without the polite ones before its matter; a question of nothing else keeps them.

    >>> matter_words("Laba diena, norėčiau paklausti, kiek trunka atostogos?")
    ['kiek', 'trunka', 'atostogos']
    >>> matter_words("Alio?")
    ['alio']
    """
    words = words_of(question)
    while True:
        opener = next((one for one in _OPENERS if len(words) > len(one) and tuple(words[: len(one)]) == one), None)
        if opener is None:
            return words
        words = words[len(opener) :]
