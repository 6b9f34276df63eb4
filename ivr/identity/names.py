"""Whether a name that was heard is the one that is stored: tolerant of case, diacritics, inflection and spelling.

A name is taken to its nominative, written as it sounds (w is v, sz is š, ė and e are one, a double letter is a
single one), and compared by weighted changes. What tells people apart is not tolerated: a wife's, a daughter's and
a man's surname are three names, and so are „Paulius“ and „Paulė“.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from ivr.language.declension import Forms
from ivr.language.given_names import given_names
from ivr.language.surnames import surnames

# `ivr bench identity --names`: at 0.9 three of 100 000 pairs of different names are taken for one, at 0.8 eighteen, and
# hardly a spelling more is recognised below it.
THRESHOLD: Final = 0.9

_SOUNDS: Final = (
    ("szcz", "šč"), ("sch", "š"), ("sz", "š"), ("cz", "č"), ("sh", "š"), ("rz", "ž"), ("zh", "ž"), ("kh", "h"),
    ("ch", "h"), ("th", "t"), ("ph", "f"), ("qu", "kv"), ("q", "k"), ("w", "v"), ("x", "ks"), ("ł", "l"),
)  # fmt: skip
_HUSHING: Final = "čšž"
_VOWELS: Final = str.maketrans("ąęėįyųū", "aeeiiuu")
# Consonants that a telephone hardly tells apart, and Lithuanian letters that are written without their sign.
_NEAR: Final = frozenset(
    frozenset(pair)
    for pair in ("bp", "dt", "gk", "zs", "žš", "vf", "mn", "sš", "zž", "cč", "ei", "ou", "ao", "ae", "gh")
)
_NEAR_COST: Final = 0.5
# Endings that say whose name it is, the longest first; a name of another ending is another person's.
_SURNAME_ENDINGS: Final = (
    "iūtė", "utė", "aitė", "ytė", "ienė", "ius", "jus", "as", "is", "ys", "us", "ė", "a", "uo",
)  # fmt: skip
_GIVEN_ENDINGS: Final = ("ius", "jus", "as", "is", "ys", "us", "ė", "a", "uo")
_FOREIGN_VOWELS: Final = "iou"  # "Kowalski", "Ševčenko": what a Lithuanian ending takes the place of
_PARTS: Final = re.compile(r"[\s\-–]+")


def names_agree(heard: str, given: str, surname: str, threshold: float = THRESHOLD) -> bool:
    """``heard``: name and surname; ``given`` and ``surname`` as stored, each maybe of several parts.

    One of several given names suffices, and so does one half of a double surname; both name and surname must be there.

    >>> names_agree("Jonas Petraitis", "JONAS ANTANAS", "Petraitis")
    True
    >>> names_agree("jono petraičio", "Jonas", "Petraitis")
    True
    >>> names_agree("Ona Petraitiene", "Ona", "Petraitienė"), names_agree("Ona Petraitytė", "Ona", "Petraitienė")
    (True, False)
    >>> names_agree("Jonas", "Jonas", "Petraitis")
    False
    """
    words = heard.split()
    stored_given, stored_family = _PARTS.split(given.strip()), [surname, *_PARTS.split(surname.strip())]
    # The surname is compared whatever the given name says, so that time does not tell which was wrong.
    agreed = [
        any(same_given(word, name, threshold) for word in words[:split] for name in stored_given)
        & any(same_surname(" ".join(words[split:]), name, threshold) for name in stored_family)
        for split in range(1, len(words))
    ]
    return any(agreed)


def same_given(heard: str, stored: str, threshold: float = THRESHOLD) -> bool:
    """One given name against another.

    >>> same_given("Jurgita", "Jurgyta"), same_given("Viačeslavas", "Viačeslav"), same_given("Paulius", "Paulė")
    (True, True, False)
    """
    return max(similarities(heard, stored, given=True)) >= threshold


def same_surname(heard: str, stored: str, threshold: float = THRESHOLD) -> bool:
    """One surname against another.

    >>> same_surname("Kovalevskis", "Kowalewski"), same_surname("Petraitis", "Petraitienė")
    (True, False)
    """
    return max(similarities(heard, stored, given=False)) >= threshold


def similarities(heard: str, stored: str, *, given: bool) -> Iterator[float]:
    """How alike two names are, 0–1, for every way of reading them in the nominative."""
    for mine in _nominatives(heard, given=given):
        for theirs in _nominatives(stored, given=given):
            yield _similarity(mine, theirs, given=given)


def sound_of(name: str) -> str:
    """The name as it sounds, in plain letters.

    >>> sound_of("Kowalczyk"), sound_of("Anna"), sound_of("Žemaitė")
    ('kovalčik', 'ana', 'žemaite')
    """
    text = unicodedata.normalize("NFC", name.lower()).strip()
    for written, said in _SOUNDS:
        text = text.replace(written, said)
    text = "".join(char if char in _HUSHING else bare(char) for char in text.translate(_VOWELS))
    return "".join(char for at, char in enumerate(text) if char.isalpha() and (not at or text[at - 1] != char))


def _similarity(a: str, b: str, *, given: bool) -> float:
    (stem_a, ending_a), (stem_b, ending_b) = (stem(name, given=given) for name in (a, b))
    if ending_a and ending_b and ending_a != ending_b:
        return 0.0
    longest = max(len(stem_a), len(stem_b))
    return 1.0 - distance(stem_a, stem_b) / longest if longest else 0.0


def stem(name: str, *, given: bool) -> tuple[str, str]:
    """The sounds without the ending, and the ending without diacritics; a foreign name has none."""
    text = bare(name.lower())
    for ending in _GIVEN_ENDINGS if given else _SURNAME_ENDINGS:
        plain = bare(ending)
        if text.endswith(plain) and len(text) > len(plain) + 1:
            return sound_of(unicodedata.normalize("NFC", name)[: -len(plain)]), plain
    return sound_of(name).rstrip(_FOREIGN_VOWELS), ""


def distance(a: str, b: str) -> float:
    """The fewest changes that make one sound the other; those that a telephone blurs count half.

    >>> distance("jon", "jun"), distance("jon", "on"), distance("jon", "jor")
    (0.5, 1.0, 1.0)
    """
    row = [float(at) for at in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        before, row = row, [float(i)]
        for j, y in enumerate(b, 1):
            change = 0.0 if x == y else _NEAR_COST if frozenset((x, y)) in _NEAR else 1.0
            row.append(min(before[j - 1] + change, before[j] + 1, row[j - 1] + 1))
    return row[-1]


def _nominatives(name: str, *, given: bool) -> tuple[str, ...]:
    """Names of which this is a form; the name itself when it stands in no list."""
    plain = unicodedata.normalize("NFC", name.lower()).strip()
    forms = _given_forms() if given else _surname_forms()
    return forms.get(plain) or forms.get(bare(plain)) or (plain,)


def bare(text: str) -> str:
    """Without diacritics.

    >>> bare("Žąsėčių")
    'Zaseciu'
    """
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


@lru_cache(maxsize=1)
def _given_forms() -> dict[str, tuple[str, ...]]:
    return _forms(given_names())


@lru_cache(maxsize=1)
def _surname_forms() -> dict[str, tuple[str, ...]]:
    return _forms(surnames())


def _forms(names: Mapping[str, Forms]) -> dict[str, tuple[str, ...]]:
    """Form → names, with and without diacritics. A nominative stands for itself alone."""
    own = {name.lower() for name in names}
    found: dict[str, list[str]] = {}
    for name, forms in names.items():
        for form in forms.values():
            low = form.lower()
            for written in dict.fromkeys((low, bare(low))):
                if written not in own or written == name.lower():
                    found.setdefault(written, []).append(name.lower())
    return {form: tuple(dict.fromkeys(listed)) for form, listed in found.items()}
