"""Decimals, percentages and parts: "dvi sveikos penkios dešimtosios", "pusantro procento", "du trečdaliai"."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ivr.language.counting import F, counted, form_after, noun, numeral
from ivr.language.declension import Case, decline, decline_plural
from ivr.language.numbers import Gender, cardinal, ordinal

_PLACES: Final = {1: 10, 2: 100, 3: 1000}
_WHOLE_SINGULAR: Final = decline("sveika", name=False)
_WHOLE_PLURAL: Final = decline_plural("sveika")
_MAX_PLACES: Final = 3
_HALF_AND_ONE: Final = Decimal("1.5")
_ONE_AND_HALF: Final = {Gender.MASCULINE: "pusantro", Gender.FEMININE: "pusantros"}
_PARTS: Final = {
    2: "pusė", 3: "trečdalis", 4: "ketvirtadalis", 5: "penktadalis", 6: "šeštadalis", 7: "septintadalis",
    8: "aštuntadalis", 9: "devintadalis", 10: "dešimtadalis", 100: "šimtadalis",
}  # fmt: skip


def decimal(value: Decimal, case: Case = Case.NOMINATIVE) -> str:
    """A decimal as announcers read it: to three places by their names, longer ones digit by digit after "kablelis".

    Raises ValueError for negative numbers and those over 10¹².

    >>> decimal(Decimal("1.32")), decimal(Decimal("0.5"))
    ('viena sveika trisdešimt dvi šimtosios', 'nulis sveikų penkios dešimtosios')
    >>> decimal(Decimal("21.01"), Case.GENITIVE)
    'dvidešimt vienos sveikos vienos šimtosios'
    >>> decimal(Decimal("3.1416"))
    'trys kablelis vienas keturi vienas šeši'
    """
    sign, digits, exponent = value.as_tuple()
    if sign or not isinstance(exponent, int):
        raise ValueError(f"{value} is no decimal that is spoken")
    places = max(-exponent, 0)
    whole = int(value)
    if places == 0:
        return cardinal(whole, case)
    written = "".join(str(digit) for digit in digits).rjust(places, "0")[-places:]
    if places > _MAX_PLACES:
        return " ".join([cardinal(whole), "kablelis", *(cardinal(int(digit)) for digit in written)])
    part = int(written)
    names = [cardinal(whole, case, F), _after(whole, _WHOLE_SINGULAR[case], _WHOLE_PLURAL[case], "sveikų")]
    place = _PLACES[places]
    singular = ordinal(place, case, F, definite=True)
    plural = ordinal(place, case, F, plural=True, definite=True)
    of = ordinal(place, Case.GENITIVE, F, plural=True, definite=True)
    return " ".join([*names, cardinal(part, case, F), _after(part, singular, plural, of)])


def decimal_of(value: Decimal, word: str, case: Case = Case.NOMINATIVE, *, of: str = "") -> str:
    """A decimal with what it counts, which stands in the genitive singular; halves are said as halves.

    ``of`` replaces that genitive where the noun has adjectives.

    >>> decimal_of(Decimal("0.5"), "procentas"), decimal_of(Decimal("1.5"), "valanda", Case.GENITIVE)
    ('pusė procento', 'pusantros valandos')
    >>> decimal_of(Decimal("2.5"), "mėnuo", Case.GENITIVE), decimal_of(Decimal("0.25"), "etatas")
    ('dviejų su puse mėnesio', 'nulis sveikų dvidešimt penkios šimtosios etato')
    """
    thing = noun(word)
    of = of or (thing.singular or thing.plural)[Case.GENITIVE]
    if value == value.to_integral_value():
        return counted(int(value), word, case)
    if value == _HALF_AND_ONE:
        return f"{one_and_half(thing.gender, collectively=thing.singular is None)} {of}"
    if value * 2 == (value * 2).to_integral_value():
        half = decline("pusė", name=False)
        if value < 1:
            return f"{half[case]} {of}"
        whole = numeral(int(value), case, thing.gender, collectively=thing.singular is None)
        return f"{whole} su {half[Case.INSTRUMENTAL]} {of}"
    return f"{decimal(value, case)} {of}"


def one_and_half(gender: Gender, *, collectively: bool = False) -> str:
    """1,5 before what it counts; it knows genders and numbers, no cases.

    >>> one_and_half(Gender.FEMININE), one_and_half(Gender.MASCULINE, collectively=True)
    ('pusantros', 'pusantrų')
    """
    return "pusantrų" if collectively else _ONE_AND_HALF[gender]


def percent(value: Decimal, case: Case = Case.NOMINATIVE) -> str:
    """A percentage.

    >>> percent(Decimal(15)), percent(Decimal(21), Case.ACCUSATIVE), percent(Decimal(3), Case.GENITIVE)
    ('penkiolika procentų', 'dvidešimt vieną procentą', 'trijų procentų')
    >>> percent(Decimal("12.52"))
    'dvylika sveikų penkiasdešimt dvi šimtosios procento'
    """
    return decimal_of(value, "procentas", case)


def part(count: int, of: int, case: Case = Case.NOMINATIVE) -> str:
    """A fraction whose denominator has a name; raises KeyError for others.

    >>> part(1, 3), part(2, 3), part(3, 4, Case.GENITIVE), part(1, 2, Case.ACCUSATIVE)
    ('trečdalis', 'du trečdaliai', 'trijų ketvirtadalių', 'pusę')
    """
    word = _PARTS[of]
    thing = noun(word)
    if count == 1 and thing.singular is not None:
        return thing.singular[case]
    return f"{cardinal(count, case, thing.gender)} {form_after(count, word, case)}"


def _after(number: int, singular: str, plural: str, of: str) -> str:
    if number % 10 == 0 or 10 < number % 100 < 20:
        return of
    return singular if number % 10 == 1 else plural
