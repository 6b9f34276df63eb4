"""Text cut into tokens: words, numbers, dates, addresses, codes, signs, line ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ivr.language.phones import is_national


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    DOTTED = "dotted"
    SUFFIXED = "suffixed"
    CODE = "code"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    LINE = "line"
    SIGN = "sign"


class Token(NamedTuple):
    """A piece of the text; ``glued`` when no space stands before it, ``at`` its offset."""

    kind: Kind
    text: str
    glued: bool
    at: int


class Reading(NamedTuple):
    """What a reader made of tokens up to ``end`` (exclusive); ``fault`` says why it could only guess."""

    said: str
    end: int
    fault: str = ""


_U: Final = "A-ZĄČĘĖĮŠŲŪŽ"
_L: Final = "a-ząčęėįšųūž"  # with q, w and x, which addresses and Roman numerals need
_PATTERN: Final = re.compile(
    rf"""
    (?P<line>[ ]*\n\s*)
  | (?P<space>[ ]+)
  | (?P<email>[\w.+-]{{1,64}}+@\w[\w.-]{{0,100}}\.\w{{2,10}})
  | (?P<address>(?:https?://|ftp://|www\.)[^\s<>„“”"()]+
      | (?<![\w@.])(?:[a-z0-9][a-z0-9-]{{0,40}}\.){{1,4}}(?:lt|eu|com|org|net|info|gov|edu)\b(?![.][a-z])
        (?:/[^\s<>„“”"()]*)?)
  | (?P<date>(?<![\d.-])(?:19|20)\d\d(?P<sep>[-./ ])(?:0[1-9]|1[0-2])(?P=sep)(?:0[1-9]|[12]\d|3[01])(?![\d-]))
  | (?P<phone>(?<![\w-])(?:\+\d(?:[-\ ()~]{{0,2}}\d){{7,12}}|\(?[08](?:[-\ ()~]{{0,2}}\d){{8}})
        (?!\d|,\d|\ ?(?:Eur|eur|€)))
  | (?P<time>(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:]))
  | (?P<code>(?<![\w/])(?=[{_U}\d/.-]{{0,40}}[{_U}])(?=[{_U}/.-]{{0,40}}\d)
        [{_U}\d]{{1,20}}(?:[-/.][{_U}\d]{{1,20}}){{0,8}}(?![{_L}\d])
      | (?<![\w/])\d{{1,6}}(?:[-/]\d{{1,6}}){{2,6}}(?!\d) | (?<![\w/])\d{{3,5}}/\d{{2,5}}(?!\d)
      | (?<![\w/])\d{{4}}-\d{{5,8}}(?!\d))
  | (?P<suffixed>(?<!\w)\d{{1,9}}[-–‑](?=[{_L}])[{_L}]{{1,14}}(?![{_L}]))
  | (?P<dotted>\d+(?:\.\d+)+(?:,\d+)?)
  | (?P<number>\d{{1,3}}(?:[ ]\d{{3}})+(?!\d)(?:,\d+)?|\d+(?:,\d+)?)
  | (?P<word>[{_U}{_L}]+)
  | (?P<sign>->|<\.\.\.>|\.\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Tokens:
    """The tokens of a text, safe to ask beyond both ends."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._nothing = Token(Kind.LINE, "\n", True, -1)
        self._capital_lines = _capital_lines(tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, at: int) -> Token:
        return self._tokens[at] if 0 <= at < len(self._tokens) else self._nothing

    def low(self, at: int) -> str:
        """The text in lower case; a line end is a line feed."""
        token = self[at]
        return "\n" if token.kind is Kind.LINE else token.text.lower()

    def word(self, at: int) -> str:
        """The word in lower case, or nothing when it is none."""
        token = self[at]
        return token.text.lower() if token.kind is Kind.WORD else ""

    def is_capital(self, at: int) -> bool:
        """Whether it is a word that begins with a capital letter."""
        token = self[at]
        return token.kind is Kind.WORD and token.text[0].isupper()

    def shouted(self, at: int) -> bool:
        """Whether the whole line is in capital letters, as headings are."""
        return at in self._capital_lines

    def after_dot(self, at: int) -> int:
        """The position after a full stop that is glued to what stands before ``at``, or ``at``."""
        return at + 1 if self[at].text == "." and self[at].glued else at


def tokenise(text: str) -> Tokens:
    """Cut a cleaned text into tokens.

    >>> tokens = tokenise("2 vaikai, 1 234,50 Eur")
    >>> [tokens[at].text for at in range(len(tokens))]
    ['2', 'vaikai', ',', '1 234,50', 'Eur']
    >>> tokens = tokenise("nuo 2019-01-01 3-oje A1-120/V-346 www.spis.lt 8 612 34567 10:30 3.192")
    >>> [tokens[at].kind.value for at in range(len(tokens))]
    ['word', 'date', 'suffixed', 'code', 'address', 'phone', 'time', 'dotted']
    """
    tokens: list[Token] = []
    glued, at = False, 0
    while at < len(text):
        found = _PATTERN.match(text, at)
        if found is None or found.lastgroup is None:  # every character matches "sign"
            break
        name, end = found.lastgroup, found.end()
        if name == "phone" and not _is_phone(found.group()):
            found = _NO_PHONE.match(text, at) or found
            name, end = ("number", found.end()) if found.group()[0].isdigit() else ("sign", at + 1)
        if name == "space":
            glued, at = False, end
            continue
        piece = text[at:end]
        if name == "address":
            stripped = piece.rstrip(".,;:!?'")
            end, piece = at + len(stripped), stripped
        tokens.append(Token(Kind(name), piece, glued, at))
        glued, at = name != "line", end
    return Tokens(tokens)


_NO_PHONE: Final = re.compile(r"\d{1,3}(?: \d{3})+(?!\d)(?:,\d+)?|\d+(?:,\d+)?|.", re.DOTALL)


def _is_phone(text: str) -> bool:
    """Any number with its country, and those of Lithuania with a trunk prefix."""
    return text.startswith("+") or is_national(re.sub(r"\D", "", text)[1:])


def _capital_lines(tokens: Sequence[Token]) -> frozenset[int]:
    """Positions of words on lines of at least two words, all in capitals."""
    found: set[int] = set()
    line: list[int] = []
    for at, token in enumerate((*tokens, Token(Kind.LINE, "\n", True, -1))):
        if token.kind is Kind.WORD:
            line.append(at)
        elif token.kind is Kind.LINE:
            letters = [tokens[word].text for word in line]
            if len(line) > 1 and all(word.isupper() for word in letters) and max(map(len, letters)) > 3:
                found.update(line)
            line = []
    return frozenset(found)
