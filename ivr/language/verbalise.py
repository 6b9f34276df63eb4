"""Ordinary text in, speakable text out: letters, and pauses written as commas, full stops and question marks.

The text is cleaned and cut into tokens; at each token the readers of ``ivr.language.reading`` are asked in turn, the
most particular first. All of them look a bounded distance, so a text takes time in proportion to its length.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ivr.language.reading.abbreviations import ends_sentence, read_abbreviation
from ivr.language.reading.acronyms import read_acronym, spelled
from ivr.language.reading.cleaning import LITHUANIAN, clean, lithuanian
from ivr.language.reading.dates import read_date
from ivr.language.reading.figures import read_figure
from ivr.language.reading.laws import read_law
from ivr.language.reading.marks import read_item, read_mark, read_optional
from ivr.language.reading.ordinals import read_ordinal
from ivr.language.reading.quantities import read_quantity
from ivr.language.reading.times import read_time
from ivr.language.reading.tokens import Kind, Reading, Token, Tokens, tokenise
from ivr.language.spelling import LETTERS

_WORD_READERS: Final = (read_item, read_law, read_date, read_optional, read_abbreviation, read_ordinal, read_acronym)
_NUMBER_READERS: Final = (read_item, read_law, read_date, read_time, read_ordinal, read_figure, read_quantity)
_SIGN_READERS: Final = (read_item, read_law, read_optional, read_quantity, read_mark)
_VOWELS: Final = frozenset("aąeęėiįyouųū")
_LONGEST_WORD: Final = 45
_SPACES: Final = re.compile(r"\s+")
_BEFORE_PAUSE: Final = re.compile(r"\s+([,.?])")
_PAUSES: Final = re.compile(r"[,.?](?:\s*[,.?])+")
_LEADING: Final = re.compile(r"^[\s,.?]+")
_SPEAKABLE: Final = LITHUANIAN | frozenset(" ,.?")


class Fault(NamedTuple):
    """A piece of the text that can't be said as it is: where, what, and why."""

    at: int
    piece: str
    why: str


class Spoken(NamedTuple):
    """A speakable text, what was left out or only guessed, and the pieces that were not words before."""

    text: str
    faults: tuple[Fault, ...]
    rewritten: tuple[str, ...]


def verbalise(text: str) -> str:
    """The text as an announcer reads it: nothing but Lithuanian letters, spaces, commas, full stops, question marks.

    Never raises; what nobody could say is left out (:func:`unspeakable` tells).

    >>> verbalise("Pagal DK 131 str. 2 d. skiriama 50,16 Eur išmoka.")
    'Pagal Darbo kodeksą skiriama penkiasdešimt eurų šešiolikos centų išmoka.'
    >>> verbalise("Kreipkitės per 5 d. d., t. y. iki lapkričio 22 d.")
    'Kreipkitės per penkias darbo dienas, tai yra iki lapkričio dvidešimt antros dienos.'
    >>> verbalise(""), verbalise("😀 <b>Labas</b>!")
    ('', 'Labas.')
    """
    return speak(text).text


def unspeakable(text: str) -> list[Fault]:
    """What :func:`verbalise` left out or only guessed, in the order of the text.

    >>> [(fault.piece, fault.why) for fault in unspeakable("Labas 😀 brzdk.")]
    [('😀', 'no sign that can be said'), ('brzdk', 'no vowel: spelled letter by letter')]
    >>> unspeakable("Viskas gerai, 5 proc.")
    []
    """
    return list(speak(text).faults)


def speak(text: str) -> Spoken:
    """The speakable text with its faults and with what was rewritten, as ``prompts check`` wants it.

    >>> speak("Nuo 9 val. ir pan.").rewritten
    ('9 val.', 'pan.')
    """
    tokens = tokenise(clean(text))
    said: list[str] = []
    faults: list[Fault] = []
    rewritten: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        reading, plain = _read(tokens, at)
        piece = _source(tokens, at, reading.end)
        if reading.fault:
            faults.append(Fault(token.at, piece, reading.fault))
        if not plain:
            rewritten.append(piece)
        if reading.said:
            stop = "." if reading.end > at + 1 and ends_sentence(tokens, reading.end) else ""
            said.append(reading.said + stop)
        elif token.kind is Kind.LINE:
            said.append(_line(tokens, at, said))
        at = reading.end
    return Spoken(_tidy(" ".join(said)), tuple(faults), tuple(rewritten))


def _read(tokens: Tokens, at: int) -> tuple[Reading, bool]:
    """What to say for the token, and whether it was a plain word or pause."""
    token = tokens[at]
    if token.kind is Kind.LINE:
        return Reading("", at + 1), True
    readers = _READERS.get(token.kind, _NUMBER_READERS)
    for reader in readers:
        reading = reader(tokens, at)
        if reading is not None:
            return reading, token.kind is Kind.SIGN and reading.end == at + 1
    if token.kind is Kind.WORD:
        return _word(tokens, at)
    if token.kind is Kind.SIGN:
        return Reading("", at + 1, "no sign that can be said"), True
    digits = " ".join(spelled(char) or _DIGITS.get(char, "") for char in token.text[:_LONGEST_WORD])
    return Reading(digits, at + 1), False


_READERS: Final = {Kind.WORD: _WORD_READERS, Kind.SIGN: _SIGN_READERS}
_DIGITS: Final = dict(
    zip("0123456789", "nulis vienas du trys keturi penki šeši septyni aštuoni devyni".split(), strict=True)  # noqa: SIM905
)


def _word(tokens: Tokens, at: int) -> tuple[Reading, bool]:
    """A word that no reader rewrites."""
    text = tokens[at].text
    low = text.lower()
    if len(low) == 1 and low not in _VOWELS:
        if low == "x" and tokens[at - 1].kind is Kind.NUMBER and tokens[at + 1].kind is Kind.NUMBER:
            return Reading("kart", at + 1), False
        if low == "x":
            return Reading("padauginti iš", at + 1), False
        return Reading(LETTERS[low][0], at + 1), False
    if _VOWELS.isdisjoint(low):
        return Reading(spelled(low), at + 1, "no vowel: spelled letter by letter"), False
    if len(text) > _LONGEST_WORD:
        return Reading(lithuanian(text[:_LONGEST_WORD]), at + 1, "too long for a word: cut"), False
    if text.isupper() and len(text) > 1:
        first = tokens[at - 1].kind is Kind.LINE
        text = text.capitalize() if first or not tokens.shouted(at) else low
    return Reading(lithuanian(text), at + 1), True


def _line(tokens: Tokens, at: int, said: list[str]) -> str:
    """The end of a line ends a sentence before a new paragraph or list item, otherwise it is a space."""
    if not said:
        return ""
    after: Token = tokens[at + 1]
    wrapped = tokens[at].text.count("\n") < 2 and after.kind is Kind.WORD and not after.text[0].isupper()
    return "" if wrapped else "."


def _source(tokens: Tokens, at: int, end: int) -> str:
    return "".join((" " if not tokens[i].glued and i > at else "") + tokens[i].text for i in range(at, end))


def _tidy(text: str) -> str:
    """One pause where several met, none at the beginning, no space before it."""
    text = _SPACES.sub(" ", text)
    text = _BEFORE_PAUSE.sub(r"\1", text)
    text = _PAUSES.sub(lambda run: _strongest(run.group()), text)
    text = _LEADING.sub("", text)
    return "".join(char for char in text if char.lower() in _SPEAKABLE).rstrip(" ,").lstrip()


def _strongest(pauses: str) -> str:
    return next(pause for pause in "?.," if pause in pauses)
