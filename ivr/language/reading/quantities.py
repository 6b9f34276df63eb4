"""Numbers with what they count, in the case that the sentence asks for: "per dvi darbo dienas", "nuo penkių procentų".

A noun written in full shows the case itself; before a short unit, or a noun in the genitive plural, the context
decides (``context.open_case``).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ivr.language.adjectives import phrase, plural
from ivr.language.counting import F, M, noun, numeral
from ivr.language.declension import Case
from ivr.language.fractions import decimal, decimal_of, one_and_half, part
from ivr.language.money import CURRENCIES, money
from ivr.language.numbers import Gender, ordinal
from ivr.language.reading.acronyms import ACRONYMS
from ivr.language.reading.agreement import Agreement, case_of, noun_after
from ivr.language.reading.amounts import Amount, amount_at
from ivr.language.reading.context import open_case, preposition
from ivr.language.reading.ordinals import RANKED
from ivr.language.reading.tokens import Kind, Reading, Tokens
from ivr.language.reading.units import Unit, unit_at

_JOINERS: Final = frozenset({"ir", "ar", "arba", "bei", "iki"})
_MORE: Final = frozenset({"daugiau", "mažiau", "vėliau"})
_WRITTEN: Final = {
    form: (word, sense)
    for word, sense in (("euras", "money"), ("centas", "money"), ("procentas", "percent"), ("valanda", "time"),
                        ("diena", "time"), ("mėnuo", "time"), ("metai", "time"), ("savaitė", "time"),
                        ("minutė", "time"), ("etatas", "thing"), ("kilometras", "thing"), ("metras", "thing"),
                        ("doleris", "money"), ("kartas", "thing"), ("litas", "money"))
    for forms in (noun(word).singular or {}, noun(word).plural)
    for form in forms.values()
}  # fmt: skip
_FEMININE_GENITIVES: Final = frozenset(
    {"dienų", "valandų", "savaičių", "minučių", "moterų", "išmokų", "klasių", "darbo"}
)
_SIZE: Final = 10
_LAST_RANK: Final = 99
_SUMMANDS: Final = 12
_ROUND_THE_CLOCK: Final = 24
_ALL_WEEK: Final = 7
# "7 diena", "5 puslapyje": the singular shows that it is one thing of that number.
_RANKED_SINGULAR: Final = (
    "dien",
    "punkt",
    "puslap",
    "numer",
    "skyri",
    "minut",
    "savait",
    "mėnes",
    "viet",
    "dal",
    "kabinet",
)
_SINGULAR_ONLY: Final = ("a", "ė", "ą", "ę", "į", "oje", "ėje", "yje", "uje", "skyrius", "skyriaus")


def read_quantity(tokens: Tokens, at: int) -> Reading | None:
    """A number or range, with its unit when it has one.

    >>> from ivr.language.reading.tokens import tokenise
    >>> read_quantity(tokenise("per 21 d. d."), 1).said, read_quantity(tokenise("nuo 15 proc. pajamų"), 1).said
    ('dvidešimt vieną darbo dieną', 'penkiolikos procentų')
    >>> read_quantity(tokenise("18–29 metų asmenys"), 0).said, read_quantity(tokenise("2 vaikus"), 0).said
    ('nuo aštuoniolikos iki dvidešimt devynerių', 'du')
    """
    if tokens[at].text in CURRENCIES and tokens[at].kind is Kind.SIGN:
        return _sign_first(tokens, at)
    amount = amount_at(tokens, at)
    if amount is None:
        return None
    fraction = _fraction(tokens, at, amount)
    if fraction:
        return fraction
    if amount.scale:
        return _scaled(tokens, at, amount)
    unit = unit_at(tokens, amount.end)
    if unit is not None:
        return _measured(tokens, at, amount, unit)
    whole = amount.last == amount.last.to_integral_value() and amount.low == amount.low.to_integral_value()
    written = _WRITTEN.get(tokens.word(amount.end))
    if not whole and written:
        unit = Unit(*written, amount.end + 1, currency={"euras": "eur", "doleris": "usd"}.get(written[0], ""))
        return _measured(tokens, at, amount, unit)
    adding = "+" in {tokens[at - 1].text, tokens[amount.end].text} and amount.high is None
    summed = _summed(tokens, amount.end) if adding and not whole else ""
    if summed and amount.low == round(amount.low, 2):
        return Reading(money(amount.low, open_case(tokens, at, amount.end, "money"), summed), amount.end)
    if not whole and (acronym := _of_acronym(tokens, at, amount)):
        return acronym
    if not whole:
        return Reading(_decimals(tokens, at, amount), amount.end)
    return _counting(tokens, at, amount)


def _sign_first(tokens: Tokens, at: int) -> Reading | None:
    """ "€50": the sign before its amount."""
    amount = amount_at(tokens, at + 1)
    if amount is None or amount.high is not None or amount.scale or not tokens[at + 1].glued:
        return None
    return Reading(money(amount.low, open_case(tokens, at, amount.end, "money"), tokens[at].text), amount.end)


def _of_acronym(tokens: Tokens, at: int, amount: Amount) -> Reading | None:
    """ "2 MMA dydžio": so many of what an acronym stands for."""
    words = ACRONYMS.get(tokens[amount.end].text)
    value = int(amount.low)
    if words is None or amount.high is not None:
        return None
    head = noun(words.split()[-1])
    size = tokens.word(amount.end + 1)
    if amount.low != value:
        if head.singular is None:
            return None
        case = Case.GENITIVE if size == "dydžio" else open_case(tokens, at, amount.end + 1, "money")
        said = decimal_of(amount.low, words.split()[-1], case, of=phrase(words, Case.GENITIVE))
        return Reading(said, amount.end + 1)
    if size.startswith("dyd"):
        if head.singular is None:  # "vieno valstybės remiamų pajamų dydžio": the size is counted
            case, gender = case_of(size, singular=value == 1) or (Case.GENITIVE, M)
            return Reading(f"{numeral(value, case, gender)} {phrase(words, Case.GENITIVE)}", amount.end + 1)
        case = Case.GENITIVE
    else:
        case = open_case(tokens, at, amount.end + 1, "money")
    of_many = value % 10 == 0 or 10 < value % 100 < 20
    form = Case.GENITIVE if of_many else case
    if value % 10 == 1 and not of_many and head.singular is not None:
        said = phrase(words, form)
    else:
        said = phrase(plural(words), form, plural=True)
    return Reading(f"{numeral(value, case, head.gender, collectively=head.singular is None)} {said}", amount.end + 1)


def _fraction(tokens: Tokens, at: int, amount: Amount) -> Reading | None:
    """1/3 and the like."""
    slash, below = tokens[amount.end], amount_at(tokens, amount.end + 1)
    if slash.text != "/" or not slash.glued or below is None or amount.high is not None or below.high is not None:
        return None
    count, of = amount.low, below.low
    if count == _ROUND_THE_CLOCK and of == _ALL_WEEK:
        return Reading("visą parą, septynias dienas per savaitę", below.end)
    if not 0 < count < of <= 100 or count != int(count) or of != int(of):
        return None
    case = open_case(tokens, at, below.end, "thing")
    try:
        return Reading(part(int(count), int(of), case), below.end)
    except KeyError:
        return None


def _scaled(tokens: Tokens, at: int, amount: Amount) -> Reading:
    """Thousands and millions of something, which then stands in the genitive plural."""
    unit = unit_at(tokens, amount.end)
    after = unit.end if unit else amount.end
    case = open_case(tokens, at, after, unit.sense if unit else "thing")
    values = [value for value in (amount.low, amount.high) if value is not None]
    said = " ".join([*(_bare(value, case, M) for value in values[:-1]), decimal_of(values[-1], amount.scale, case)])
    behind = unit.form(10, case) if unit else ""
    return Reading(f"{said} {behind}".strip(), after)


def _measured(tokens: Tokens, at: int, amount: Amount, unit: Unit) -> Reading:
    case = open_case(tokens, at, unit.end, unit.sense)
    if amount.high is not None:
        return Reading(_range(tokens, at, amount, unit, case), unit.end)
    if unit.currency and amount.low == round(amount.low, 2):
        return Reading(money(amount.low, case, unit.currency), unit.end)
    return Reading(_with_unit(amount.low, unit, case), unit.end)


def _range(tokens: Tokens, at: int, amount: Amount, unit: Unit, case: Case) -> str:
    """From … to …, unless a preposition already holds the two together."""
    apart = preposition(tokens, at, unit.sense) is None
    case = Case.GENITIVE if apart else case
    low = _bare(amount.low, case, unit.gender, collectively=unit.collectively)
    high = money(amount.last, case, unit.currency) if unit.currency else _with_unit(amount.last, unit, case)
    return f"nuo {low} iki {high}" if apart else f"{low}{_between(tokens, at)}{high}"


def _between(tokens: Tokens, at: int) -> str:
    """What is said between the ends of a range behind a preposition: "nuo … iki …", "per tris penkias dienas"."""
    return " iki " if tokens.word(at - 1) == "nuo" else " "


def _with_unit(value: Decimal, unit: Unit, case: Case) -> str:
    if value == value.to_integral_value():
        whole = int(value)
        return f"{numeral(whole, case, unit.gender, collectively=unit.collectively)} {unit.form(whole, case)}"
    if unit.agreeing:
        return decimal_of(value, unit.noun, case, of=unit.form(1, Case.GENITIVE))
    return " ".join(part for part in (unit.before, decimal_of(value, unit.noun, case), unit.behind) if part)


def _summed(tokens: Tokens, at: int) -> str:
    """The currency that a sum of amounts ends in ("50,16 + 20,14 = 70,30 Eur"), or nothing."""
    for _ in range(_SUMMANDS):
        if tokens[at].text not in {"+", "="}:
            unit = unit_at(tokens, at)
            return unit.currency if unit else "eur" if _WRITTEN.get(tokens.word(at), ("",))[0] == "euras" else ""
        nearest = amount_at(tokens, at + 1)
        if nearest is None:
            return ""
        at = nearest.end
    return ""


def _decimals(tokens: Tokens, at: int, amount: Amount) -> str:
    """A decimal before words that it doesn't count directly: "1,32 bazinės socialinės išmokos dydžio"."""
    joined = _borrowed(tokens, amount.end)
    if joined and amount.high is None and amount.low * 2 == int(amount.low * 2):
        case = _alone(tokens, at, amount, joined)
        if amount.low == Decimal("1.5"):
            return one_and_half(joined.gender, collectively=joined.collectively)
        return f"{numeral(int(amount.low), case, joined.gender, collectively=joined.collectively)} su puse"
    sized = any(tokens.word(amount.end + step) == "dydžio" for step in range(_SIZE))
    case = Case.GENITIVE if sized else open_case(tokens, at, amount.end, "thing")
    if amount.high is not None:
        apart = preposition(tokens, at, "thing") is None
        case = Case.GENITIVE if apart else case
        low, high = _bare(amount.low, case, F), _bare(amount.high, case, F)
        return f"nuo {low} iki {high}" if apart else f"{low}{_between(tokens, at)}{high}"
    if sized and amount.low == Decimal("1.5"):
        return "pusantro"
    return decimal(amount.low, case)


