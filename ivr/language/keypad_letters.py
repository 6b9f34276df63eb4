"""Names keyed with the letters that stand on a telephone's keys, and back: 2 is ABC, 3 DEF … 9 WXYZ.

Letters with diacritics are keyed as the plain ones. One run of keys may be several names; which of the public list it
can be, is all that is told.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_KEYS: Final = ("abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz")
_KEY_OF: Final = {letter: str(key) for key, letters in enumerate(_KEYS, 2) for letter in letters}


def keys_of(name: str) -> str:
    """The keys of a name's letters; everything else is left out.

    >>> keys_of("Jonas"), keys_of("Žemaitė"), keys_of("Dariaus ir Girėno")
    ('56627', '9362483', '327428747447366')
    """
    bare = unicodedata.normalize("NFD", name.lower())
    return "".join(_KEY_OF[char] for char in bare if char in _KEY_OF)


def by_keys(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Run of keys → names, in their order.

    >>> by_keys(["Ona", "Jonas", "Nna"])["662"]
    ('Ona', 'Nna')
    """
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(keys_of(name), []).append(name)
    return {keys: tuple(own) for keys, own in found.items()}
