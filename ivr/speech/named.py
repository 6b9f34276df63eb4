"""Grammars that have a name: what a manifest, a command or a configuration may call them by.

The typed grammars of :mod:`ivr.speech.grammars` have one each; ``digits`` is a
string of digits of any length.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from ivr.errors import SpeechError
from ivr.events import Grammar
from ivr.speech.grammars import NAMES, SpokenGrammar, by_name

OPEN: Final = "open"  # open speech: no phrases
DIGITS: Final = ("nulis", "vienas", "du", "trys", "keturi", "penki", "šeši", "septyni", "aštuoni", "devyni")


def names() -> tuple[str, ...]:
    """All names; ``digits:4`` stands for every length."""
    return ("digits", *NAMES)


def is_name(text: str) -> bool:
    """Whether this is a grammar's name rather than words to expect."""
    kind, _, size = text.partition(":")
    return text in names() or (kind == "digits" and size.isdecimal())


def named(name: str) -> Grammar:
    """The grammar of that name. Raises SpeechError, which lists the names that exist."""
    if name == "digits":
        return Grammar(name, DIGITS)
    if not is_name(name):
        raise SpeechError("grammar", f"there is none called {name!r}", f"Use one of {', '.join(names())}")
    return by_name(name, latest_year=datetime.now(UTC).year).listening()


def typed(name: str) -> SpokenGrammar[Any] | None:
    """The typed grammar of that name; None for digits of any length, and for names that a plan made up."""
    return by_name(name, latest_year=datetime.now(UTC).year) if is_name(name) and name != "digits" else None
