"""Lithuanian text to stressed IPA for voices that read IPA. Stress comes from ``phonology_engine`` (PyPI, BSD)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, Final

_VOWELS: Final = {
    "a": "ɐ", "ą": "aː", "e": "ɛ", "ę": "æː", "ė": "eː", "i": "ɪ", "į": "iː", "y": "iː",
    "o": "oː", "u": "ʊ", "ų": "uː", "ū": "uː",
}  # fmt: skip
_DIPHTHONGS: Final = {"ai": "aɪ", "au": "aʊ", "ei": "ɛɪ", "ie": "iə", "ui": "ʊɪ", "uo": "ʊɔ"}
_LONG_UNDER_TILDE: Final = {"a": "aː", "e": "æː"}
_CONSONANTS: Final = {
    "b": "b", "c": "ts", "č": "tʃ", "d": "d", "f": "f", "g": "ɡ", "h": "ɣ", "j": "j", "k": "k", "l": "l", "m": "m",
    "n": "n", "p": "p", "r": "r", "s": "s", "š": "ʃ", "t": "t", "v": "v", "z": "z", "ž": "ʒ",
}  # fmt: skip
_PAIRS: Final = {"ch": "x", "dz": "dz", "dž": "dʒ"}
_FRONT: Final = frozenset("eęėiįy")
_BACK: Final = frozenset("aąouųū")
_GRAVE, _ACUTE, _TILDE = "\u0300", "\u0301", "\u0303"


def ipa(text: str) -> str:
    """Stressed IPA of a text; commas stay as pauses."""
    return ", ".join(
        " ".join(stressed_word(word) for word in _stressed(part)) for part in text.split(",") if part.strip()
    )


def stressed_word(word: str) -> str:
    """IPA of one word whose stress is marked by combining accents (grave, acute or tilde)."""
    letters = _letters(word)
    sounds: list[str] = []
    at = 0
    while at < len(letters):
        letter, accent = letters[at]
        following, its_accent = letters[at + 1] if at + 1 < len(letters) else ("", "")
        pair = letter + following
        if pair in _DIPHTHONGS:
            sounds.append(("ˈ" if accent or its_accent else "") + _DIPHTHONGS[pair])
            at += 2
        elif letter in _VOWELS:
            long = _LONG_UNDER_TILDE.get(letter) if accent == _TILDE else None
            sounds.append(("ˈ" if accent else "") + (long or _VOWELS[letter]))
            at += 1
        elif letter in _CONSONANTS:
            sound = _PAIRS.get(pair, _CONSONANTS[letter])
            at += 2 if pair in _PAIRS else 1
            following = letters[at][0] if at < len(letters) else ""
            after = letters[at + 1][0] if at + 1 < len(letters) else ""
            sounds.append(sound + ("ʲ" if following in _FRONT else ""))
            at += following == "i" and after in _BACK  # this i is only a sign of softness
        else:
            at += 1
    return "".join(sounds)


def _letters(word: str) -> list[tuple[str, str]]:
    """Letters with their stress mark; other marks (ogonek, caron …) are part of the letter."""
    letters: list[tuple[str, str]] = []
    for sign in unicodedata.normalize("NFD", word.lower()):
        if not unicodedata.combining(sign):
            letters.append((sign, ""))
        elif letters:
            letter, accent = letters[-1]
            stress = sign in (_GRAVE, _ACUTE, _TILDE)
            letters[-1] = (letter, sign) if stress else (unicodedata.normalize("NFC", letter + sign), accent)
    return letters


def _stressed(text: str) -> list[str]:
    marked = unicodedata.normalize("NFD", _engine().process_and_collapse(text, "utf8_stressed_word"))
    return re.findall(r"\w[\w\u0300-\u036f]*", marked)


@cache
def _engine() -> Any:
    from phonology_engine import PhonologyEngine  # needed by this stage alone

    return PhonologyEngine()
