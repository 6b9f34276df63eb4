"""Eleven digits in a row, spoken or written: a whole personal code, which nobody asks for and nothing keeps."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ivr.language.numbers import cardinal_words
from ivr.language.spoken_numbers import digit_readings

CODE_DIGITS: Final = 11
_SHOWN_KEYS: Final = 4
_RUN_PAUSE_S: Final = 6.0
_WRITTEN: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){10}(?!\d)")


def without_codes(text: str, mask: str) -> str:
    """The text with every run of numbers that may be a personal code replaced.

    >>> without_codes("mano kodas trys aštuoni penki nulis vienas nulis vienas vienas du trys keturi ačiū", "•")
    'mano kodas • ačiū'
    >>> without_codes("kodas 38501011234 ir telefonas 061234567", "•")
    'kodas • ir telefonas 061234567'
    >>> without_codes("nulis šeši vienas du trys keturi penki šeši septyni", "•")
    'nulis šeši vienas du trys keturi penki šeši septyni'
    """
    kept: list[str] = []
    run: list[str] = []
    for word in [*_WRITTEN.sub(mask, text).split(" "), ""]:
        if word in _number_words():
            run.append(word)
            continue
        kept += [mask] if _may_be_code(run) else run
        run = []
        kept.append(word)
    return " ".join(kept[:-1])


class KeyedCode:
    """Keys one after another: from the fifth digit of a run on they may be a code's, and are not written down.

    A telephone number that is asked for is keyed where all keys are personal data anyway.

    >>> run = KeyedCode()
    >>> "".join("." if run.hides(key, at=0.5 * number) else key for number, key in enumerate("38501011234"))
    '3850.......'
    >>> run.hides("1", at=60.0)
    False
    """

    def __init__(self) -> None:
        self._run, self._last = 0, float("-inf")

    def hides(self, key: str, at: float) -> bool:
        """Whether this key, pressed at ``at`` (seconds), is part of a run that is too long for a menu."""
        going_on = key.isdigit() and at - self._last < _RUN_PAUSE_S
        self._run = self._run + 1 if going_on else int(key.isdigit())
        self._last = at
        return self._run > _SHOWN_KEYS


def _may_be_code(run: list[str]) -> bool:
    """Also with more than eleven digits: a code and a number behind it."""
    if len(run) >= CODE_DIGITS:
        return True
    return bool(run) and any(digit_readings(" ".join(run), length) for length in (CODE_DIGITS, CODE_DIGITS + 1))


@lru_cache(maxsize=1)
def _number_words() -> frozenset[str]:
    return frozenset(cardinal_words())
