"""Where a Lithuanian word is stressed when no dictionary says so: by its suffix, else by a guess.

Stress of Lithuanian is free, so this is right for derived words (surnames, names of actions, qualities, trades), whose
suffix decides, and a guess for the rest. It serves where the stress dictionary is missing, and for words it lacks.

>>> guess("Petraitytė"), guess("įdarbinimas"), guess("žinutė"), guess("du"), guess("ir")
('petraitýtė', 'įdarbìnimas', 'žinùtė', 'dù', 'ir')
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ivr.language.sounds import GRAVE, TILDE, VOWEL_LETTERS, plain

_SUFFIXES: Final = (
    "íen", "ýt", "áit", "ùt", "iū́t", "áusk", "ìnim", "ãvim", "ójim", "ė́jim", "ùm", "ýb", "ỹst", "ãcij", "ìcij",
    "ùcij", "ìzm", "iniñk", "ìšk", "ìst", "eñt", "añt", "ìnt", "úot", "ìnam", "úojam", "ė́j", "ìn",
)  # fmt: skip
_BY_LENGTH: Final = sorted(((marked, plain(marked)) for marked in _SUFFIXES), key=lambda pair: -len(pair[1]))
_ENDINGS: Final = """
a as am ame ai ams ais ą e ei es ę ė ės ėje ėms ėmis ėse i iai iams iais ias ią iems iu iui ius iuose ių ia ios
io is į o os oje oms omis ose u ui ų us uose au ė te me ti tis
"""
# Words that lean on their neighbours and have no stress of their own in a sentence.
_CLITICS: Final = """
ir ar į iš už su be per nuo prie po ant o bet kad kai ne nei jei jau tik tai dėl pas apie prieš pagal iki ties aš tu
jis ji mes jūs tą to šį mano
"""
_ENDING: Final = "|".join(_ENDINGS.split())
_LEANING: Final = frozenset(_CLITICS.split())
_NUCLEUS: Final = re.compile(r"(?:i(?=[aąouųū]))?(?:ai|au|ei|eu|ie|ui|uo|[aąeęėiįyouųū])")


def guess(word: str, *, alone: bool = False) -> str:
    """The word in small letters with a stress mark; without one for words that lean on others, unless it is ``alone``.

    >>> guess("nežinomas"), guess("labas"), guess("bsi"), guess("iki", alone=True)
    ('nežinõmas', 'lãbas', 'bsì', 'ikì')
    """
    word = word.lower()
    if word in _LEANING:
        return _accented(word, last=True) if alone else word
    for marked, bare in _BY_LENGTH:
        found = re.fullmatch(rf"(.+){bare}({_ENDING})", word)
        if found and any(sign in VOWEL_LETTERS for sign in found[1]):
            return unicodedata.normalize("NFC", f"{found[1]}{marked}{found[2]}")
    return _accented(word, last=False)


def _accented(word: str, *, last: bool) -> str:
    """With the mark on the last vowel or, as most words have it, the one before; one that ends a syllable is long."""
    nuclei = list(_NUCLEUS.finditer(word))
    if not nuclei:
        return word
    at = len(nuclei) - 1 if last or len(nuclei) == 1 else len(nuclei) - 2
    nucleus = nuclei[at]
    first = nucleus.start() + (len(nucleus[0]) > 1 and nucleus[0].startswith("i") and nucleus[0] != "ie")
    opened = at + 1 < len(nuclei) and nuclei[at + 1].start() - nucleus.end() < 2
    mark = TILDE if word[first] in "aeo" and (opened or word[first] == "o") else GRAVE
    return unicodedata.normalize("NFC", f"{word[: first + 1]}{mark}{word[first + 1 :]}")
