"""From the configuration to a voice."""

from __future__ import annotations

from pathlib import Path

import structlog

from ivr.config import Config
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.kokoro_files import FETCH
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.piper_voice import PiperSpeaker
from ivr.speech.ports import Synthesizer
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity, identify, installed_piper
from ivr.speech.wyoming_peer import WyomingVoice

_log = structlog.get_logger(__name__)


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
    """Load a voice of this machine, with espeak behind it. Raises ModelError.

    A Kokoro voice that was not fetched is stood in for by the Piper voice that is installed; the log says so once.
    """
    match identity.engine, identity.model:
        case "piper", Path() as model:
            return _with_espeak(PiperSpeaker(model, name=identity.name, version=identity.version))
        case "kokoro", Path() as folder:
            return _with_espeak(
                KokoroSpeaker(folder, style=identity.style, name=identity.name, version=identity.version)
            )
        case "kokoro", None:
            _log.warning("voice.not_fetched", voice=identity.name, spoken_by="piper", remedy=FETCH)
            return local_voice(installed_piper())
    return VoiceChain((EspeakVoice(),))


def _with_espeak(first: Synthesizer) -> VoiceChain:
    return VoiceChain((first, EspeakVoice()))
