"""Short forms of what is measured, and the words that they stand for."""

from __future__ import annotations

from typing import Final, NamedTuple

from ivr.language.adjectives import adjective
from ivr.language.counting import form_after, noun
from ivr.language.declension import Case
from ivr.language.money import CURRENCIES
from ivr.language.numbers import Gender
from ivr.language.reading.tokens import Kind, Tokens


class Unit(NamedTuple):
    """A unit behind a number: noun, what agrees with it (masculine or feminine nominatives of singular and plural),
    what stays before or after it, its sense for prepositions, its currency when it is money, the end of its tokens."""

    noun: str
    sense: str
    end: int
    agreeing: tuple[str, str] | None = None
    before: str = ""
    behind: str = ""
    currency: str = ""

    def form(self, number: int, case: Case) -> str:
        """The unit's words after a whole number that stands in ``case``."""
        head = form_after(number, self.noun, case)
        adjectives = ""
        if self.agreeing:
            of_many = number % 10 == 0 or 10 < number % 100 < 20
            singular, plural = self.agreeing
            adjectives = (
                adjective(singular, case)
                if number % 10 == 1 and not of_many
                else adjective(plural, Case.GENITIVE if of_many else case)
            )
        return " ".join(part for part in (self.before, adjectives, head, self.behind) if part)

    @property
    def gender(self) -> Gender:
        """The noun's gender."""
        return noun(self.noun).gender

    @property
    def collectively(self) -> bool:
        """Whether the noun has no singular."""
        return noun(self.noun).singular is None


_KALENDORINE: Final = ("kalendorinė", "kalendorinės")
_SQUARE: Final = ("kvadratinis", "kvadratiniai")
_PERCENT: Final = ("procentinis", "procentiniai")
_CUBIC: Final = ("kubinis", "kubiniai")
# Several tokens, longest first: their texts without spaces.
_COMPOUND: Final[dict[str, tuple[str, str, tuple[str, str] | None, str, str]]] = {
    "k.d.": ("diena", "time", _KALENDORINE, "", ""),
    "kal.d.": ("diena", "time", _KALENDORINE, "", ""),
    "d.d.": ("diena", "time", None, "darbo", ""),
    "darbod.": ("diena", "time", None, "darbo", ""),
    "darboval.": ("valanda", "time", None, "darbo", ""),
    "kv.m": ("metras", "thing", _SQUARE, "", ""),
    "kv.km": ("kilometras", "thing", _SQUARE, "", ""),
    "kub.m": ("metras", "thing", _CUBIC, "", ""),
    "m2": ("metras", "thing", _SQUARE, "", ""),
    "m3": ("metras", "thing", _CUBIC, "", ""),
    "km2": ("kilometras", "thing", _SQUARE, "", ""),
    "m²": ("metras", "thing", _SQUARE, "", ""),
    "m³": ("metras", "thing", _CUBIC, "", ""),
    "km²": ("kilometras", "thing", _SQUARE, "", ""),
    "°c": ("laipsnis", "thing", None, "", "Celsijaus"),
    "km/h": ("kilometras", "thing", None, "", "per valandą"),
    "km/val.": ("kilometras", "thing", None, "", "per valandą"),
    "proc.p.": ("punktas", "percent", _PERCENT, "", ""),
}
# One word; those of the first table need no full stop, those of the second only count with one.
_PLAIN: Final = {
    "proc": ("procentas", "percent"), "%": ("procentas", "percent"), "mėn": ("mėnuo", "time"), "val": ("valanda",
    "time"),
    "min": ("minutė", "time"), "sek": ("sekundė", "time"), "sav": ("savaitė", "time"), "km": ("kilometras", "thing"),
    "m": ("metras", "thing"), "cm": ("centimetras", "thing"), "mm": ("milimetras", "thing"),
    "kg": ("kilogramas", "thing"), "g": ("gramas", "thing"), "mg": ("miligramas", "thing"), "l": ("litras", "thing"),
    "ml": ("mililitras", "thing"), "ha": ("hektaras", "thing"), "t": ("tona", "thing"), "vnt": ("vienetas", "thing"),
    "egz": ("egzempliorius", "thing"), "kb": ("kilobaitas", "thing"), "mb": ("megabaitas", "thing"),
    "gb": ("gigabaitas", "thing"), "kw": ("kilovatas", "thing"), "kv": ("kilovatas", "thing"), "h": ("valanda", "time"),
    "kwh": ("kilovatvalandė", "thing"), "kvh": ("kilovatvalandė", "thing"), "°": ("laipsnis", "thing"),
    "asm": ("asmuo", "thing"), "etat": ("etatas", "thing"), "hz": ("hercas", "thing"), "db": ("decibelas", "thing"),
}  # fmt: skip
_STOPPED: Final = {"m": ("metai", "time"), "d": ("diena", "time"), "psl": ("puslapis", "thing"), "a": ("aras", "thing")}
SCALES: Final = {"tūkst": "tūkstantis", "mln": "milijonas", "mlrd": "milijardas"}


def unit_at(tokens: Tokens, at: int) -> Unit | None:
    """The short unit that begins at ``at``, right behind a number.

    >>> from ivr.language.reading.tokens import tokenise
    >>> unit_at(tokenise("d. d. nuo"), 0).form(21, Case.NOMINATIVE)
    'darbo diena'
    >>> unit_at(tokenise("kv. m"), 0).form(3, Case.ACCUSATIVE)
    'kvadratinius metrus'
    >>> unit_at(tokenise("m."), 0).noun, unit_at(tokenise("m"), 0).noun, unit_at(tokenise("vaikai"), 0)
    ('metai', 'metras', None)
    """
    for size in (4, 3, 2):
        found = _COMPOUND.get("".join(tokens.low(at + step) for step in range(size)))
        if found and (size > 2 or tokens[at + 1].glued or tokens[at + 1].kind is Kind.WORD):
            word, sense, agreeing, before, behind = found
            return Unit(word, sense, at + size, agreeing, before, behind)
    low = tokens.low(at)
    dotted = tokens[at + 1].text == "." and tokens[at + 1].glued
    if low in CURRENCIES and low not in {"lt"} - {low if dotted or tokens[at].text in {"Lt", "LT"} else ""}:
        end = at + 2 if dotted and _goes_on(tokens, at + 2) and low in {"ct", "lt"} else at + 1
        return Unit(CURRENCIES[low][0], "money", end, currency=low)
    if dotted and low in _STOPPED:
        return Unit(*_STOPPED[low], at + 2)
    if low in _PLAIN and (len(low) > 1 or not tokens[at].text.isupper()):
        # "15 km." ends a sentence, "15 proc." does not.
        ends = low in {"km", "cm", "mm", "kg", "mb", "gb", "m", "ha", "%", "°"}
        return Unit(*_PLAIN[low], at + 2 if dotted and not ends else at + 1)
    return None


def _goes_on(tokens: Tokens, at: int) -> bool:
    return bool(tokens.word(at)) and not tokens.is_capital(at)
