"""Spelling aloud: the names of letters, spelling aids ("a kaip Antanas"), and e-mail addresses.

>>> letters_of("ka a zet lietaus")  # a word that is no letter
>>> letters_of("žė e em a i trumpoji tė i trumpoji es")
'žemaitis'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache
from typing import Final

from ivr.language.given_names import given_names
from ivr.language.spoken_numbers import digits_of

# Letter → its names, the most usual first; a name may be two words.
LETTERS: Final[dict[str, tuple[str, ...]]] = {
    "a": ("a", "a trumpoji"), "ą": ("a nosinė", "ą"), "b": ("bė",), "c": ("cė",), "č": ("čė",), "d": ("dė",),
    "e": ("e",), "ę": ("e nosinė", "ę"), "ė": ("ė", "e su tašku"), "f": ("ef",), "g": ("gė",), "h": ("ha", "haš"),
    "i": ("i", "i trumpoji"), "į": ("i nosinė", "į"), "y": ("i ilgoji", "y", "y ilgoji", "igrekas"),
    "j": ("jot", "jotas", "jotė"), "k": ("ka",), "l": ("el",), "m": ("em",), "n": ("en",), "o": ("o",), "p": ("pė",),
    "q": ("kju", "kū"), "r": ("er",), "s": ("es",), "š": ("eš",), "t": ("tė",), "u": ("u", "u trumpoji"),
    "ų": ("u nosinė", "ų"), "ū": ("u ilgoji", "ū", "ū ilgoji"), "v": ("vė",),
    "w": ("dviguba vė", "dvigubas vė", "dabliu"), "x": ("iks", "iksas"), "z": ("zė", "zet"), "ž": ("žė", "žet"),
}  # fmt: skip
AIDS: Final = {
    "a": "antanas", "b": "barbora", "č": "česlovas", "d": "darius", "e": "elena", "f": "feliksas", "g": "gediminas",
    "h": "henrikas", "i": "irena", "j": "jonas", "k": "kazys", "l": "laima", "m": "marija", "n": "nijolė", "o": "ona",
    "p": "petras", "r": "rasa", "s": "saulius", "š": "šarūnas", "t": "tomas", "u": "ugnė", "v": "vytautas",
    "z": "zita", "ž": "živilė",
}  # fmt: skip
_SIGNS: Final = {
    "@": ("eta", "at", "eta ženklas"),
    ".": ("taškas",),
    "-": ("brūkšnys", "brūkšnelis", "minusas", "minus"),
    "_": ("apatinis brūkšnys", "pabraukimas", "pabraukimo ženklas"),
    "+": ("pliusas", "plius"),
}
# Words of addresses that are said whole, written as a Lithuanian hears them.
PROVIDERS: Final = {
    "gmail": ("džimeil", "gmeil"), "com": ("kom",), "yahoo": ("jahu",), "hotmail": ("hotmeil",),
    "outlook": ("autluk",), "inbox": ("inboks",), "icloud": ("aiklaud",), "mail": ("meil",), "one": ("uan", "van"),
    "zebra": ("zebra",), "takas": ("takas",), "delfi": ("delfi",), "info": ("info",), "net": ("net",), "org": ("org",),
    "proton": ("proton",), "live": ("laiv",), "eu": ("eju",),
}  # fmt: skip
_NOISE: Final = frozenset({"didžioji", "mažoji", "raidė", "mano", "elektroninis", "paštas", "adresas", "yra"})
_FOLD: Final = str.maketrans("ąčęėįšųūž", "aceeisuuz")
_MAILBOX: Final = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*")
_ADDRESS: Final = re.compile(rf"{_MAILBOX.pattern}@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{{2,}}")


@lru_cache(maxsize=1)
def _letters() -> dict[tuple[str, ...], str]:
    return {tuple(name.split()): letter for letter, names in LETTERS.items() for name in names}


@lru_cache(maxsize=1)
def _pieces() -> dict[tuple[str, ...], str]:
    """Everything of an address that is said in words, without digits: letters, signs, names of providers."""
    pieces = {said: plain(letter) for said, letter in _letters().items()}
    for table in (_SIGNS, PROVIDERS):
        pieces |= {tuple(said.split()): written for written, names in table.items() for said in names}
    return pieces


@lru_cache(maxsize=1)
def _aid_words() -> frozenset[str]:
    return frozenset(name.lower() for name in given_names())


def letters_of(text: str) -> str | None:
    """What was spelled, in lower case with its diacritics, or None when a word is no letter.

    >>> letters_of("ka kaip kazys a dviguba vė"), letters_of("u ilgoji"), letters_of("")
    ('kaw', 'ū', None)
    """
    words = _without_aids(text.split())
    return _read(words, _letters(), digits=False) if words else None


def email_of(text: str, *, names: Container[str] = frozenset()) -> str | None:
    """The address in lower case without diacritics, or None when it is none.

    ``names``: words that may stand whole before the sign ("jonas taškas petraitis").

    >>> email_of("jot o en a es taškas pė eta džimeil taškas kom")
    'jonas.p@gmail.com'
    >>> email_of("ona du trys eta inboks taškas el tė", names={"ona"}), email_of("ona eta")
    ('ona23@inbox.lt', None)
    """
    address = _address(text, names)
    return address if address and _ADDRESS.fullmatch(address) else None


def mailbox_of(text: str, *, names: Container[str] = frozenset()) -> str | None:
    """What stands before the sign of an address, as :func:`email_of` has it; what is said from the sign on is left out.

    >>> mailbox_of("ona taškas rimšė aštuoni trys eta", names={"ona", "rimšė"}), mailbox_of("taškas ona", names={"ona"})
    ('ona.rimse83', None)
    """
    address = _address(f" {text} ".partition(" eta ")[0], names)
    return address if address and _MAILBOX.fullmatch(address) else None


def plain(text: str) -> str:
    """Lithuanian letters without their signs, as addresses have them.

    >>> plain("žąsė")
    'zase'
    """
    return text.translate(_FOLD)


def _address(text: str, names: Container[str]) -> str | None:
    words = [word for word in _without_aids(text.split()) if word not in _NOISE]
    table = _pieces() | {(word,): plain(word) for word in words if word in names and (word,) not in _pieces()}
    return _read(words, table, digits=True)


def spell(text: str) -> str:
    """Letters, digits and signs by their usual names; raises KeyError for a character without one.

    >>> spell("jp-1@inbox.lt")
    'jot pė brūkšnys vienas eta i en bė o iks taškas el tė'
    """
    return " ".join(_names(char)[0] for char in text)


def dictated(text: str) -> str:
    """For who writes it down: each letter, digit and sign by its name with a pause after it, words further apart.

    A letter of another alphabet is named as the Latin one under its marks; what has no name is left out.

    >>> dictated("Ona Šaltė"), dictated("+370 (6)"), dictated("Łódź")
    ('o, en, a. eš, a, el, tė, ė', 'plius, trys, septyni, nulis. šeši', 'el, o, dė, zė')
    """
    words = ([name for char in word if (name := _named(char))] for word in text.lower().split())
    return ". ".join(", ".join(names) for names in words if names)


def spelling_words() -> tuple[str, ...]:
    """Every phrase that can be a piece of a spelled address: letters, signs, providers, aids.

    >>> {"i ilgoji", "eta", "džimeil", "a kaip antanas"} <= set(spelling_words())
    True
    """
    aids = [f"{LETTERS[letter][0]} kaip {name}" for letter, name in AIDS.items()]
    return tuple(dict.fromkeys([*(" ".join(said) for said in _pieces()), *aids]))


def _named(char: str) -> str:
    if char == "+":
        return "plius"  # before a number; "pliusas" is the sign in an address
    plain = unicodedata.normalize("NFD", char)[0] if char not in LETTERS else char
    try:
        return _names(_LATIN.get(plain, plain))[0]
    except KeyError:
        return ""


def _names(char: str) -> tuple[str, ...]:
    if char in "0123456789":
        return (_DIGITS[int(char)],)
    return LETTERS.get(char) or _SIGNS[char]


_LATIN: Final = {"ł": "l", "ß": "s", "ø": "o", "đ": "d", "æ": "e"}
_DIGITS: Final = ("nulis", "vienas", "du", "trys", "keturi", "penki", "šeši", "septyni", "aštuoni", "devyni")


def _without_aids(words: list[str]) -> list[str]:
    """The words without "kaip Antanas" after a letter."""
    kept: list[str] = []
    rest = iter(range(len(words)))
    for at in rest:
        if words[at] == "kaip" and kept and at + 1 < len(words) and words[at + 1] in _aid_words():
            next(rest)
        else:
            kept.append(words[at])
    return kept


def _read(words: list[str], table: dict[tuple[str, ...], str], *, digits: bool) -> str | None:
    """The longest piece first; digits in runs, so that "dvidešimt trys" is 23."""
    text, at = "", 0
    while at < len(words):
        for size in (3, 2, 1):
            piece = table.get(tuple(words[at : at + size]))
            if piece is not None:
                text, at = text + piece, at + size
                break
        else:
            end = at
            while digits and end < len(words) and digits_of(words[end]) is not None:
                end += 1
            run = digits_of(" ".join(words[at:end])) if end > at else None
            if run is None:
                return None
            text, at = text + run, end
    return text
