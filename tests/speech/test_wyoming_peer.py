"""A foreign Wyoming recogniser or voice, which neither ends turns nor speaks at 8 kHz."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript, TranscriptChunk
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import Synthesize

from ivr.errors import SpeechError, SpeechUnavailable
from ivr.events import Grammar
from ivr.speech import sound
from ivr.speech.ear import Ear, EarSettings
from ivr.speech.ports import EarAvailable, HeardText, VoiceBegan
from ivr.speech.server import SpeechServer
from ivr.speech.turns import TurnRecognizer
from ivr.speech.wyoming_peer import UNSTATED_CONFIDENCE, WyomingDecoders, WyomingVoice
from tests.speech.fakes import Listener, LoudnessActivity, near, silence, uri, voice

GRAMMAR = Grammar("yesno", ("taip", "ne"))


class Foreign(AsyncEventHandler):
    """Transcribes to the number of chunks' milliseconds in its own style, then hangs up."""

    asked: list[Transcribe]

    async def handle_event(self, event: Event) -> bool:
        if Transcribe.is_type(event.type):
            self.asked.append(Transcribe.from_event(event))
            self.milliseconds = 0
        elif AudioChunk.is_type(event.type):
            self.milliseconds += AudioChunk.from_event(event).milliseconds
        elif AudioStop.is_type(event.type):
            await self.write_event(TranscriptChunk(text="Ta").event())
            await self.write_event(Transcript(text=" Taip, prašau! ").event())
            return False
        elif Synthesize.is_type(event.type):
            await self._speak(Synthesize.from_event(event).text)
        return True

    async def _speak(self, text: str) -> None:
        if text == "oi":
            await self.write_event(Error(text="no voice today").event())
            return
        tone = (9000 * np.sin(np.arange(24000) * 0.1)).astype("<i2").tobytes()
        await self.write_event(AudioStart(rate=24000, width=2, channels=1).event())
        await self.write_event(AudioChunk(rate=24000, width=2, channels=1, audio=tone).event())
        await self.write_event(AudioStop().event())


@pytest.fixture
async def foreign() -> AsyncIterator[str]:
    """Address of a foreign program."""
    Foreign.asked = []
    server = AsyncTcpServer("127.0.0.1", 0)
    await server.start(Foreign)
    port = server._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    yield f"tcp://127.0.0.1:{port}"
    await server.stop()


async def test_ear_hears_through_a_foreign_recogniser(foreign: str, server: SpeechServer) -> None:
    server.recognizer = TurnRecognizer(WyomingDecoders(foreign), LoudnessActivity)
    listener = Listener()
    ear = Ear(uri(server), listener, EarSettings(queue_s=60))
    await ear.open()
    assert await listener.next() == EarAvailable(True)
    ear.listen(GRAMMAR, 0.3)
    for start in (0.5, 1.5):  # twice, although the program hangs up after a transcript
        ear.feed(silence(0.5) + voice(0.2) + silence(0.3))
        assert await listener.next() == VoiceBegan(near(start))
        heard = await listener.next()
        assert isinstance(heard, HeardText)
        assert heard.text == "taip prašau"
        assert heard.confidence == UNSTATED_CONFIDENCE
        assert heard.started_s == near(start)
    assert [asked.transcript_terms for asked in Foreign.asked] == [["taip", "ne"]] * 2
    await ear.close()


async def test_our_own_server_can_be_the_foreign_one(server: SpeechServer) -> None:
    stream = await asyncio.to_thread(
        lambda: TurnRecognizer(WyomingDecoders(uri(server)), LoudnessActivity).stream(GRAMMAR, end_silence_s=0.3)
    )
    heard = (await asyncio.to_thread(stream.accept, voice(0.5) + silence(0.5)))[-1]
    assert isinstance(heard, HeardText)
    assert (heard.text, heard.confidence) == ("500", 0.9)  # confidence travels between our own
    await asyncio.to_thread(stream.close)


async def test_absent_recogniser_makes_the_ear_unavailable(server: SpeechServer, unused_tcp_port: int) -> None:
    server.recognizer = TurnRecognizer(WyomingDecoders(f"tcp://127.0.0.1:{unused_tcp_port}"), LoudnessActivity)
    listener = Listener()
    ear = Ear(uri(server), listener)
    await ear.open()
    assert await listener.next() == EarAvailable(True)
    ear.listen(GRAMMAR, 0.3)
    assert await listener.next() == EarAvailable(False)
    await ear.close()


async def test_foreign_voice_is_brought_to_line_rate_and_level(foreign: str) -> None:
    chunks = await asyncio.to_thread(lambda: list(WyomingVoice(foreign).synthesize("Labas.", "lt")))
    samples = sound.to_samples(b"".join(chunks))
    assert len(samples) == pytest.approx(8000, abs=400)
    assert sound.active_level(samples) == pytest.approx(sound.TARGET_DBFS, abs=1)


async def test_foreign_voice_that_fails_raises(foreign: str, unused_tcp_port: int) -> None:
    with pytest.raises(SpeechError, match="no voice today"):
        await asyncio.to_thread(lambda: list(WyomingVoice(foreign).synthesize("oi", "lt")))
    with pytest.raises(SpeechUnavailable, match="does not answer"):
        await asyncio.to_thread(
            lambda: list(WyomingVoice(f"tcp://127.0.0.1:{unused_tcp_port}").synthesize("labas", "lt"))
        )


@pytest.mark.parametrize("address", ["", "http://localhost:1", "tcp://localhost", "unix://", "10300"])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SpeechError, match="address"):
        WyomingDecoders(address)