def _ranked(tokens: Tokens, at: int, amount: Amount) -> Reading | None:
    """ "12 kategorijos", "3 klasės mokinys": the number of one thing, not of many."""
    word, after = tokens.word(amount.end), tokens.word(amount.end + 1)
    value = int(amount.low)
    if amount.high is not None or not 1 <= value <= _LAST_RANK:
        return None
    agreed = case_of(word, singular=True)
    if word == "dienos" and (tokens.word(at - 1) == "mėnesio" or value % 10 == 0 or 10 < value < 20):
        return Reading(ordinal(value, Case.GENITIVE, F), amount.end)
    if word.startswith(_RANKED_SINGULAR) and word.endswith(_SINGULAR_ONLY) and (value % 10 != 1 or 10 < value < 20):
        return Reading(ordinal(value, *agreed), amount.end) if agreed else None
    if not word.startswith(RANKED) or agreed is None or word.endswith(("ų", "us", "ius", "ai", "iai")):
        return None
    if word.endswith(("os", "ės")) and value < 10 and value != 1 and case_of(after, singular=True) is None:
        return None
    return Reading(ordinal(value, *agreed), amount.end)


def _counting(tokens: Tokens, at: int, amount: Amount) -> Reading:
    ranked = _ranked(tokens, at, amount) or _of_acronym(tokens, at, amount)
    if ranked:
        return ranked
    last = int(amount.last)
    ends_in_one = last % 10 == 1 and last % 100 != 11
    of_many = last % 10 == 0 or 10 < last % 100 < 20
    if last == 1 and tokens.word(amount.end + 1) == "remiamų" and tokens.word(amount.end + 3) == "dydžio":
        return Reading(numeral(1, Case.GENITIVE, M), amount.end)
    agreed = noun_after(tokens, amount.end, singular=ends_in_one)
    if agreed and of_many and agreed.case is not Case.GENITIVE:
        agreed = None
    joined = None if agreed else _borrowed(tokens, amount.end)
    if agreed and not of_many:
        case = agreed.case
    elif agreed:
        case = open_case(tokens, at, agreed.end, _WRITTEN.get(agreed.low, ("", "thing"))[1])
    else:
        case = _alone(tokens, at, amount, joined)
    thing = agreed or joined
    gender, collectively = (thing.gender, thing.collectively) if thing else (M, False)
    if amount.high is None:
        return Reading(numeral(last, case, gender, collectively=collectively), amount.end)
    sense = _WRITTEN.get(thing.low, ("", "thing"))[1] if thing else "thing"
    if (case is Case.GENITIVE or (agreed and of_many)) and thing and preposition(tokens, at, sense) is None:
        case = Case.GENITIVE
        said = [numeral(int(value), case, gender, collectively=collectively) for value in (amount.low, amount.last)]
        return Reading(f"nuo {said[0]} iki {said[1]}", amount.end)
    said = [numeral(int(value), case, gender, collectively=collectively) for value in (amount.low, amount.last)]
    return Reading(_between(tokens, at).join(said), amount.end)


