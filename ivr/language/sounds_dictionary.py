"""Readings of words that a stress dictionary lacks or gets wrong: ``prompts/pronunciation.tsv``, which says its format.

>>> own = Pronunciations.parse(["išmoka\\tišmokà", "social*\\tsŏcial*", "*tūkstant*\\ttū́kstant*"])
>>> own.reading("išmoka", "i-šmó-ka"), own.reading("socialinis", "so-ci-ã-li-nis"), own.reading("namas", "nã-mas")
('išmokà', 'sŏ-ci-ã-li-nis', 'nã-mas')
>>> own.reading("penkiatūkstantą", "penkiatūkstantą")
'penkiatū́kstantą'
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.language.sounds import ACCENTS, stressed


@dataclass(frozen=True, slots=True)
class Pronunciations:
    """``words``: whole words; ``beginnings`` and ``insides``: parts of words, the longest first."""

    words: dict[str, str] = field(default_factory=dict)
    beginnings: tuple[tuple[str, str], ...] = ()
    insides: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Pronunciations:
        """From the lines of a file. Raises ValueError, which names the line, for one that can't be used."""
        words: dict[str, str] = {}
        beginnings: dict[str, str] = {}
        insides: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            text = unicodedata.normalize("NFC", line.rstrip("\r\n").lower())
            if not text.strip() or text.startswith("#"):
                continue
            word, tab, reading = text.partition("\t")
            bare = word.strip("*")
            table = insides if word.startswith("*") else beginnings if word.endswith("*") else words
            if not tab or not bare.isalpha() or reading.endswith("*") is not word.endswith("*"):
                raise ValueError(f"line {number}: is not a word, a tab and its reading, both with or both without *")
            reading = reading.strip("*")
            if not stressed(reading) and len(_letters(reading)) != len(bare):
                raise ValueError(f"line {number}: a reading without an accent must have as many letters as the word")
            if bare in table:
                raise ValueError(f"line {number}: {word} stands there twice")
            table[bare] = reading
        return cls(words, _longest_first(beginnings), _longest_first(insides))

    def reading(self, word: str, known: str) -> str:
        """The reading of a word in small letters; ``known`` is the dictionary's, or the word itself."""
        if word in self.words:
            return _put(known, word, 0, word, self.words[word])
        for part, reading in self.beginnings:
            if word.startswith(part):
                return _put(known, word, 0, part, reading)
        for part, reading in self.insides:
            if (at := word.find(part, 1)) > 0:
                return _put(known, word, at, part, reading)
        return known


def _put(known: str, word: str, at: int, part: str, reading: str) -> str:
    """The word with ``reading`` for its ``part``; without an accent of its own it keeps those of the known reading."""
    if stressed(reading):
        return word[:at] + reading + word[at + len(part) :]
    letters = _letters(known)
    for place, letter in enumerate(_letters(reading), at):
        old = unicodedata.normalize("NFD", letters[place])
        letters[place] = "-" * old.startswith("-") + letter + "".join(sign for sign in old if sign in ACCENTS)
    return unicodedata.normalize("NFC", "".join(letters))


def _longest_first(table: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(table.items(), key=lambda entry: -len(entry[0])))


def _letters(reading: str) -> list[str]:
    """Letters, each with the hyphen before it and its accent."""
    found: list[str] = []
    for sign in unicodedata.normalize("NFD", reading):
        if found and (unicodedata.combining(sign) or found[-1] == "-"):
            found[-1] += sign
        else:
            found.append(sign)
    return [unicodedata.normalize("NFC", letter) for letter in found]
