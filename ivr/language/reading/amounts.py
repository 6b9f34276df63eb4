"""Numbers as they are written: thousands apart, decimals, ranges, "tūkst." and "mln."."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

from ivr.language.numbers import LIMIT
from ivr.language.reading.tokens import Kind, Tokens
from ivr.language.reading.units import SCALES

_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_DASHES: Final = frozenset("-–—‑−")
_MAX_PLACES: Final = 12


class Amount(NamedTuple):
    """One value, or the two ends of a range; ``scale`` is the nominative of "tūkstantis" and the like."""

    low: Decimal
    high: Decimal | None
    scale: str
    end: int

    @property
    def last(self) -> Decimal:
        """The value that stands next to the noun."""
        return self.low if self.high is None else self.high


def amount_at(tokens: Tokens, at: int) -> Amount | None:
    """The amount that begins at ``at``; None for numbers too long to be said as one.

    >>> from ivr.language.reading.tokens import tokenise
    >>> amount_at(tokenise("1 234,50 Eur"), 0)[:2], amount_at(tokenise("18–29 metų"), 0)[:2]
    ((Decimal('1234.50'), None), (Decimal('18'), Decimal('29')))
    >>> amount_at(tokenise("2,5 mln. Eur"), 0)[2:], amount_at(tokenise("007"), 0)
    (('milijonas', 3), None)
    """
    low = value_at(tokens, at)
    if low is None:
        return None
    high, end = None, at + 1
    if tokens[end].text in _DASHES and tokens[end + 1].kind is Kind.NUMBER and _tight(tokens, end):
        high = value_at(tokens, end + 1)
        if high is not None:
            end += 2
    scale = SCALES.get(tokens.low(end), "")
    if scale:
        end = tokens.after_dot(end + 1)
    return Amount(low, high, scale, end)


def value_at(tokens: Tokens, at: int) -> Decimal | None:
    """The number at ``at``, or None when it is none, has a leading zero, or is too long.

    >>> from ivr.language.reading.tokens import tokenise
    >>> value_at(tokenise("1.500,20 Eur"), 0), value_at(tokenise("0,5"), 0), value_at(tokenise("05"), 0)
    (Decimal('1500.20'), Decimal('0.5'), None)
    """
    token = tokens[at]
    if token.kind is Kind.DOTTED:
        follows = tokens.low(at + 1)
        if not _THOUSANDS.fullmatch(token.text) or not follows.startswith(("eur", "€", "lit", "ct")):
            return None
        text = token.text.replace(".", "")
    elif token.kind is Kind.NUMBER:
        text = token.text.replace(" ", "")
    else:
        return None
    whole, _, places = text.partition(",")
    if (len(whole) > 1 and whole[0] == "0") or len(whole) > len(str(LIMIT)) - 1 or len(places) > _MAX_PLACES:
        return None
    return Decimal(f"{whole}.{places}" if places else whole)


def _tight(tokens: Tokens, at: int) -> bool:
    """A range is written without spaces, or with a dash that stands apart on both sides."""
    return tokens[at].glued == tokens[at + 1].glued and tokens[at + 1].text[0] != "0"
