"""All grammars by name, as the mind's port ``Grammars`` wants them; what was built once is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ivr.speech.grammars import SpokenGrammar, by_name


class GrammarBook:
    """``this_year``: bounds dates that callers may say; asked when a grammar is used for the first time."""

    def __init__(self, this_year: Callable[[], int]) -> None:
        self._this_year = this_year
        self._grammars: dict[str, SpokenGrammar[Any]] = {}
        self._phrases: dict[str, tuple[str, ...]] = {}

    def phrases(self, name: str) -> tuple[str, ...]:
        """What the ear may expect; empty for open speech. Raises SpeechError for an unknown grammar."""
        if name not in self._phrases:
            self._phrases[name] = self._grammar(name).listening().phrases
        return self._phrases[name]

    def parse(self, name: str, text: str) -> object | None:
        """The value of recognised words, or None. Raises SpeechError for an unknown grammar."""
        value: object | None = self._grammar(name).parse(text)
        return value

    def read(self) -> None:
        """Read the lists of names and numbers now, which takes half a second, rather than in a call."""
        for name in ("name", "phone"):
            self.phrases(name)
            self.parse(name, "jonas")

    def _grammar(self, name: str) -> SpokenGrammar[Any]:
        if name not in self._grammars:
            self._grammars[name] = by_name(name, latest_year=self._this_year())
        return self._grammars[name]
