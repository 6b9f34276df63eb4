"""Sounds of Lithuanian: words with their stress marked, to IPA.

Input is a *marked* word: the stressed letter with a grave, acute or tilde as in Lithuanian dictionaries ("vìsas",
"káina", "lañkas"), a hyphen between vowels that belong to two syllables ("kli-eñtas"), ŏ for the short o of foreign
words. Output is broad IPA: ʲ softness, ː length, ˈ right before the stressed vowel, as the voices that read IPA expect
it. Under a tilde the second part of a diphthong is held, a sonorant too ("bal̃sas"). How neighbours change each other
stands in :mod:`ivr.language.sounds_assimilation`.

>>> ipa(["labà", "dienà"]), ipa(["daũg", "darbų̃"])
('lɐbˈɐ dʲiənˈɐ', 'dˈɐʊɡ dɐrbˈuː')
>>> ipa(["bal̃sas"]), ipa(["kálnas"]), ipa(["peñki"])
('bˈɐlːsɐs', 'kˈaːlnɐs', 'pʲˈɛŋʲːkʲɪ')
>>> ipa(["ùžsienyje"]), ipa(["sŏci-ãlinis"]), ipa(["kẽlias"]), ipa(["pa-ieškà"])
('ˈʊsʲiənʲiːjɛ', 'sɔtsʲɪjˈæːlʲɪnʲɪs', 'kʲˈæːlʲɛs', 'pɐjiəʃkˈɐ')
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

from ivr.language.sounds_assimilation import Sound, assimilate

GRAVE: Final = "\u0300"
ACUTE: Final = "\u0301"
TILDE: Final = "\u0303"
ACCENTS: Final = frozenset((GRAVE, ACUTE, TILDE))
VOWEL_LETTERS: Final = frozenset("aąeęėiįyoŏuųū")

_VOWELS: Final = {
    "a": "ɐ", "ą": "aː", "e": "ɛ", "ę": "æː", "ė": "eː", "i": "ɪ", "į": "iː", "y": "iː", "o": "oː", "ŏ": "ɔ",
    "u": "ʊ", "ų": "uː", "ū": "uː",
}  # fmt: skip
_LONG: Final = {"a": "aː", "e": "æː"}  # under acute or tilde
_DIPHTHONGS: Final = {
    "ai": "ɐɪ", "au": "ɐʊ", "ei": "ɛɪ", "eu": "ɛʊ", "ie": "iə", "ui": "ʊɪ", "uo": "ʊɔ", "oi": "ɔɪ", "ou": "ɔʊ",
    "ŏi": "ɔɪ", "ŏu": "ɔʊ",
}  # fmt: skip
_LONG_FIRST: Final = {"ai": "aːɪ", "au": "aːʊ", "ei": "æːɪ"}  # under acute
# What a back vowel becomes after a soft consonant: "kelias" is said with e.
_FRONTED: Final = {"ɐ": "ɛ", "aː": "æː", "ɐɪ": "ɛɪ", "ɐʊ": "ɛʊ", "aːɪ": "æːɪ", "aːʊ": "æːʊ"}
_CONSONANTS: Final = {
    "b": "b", "c": "ts", "č": "tʃ", "d": "d", "f": "f", "g": "ɡ", "h": "ɣ", "j": "j", "k": "k", "l": "l", "m": "m",
    "n": "n", "p": "p", "r": "r", "s": "s", "š": "ʃ", "t": "t", "v": "v", "z": "z", "ž": "ʒ",
}  # fmt: skip
_PAIRS: Final = {"ch": "x", "dz": "dz", "dž": "dʒ"}
_FRONT: Final = frozenset("eęėiįy")
_BACK: Final = frozenset("aąoŏuųū")
_SONORANTS: Final = frozenset("lmnr")


class _Letter(NamedTuple):
    sign: str
    accent: str
    parted: bool  # a syllable begins here although the letters would flow together


def ipa(words: Iterable[str]) -> str:
    """IPA of marked words that are spoken without a pause; letters that are not Lithuanian are silent."""
    phrase = [sounds for word in words if (sounds := _Reader(word).sounds())]
    return " ".join("".join(sound.ipa() for sound in word) for word in assimilate(phrase))


def plain(marked: str) -> str:
    """A marked word as it is written, in small letters.

    >>> plain("kli-eñtas"), plain("Ą̃žuolas"), plain("sŏci-ãlinis")
    ('klientas', 'ąžuolas', 'socialinis')
    """
    return "".join("o" if letter.sign == "ŏ" else letter.sign for letter in _letters(marked))


def accent(marked: str) -> tuple[str, int, int] | None:
    """Accent of a marked word, the number of its syllable from 0, and how many there are; None without a mark.

    >>> accent("kalbė́damas") == (ACUTE, 1, 4), accent("dabãr") == (TILDE, 1, 2), accent("ir")
    (True, True, None)
    """
    mark = next((sign for sign in unicodedata.normalize("NFD", marked) if sign in ACCENTS), None)
    vowels = [sound for sound in _Reader(marked).sounds() if sound.vowel]
    at = next((at for at, sound in enumerate(vowels) if sound.stressed), None)
    return None if mark is None or at is None else (mark, at, len(vowels))


def stressed(marked: str) -> bool:
    """Whether a word's stress is marked."""
    return any(sign in ACCENTS for sign in unicodedata.normalize("NFD", marked))


