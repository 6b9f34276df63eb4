"""Which words a Vosk model knows, read from ``graph/words.txt`` without loading the model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ivr.errors import ModelError


class Lexicon:
    """The words of a model folder. Raises ModelError when its word list can't be read.

    Kept as one sorted array of UTF-8: a set of as many strings takes 11 MB of each process that has one, this 2.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "graph" / "words.txt"
        try:
            lines = path.read_text(encoding="utf-8").encode("utf-8").split(b"\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(
                "vosk", path, f"can't be read ({error})", "Give a folder in Vosk's format in [speech] model"
            ) from error
        words = {line.split(maxsplit=1)[0] for line in lines if line and line[:1] not in (b"<", b"[", b"#")}
        self._words = np.array(sorted(words), dtype=np.bytes_)

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str):
            return False
        key = np.bytes_(word.encode("utf-8"))
        at = int(np.searchsorted(self._words, key))
        return at < len(self._words) and bool(self._words[at] == key)

    def __len__(self) -> int:
        return len(self._words)

    def missing(self, phrases: Iterable[str]) -> tuple[str, ...]:
        """Words of the phrases that the model does not know, each once, in order of appearance."""
        words = dict.fromkeys(word for phrase in phrases for word in phrase.split())
        return tuple(word for word in words if word not in self)
