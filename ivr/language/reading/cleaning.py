"""Text as it arrives, made plain: no markup, no accents, foreign letters as a Lithuanian says them.

Digits, signs and marks stay for the readers; what belongs to no script known here stays too and is reported later.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

LITHUANIAN: Final = frozenset("aąbcčdeęėfghiįyjklmnoprsštuųūvzž")
_FOREIGN: Final = {
    "ł": "l", "ń": "n", "ś": "š", "ź": "ž", "ż": "ž", "ć": "č", "ö": "io", "ü": "iu",
    "ä": "e", "ß": "s", "ø": "io", "å": "o", "æ": "e", "œ": "e", "ð": "d", "þ": "t", "đ": "d", "ħ": "h", "ı": "i",
    "ķ": "k", "ļ": "l", "ņ": "n", "ģ": "g", "ē": "ė", "ī": "y", "ā": "a", "ō": "o", "ñ": "n", "ç": "s",
    # Cyrillic, as names are written in Lithuanian.
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "io", "ж": "ž", "з": "z", "и": "i", "й": "j",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "ch", "ц": "c", "ч": "č", "ш": "š", "щ": "šč", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia",
    "і": "i", "ї": "ji", "є": "je", "ґ": "g", "ў": "u",
}  # fmt: skip
# Latin letters that addresses and Roman numerals need; words lose them in ``lithuanian``.
_LATIN: Final = str.maketrans({"q": "kv", "w": "v", "x": "ks", "Q": "Kv", "W": "V", "X": "Ks"})
# Kept for the readers although compatibility forms would change them.
_KEPT: Final = frozenset("²³¹⁰⁴⁵⁶⁷⁸⁹½¼¾…№°€£ªº™")
_TAG: Final = re.compile(r"<(?:!--.{0,2000}?--|/?[a-zA-Z][^<>]{0,500})>", re.DOTALL)
_BLOCK: Final = re.compile(r"</?(?:p|br|li|ul|ol|div|h[1-6]|tr|table)\b", re.IGNORECASE)
_SCRIPT: Final = re.compile(r"<(script|style)\b[^<>]{0,500}>.{0,20000}?</\1\s*>", re.DOTALL | re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,24});")


class _Letters(dict[int, str]):
    """A table for ``str.translate`` that learns each character once."""

    def __missing__(self, code: int) -> str:
        self[code] = said = _plain(chr(code))
        return said


def _plain(char: str) -> str:
    if char in _KEPT or char == "\n":
        return char
    lower = char.lower()
    if lower in LITHUANIAN or lower in {"q", "w", "x"} or "0" <= char <= "9":
        return char
    if lower in _FOREIGN:
        said = _FOREIGN[lower]
        return said.capitalize() if lower != char else said
    category = unicodedata.category(char)
    if category in {"Cc", "Zs", "Zl", "Zp"}:
        return "\n" if char in "\r\u2028\u2029\v\f" else " "
    if category in {"Cf", "Mn", "Me"} or 0xFE00 <= ord(char) <= 0xFE0F:
        return ""
    if category == "Cs":
        return "\ufffd"
    if category == "Nd":
        return str(unicodedata.decimal(char))
    base = unicodedata.normalize("NFKD", char)
    if base == char:
        return char
    return "".join(_LETTERS[ord(part)] for part in base)


_LETTERS: Final = _Letters()


def clean(text: str) -> str:
    """The text with markup and accents gone and spaces plain; lines stay lines. Never raises.

    >>> clean("<p>Žõdis&nbsp;su <b>žyme</b></p>").split(), clean("Łukasz Weiß, Фёдоров")
    (['Žodis', 'su', 'žyme'], 'Lukasz Weis, Fiodorov')
    >>> clean("a\\u00adb\\u200bc\\x00d \\ud800"), clean("rùdenį")
    ('abc d \ufffd', 'rudenį')
    """
    if "<" in text:
        text = _SCRIPT.sub(" ", text)
        text = _TAG.sub(lambda tag: "\n" if _BLOCK.match(tag.group()) else "", text)
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)
    return unicodedata.normalize("NFC", text).translate(_LETTERS)


def lithuanian(word: str) -> str:
    """A word without the Latin letters that Lithuanian has no use for; "u" behind a q is not said twice.

    >>> lithuanian("Weiss"), lithuanian("Xaver"), lithuanian("Quido"), lithuanian("žodis")
    ('Veiss', 'Ksaver', 'Kvido', 'žodis')
    """
    if not _HAS_LATIN.search(word):
        return word
    return _QU.sub(lambda q: "Kv" if q.group()[0] == "Q" else "kv", word).translate(_LATIN)


_HAS_LATIN: Final = re.compile("[qwxQWX]")
_QU: Final = re.compile("[qQ][uU]")
