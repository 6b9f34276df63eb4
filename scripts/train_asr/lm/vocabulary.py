"""The lexicon's words and how likely each is where the corpus knows nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

WORDS: Final = Path(__file__).resolve().parent.parent / "words"
# By the number that a list's name begins with: talk and figures are said on every call, most surnames never.
_SHARES: Final = {"10": 12.0, "11": 6.0, "12": 3.0, "13": 1.0, "14": 1.0, "15": 4.0, "20": 0.1, "21": 0.02, "30": 2.0,
           "33": 0.5}  # fmt: skip
_OTHER: Final = 2.0
# Lists are ordered by usefulness: after so many words a word counts half.
_HALF: Final = 6000


def floor(folder: Path = WORDS) -> dict[str, float]:
    """Every word of every list with its share; the first list that has a word decides.

    Raises FileNotFoundError when there are no lists.
    """
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise FileNotFoundError(folder)
    shares: dict[str, float] = {}
    for path in paths:
        share = _SHARES.get(path.stem[:2], _OTHER)
        words = (line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
        for rank, word in enumerate(words):
            shares.setdefault(word, share / (1 + rank / _HALF))
    return shares
