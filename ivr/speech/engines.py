"""From the configuration to recognisers and a voice."""

from __future__ import annotations

from ivr.config import Config
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.piper_voice import PiperSpeaker
from ivr.speech.ports import DecoderFactory, Recognizer, Synthesizer
from ivr.speech.routing import RoutedDecoders
from ivr.speech.turns import TurnRecognizer
from ivr.speech.vad import SileroActivity
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity, identify
from ivr.speech.vosk_decoder import VoskModel
from ivr.speech.wyoming_peer import WyomingDecoders, WyomingVoice


def recognizer_for(config: Config, *, strictness: float = 0.0) -> Recognizer:
    """Load the configured recognisers. Raises ModelError, SpeechError (a wrong address).

    ``strictness``: see :mod:`ivr.speech.rejection`; it is for measuring.
    """
    speech = config.speech
    own: DecoderFactory = (
        WyomingDecoders(speech.recognizer) if speech.recognizer else VoskModel(speech.model, strictness=strictness)
    )
    others = {name: WyomingDecoders(uri) for name, uri in speech.recognizer_of.items()}
    SileroActivity()  # a detector that can't be loaded is found now, not in a call
    return TurnRecognizer(RoutedDecoders(own, others) if others else own, SileroActivity)


def synthesizer_for(config: Config) -> VoiceChain:
    """The configured voice, with espeak behind it.

    Raises:
        ModelError: the configured voice is missing or damaged. (A voice that
            fails later, while speaking, is replaced by espeak.)
    """
    if config.speech.synthesizer:
        return _with_espeak(WyomingVoice(config.speech.synthesizer))
    return local_voice(identify(config))


def local_voice(identity: VoiceIdentity) -> VoiceChain:
    """Load a voice of this machine, with espeak behind it. Raises ModelError."""
    if identity.model is None:
        return VoiceChain((EspeakVoice(),))
    return _with_espeak(PiperSpeaker(identity.model, name=identity.name, version=identity.version))


def _with_espeak(first: Synthesizer) -> VoiceChain:
    return VoiceChain((first, EspeakVoice()))
