"""Several voices in order: when one fails, the next speaks on, and the log says so once.

The switch happens between sentences: the sentence that failed is spoken anew from its beginning, and the rest of that
text stays with the new voice, so that no sentence mixes two. A sentence that the last voice can't speak is left out,
the rest is spoken, and the error comes at the end, so that the journal says that not all was heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from ivr.errors import SpeechError
from ivr.speech.halt import Halt
from ivr.speech.ports import Synthesizer
from ivr.speech.sentences import clauses, pieces, sentences, speakable

_log = structlog.get_logger(__name__)


class VoiceChain:
    """Implements ``Synthesizer`` under the first voice's name."""

    def __init__(self, voices: Sequence[Synthesizer]) -> None:
        if not voices:
            raise ValueError("a chain needs at least one voice")
        self.name, self.version = voices[0].name, voices[0].version
        self._voices = tuple(voices)
        self._reported: set[str] = set()

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        """One chunk per clause, each as soon as it is made.

        Raises SpeechError, at the end, when there was a sentence that no voice could speak.
        """
        units = ([*clauses(sentence, first=not at)] for at, sentence in enumerate(sentences(speakable(text, language))))
        for _, pcm in self._spoken(units, language, halt or Halt()):
            yield pcm

    def spoken(self, text: str, language: str) -> Iterator[tuple[str, bytes]]:
        """One chunk per sentence, whole ones sound better, with the name of the voice that spoke it.

        Raises SpeechError like :meth:`synthesize`.
        """
        return self._spoken(([piece] for piece in pieces(speakable(text, language))), language, Halt())

    def _spoken(self, units: Iterator[list[str]], language: str, halt: Halt) -> Iterator[tuple[str, bytes]]:
        left = list(self._voices)
        skipped: SpeechError | None = None
        for unit in units:
            while not halt.pulled:
                voice = left[0]
                try:
                    for pcm in _unit(voice, unit, language, halt):
                        yield voice.name, pcm
                    break
                except SpeechError as error:
                    self._report(voice.name, error)
                    if len(left) == 1:
                        skipped = error
                        _log.error("voice.skipped", characters=sum(map(len, unit)))
                        break
                    del left[0]
        if skipped is not None and not halt.pulled:
            raise skipped

    def _report(self, name: str, error: SpeechError) -> None:
        if name not in self._reported:
            self._reported.add(name)
            _log.error("voice.failed", voice=name, problem=str(error))


def _unit(voice: Synthesizer, unit: list[str], language: str, halt: Halt) -> Iterator[bytes]:
    for clause in unit:
        pcm = b"".join(voice.synthesize(clause, language, halt))
        if halt.pulled:
            return
        if pcm:
            yield pcm