def _letters(marked: str) -> list[_Letter]:
    """Letters with their accent; ogonek, caron and other marks are part of the letter."""
    letters: list[_Letter] = []
    parted = False
    for sign in unicodedata.normalize("NFD", marked.lower()):
        if sign == "-":
            parted = True
        elif not unicodedata.combining(sign):
            letters.append(_Letter(sign, "", parted))
            parted = False
        elif letters and sign in ACCENTS:
            letters[-1] = letters[-1]._replace(accent=sign)
        elif letters:
            letters[-1] = letters[-1]._replace(sign=unicodedata.normalize("NFC", letters[-1].sign + sign))
    return letters


class _Reader:
    """One word, letter by letter."""

    def __init__(self, marked: str) -> None:
        self._letters = _letters(marked)
        self._at = 0
        self._sounds: list[Sound] = []

    def sounds(self) -> list[Sound]:
        """The word's sounds before their neighbours change them."""
        while self._at < len(self._letters):
            letter = self._letters[self._at]
            if letter.sign in _CONSONANTS:
                self._consonant(letter)
            elif letter.sign in VOWEL_LETTERS:
                self._vowel(letter)
            else:
                self._at += 1
        return self._sounds

    def _look(self, ahead: int) -> _Letter:
        at = self._at + ahead
        return self._letters[at] if 0 <= at < len(self._letters) else _Letter("", "", True)

    def _consonant(self, letter: _Letter) -> None:
        pair = letter.sign + self._look(1).sign
        paired = pair in _PAIRS and not self._look(1).parted
        self._at += 2 if paired else 1
        following = self._look(0)
        sound = Sound(
            _PAIRS[pair] if paired else _CONSONANTS[letter.sign],
            soft=following.sign in _FRONT or letter.sign == "j",
            long=letter.accent == TILDE,
        )
        self._sounds.append(sound)
        if self._softens(following):
            self._at += 1

    def _softens(self, letter: _Letter) -> bool:
        """Whether an i only makes the consonant before it soft."""
        after = self._look(1)
        return letter.sign == "i" and not letter.accent and after.sign in _BACK and not after.parted

    def _vowel(self, letter: _Letter) -> None:
        second = self._look(1)
        pair = letter.sign + second.sign
        together = pair in _DIPHTHONGS and not second.parted
        before = self._sounds[-1] if self._sounds else None
        if before is None or before.vowel:
            if self._softens(letter):  # "Ionas": the i itself is the consonant
                self._sounds.append(Sound("j", soft=True))
                self._at += 1
                return
            if (together and pair == "ie") or (before is not None and before.sound.endswith(("ɪ", "iː"))):
                self._sounds.append(Sound("j", soft=True))
        if together:
            sound = _LONG_FIRST.get(pair, _DIPHTHONGS[pair]) if letter.accent == ACUTE else _DIPHTHONGS[pair]
            accented = bool(letter.accent or second.accent)
        else:
            sound = self._single(letter, second)
            accented = bool(letter.accent or (second.sign in _SONORANTS and second.accent))
        if self._sounds and self._sounds[-1].soft and letter.sign in "aą":
            sound = _FRONTED.get(sound, sound)
        self._sounds.append(Sound(sound, vowel=True, stressed=accented))
        self._at += 2 if together else 1

    def _single(self, letter: _Letter, second: _Letter) -> str:
        if letter.accent in (ACUTE, TILDE):
            return _LONG.get(letter.sign, _VOWELS[letter.sign])
        if letter.sign == "o" and (letter.accent == GRAVE or self._foreign_o(second)):
            return _VOWELS["ŏ"]
        return _VOWELS[letter.sign]

    def _foreign_o(self, second: _Letter) -> bool:
        """Whether o closes its syllable with l, m, n or r, as it does in foreign words only, or in the ending -oms."""
        third, fourth = self._look(2), self._look(3)
        ending = second.sign + third.sign == "ms" and not fourth.sign
        return second.sign in _SONORANTS and third.sign in _CONSONANTS and not ending
