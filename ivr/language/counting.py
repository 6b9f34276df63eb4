"""Numbers with what they count: "vienas euras", "du eurai", "dešimt eurų", "penkeri metai", in every case.

A number that ends in one takes the singular, 2–9 the plural, teens, tens and zero the genitive plural. Nouns
without a singular are counted by collectives ("dvidešimt vieneri metai").
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from ivr.language.declension import Case, Forms, decline, decline_plural, decline_plural_only
from ivr.language.numbers import Gender, cardinal, collective

M, F = Gender.MASCULINE, Gender.FEMININE


class Noun(NamedTuple):
    """A noun with all its forms; ``singular`` is None for one that has only the plural."""

    gender: Gender
    singular: Forms | None
    plural: Forms


# Nouns in -is of the third declension, which the ending doesn't tell from "mėnesis".
_THIRD: Final = {"dalis": F, "šalis": F, "sutartis": F, "dešimtis": F, "asmuo": M, "pusė": F}
_PLURAL_ONLY: Final = {"metai": M, "pajamos": F, "atostogos": F, "nuostatai": M, "taisyklės": F, "Valstijos": F}


@lru_cache(maxsize=512)
def noun(word: str) -> Noun:
    """A noun from its nominative; raises ValueError when its ending has no paradigm.

    >>> noun("euras").plural[Case.GENITIVE], noun("metai").singular, noun("dalis").plural[Case.INSTRUMENTAL]
    ('eurų', None, 'dalimis')
    >>> noun("mėnuo").singular[Case.NOMINATIVE], noun("asmuo").plural[Case.ACCUSATIVE]
    ('mėnuo', 'asmenis')
    """
    if word in _PLURAL_ONLY:
        return Noun(_PLURAL_ONLY[word], None, decline_plural_only(word))
    if word == "durys":  # its stem stays hard
        return Noun(F, None, decline_plural_only(word) | {Case.GENITIVE: "durų"})
    if word == "mėnuo":
        singular = decline("mėnesis", name=False) | {Case.NOMINATIVE: "mėnuo"}
        return Noun(M, singular, decline_plural("mėnesis"))
    if _THIRD.get(word) is F and word.endswith("is"):
        return Noun(F, decline(word, feminine=True), decline_plural(word, feminine=True))
    gender = F if word.endswith(("a", "ė")) else M
    return Noun(gender, decline(word, name=False), decline_plural(word))


def counted(number: int, word: str, case: Case = Case.NOMINATIVE) -> str:
    """So many of a thing, 0 ≤ number < 10¹²; ``word`` is the noun's nominative. Raises ValueError as its parts do.

    >>> counted(1, "euras"), counted(2, "euras"), counted(10, "euras"), counted(21, "euras")
    ('vienas euras', 'du eurai', 'dešimt eurų', 'dvidešimt vienas euras')
    >>> counted(5, "metai", Case.ACCUSATIVE), counted(21, "metai", Case.GENITIVE), counted(12, "metai", Case.GENITIVE)
    ('penkerius metus', 'dvidešimt vienerių metų', 'dvylikos metų')
    >>> counted(2, "valanda", Case.INSTRUMENTAL), counted(100, "euras", Case.GENITIVE)
    ('dviem valandomis', 'šimto eurų')
    """
    thing = noun(word)
    return (
        f"{numeral(number, case, thing.gender, collectively=thing.singular is None)} {form_after(number, word, case)}"
    )


def numeral(number: int, case: Case, gender: Gender, *, collectively: bool = False) -> str:
    """The number alone; ``collectively`` counts nouns without a singular.

    >>> numeral(3, Case.GENITIVE, Gender.MASCULINE, collectively=True), numeral(32, Case.NOMINATIVE, Gender.FEMININE)
    ('trejų', 'trisdešimt dvi')
    """
    unit = number % 10
    if not collectively or unit == 0 or 10 < number % 100 < 20:
        return cardinal(number, case, gender)
    head = [cardinal(number - unit, case)] if number > unit else []
    return " ".join([*head, collective(unit, case, gender)])


def form_after(number: int, word: str, case: Case = Case.NOMINATIVE) -> str:
    """The noun's form after a number that stands in ``case``.

    >>> form_after(1, "diena", Case.ACCUSATIVE), form_after(22, "mėnuo"), form_after(11, "procentas", Case.DATIVE)
    ('dieną', 'mėnesiai', 'procentų')
    """
    thing = noun(word)
    if number % 10 == 0 or 10 < number % 100 < 20:
        return thing.plural[Case.GENITIVE]
    if number % 10 == 1 and thing.singular is not None:
        return thing.singular[case]
    return thing.plural[case]
