"""Amounts of money in words: euros and cents in the case that the sentence asks for."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ivr.language.counting import counted
from ivr.language.declension import Case

# Sign or short form, in lower case → the currency and its hundredth.
CURRENCIES: Final = {
    "eur": ("euras", "centas"), "€": ("euras", "centas"), "ct": ("centas", None), "lt": ("litas", "centas"),
    "ltl": ("litas", "centas"), "usd": ("doleris", "centas"), "$": ("doleris", "centas"),
    "gbp": ("svaras", "pensas"), "£": ("svaras", "pensas"), "pln": ("zlotas", "grašis"), "zł": ("zlotas", "grašis"),
}  # fmt: skip
_CENT: Final = Decimal("0.01")


def money(amount: Decimal, case: Case = Case.NOMINATIVE, currency: str = "eur") -> str:
    """An amount of at least 0, to the cent; ``currency`` is a key of :data:`CURRENCIES` (KeyError otherwise).

    >>> money(Decimal("1")), money(Decimal("2")), money(Decimal("10")), money(Decimal("21"))
    ('vienas euras', 'du eurai', 'dešimt eurų', 'dvidešimt vienas euras')
    >>> money(Decimal("50.16")), money(Decimal("69.92"), Case.GENITIVE)
    ('penkiasdešimt eurų šešiolika centų', 'šešiasdešimt devynių eurų devyniasdešimt dviejų centų')
    >>> money(Decimal("0.05"), Case.ACCUSATIVE), money(Decimal("3"), currency="ct"), money(Decimal("1.5"))
    ('penkis centus', 'trys centai', 'vienas euras penkiasdešimt centų')
    """
    whole, small = CURRENCIES[currency]
    if small is None:
        return counted(int(amount), whole, case)
    rounded = amount.quantize(_CENT, rounding=ROUND_HALF_UP)
    units, cents = int(rounded), int(rounded * 100) % 100
    said = [counted(units, whole, case)] if units or not cents else []
    said += [counted(cents, small, case)] if cents else []
    return " ".join(said)
