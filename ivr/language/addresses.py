"""E-mail and web addresses as they are said: known names whole, what can't be pronounced letter by letter."""

from __future__ import annotations

import re
from typing import Final

from ivr.language.numbers import cardinal
from ivr.language.reading.cleaning import clean
from ivr.language.spelling import LETTERS, PROVIDERS, spell

_SIGNS: Final = {
    "-": "brūkšnelis",
    "_": "apatinis brūkšnys",
    "+": "plius",
    ".": "taškas",
    "@": "eta",
    "/": "pasvirasis brūkšnys",
}
_WHOLE: Final = {
    "lt": "el tė", "eu": "e u", "ltd": "el tė dė", "gov": "gov", "lrv": "el er vė", "lrs": "el er es", "tv": "tė vė",
    "uzt": "u zė tė", "www": "vė vė vė", "edu": "edu", "epaslaugos": "e paslaugos", "esodra": "e sodra",
    "youtube": "jutub", "facebook": "feisbuk", "google": "gugl", "linkedin": "linkedin", "eures": "eures",
}  # fmt: skip
_VOWELS: Final = frozenset("aąeęėiįyouųū")
# Three consonants or vowels in a row are no word that a listener could write down; "str" and the like are.
_CLUSTER: Final = re.compile(r"[bcdfghjklmnprstvzšžčqwx]{4}|[aeiouy]{4}|^[bcdfghjklmnpqrtvwxz]{3}|[qwx]")
_PIECES: Final = re.compile(r"[a-ząčęėįšųūž]+|\d+|[^\w\s]|_", re.IGNORECASE)
_MAX_PATH: Final = 30
_MAX_SEGMENTS: Final = 2


def email_words(address: str) -> str:
    """An e-mail address; ``spelling.email_of`` reads it back where its names were spelled.

    >>> email_words("info@uzt.lt"), email_words("jonas.p1@gmail.com")
    ('info eta u zė tė taškas el tė', 'jonas taškas pė vienas eta džimeil taškas kom')
    """
    return _said(address)


def web_words(address: str) -> str:
    """A web address without its protocol; a long path is left out, a listener could not note it.

    >>> web_words("https://www.spis.lt/"), web_words("www.e-tar.lt/portal/lt/legalAct/e944ee00")
    ('vė vė vė taškas spis taškas el tė', 'vė vė vė taškas e brūkšnelis tar taškas el tė')
    >>> web_words("http://sglis.sppd.lt:8090"), web_words("uzt.lt/karjera")
    ('sglis taškas es pė pė dė taškas el tė', 'u zė tė taškas el tė pasvirasis brūkšnys karjera')
    """
    host, _, path = re.sub(r"^[a-z]{3,5}://", "", address, flags=re.IGNORECASE).partition("/")
    host = host.split(":")[0]
    segments = [segment for segment in path.split("/") if segment]
    readable = len(path) <= _MAX_PATH and len(segments) <= _MAX_SEGMENTS and not re.search(r"[?=&%\d]", path)
    return _said("/".join([host, *(segments if readable else [])]))


def _said(address: str) -> str:
    said = [_piece(piece.lower()) for piece in _PIECES.findall(clean_letters(address))]
    return " ".join(word for word in said if word)


def _piece(piece: str) -> str:
    if piece in _SIGNS:
        return _SIGNS[piece]
    if piece.isdigit():
        return " ".join(cardinal(int(digit)) for digit in piece)
    if not piece.isalpha():
        return ""
    if piece in _WHOLE:
        return _WHOLE[piece]
    if piece in PROVIDERS:
        return PROVIDERS[piece][0]
    if len(piece) > 2 and not _VOWELS.isdisjoint(piece) and not _CLUSTER.search(piece):
        return piece
    return spell("".join(letter for letter in piece if letter in LETTERS))


def clean_letters(address: str) -> str:
    """The address with letters of other alphabets replaced, Latin q, w and x kept.

    >>> clean_letters("łukasz@x.eu")
    'lukasz@x.eu'
    """
    return "".join(char if char.isascii() else clean(char) for char in address)
