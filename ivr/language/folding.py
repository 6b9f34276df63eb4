"""Letters without their marks: for comparing what people and machines write with and without them."""

from __future__ import annotations

import unicodedata
from typing import Final

_PLAIN: Final = str.maketrans("ąčęėįšųūž", "aceeisuuz")


def folded(text: str) -> str:
    """Small letters without diacritics: what a keyboard without them, or a hasty recogniser, makes of a text.

    >>> folded("Šeimos kortelė – ką?")
    'seimos kortele – ka?'
    """
    plain = text.lower().translate(_PLAIN)
    if plain.isascii():  # nearly every text: training folds each word of the packs, several times
        return plain
    decomposed = unicodedata.normalize("NFD", plain)
    return "".join(char for char in decomposed if not unicodedata.combining(char))
