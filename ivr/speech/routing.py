"""Another ear for some prompts: which recogniser hears which grammar.

A recogniser elsewhere may be bigger than ours, and it may be away. A listening
that it can't take falls to our own, so the caller only notices that answers get
worse; the next listening asks for it again.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from ivr.errors import SpeechUnavailable
from ivr.events import Grammar
from ivr.speech.named import OPEN
from ivr.speech.ports import Decoder, DecoderFactory

_log = structlog.get_logger(__name__)


class RoutedDecoders:
    """Implements ``DecoderFactory`` over several. ``others``: by name of the grammar; "open": without phrases."""

    def __init__(self, own: DecoderFactory, others: Mapping[str, DecoderFactory]) -> None:
        self.name, self.version = own.name, own.version
        self._own = own
        self._others = dict(others)

    def decoder(self, grammar: Grammar) -> Decoder:
        """From the recogniser that is set for the grammar, or from our own while that one is away.

        Raises what the chosen recogniser raises for the grammar itself.
        """
        other = self._others.get(grammar.name) or (None if grammar.phrases else self._others.get(OPEN))
        if other is None:
            return self._own.decoder(grammar)
        try:
            return other.decoder(grammar)
        except SpeechUnavailable as error:
            _log.warning("speech.recognizer_away", grammar=grammar.name, recognizer=other.name, problem=error.problem)
            return self._own.decoder(grammar)
