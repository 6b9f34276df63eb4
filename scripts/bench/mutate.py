"""Inputs that are nearly right: mutations of good ones, the same for the same random numbers. Pure."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Sequence
from typing import Any, Final

_WILD_NUMBERS: Final = (b"-1", b"0", b"255", b"65536", b"2147483648", b"4294967296", b"99999999999999999999", b"1e999")
_WILD_BYTES: Final = (
    b"\0", b"\r\n", b"\r\n\r\n", b"\n ", b"%00", b"%n%s", b'"', b"<", b">", b";", b",", b"=", b"\\", b"\xff\xfe",
    b"\xc0\xaf", b"A" * 300, b"../../", b"{" * 50, b"[" * 50, "„ąčęėįšųūž“".encode(), b"\xf0\x9f\x92\xa5", b"=1+1",
    b"<script>", b"' OR 1=1--",
)  # fmt: skip
_WILD_VALUES: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 1e308, float("nan"), 2**63, 2**200, "", "x", "x" * 5000, [], {}, [[]], {"": None}, "\0",
    "2026-02-30",
)  # fmt: skip
_MOST: Final = 60_000


def bytes_like(chance: random.Random, whole: bytes, others: Sequence[bytes]) -> bytes:
    """One to four changes of ``whole``; ``others`` give pieces that could belong there."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        whole = _changed(chance, whole, others)
    return whole[:_MOST]


def _changed(chance: random.Random, whole: bytes, others: Sequence[bytes]) -> bytes:
    if not whole:
        return chance.randbytes(chance.randint(1, 200))
    at = chance.randrange(len(whole))
    upto = min(len(whole), at + chance.choice((1, 2, 8, 40, 400)))
    match chance.randrange(9):
        case 0:  # bits
            changed = bytearray(whole)
            for _ in range(chance.randint(1, 12)):
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            return bytes(changed)
        case 1:  # cut off, or cut out
            return whole[:at] + (whole[upto:] if chance.random() < 0.7 else b"")
        case 2:  # said twice
            return whole[:upto] + whole[at:]
        case 3:  # something that means something
            return whole[:at] + chance.choice(_WILD_BYTES) + whole[at if chance.random() < 0.5 else upto :]
        case 4:  # a number that nobody expects
            return _one_of(chance, rb"\d+", whole, chance.choice(_WILD_NUMBERS))
        case 5:  # lines change places
            lines = whole.split(b"\n")
            chance.shuffle(lines)
            return b"\n".join(lines)
        case 6:  # a line is gone or doubled
            lines = whole.split(b"\n")
            number = chance.randrange(len(lines))
            lines[number : number + 1] = [] if chance.random() < 0.5 else [lines[number]] * chance.choice((2, 3, 80))
            return b"\n".join(lines)
        case 7:  # half of another
            other = chance.choice(others) if others else whole
            return whole[:at] + other[chance.randrange(len(other) + 1) :]
        case _:  # a word of another takes a word's place
            words = re.findall(rb"[\w@.:-]+", chance.choice(others) if others else whole)
            return _one_of(chance, rb"[\w@.:-]+", whole, chance.choice(words) if words else b"")


def _one_of(chance: random.Random, pattern: bytes, whole: bytes, instead: bytes) -> bytes:
    found = list(re.finditer(pattern, whole))
    if not found:
        return whole + instead
    one = chance.choice(found)
    return whole[: one.start()] + instead + whole[one.end() :]


def json_like(chance: random.Random, value: Any) -> Any:
    """A JSON value with one or two places of another type, gone, or new."""
    value = json.loads(json.dumps(value))
    for _ in range(chance.choice((1, 1, 2))):
        value = _elsewhere(chance, value)
    return value


def _elsewhere(chance: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(list(value))
        match chance.randrange(6):
            case 0:
                del value[key]
            case 1:
                value[chance.choice(("", "kind", "x", "__class__", key + "x"))] = _wild(chance)
            case _:
                value[key] = _elsewhere(chance, value[key])
        return value
    if isinstance(value, list) and value and chance.random() < 0.7:
        at = chance.randrange(len(value))
        value[at] = _elsewhere(chance, value[at])
        return value
    return _wild(chance)


def _wild(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(_WILD_VALUES))  # whoever gets it may change it


def json_line(chance: random.Random, value: Any) -> bytes:
    """A line that holds a changed value, or is hardly JSON."""
    if chance.random() < 0.7:
        return json.dumps(json_like(chance, value), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return bytes_like(chance, json.dumps(value).encode(), ())
