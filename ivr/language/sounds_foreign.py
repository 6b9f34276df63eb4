"""Letters of other alphabets as the nearest Lithuanian ones, so that a foreign name can be spoken at all.

>>> lithuanian_letters("Wojciech Szczęsny, Łódź"), lithuanian_letters("Жанна Ёлкина"), lithuanian_letters("Müller")
('Vojciech Ščęsny, Lūdž', 'Žanna Jolkina', 'Miuller')
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LITHUANIAN: Final = frozenset("aąbcčdeęėfghiįyjklmnoprsštuųūvzžAĄBCČDEĘĖFGHIĮYJKLMNOPRSŠTUŲŪVZŽ")
_LETTERS: Final = {
    "q": "k", "w": "v", "x": "ks", "ł": "l", "ó": "ū", "ś": "š", "ć": "č", "ń": "n", "ź": "ž", "ż": "ž", "ä": "e",
    "ö": "e", "ü": "iu", "ß": "s", "æ": "e", "ø": "e", "å": "o", "ð": "d", "þ": "t", "đ": "dž", "ı": "i", "ā": "a",
    "ē": "ė", "ī": "y", "ō": "o", "ģ": "g", "ķ": "k", "ļ": "l", "ņ": "n", "ñ": "n", "ç": "s", "ř": "rž", "ý": "y",
    "ů": "ū", "ő": "e", "ű": "iu", "ğ": "g", "ş": "š", "ţ": "c", "ț": "c", "ș": "š", "ľ": "l", "ť": "t", "ď": "d",
    "ň": "n", "ě": "e",
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "jo", "є": "je", "ж": "ž", "з": "z",
    "и": "i", "і": "i", "ї": "ji", "й": "j", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ў": "v", "ф": "f", "х": "ch", "ц": "c", "ч": "č", "ш": "š", "щ": "šč", "ъ": "",
    "ы": "y", "ь": "", "э": "e", "ю": "ju", "я": "ja",
}  # fmt: skip
_POLISH: Final = (("szcz", "šč"), ("sz", "š"), ("cz", "č"))
_WORD: Final = re.compile(r"[^\W\d_]+")


def lithuanian_letters(text: str) -> str:
    """The text with every letter Lithuanian or gone; signs, digits and blanks stay.

    >>> lithuanian_letters("Antanas, 2 kg 😀 日本")
    'Antanas, 2 kg 😀 '
    """
    return _WORD.sub(lambda found: _word(found[0]), unicodedata.normalize("NFC", text))


def _word(word: str) -> str:
    lower = word.lower()
    for polish, ours in _POLISH:
        lower = lower.replace(polish, ours)
    if lower == word.lower() and _LITHUANIAN.issuperset(word):
        return word
    ours = "".join(letter if letter in _LITHUANIAN else _letter(letter) for letter in lower)
    return ours[:1].upper() + ours[1:] if word[:1].isupper() else ours


def _letter(letter: str) -> str:
    if letter in _LETTERS:
        return _LETTERS[letter]
    base = unicodedata.normalize("NFKD", letter)[:1]
    return _LETTERS.get(base, base if base in _LITHUANIAN else "")
