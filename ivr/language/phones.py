"""Telephone numbers of Lithuania, spoken and heard.

A number has eight digits after +370; callers begin with +370, with the older trunk prefix 8, the present one 0,
or with none, and say the rest digit by digit or in groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ivr.language.numbers import cardinal
from ivr.language.spoken_numbers import digit_readings

COUNTRY: Final = "370"
NATIONAL_DIGITS: Final = 8
_PREFIXES: Final = ("", "8", "0", COUNTRY, f"00{COUNTRY}")
_PREFIX_WORDS: Final = 5
_NATIONAL: Final = re.compile(f"(?!{COUNTRY})[3-6][0-9]{{7}}|[789]0[0-9]{{6}}")
_GROUPS: Final = ((3, 2, 3), (3, 3, 2), (1, 3, 2, 2), (2, 2, 2, 2))


def is_national(digits: str) -> bool:
    """Eight digits that can follow +370: 3–6 for places and mobiles, 70, 80 and 90 for services; 370 is no place.

    >>> is_national("61234567"), is_national("80012345"), is_national("86123456"), is_national("6123456")
    (True, True, False, False)
    """
    return _NATIONAL.fullmatch(digits) is not None


def phone_of(text: str) -> str | None:
    """The number as +370…, or None when the words are no Lithuanian number or two different ones.

    >>> phone_of("aštuoni šeši šimtai dvylika trisdešimt keturi penki šimtai šešiasdešimt septyni")
    '+37061234567'
    >>> phone_of("plius trys septyni nulis šeši vienas du trys keturi penki šeši septyni")
    '+37061234567'
    """
    words = [word for word in text.split() if word != "plius"]
    found: set[str] = set()
    # A prefix ends where a word ends, so that "aštuoni šimtai" never counts as one.
    for end in range(min(len(words), _PREFIX_WORDS) + 1):
        head, tail = " ".join(words[:end]), " ".join(words[end:])
        if any(prefix in digit_readings(head, len(prefix)) for prefix in _PREFIXES):
            found |= {national for national in digit_readings(tail, NATIONAL_DIGITS) if is_national(national)}
    return f"+{COUNTRY}{found.pop()}" if len(found) == 1 else None


def phone_of_digits(digits: str) -> str | None:
    """The number as +370… of keyed digits, with or without a prefix; None when they are no Lithuanian number.

    >>> phone_of_digits("061234567"), phone_of_digits("37061234567"), phone_of_digits("612345")
    ('+37061234567', '+37061234567', None)
    """
    for prefix in _PREFIXES:
        national = digits.removeprefix(prefix)
        if len(digits) == len(prefix) + NATIONAL_DIGITS and digits.startswith(prefix) and is_national(national):
            return f"+{COUNTRY}{national}"
    return None


def spoken_phone(number: str) -> str:
    """How the line reads a number back: digit by digit, "plius" for the country.

    >>> spoken_phone("+37061234567")
    'plius trys septyni nulis šeši vienas du trys keturi penki šeši septyni'
    """
    return " ".join("plius" if char == "+" else cardinal(int(char)) for char in number)


def spoken_phones(national: str) -> Iterator[str]:
    """Ways in which callers say a number of eight digits: by digit or in groups, with each prefix.

    >>> "nulis šeši šimtai dvylika trisdešimt keturi penki šimtai šešiasdešimt septyni" in spoken_phones("61234567")
    True
    """
    tails = [" ".join(cardinal(int(digit)) for digit in national), *(_grouped(national, sizes) for sizes in _GROUPS)]
    heads = ("", "aštuoni ", "nulis ", "plius trys septyni nulis ", "plius trys šimtai septyniasdešimt ")
    for head in heads:
        for tail in tails:
            yield head + tail


def _grouped(digits: str, sizes: tuple[int, ...]) -> str:
    words, at = [], 0
    for size in sizes:
        group = digits[at : at + size]
        at += size
        zeros = len(group) - len(group.lstrip("0"))
        words += [cardinal(0)] * zeros
        if group[zeros:]:
            words.append(cardinal(int(group)))
    return " ".join(words)
