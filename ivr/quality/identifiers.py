"""By what else than the number they called from a person is found in calls: numbers and addresses they left. Pure.

Read off what the journal keeps under ``pii_`` keys anyway: the number that was agreed for a message or a callback,
where an answer was sent, a number or an address that was spoken in a sentence or keyed digit by digit. Personal codes
are not among them, because the line never keeps one (X5). Names are not either: they are many people's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from ivr.events import JournalKind
from ivr.people.context import Entry
from ivr.store.schema import PII_PREFIX

_NUMBER: Final = re.compile(r"(?<!\d)\+?\d(?:[ ()\-]{0,2}\d){6,14}(?!\d)")
_ADDRESS: Final = re.compile(r"[^\s@<>,;:„“\"]+@[^\s@<>,;:„“\"]+\.[^\s@<>,;:„“\"]+")
_NATIONAL: Final = re.compile(r"(?:\+?370|[08])(\d{8})")


class How(StrEnum):
    """How a call is somebody's: they called, or their number or address was left in it (perhaps by somebody else)."""

    CALLED = "called"
    NAMED = "named"


def canonical(text: str) -> str:
    """One form of a number (``+370…`` for Lithuanian ones) or of an e-mail address; empty for anything else.

    >>> canonical("8 612 34567"), canonical("0037061234567"), canonical("+370 (612) 34-567")
    ('+37061234567', '+37061234567', '+37061234567')
    >>> canonical("Ona@Pavyzdys.LT."), canonical("ona"), canonical("12")
    ('ona@pavyzdys.lt', '', '')
    """
    text = text.strip()
    if "@" in text:
        found = _ADDRESS.fullmatch(text.rstrip("."))
        return found[0].casefold() if found else ""
    digits = re.sub(r"[^\d+]", "", text)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    if national := _NATIONAL.fullmatch(digits):
        return f"+370{national[1]}"
    return digits if re.fullmatch(r"\+?\d{7,15}", digits) else ""


def spellings(text: str) -> frozenset[str]:
    """Every way in which a trunk may write this number; none for what is no number.

    >>> sorted(spellings("8 612 34567"))
    ['+37061234567', '0037061234567', '061234567', '37061234567', '861234567']
    >>> sorted(spellings("+4915112345678")), sorted(spellings("ona@pavyzdys.lt"))
    (['+4915112345678', '004915112345678', '4915112345678'], [])
    """
    number = canonical(text)
    if not number or "@" in number:
        return frozenset()
    if not number.startswith("+"):
        return frozenset({number})
    national = _NATIONAL.fullmatch(number)
    home = {f"8{national[1]}", f"0{national[1]}"} if national else set()
    return frozenset({number, number[1:], f"00{number[1:]}"} | home)


def identifiers(events: Iterable[Entry]) -> dict[str, How]:
    """Canonical numbers and addresses of a call with how they belong to it; the caller's own number is the stronger."""
    found: dict[str, How] = {}
    keyed = ""
    for event in events:
        if event.kind == JournalKind.TURN_KEY and str(event.data.get("pii_key", "")).isdigit():
            keyed += str(event.data["pii_key"])
            continue
        _add(found, keyed)
        keyed = ""
        if event.kind == JournalKind.CALL_OFFERED and (caller := canonical(str(event.data.get("pii_caller") or ""))):
            found[caller] = How.CALLED
        for text in _personal(event.data):
            _add(found, text)
    _add(found, keyed)
    return found


def _add(found: dict[str, How], text: str) -> None:
    for part in (*_NUMBER.findall(text), *_ADDRESS.findall(text)):
        if one := canonical(part):
            found.setdefault(one, How.NAMED)


def _personal(value: Any, *, under: bool = False) -> Iterable[str]:
    """Every text under a ``pii_`` key, however deep."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _personal(item, under=under or str(key).startswith(PII_PREFIX))
    elif isinstance(value, list):
        for item in value:
            yield from _personal(item, under=under)
    elif under and isinstance(value, str):
        yield value
