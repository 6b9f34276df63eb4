"""A voice that is loaded only when it is needed: the one that stands in for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from ivr.speech.halt import Halt
from ivr.speech.ports import Synthesizer


class SpareVoice:
    """Implements ``Synthesizer``; safe to use from several threads.

    ``load`` makes the voice at the first sentence; it may raise SpeechError, then the sentence is not spoken by it and
    the next sentence tries again.
    """

    def __init__(self, name: str, load: Callable[[], Synthesizer]) -> None:
        self.name, self.version = name, ""
        self._load = load
        self._voice: Synthesizer | None = None
        self._loading = threading.Lock()

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        """What the loaded voice says. Raises SpeechError when it can't be loaded or can't speak."""
        with self._loading:
            voice = self._voice = self._voice or self._load()
        yield from voice.synthesize(text, language, halt)
