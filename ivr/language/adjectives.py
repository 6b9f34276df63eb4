"""Adjectives, participles and pronouns declined from their nominative, and noun phrases that they stand in."""

from __future__ import annotations

from typing import Final

from ivr.language.counting import noun
from ivr.language.declension import CASES, Case

# Ending of the nominative, singular or plural → its six cases.
_ENDINGS: Final = {
    "inis": "inis inio iniam inį iniu iniame",
    "iniai": "iniai inių iniams inius iniais iniuose",
    "inė": "inė inės inei inę ine inėje",
    "inės": "inės inių inėms ines inėmis inėse",
    "asis": "asis ojo ajam ąjį uoju ajame",
    "usis": "usis iojo iajam ųjį iuoju iajame",
    "ieji": "ieji ųjų iesiems uosius aisiais uosiuose",
    "oji": "oji osios ajai ąją ąja ojoje",
    "osios": "osios ųjų osioms ąsias osiomis osiose",
    "tis": "tis čio čiam tį čiu čiame",
    "as": "as o am ą u ame",
    "a": "a os ai ą a oje",
    "os": "os ų oms as omis ose",
    "i": "i ų iems us ais uose",
    "us": "us aus iam ų iu iame",
}
_PRONOUNS: Final = {
    "šis": "šis šio šiam šį šiuo šiame",
    "ši": "ši šios šiai šią šia šioje",
    "šie": "šie šių šiems šiuos šiais šiuose",
    "šios": "šios šių šioms šias šiomis šiose",
    "tas": "tas to tam tą tuo tame",
    "ta": "ta tos tai tą ta toje",
    "tie": "tie tų tiems tuos tais tuose",
}
_LONGEST: Final = tuple(sorted(_ENDINGS, key=len, reverse=True))


def adjective(word: str, case: Case) -> str:
    """The form of an adjective that is given in the nominative of its gender and number.

    Raises ValueError for endings that no adjective here has.

    >>> adjective("civilinis", Case.LOCATIVE), adjective("viešoji", Case.DATIVE), adjective("remiamos", Case.GENITIVE)
    ('civiliniame', 'viešajai', 'remiamų')
    >>> adjective("šis", Case.INSTRUMENTAL), adjective("baudžiamasis", Case.ACCUSATIVE)
    ('šiuo', 'baudžiamąjį')
    """
    at = CASES.index(case) % (len(CASES) - 1)
    if word in _PRONOUNS:
        return _PRONOUNS[word].split()[at]
    for ending in _LONGEST:
        if word.endswith(ending):
            return word.removesuffix(ending) + _ENDINGS[ending].split()[at]
    raise ValueError(f"{word!r} has no ending of an adjective")


def plural(words: str) -> str:
    """The agreeing words of a phrase in the nominative plural, for ``phrase(…, plural=True)``; the head stays.

    >>> plural("bazinė socialinė išmoka"), plural("=Darbo kodeksas"), plural("viešoji įstaiga")
    ('bazinės socialinės išmoka', '=Darbo kodeksas', 'viešosios įstaiga')
    """
    *before, head = words.split()
    return " ".join([*(word if word.startswith("=") else _plural(word) for word in before), head])


def _plural(word: str) -> str:
    for ending, many in _PLURALS:
        if word.endswith(ending):
            return word.removesuffix(ending) + many
    return word


_PLURALS: Final = (("inis", "iniai"), ("inė", "inės"), ("asis", "ieji"), ("oji", "osios"), ("as", "i"), ("a", "os"))


def phrase(words: str, case: Case, *, plural: bool = False) -> str:
    """A noun phrase in another case: its last word is the noun, "=" marks words that stay, the rest agrees.

    ``plural`` takes the head, given in the singular, to the plural; the agreeing words must then be given so.

    >>> phrase("bazinė socialinė išmoka", Case.GENITIVE), phrase("=valstybės remiamos pajamos", Case.DATIVE)
    ('bazinės socialinės išmokos', 'valstybės remiamoms pajamoms')
    >>> phrase("=Užimtumo tarnyba", Case.LOCATIVE), phrase("kvadratiniai metras", Case.GENITIVE, plural=True)
    ('Užimtumo tarnyboje', 'kvadratinių metrų')
    """
    *before, head = words.split()
    thing = noun(head)
    forms = thing.plural if plural or thing.singular is None else thing.singular
    said = [word[1:] if word.startswith("=") else adjective(word, case) for word in before]
    return " ".join([*said, forms[case]])
