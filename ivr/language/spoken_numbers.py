"""From spoken numbers back to values: one number, or a string of digits said in groups.

Callers say a code digit by digit ("nulis penki"), in groups ("dvidešimt trys, šimtas dvylika"), or mixed.
"dvidešimt trys" may be 23 or 20 and 3; a known length decides, and where two readings of that length remain
nothing is understood: asking again is better than guessing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from ivr.language.declension import decline_plural
from ivr.language.numbers import cardinal_words, ordinal_words, scale_words

# Longest string that is read; a longer one is no code that anybody is asked for.
MAX_DIGITS: Final = 24
# "devyni šimtai devyniasdešimt devyni milijardai …": no number has more words.
_LONGEST: Final = 24


def number_of(text: str, *, ordinal: bool = False) -> int | None:
    """The number that the whole text says, below 10¹², or None. ``ordinal``: its last word may be an ordinal.

    >>> number_of("du tūkstančiai penki"), number_of("dvidešimt trečią", ordinal=True), number_of("penki šeši")
    (2005, 23, None)
    >>> number_of("dviejų milijonų trijų šimtų tūkstančių vieno"), number_of("milijonai")
    (2300001, None)
    """
    words = text.split()
    if len(words) > _LONGEST:
        return None
    values = {value for value, end in _numbers(words, 0, ordinal) if end == len(words)}
    return values.pop() if len(values) == 1 else None


def digits_of(text: str, length: int | None = None) -> str | None:
    """The digits that the text says, or None. Without a length tens and hundreds are joined with what follows.

    >>> digits_of("nulis penki dvidešimt trys"), digits_of("dvidešimt trys", 3), digits_of("keturi taip")
    ('0523', '203', None)
    """
    words = text.split()
    if length is None:
        return _joined(words)
    readings = digit_readings(text, length)
    return readings.pop() if len(readings) == 1 else None


def digit_readings(text: str, length: int) -> set[str]:
    """All strings of so many digits that the text may mean.

    >>> sorted(digit_readings("dvidešimt trys keturiasdešimt penki", 5))
    ['20345', '23405']
    """
    words = text.split()
    if length > MAX_DIGITS or len(words) > 2 * length:
        return set()
    memory: dict[tuple[int, int], set[str]] = {}

    def rest(at: int, left: int) -> set[str]:
        if at == len(words):
            return {""} if left == 0 else set()
        if (at, left) not in memory:
            found: set[str] = set()
            for value, end in _below_thousand(words, at, ordinal=False):
                said = str(value)
                if len(said) <= left:
                    found |= {said + tail for tail in rest(end, left - len(said))}
            memory[at, left] = found
        return memory[at, left]

    return rest(0, length)


def may_go_on(text: str) -> bool:
    """Whether the last word is one that a caller often goes on from: tens, hundreds, thousands.

    >>> may_go_on("keturi dvidešimt"), may_go_on("keturi penki"), may_go_on("du šimtai")
    (True, False, True)
    """
    words = text.split()
    value = cardinal_words().get(words[-1]) if words else None
    return value is not None and value >= 20


def _joined(words: Sequence[str]) -> str | None:
    digits, at = "", 0
    while at < len(words):
        numbers = [(end, value) for value, end in _below_thousand(words, at, ordinal=False)]
        if not numbers:
            return None
        at, value = max(numbers)
        digits += str(value)
    return digits if 0 < len(digits) <= MAX_DIGITS else None


@lru_cache(maxsize=1)
def _plural_scales() -> frozenset[str]:
    """Hundreds, thousands and millions that need a count before them: "šimtai"."""
    nouns = ("šimtas", "tūkstantis", "milijonas", "milijardas")
    return frozenset(form for noun in nouns for form in decline_plural(noun).values())


def _numbers(words: Sequence[str], at: int, ordinal: bool, scale: int = 10**9) -> Iterator[tuple[int, int]]:
    """Every number below a thousand scales that begins at word ``at``, with the index after its last word."""
    if scale == 1:
        yield from _below_thousand(words, at, ordinal)
        return
    yield from _numbers(words, at, ordinal, scale // 1000)
    for count, end in _below_thousand(words, at, ordinal=False):
        if count > 1 and end < len(words) and scale_words().get(words[end]) == scale:
            yield from _with_rest(words, count * scale, end + 1, ordinal, scale)
    if at < len(words):
        if scale_words().get(words[at]) == scale and words[at] not in _plural_scales():
            yield from _with_rest(words, scale, at + 1, ordinal, scale)
        if scale == 1000 and ordinal and ordinal_words().get(words[at], 0) >= 1000:
            yield ordinal_words()[words[at]], at + 1


def _with_rest(words: Sequence[str], base: int, at: int, ordinal: bool, scale: int) -> Iterator[tuple[int, int]]:
    yield base, at
    for value, end in _numbers(words, at, ordinal, scale // 1000):
        if value > 0:
            yield base + value, end


def _below_thousand(words: Sequence[str], at: int, ordinal: bool) -> Iterator[tuple[int, int]]:
    yield from _below_hundred(words, at, ordinal)
    if at >= len(words):
        return
    value = cardinal_words().get(words[at])
    if value == 100 and words[at] not in _plural_scales():
        hundreds, after = 100, at + 1
    elif value is not None and 2 <= value <= 9 and at + 1 < len(words):
        if ordinal and ordinal_words().get(words[at + 1]) == 100:
            yield value * 100, at + 2
        if words[at + 1] not in _plural_scales() or cardinal_words().get(words[at + 1]) != 100:
            return
        hundreds, after = value * 100, at + 2
    else:
        if ordinal and ordinal_words().get(words[at]) == 100:
            yield 100, at + 1
        return
    yield hundreds, after
    for rest, end in _below_hundred(words, after, ordinal):
        if rest > 0:
            yield hundreds + rest, end


def _below_hundred(words: Sequence[str], at: int, ordinal: bool) -> Iterator[tuple[int, int]]:
    if at >= len(words):
        return
    value = cardinal_words().get(words[at])
    if value is not None and value < 100:
        yield value, at + 1
        if value >= 20 and at + 1 < len(words):
            unit = cardinal_words().get(words[at + 1])
            if unit is not None and 1 <= unit <= 9:
                yield value + unit, at + 2
            unit = ordinal_words().get(words[at + 1])
            if ordinal and unit is not None and 1 <= unit <= 9:
                yield value + unit, at + 2
    if ordinal:
        value = ordinal_words().get(words[at])
        if value is not None and value < 100:
            yield value, at + 1
