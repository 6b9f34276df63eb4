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
    words = {code: tomllib.loads((folder / f"{code}.toml").read_text(encoding="utf-8")) for code in LANGUAGES}
    first = set(words[LANGUAGES[0]])
    for code in LANGUAGES[1:]:
        if different := first ^ set(words[code]):
            raise ValueError(f"the office's words differ between languages: {sorted(different)}")
    return words