def _alone(tokens: Tokens, at: int, amount: Amount, joined: Agreement | None) -> Case:
    """The case of a number whose noun comes later, or never."""
    governed = preposition(tokens, at, "time" if joined else "thing")
    if governed is not None:
        return governed
    if joined is not None:
        return joined.case
    return open_case(tokens, at, amount.end, "thing")


def _borrowed(tokens: Tokens, at: int) -> Agreement | None:
    """The noun behind "2 ar 3 vaikus" or "3 ir daugiau vaikų", for the first of the numbers."""
    for _ in range(3):
        if tokens.word(at) not in _JOINERS and tokens[at].text not in {",", "/"}:
            return None
        if tokens.word(at + 1) in _MORE:
            word = tokens.word(at + 2)
            if not word.endswith("ų") or not (governing := open_case(tokens, at - 1, at, "thing")):
                return None
            return Agreement(governing, F if word in _FEMININE_GENITIVES else M, word == "metų", at + 3, word)
        after = at + 2 if tokens.word(at + 1) in {"iki", "nuo", "dar"} else at + 1
        nearest = amount_at(tokens, after)
        if nearest is None:
            return None
        unit = unit_at(tokens, nearest.end)
        if unit:
            case = open_case(tokens, at - 1, unit.end, unit.sense)
            return Agreement(case, unit.gender, unit.collectively, unit.end, unit.noun)
        value = int(nearest.last)
        agreed = noun_after(tokens, nearest.end, singular=value % 10 == 1 and value % 100 != 11)
        if agreed:
            return agreed
        at = nearest.end
    return None


def _bare(value: Decimal, case: Case, gender: Gender, *, collectively: bool = False) -> str:
    if value == value.to_integral_value():
        return numeral(int(value), case, gender, collectively=collectively)
    return decimal(value, case)
