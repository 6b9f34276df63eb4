"""Debian's ``hunspell-lt``: word families by its affix rules, and the check of spelling.

The dictionary is by Albertas Agejevas (2000–2013) under the BSD licence of three clauses, as
``/usr/share/doc/hunspell-lt/copyright`` says for ``dictionaries/lt_LT/*``. It is read when the lists are made,
not when a model is trained.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path("/usr/share/hunspell")
_ENCODING: Final = "iso8859-13"
# Declension of nouns and adjectives; the flags of verbs would yield hundreds of forms for each.
_DECLENSION: Final = "D"


@dataclass(frozen=True, slots=True)
class Rule:
    """Replace ``strip`` at a word's end by ``add`` where the end matches ``condition``."""

    strip: str
    add: str
    condition: re.Pattern[str]

    def apply(self, word: str) -> str | None:
        """The form, or None where the rule does not fit."""
        if not word.endswith(self.strip) or not self.condition.search(word):
            return None
        return word[: len(word) - len(self.strip)] + self.add


def rules(affixes: str, flag: str = _DECLENSION) -> tuple[Rule, ...]:
    """The suffix rules of a flag, from the text of an ``.aff`` file.

    >>> [rule.apply("vyras") for rule in rules("SFX D Y 1\\nSFX D as o as\\nSFX E is io is")]
    ['vyro']
    """
    found = []
    for line in affixes.splitlines():
        parts = line.split()
        if len(parts) == 5 and parts[:2] == ["SFX", flag]:
            strip, add = ("" if part == "0" else part for part in parts[2:4])
            found.append(Rule(strip, add, re.compile(f"{parts[4]}$")))
    return tuple(found)


def families(dictionary: str, declension: Iterable[Rule]) -> Iterator[frozenset[str]]:
    """Each noun or adjective of a ``.dic`` text with all its forms, lower-case words only.

    >>> [sorted(family) for family in families("2\\nvyras/D\\ndirbti/N", rules("SFX D as o as"))]
    [['vyras', 'vyro']]
    """
    declension = tuple(declension)
    for line in dictionary.splitlines()[1:]:
        word, _, flags = line.strip().partition("/")
        if _DECLENSION in flags and word.islower():
            yield frozenset({word, *(form for rule in declension if (form := rule.apply(word)))})


def load(folder: Path = FOLDER) -> tuple[frozenset[str], ...]:
    """The families of the installed dictionary. Raises OSError when ``hunspell-lt`` is not installed."""
    affixes = (folder / "lt_LT.aff").read_text(_ENCODING)
    return tuple(families((folder / "lt_LT.dic").read_text(_ENCODING), rules(affixes)))


def misspelled(words: Iterable[str]) -> frozenset[str]:
    """Those that the ``hunspell`` program does not accept. Raises OSError when it is not installed."""
    listed = "\n".join(words)
    done = subprocess.run(
        ["hunspell", "-d", "lt_LT", "-i", "utf-8", "-l"], input=listed, capture_output=True, text=True, check=True
    )
    return frozenset(done.stdout.split())
