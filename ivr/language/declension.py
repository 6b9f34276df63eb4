"""Declension of nouns, from the nominative alone: names of people and places, and the nouns that callers use.

The ending decides the paradigm. What an ending can't tell is said by the
caller of :func:`decline`: ``feminine=True`` for the third declension
("pilis", "teisės" of "teisė" needs nothing). Stress is not written, so it plays no part.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Case(StrEnum):
    """The seven cases of Lithuanian."""

    NOMINATIVE = "nominative"
    GENITIVE = "genitive"
    DATIVE = "dative"
    ACCUSATIVE = "accusative"
    INSTRUMENTAL = "instrumental"
    LOCATIVE = "locative"
    VOCATIVE = "vocative"


CASES: Final = tuple(Case)
Forms = dict[Case, str]

# Endings in the order of CASES; "~" before an ending softens the stem (t → č, d → dž, and an i).
_SINGULAR: Final[dict[str, str]] = {
    "ias": "ias io iui ią iu yje y",
    "jas": "jas jo jui ją ju juje jau",
    "as": "as o ui ą u e ai",
    "is": "is ~o ~ui į ~u yje i",
    "ys": "ys ~o ~ui į ~u yje y",
    "jis": "jis jo jui jį ju jyje ji",
    "jus": "jus jaus jui jų jumi juje jau",
    "ius": "ius iaus iui ių iumi iuje iau",
    "us": "us aus ui ų umi uje au",
    "ia": "ia ios iai ią ia ioje ia",
    "a": "a os ai ą a oje a",
    "ė": "ė ės ei ę e ėje e",
    "uo": "uo ens eniui enį eniu enyje enie",
}
_PLURAL: Final[dict[str, str]] = {
    "ias": "iai ių iams ius iais iuose iai",
    "jas": "jai jų jams jus jais juose jai",
    "as": "ai ų ams us ais uose ai",
    "is": "~ai ~ų ~ams ~us ~ais ~uose ~ai",
    "ys": "~ai ~ų ~ams ~us ~ais ~uose ~ai",
    "jis": "jai jų jams jus jais juose jai",
    "jus": "jai jų jams jus jais juose jai",
    "ius": "iai ių iams ius iais iuose iai",
    "us": "ūs ų ums us umis uose ūs",
    "ia": "ios ių ioms ias iomis iose ios",
    "a": "os ų oms as omis ose os",
    "ė": "ės ~ų ėms es ėmis ėse ės",
    "uo": "enys enų enims enis enimis enyse enys",
}
_THIRD_SINGULAR: Final = "is ies ~ai į imi yje ie"
_THIRD_PLURAL: Final = "ys ~ų ims is imis yse ys"
# Nouns that have no singular are declined from the ending of their nominative plural.
_PLURAL_ONLY: Final = {"iai": "ias", "ai": "as", "ios": "ia", "os": "a", "ės": "ė", "ūs": "us", "ys": "third"}
# Personal names in -as call with -ai ("Jonai!"), other nouns with -e ("vyre!").
_COMMON_VOCATIVE: Final = "e"


def decline(noun: str, *, feminine: bool = False, name: bool = True) -> Forms:
    """The singular. ``feminine``: a noun in -is of the third declension; ``name``: a person's or place's name.

    Raises ValueError for a noun whose ending has no paradigm here.

    >>> decline("Jonas")[Case.VOCATIVE], decline("vyras", name=False)[Case.VOCATIVE]
    ('Jonai', 'vyre')
    >>> [decline("Žemaitis")[case] for case in (Case.GENITIVE, Case.DATIVE, Case.INSTRUMENTAL)]
    ['Žemaičio', 'Žemaičiui', 'Žemaičiu']
    >>> decline("Eglė")[Case.DATIVE], decline("Rasa")[Case.LOCATIVE], decline("pilis", feminine=True)[Case.GENITIVE]
    ('Eglei', 'Rasoje', 'pilies')
    """
    if feminine and noun.endswith("is"):
        return _forms(noun[:-2], _THIRD_SINGULAR)
    ending = _ending(noun, _SINGULAR)
    forms = _forms(noun.removesuffix(ending), _SINGULAR[ending])
    if ending == "as" and not name:
        forms[Case.VOCATIVE] = noun.removesuffix(ending) + _COMMON_VOCATIVE
    return forms


def decline_plural(noun: str, *, feminine: bool = False) -> Forms:
    """The plural of a noun given in the nominative singular.

    >>> list(decline_plural("išmoka").values())[:3]
    ['išmokos', 'išmokų', 'išmokoms']
    >>> decline_plural("gatvė")[Case.GENITIVE], decline_plural("mėnesis")[Case.GENITIVE]
    ('gatvių', 'mėnesių')
    """
    if feminine and noun.endswith("is"):
        return _forms(noun[:-2], _THIRD_PLURAL)
    ending = _ending(noun, _PLURAL)
    return _forms(noun.removesuffix(ending), _PLURAL[ending])


def decline_plural_only(noun: str) -> Forms:
    """A noun that has no singular, given in the nominative plural.

    >>> list(decline_plural_only("Šiauliai").values())
    ['Šiauliai', 'Šiaulių', 'Šiauliams', 'Šiaulius', 'Šiauliais', 'Šiauliuose', 'Šiauliai']
    >>> decline_plural_only("Trakai")[Case.LOCATIVE], decline_plural_only("atostogos")[Case.GENITIVE]
    ('Trakuose', 'atostogų')
    """
    ending = _ending(noun, _PLURAL_ONLY)
    paradigm = _PLURAL_ONLY[ending]
    endings = _THIRD_PLURAL if paradigm == "third" else _PLURAL[paradigm]
    return _forms(noun.removesuffix(ending), endings)


def soften(stem: str) -> str:
    """The stem before a soft ending: with an i, and č or dž for t or d.

    >>> soften("Žemait"), soften("žod"), soften("vej"), soften("kel")
    ('Žemaiči', 'žodži', 'vej', 'keli')
    """
    if stem.endswith("j"):
        return stem
    if stem.endswith("t"):
        return f"{stem[:-1]}či"
    if stem.endswith("d"):
        return f"{stem[:-1]}dži"
    return f"{stem}i"


def _ending(noun: str, endings: dict[str, str]) -> str:
    for length in (3, 2, 1):
        if len(noun) > length and noun[-length:].lower() in endings:
            return noun[-length:]
    raise ValueError(f"{noun!r} has no ending that can be declined")


def _forms(stem: str, endings: str) -> Forms:
    return {
        case: soften(stem) + ending[1:] if ending[0] == "~" else stem + ending
        for case, ending in zip(CASES, endings.split(), strict=True)
    }
