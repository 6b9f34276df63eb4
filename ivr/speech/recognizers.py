"""From the configuration to recognisers."""

from __future__ import annotations

from ivr.config import Config
from ivr.speech.front_end import ClearedDecoders
from ivr.speech.ports import DecoderFactory, Recognizer
from ivr.speech.routing import RoutedDecoders
from ivr.speech.turns import TurnRecognizer
from ivr.speech.vad import SileroActivity
from ivr.speech.vosk_decoder import VoskModel
from ivr.speech.wyoming_peer import WyomingDecoders


def recognizer_for(config: Config) -> Recognizer:
    """Load the configured recognisers. Raises ModelError, SpeechError (a wrong address)."""
    speech = config.speech
    own: DecoderFactory = WyomingDecoders(speech.recognizer) if speech.recognizer else VoskModel(speech.model)
    others = {name: WyomingDecoders(uri) for name, uri in speech.recognizer_of.items()}
    SileroActivity()  # a detector that can't be loaded is found now, not in a call
    decoders = RoutedDecoders(own, others) if others else own
    return TurnRecognizer(ClearedDecoders(decoders), SileroActivity)
