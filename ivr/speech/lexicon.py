"""Which words a Vosk model knows, read from ``graph/words.txt`` without loading the model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ivr.errors import ModelError


class Lexicon:
    """The words of a model folder. Raises ModelError when its word list can't be read."""

    def __init__(self, folder: Path) -> None:
        path = folder / "graph" / "words.txt"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(
                "vosk", path, f"can't be read ({error})", "Give a folder in Vosk's format in [speech] model"
            ) from error
        self._words = frozenset(line.split(maxsplit=1)[0] for line in lines if line and line[0] not in "<[#")

    def __contains__(self, word: object) -> bool:
        return word in self._words

    def __len__(self) -> int:
        return len(self._words)

    def missing(self, phrases: Iterable[str]) -> tuple[str, ...]:
        """Words of the phrases that the model does not know, each once, in order of appearance."""
        return tuple(dict.fromkeys(word for phrase in phrases for word in phrase.split() if word not in self._words))
