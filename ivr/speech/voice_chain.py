"""Several voices in order: when one fails, the next speaks on, and the log says so once.

The switch happens between sentences: the sentence that failed is spoken anew
from its beginning, and the rest of that text stays with the new voice, so that
no sentence mixes two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from ivr.errors import SpeechError
from ivr.speech.ports import Synthesizer
from ivr.speech.sentences import pieces

_log = structlog.get_logger(__name__)


class VoiceChain:
    """Implements ``Synthesizer`` under the first voice's name."""

    def __init__(self, voices: Sequence[Synthesizer]) -> None:
        if not voices:
            raise ValueError("a chain needs at least one voice")
        self.name, self.version = voices[0].name, voices[0].version
        self._voices = tuple(voices)
        self._reported: set[str] = set()

    def synthesize(self, text: str, language: str) -> Iterator[bytes]:
        """One chunk per sentence or clause. Raises SpeechError when no voice can speak it."""
        for _, pcm in self.spoken(text, language):
            yield pcm

    def spoken(self, text: str, language: str) -> Iterator[tuple[str, bytes]]:
        """Like :meth:`synthesize`, with the name of the voice that spoke each chunk."""
        left = list(self._voices)
        for piece in pieces(text):
            while True:
                voice = left[0]
                try:
                    pcm = b"".join(voice.synthesize(piece, language))
                    break
                except SpeechError as error:
                    self._report(voice.name, error)
                    del left[0]
                    if not left:
                        raise
            if pcm:
                yield voice.name, pcm

    def _report(self, name: str, error: SpeechError) -> None:
        if name not in self._reported:
            self._reported.add(name)
            _log.error("voice.failed", voice=name, problem=str(error))
