"""Numbers that are names: telephone numbers in natural groups, codes digit by digit."""

from __future__ import annotations

import re
from typing import Final

from ivr.language.numbers import cardinal, roman
from ivr.language.phones import COUNTRY, is_national
from ivr.language.spelling import LETTERS

# Lengths of well-known codes and how they are cut, so that the listener can follow: a personal code is its century
# and sex, its date of birth, and the rest; a company's code goes by threes.
_CODES: Final = {11: (1, 6, 4), 9: (3, 3, 3), 7: (3, 4), 8: (4, 4), 10: (3, 3, 4), 5: (5,), 4: (4,)}
# Vilnius has a code of one digit, four towns one of two, everything else three.
_VILNIUS: Final = (1, 3, 2, 2)
_TOWNS: Final = frozenset({"37", "41", "45", "46"})
_TOWN: Final = (2, 2, 2, 2)
_OTHERS: Final = (3, 2, 3)
_SHORT: Final = {3: (3,), 4: (2, 2), 5: (2, 3), 6: (2, 2, 2), 7: (3, 2, 2)}
_CODE_PIECES: Final = re.compile(r"\d+|[a-ząčęėįšųūž]+", re.IGNORECASE)
_SPOKEN_WHOLE: Final = 3


def digit_words(digits: str) -> str:
    """A code digit by digit, with a pause between its parts. Raises ValueError when it has other characters.

    >>> digit_words("38503051234")
    'trys, aštuoni penki nulis trys nulis penki, vienas du trys keturi'
    >>> digit_words("302676537"), digit_words("05")
    ('trys nulis du, šeši septyni šeši, penki trys septyni', 'nulis penki')
    """
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"{len(digits)} characters are not all digits")
    sizes = _CODES.get(len(digits)) or tuple(min(3, len(digits) - at) for at in range(0, len(digits), 3))
    return ", ".join(" ".join(cardinal(int(digit)) for digit in group) for group in _cut(digits, sizes))


def code_words(code: str) -> str:
    """A code of letters and digits: letters by their names, short numbers whole, long ones digit by digit.

    >>> code_words("A1-120/V-346"), code_words("LT-09108")
    ('a vienas, šimtas dvidešimt, vė, trys šimtai keturiasdešimt šeši', 'el tė, nulis devyni vienas nulis aštuoni')
    """
    said: list[str] = []
    for part in re.split(r"[-/.–\s]+", code):
        words = [_code_piece(piece) for piece in _CODE_PIECES.findall(part)]
        if any(words):
            said.append(" ".join(word for word in words if word))
    return ", ".join(said)


def phone_words(number: str) -> str:
    """A telephone number in the groups in which it is usually said; "plius" for the country, pauses between groups.

    >>> phone_words("+370 612 34567")
    'plius trys septyni nulis, šeši šimtai dvylika, trisdešimt keturi, penki šimtai šešiasdešimt septyni'
    >>> phone_words("8 5 250 0883"), phone_words("1883").split(",")[0]
    ('aštuoni, penki, du šimtai penkiasdešimt, nulis aštuoni, aštuoniasdešimt trys', 'aštuoniolika')
    """
    digits = re.sub(r"\D", "", number)
    head: list[str] = []
    if number.lstrip().startswith("+"):
        head = (
            ["plius " + " ".join(cardinal(int(digit)) for digit in COUNTRY)]
            if digits.startswith(COUNTRY)
            else ["plius"]
        )
        digits = digits.removeprefix(COUNTRY)
    elif len(digits) == 9 and digits[0] in "80" and is_national(digits[1:]):
        head, digits = [cardinal(int(digits[0]))], digits[1:]
    if len(digits) == 8 and is_national(digits):
        sizes: tuple[int, ...] = _VILNIUS if digits[0] == "5" else _TOWN if digits[:2] in _TOWNS else _OTHERS
    else:
        sizes = _SHORT.get(len(digits)) or tuple(min(3, len(digits) - at) for at in range(0, len(digits), 3))
    return ", ".join([*head, *(_group(group) for group in _cut(digits, sizes))])


def _group(digits: str) -> str:
    """Leading zeros one by one, the rest as a number."""
    rest = digits.lstrip("0")
    words = [cardinal(0)] * (len(digits) - len(rest))
    return " ".join([*words, *([cardinal(int(rest))] if rest else [])])


def _code_piece(piece: str) -> str:
    if piece.isdigit():
        return _group(piece) if len(piece) <= _SPOKEN_WHOLE and piece[0] != "0" else digit_words(piece)
    number = roman(piece) if len(piece) > 1 else None
    if number is not None:
        return cardinal(number)
    return " ".join(LETTERS[letter][0] for letter in piece.lower() if letter in LETTERS)


def _cut(digits: str, sizes: tuple[int, ...]) -> list[str]:
    groups, at = [], 0
    for size in sizes:
        groups.append(digits[at : at + size])
        at += size
    return [group for group in groups if group]
