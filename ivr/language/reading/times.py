"""Times of the clock: "8:30", "8.30 val.", "nuo 8 iki 17 val."; a number of hours is no time of the clock."""

from __future__ import annotations

from typing import Final

from ivr.language.counting import F
from ivr.language.days import time_words
from ivr.language.declension import Case
from ivr.language.numbers import ordinal
from ivr.language.reading.context import PREPOSITIONS
from ivr.language.reading.tokens import Kind, Reading, Tokens

_DASHES: Final = frozenset("-–—‑")
_HOURS: Final = {"val", "valandą", "valandos", "valandai", "h"}
_CLOCK_PREPOSITIONS: Final = frozenset({"nuo", "iki", "apie", "prieš", "po"})
_BEFORE_CLOCK: Final = frozenset({"d", "dieną", "diena", "rytoj", "šiandien", "vakar", "ryto", "pirmadienį",
"antradienį",
                                  "trečiadienį", "ketvirtadienį", "penktadienį", "šeštadienį",
                                  "sekmadienį"})  # fmt: skip


_NOON: Final = 12
# "po 24 val. poilsio" are hours spent.
_SPENT: Final = frozenset({"poilsio", "darbo", "pertraukos", "nuo", "per", "budėjimo"})
_EVENTS: Final = ("ateik", "atvyk", "prasid", "prased", "baigs", "vyks", "susitik", "susitink", "pradž",
"registruok", "ateis",
                  "ateina", "grįž", "išvyk", "paskambin", "skambin", "lauki", "lauks", "atidar", "uždar", "prasidė",
                  "darb")  # fmt: skip


def read_time(tokens: Tokens, at: int) -> Reading | None:
    """A time, or two of them with a dash between.

    >>> from ivr.language.reading.tokens import tokenise
    >>> read_time(tokenise("nuo 8.30 val. iki 17 val."), 1).said, read_time(tokenise("10:00"), 0).said
    ('aštuntos valandos trisdešimt minučių', 'dešimtą valandą')
    >>> read_time(tokenise("iki 17 val."), 1).said, read_time(tokenise("per 24 val."), 1)
    ('septynioliktos valandos', None)
    >>> read_time(tokenise("8–17 val."), 0).said
    'nuo aštuntos iki septynioliktos valandos'
    """
    first, exact = _clock(tokens, at)
    if first is None:
        return None
    second, end = None, at + 1
    if tokens[end].text in _DASHES:
        second, also = _clock(tokens, end + 1, second=True)
        if second is None:
            return None
        exact, end = exact or also, end + 2
    elif (tokens.word(at - 1), tokens.word(end)) in {("nuo", "iki"), ("tarp", "ir")}:
        until, _ = _clock(tokens, end + 1)
        hours = tokens.word(end + 2)
        if until is not None and hours in _HOURS and (tokens[end + 2].text != "valandų"):
            return Reading(_short(first, Case.GENITIVE), end)
    named = tokens.word(end) in _HOURS
    if not named and tokens[at].kind is not Kind.TIME and not (second and exact and tokens[at].kind is Kind.DOTTED):
        return None
    if named and not exact and not _is_clock(tokens, at, end):
        return None
    if named:
        end = tokens.after_dot(end + 1) if tokens.word(end) in {"val", "h"} else end + 1
    case = PREPOSITIONS.get(tokens.word(at - 1), Case.ACCUSATIVE)
    if tokens.word(at - 1) == "ir" and tokens.word(at - 3) == "tarp":
        case = Case.GENITIVE
    if tokens.word(at - 1) == "po":
        case = Case.GENITIVE
    if second is not None:
        opening = "" if tokens.word(at - 1) == "nuo" else "nuo "
        return Reading(f"{opening}{_short(first, Case.GENITIVE)} iki {time_words(*second, Case.GENITIVE)}", end)
    return Reading(time_words(*first, case), end)


def _short(time: tuple[int, int], case: Case) -> str:
    """The hour alone when it is whole: its noun comes with the second time."""
    hour, minute = time
    return time_words(hour, minute, case) if minute or not hour else ordinal(hour, case, F)


def _clock(tokens: Tokens, at: int, *, second: bool = False) -> tuple[tuple[int, int] | None, bool]:
    """Hour and minute, and whether they can be nothing else."""
    token = tokens[at]
    if token.kind is Kind.TIME:
        hour, minute = token.text.split(":")
        return (int(hour), int(minute)), True
    if token.kind is Kind.DOTTED:
        hour, _, minute = token.text.partition(".")
        if len(hour) <= 2 and len(minute) == 2 and minute.isdigit() and int(hour) <= 24 and int(minute) < 60:
            follows = (
                second
                or tokens.word(at + 1) in _HOURS
                or tokens[at + 1].text in _DASHES
                or tokens.word(at + 1) == "iki"
            )
            return ((int(hour), int(minute)), True) if follows else (None, False)
    if token.kind is Kind.NUMBER and token.text.isdigit() and len(token.text) <= 2 and int(token.text) <= 24:
        return (int(token.text), 0), False
    return None, False


def _is_clock(tokens: Tokens, at: int, end: int) -> bool:
    """Whether "17 val." is a time: between times, or behind a day; otherwise it is a number of hours."""
    before = tokens.word(at - 1) or tokens.word(at - 2)
    if tokens[at + 1].text in _DASHES:
        return tokens.word(at - 1) not in {"po", "per", "už"}
    if tokens.word(end) in {"valandą", "valandos", "valandai"}:
        return int(tokens[at].text) % 10 != 1 or before in _CLOCK_PREPOSITIONS - {"po"}
    if tokens.word(at - 1) == "ir" and tokens.word(at - 3) == "tarp":
        return True
    if tokens.word(at - 1) == "po":
        return int(tokens[at].text) > _NOON and tokens.word(tokens.after_dot(end + 1)) not in _SPENT
    return before in {"nuo", "iki"} or before in _BEFORE_CLOCK or before.startswith(_EVENTS)
