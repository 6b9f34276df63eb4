"""The pages' words by language; a word that a language lacks is a fault at start, not on a page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

LANGUAGES: Final = ("lt", "en")


def load_words() -> Mapping[str, Mapping[str, str]]:
    """Words by language and key.

    Raises:
        ValueError: the languages don't have the same keys (a fault of the package).
    """
    folder = resources.files("ivr.office") / "words"
    words: dict[str, dict[str, str]] = {code: {} for code in LANGUAGES}
    for code, own in words.items():
        for part in ("", "quality."):
            more = tomllib.loads((folder / f"{part}{code}.toml").read_text(encoding="utf-8"))
            if twice := set(own) & set(more):
                raise ValueError(f"words of the office are there twice: {sorted(twice)}")
            own |= more
    first = set(words[LANGUAGES[0]])
    for code in LANGUAGES[1:]:
        if different := first ^ set(words[code]):
            raise ValueError(f"the office's words differ between languages: {sorted(different)}")
    return words
