"""Building blocks: words of numbers, dates, times, money and spelling whose sound is ready before any call.

A sentence that is made of blocks alone ("kovo dvidešimt trečią dieną, penkiolika minučių po aštuonių") needs no
synthesiser: its clips are joined. Blocks are spoken without a sign at their end, with which the voice falls least.
What holds a word that is no block is not joined at all: one sentence never mixes joined clips with synthesis.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from ivr.events import FRAME_SAMPLES, SAMPLE_RATE
from ivr.language.dates import MONTHS
from ivr.language.declension import Case, decline, decline_plural
from ivr.language.numbers import TENS, Gender, cardinal, collective, ordinal
from ivr.language.spelling import LETTERS
from ivr.speech import sound

_WORD: Final = re.compile(r"\w+")
_PHRASE: Final = re.compile(r"[^,;:.?!…–]+[,;:.?!…–]*")
_SENTENCE_ENDS: Final = frozenset(".?!…")
_LONGEST_BLOCK: Final = 3  # words
_BETWEEN_S: Final = 0.03
_AFTER_PHRASE_S: Final = 0.2
_AFTER_SENTENCE_S: Final = 0.35
_EDGE_S: Final = 0.02  # of a clip's own silence is left at either end

_NOM_GEN_ACC: Final = (Case.NOMINATIVE, Case.GENITIVE, Case.ACCUSATIVE)
_COUNTED: Final = ("euras", "centas", "minutė", "valanda", "diena", "savaitė", "procentas")
_WEEKDAYS: Final = (
    "pirmadienis", "antradienis", "trečiadienis", "ketvirtadienis", "penktadienis", "šeštadienis", "sekmadienis",
)  # fmt: skip
_WORDS: Final = (
    "nuo", "iki", "per", "po", "apie", "ir", "arba", "prieš", "be", "kablelis", "minus", "plius", "metų", "maždaug",
    "šiandien", "rytoj", "poryt", "vakar", "ryte", "vakare", "ryto", "vakaro", "dieną", "naktį", "lygiai", "pusė",
    "mėnuo", "mėnesio", "mėnesį", "mėnesiai", "mėnesių", "mėnesius", "metai", "metus", "metais",
    "eta", "taškas", "brūkšnys", "apatinis brūkšnys", "pliusas", "inboks", "gmeil", "džimeil", "jahu", "autluk", "kom",
    "didžioji", "mažoji", "dviguba",
)  # fmt: skip


@lru_cache(maxsize=1)
def lithuanian() -> tuple[str, ...]:
    """Every block, without doubles, in a steady order.

    >>> {"trys", "dvidešimt trys", "kovo", "trečiąją", "eurų", "i nosinė"} <= set(lithuanian())
    True
    """
    return tuple(dict.fromkeys(_all()))


def join(text: str, find: Callable[[str], bytes | None]) -> bytes | None:
    """The sound of ``text`` out of blocks, or None when a word of it is none.

    ``find``: PCM of a block by its text, None when it is not there. The longest block that fits is taken.
    """
    parts: list[bytes] = []
    for phrase in _PHRASE.finditer(text):
        words, at = _WORD.findall(phrase[0].lower()), 0
        ends_sentence = phrase[0].rstrip()[-1:] in _SENTENCE_ENDS
        while at < len(words):
            size, pcm = _block(words[at:], find)
            if pcm is None:
                return None
            at += size
            pause = _BETWEEN_S if at < len(words) else _AFTER_SENTENCE_S if ends_sentence else _AFTER_PHRASE_S
            parts += [pcm, bytes(int(pause * SAMPLE_RATE) * 2)]
    return b"".join(parts[:-1]) or None


def _block(words: list[str], find: Callable[[str], bytes | None]) -> tuple[int, bytes | None]:
    for size in range(min(_LONGEST_BLOCK, len(words)), 0, -1):
        pcm = find(" ".join(words[:size]))
        if pcm is not None:
            return size, pcm
    return 1, None


def tight(pcm: bytes) -> bytes:
    """A block's clip without the silence that a prompt has at its ends."""
    before, after = sound.silence_at_edges(sound.to_samples(pcm))
    cut = [max(0, round((edge - _EDGE_S) * SAMPLE_RATE)) for edge in (before, after)]
    whole = len(pcm) // 2 // FRAME_SAMPLES * FRAME_SAMPLES
    return pcm[cut[0] * 2 : (whole - cut[1]) * 2]


def _all() -> Iterator[str]:
    yield from (cardinal(number) for number in range(100))
    for gender in Gender:
        yield from (cardinal(number, case, gender) for number in range(1, 10) for case in _NOM_GEN_ACC)
    yield from (cardinal(number, Case.GENITIVE) for number in range(10, 20))
    yield from (cardinal(hundreds * 100) for hundreds in range(1, 10))
    for word in ("šimtas", "tūkstantis"):
        yield from (decline(word, name=False)[case] for case in _NOM_GEN_ACC)
        yield from (decline_plural(word)[case] for case in _NOM_GEN_ACC)
    yield from (collective(number, case) for number in range(1, 10) for case in _NOM_GEN_ACC)
    last = (*range(1, 21), 30)
    yield from (ordinal(n, case, Gender.FEMININE, definite=True) for case in _NOM_GEN_ACC for n in last)
    yield from (ordinal(n, case, Gender.FEMININE) for case in (Case.GENITIVE, Case.ACCUSATIVE) for n in last)
    yield from (decline(month, name=False)[case] for month in MONTHS for case in _NOM_GEN_ACC)
    yield from (decline(day, name=False)[case] for day in _WEEKDAYS for case in (Case.NOMINATIVE, Case.ACCUSATIVE))
    for noun in _COUNTED:
        yield from (decline(noun, name=False)[case] for case in _NOM_GEN_ACC)
        yield from (decline_plural(noun)[case] for case in _NOM_GEN_ACC)
    yield from (names[0] for names in LETTERS.values())
    yield from (ordinal(n, Case.GENITIVE, plural=True) for n in (*range(1, 20), *TENS, 2000))  # "devynioliktų metų"
    yield "du tūkstančiai"
    yield from _WORDS
