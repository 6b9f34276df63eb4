"""The check digit of a Lithuanian personal code, so that made-up people have codes of the right form.

The last four digits are three of a serial number and the check digit, which the ten digits before it determine: to
somebody who knows a birthday and sex they hold ten bits, not thirteen.
"""

from __future__ import annotations

from typing import Final

_FIRST: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)
_SECOND: Final = (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)


def check_digit(ten: str) -> int:
    """The eleventh digit. Raises ValueError when ``ten`` is not ten digits.

    >>> check_digit("3330924006"), check_digit("5010101000")
    (4, 9)
    """
    if len(ten) != 10 or not ten.isascii() or not ten.isdigit():
        raise ValueError("a personal code has ten digits before its check digit")
    for weights in (_FIRST, _SECOND):
        rest = sum(int(digit) * weight for digit, weight in zip(ten, weights, strict=True)) % 11
        if rest < 10:
            return rest
    return 0


def is_personal_code(code: str) -> bool:
    """Eleven digits with a right check digit.

    >>> is_personal_code("33309240064"), is_personal_code("33309240063"), is_personal_code("3330924006")
    (True, False, False)
    """
    return len(code) == 11 and code.isascii() and code.isdigit() and check_digit(code[:10]) == int(code[10])
