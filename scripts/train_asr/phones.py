"""Sounds of the recogniser: 33 phones, Lithuanian spelling to phones, Kaldi's numbering of positions.

Every phone has one kind of state: the first output frame of a phone emits its
"enter" score, every further frame its "stay" score (Kaldi's chain topology), so
the network has two outputs for each phone. Stress and softness are not written:
speakers differ in both, and grammars don't need them.
"""

from __future__ import annotations

import re
from typing import Final

# Silence comes first: conf/model.conf names it as phone 1.
PHONES: Final = tuple("SIL a ā b c č d e ē ė f g h i y j k l m n o uo ie p r s š t u ū v z ž".split())  # noqa: SIM905
INDEX: Final = {phone: index for index, phone in enumerate(PHONES)}
OUTPUTS: Final = 2 * len(PHONES)
POSITIONS: Final = "BEIS"  # begin, end, internal, single: only so that Vosk's word times are right
# Silence has one position, every other phone four; Kaldi counts phones from 1.
POSITIONED: Final = 1 + 4 * (len(PHONES) - 1)

# Said alone, the short open "u" of "du" is nearer to "o" than to the "u" of other words.
OTHERWISE: Final[dict[str, tuple[tuple[str, ...], ...]]] = {"du": (("d", "o"),)}

WORD: Final = re.compile("[aąbcčdeęėfghiįyjklmnoprsštuųūvzžqwx]+")
_SPELLED: Final = {"ą": "ā", "ę": "ē", "į": "y", "ų": "ū", "x": "k s", "w": "v", "q": "k"}
_SOFTENED: Final = "aąoouųū"


def pronounce(word: str) -> tuple[str, ...]:
    """Phones of a word by Lithuanian spelling.

    "ch" is one sound, "uo" and "ie" are one unit, and an "i" before a back vowel
    only marks softness. Raises ValueError for a letter that no rule knows.
    """
    letters = word.lower()
    phones: list[str] = []
    at = 0
    while at < len(letters):
        pair = letters[at : at + 2]
        if pair == "ch":
            phones.append("h")
            at += 2
        elif pair in ("uo", "ie"):
            phones.append(pair)
            at += 2
        elif letters[at] == "i" and at and pair[1:] and pair[1] in _SOFTENED:
            at += 1
        else:
            phones += _SPELLED.get(letters[at], letters[at]).split()
            at += 1
    unknown = [phone for phone in phones if phone not in INDEX]
    if unknown or not phones:
        raise ValueError(f"{word!r} can't be pronounced: no sound for {' '.join(unknown) or 'nothing'}")
    return tuple(phones)


def pronunciations(word: str) -> tuple[tuple[str, ...], ...]:
    """All ways to say a word: as it is spelled, and what ``OTHERWISE`` adds. Raises what ``pronounce`` raises."""
    return (pronounce(word), *OTHERWISE.get(word.lower(), ()))


def kaldi_phone(phone: str, position: str) -> int:
    """Kaldi's id (from 1) of a phone in a word position; silence has only one."""
    return 1 if phone == PHONES[0] else 2 + 4 * (INDEX[phone] - 1) + POSITIONS.index(position)


def base_phone(kaldi_id: int) -> int:
    """Index into PHONES of a Kaldi phone id."""
    return 0 if kaldi_id == 1 else 1 + (kaldi_id - 2) // 4


def positioned(phones: tuple[str, ...]) -> list[int]:
    """Kaldi's ids of a word's phones."""
    last = len(phones) - 1
    return [
        kaldi_phone(phone, "S" if not last else "B" if not at else "E" if at == last else "I")
        for at, phone in enumerate(phones)
    ]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, punctuation left out."""
    return WORD.findall(text.lower())
