"""What the unheard voices say and what the ear expects of them, the same at every call.

Digits, months and dates are whole sets; names are 200 of the public lists, in the
nominative; open questions are those that the language model never saw.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from typing import Final

from ivr.language.given_names import given_names
from ivr.language.surnames import surnames
from scripts.train_asr.lm.corpus import HELD_OUT, lines
from scripts.train_asr.texts import DIGITS, MONTHS, MONTHS_OF, day

KINDS: Final = ("digits", "months", "dates", "names", "open")
NAMES: Final = 200
DATES: Final = 100
DIGIT_ROUNDS: Final = 2  # each digit in each voice so many times
_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SEED: Final = 1883


@cache
def grammar(kind: str) -> tuple[str, ...]:
    """All phrases that a kind's answer may be; empty for open questions. Raises KeyError for another kind."""
    return {
        "digits": lambda: tuple(DIGITS),
        "months": lambda: tuple(MONTHS),
        "dates": lambda: tuple(
            f"{month} {day(number)}"
            for month, days in zip(MONTHS_OF, _DAYS, strict=True)
            for number in range(1, days + 1)
        ),
        "names": _names,
        "open": tuple,
    }[kind]()


@cache
def texts(kind: str) -> tuple[str, ...]:
    """What is said, clip after clip. Raises KeyError for another kind."""
    if kind == "open":
        return tuple(lines(HELD_OUT))
    said = grammar(kind)
    if kind == "dates":
        return tuple(random.Random(_SEED).sample(said, DATES))
    return said


def spoken_by(kind: str, voices: Sequence[str]) -> list[tuple[str, str]]:
    """Texts with their voices: digits and months in every voice, the others in turn, so that no voice says more."""
    said = texts(kind)
    if kind == "digits":
        return [(text, voice) for _ in range(DIGIT_ROUNDS) for voice in voices for text in said]
    if kind == "months":
        return [(text, voice) for voice in voices for text in said]
    return [(text, voices[number % len(voices)]) for number, text in enumerate(said)]


def _names() -> tuple[str, ...]:
    """Half given names, half surnames, each in the nominative; all of them are in the lexicon."""
    chance = random.Random(_SEED)
    chosen: list[str] = []
    for public in (given_names(), surnames()):
        listed = sorted({name.lower() for name in public} - set(chosen))
        chosen += chance.sample(listed, NAMES // 2)
    return tuple(sorted(chosen))
