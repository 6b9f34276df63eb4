"""The speech process as any Wyoming program sees it."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize

from ivr.errors import SpeechError, SpeechUnavailable
from ivr.events import Grammar
from ivr.speech import protocol
from ivr.speech.ear import Ear, EarSettings
from ivr.speech.mouth import Mouth
from ivr.speech.ports import EarAvailable, HeardText, VoiceBegan
from ivr.speech.server import SpeechServer
from ivr.speech.turns import TurnRecognizer
from tests.speech.fakes import (
    CountingDecoders,
    Listener,
    LoudnessActivity,
    ScriptedVoice,
    silence,
    uri,
    voice,
)


async def read(client: AsyncClient) -> Event:
    event = await asyncio.wait_for(client.read_event(), 10)
    assert event is not None
    return event


async def send_sound(client: AsyncClient, pcm: bytes, rate: int = 8000) -> None:
    await client.write_event(AudioStart(rate=rate, width=2, channels=1).event())
    for at in range(0, len(pcm), 4000):
        chunk = AudioChunk(rate=rate, width=2, channels=1, audio=pcm[at : at + 4000])
        await client.write_event(chunk.event())
    await client.write_event(AudioStop().event())


async def test_socket_is_for_its_owner_only(server: SpeechServer) -> None:
    assert stat.S_IMODE(server.path.stat().st_mode) == 0o600


async def test_describe_names_ear_and_voice(server: SpeechServer) -> None:
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await read(client))
    assert info.asr[0].models[0].name == "counting"
    assert not info.asr[0].requires_external_vad
    assert info.tts[0].voices[0].name == "scripted"


async def test_plain_client_gets_one_transcript_for_all_it_sent(server: SpeechServer) -> None:
    async with AsyncClient.from_uri(uri(server)) as client:
        for _ in range(2):  # the connection serves again
            await client.write_event(Transcribe(language="lt").event())
            await send_sound(client, silence(0.4) + voice(0.5) + silence(2) + voice(0.3) + silence(0.1))
            event = await read(client)
            assert Transcript.is_type(event.type)
            assert Transcript.from_event(event).text == "800"


async def test_plain_client_may_leave_out_transcribe(server: SpeechServer) -> None:
    async with AsyncClient.from_uri(uri(server)) as client:
        await send_sound(client, voice(0.5))
        assert Transcript.from_event(await read(client)).text == "500"


async def test_plain_client_gets_an_empty_transcript_for_silence(server: SpeechServer) -> None:
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(Transcribe().event())
        await send_sound(client, silence(1))
        assert Transcript.from_event(await read(client)).text == ""


async def test_sound_at_16_khz_is_brought_to_the_lines_rate(server: SpeechServer) -> None:
    tone = (4000 * np.sign(np.sin(np.arange(16000) * 0.3))).astype("<i2").tobytes()
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(Transcribe().event())
        await send_sound(client, tone, rate=16000)
        assert int(Transcript.from_event(await read(client)).text) == pytest.approx(1000, abs=60)


@pytest.mark.parametrize(
    "event",
    [
        Event("audio-chunk", {"rate": "x"}),
        Event("transcribe", {"context": {"listen": "one"}}),
        Event("transcribe", {"context": 7}),
        Event("transcribe", {"context": {"listen": 1, "expected_words": 0}}),
        Event("transcribe", {"transcript_terms": [1]}),
        Event("synthesize", {}),
        AudioStart(rate=8000, width=4, channels=2).event(),
    ],
    ids=["chunk", "listen", "context", "expected", "terms", "no text", "format"],
)
async def test_malformed_event_is_answered_and_the_connection_lives(server: SpeechServer, event: Event) -> None:
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(event)
        assert Error.is_type((await read(client)).type)
        await client.write_event(Ping(text="still there").event())
        assert Pong.from_event(await read(client)).text == "still there"


@pytest.mark.parametrize(
    "sent", [b'{"no type": 1}\n\xff\xfe garbage\n', b"[]\n", b"7\n", b'{"type": "ping", "payload_length": "many"}\n']
)
async def test_garbage_ends_only_its_own_connection(server: SpeechServer, sent: bytes) -> None:
    with capture_logs() as said:
        reader, writer = await asyncio.open_unix_connection(server.path)
        writer.write(sent)
        await writer.drain()
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert [one["event"] for one in said if one["log_level"] != "info"] == ["speech.no_event"]
    writer.close()
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(Ping().event())
        assert Pong.is_type((await read(client)).type)


def test_what_was_heard_outside_the_grammar_crosses_the_wire() -> None:
    heard = HeardText("taip", 0.9, (), 0.5, 1.0, free="taip norėčiau paklausti")
    assert protocol.read_speech_event(protocol.speech_event(heard, 3)) == heard
    assert protocol.read_speech_event(protocol.speech_event(HeardText("taip", 0.9), 3)) == HeardText("taip", 0.9)


async def test_two_ears_hear_their_own(server: SpeechServer) -> None:
    listeners = [Listener(), Listener()]
    ears = [Ear(uri(server), listener, EarSettings(queue_s=60)) for listener in listeners]
    for ear, listener in zip(ears, listeners, strict=True):
        await ear.open()
        assert await listener.next() == EarAvailable(True)
        ear.listen(Grammar("any", ()), 0.3)
    for _ in range(60):  # interleaved
        ears[0].feed(voice(0.01))
        ears[1].feed(voice(0.005))
    for ear in ears:
        ear.feed(silence(0.5))
    heard = []
    for listener in listeners:
        assert isinstance(await listener.next(), VoiceBegan)
        turn = await listener.next()
        assert isinstance(turn, HeardText)
        heard.append(turn.text)
    assert heard == ["600", "300"]
    for ear in ears:
        await ear.close()


async def test_turn_without_further_sound_is_ended_by_the_watchdog(
    socket_path: Path, decoders: CountingDecoders, scripted: ScriptedVoice
) -> None:
    server = SpeechServer(socket_path, TurnRecognizer(decoders, LoudnessActivity), scripted, stall_s=0.05)
    await server.start()
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(protocol.transcribe_event(7, Grammar("any", ()), 0.7))
        await client.write_event(protocol.audio_start())
        await client.write_event(protocol.audio_chunk(voice(0.4)))
        kinds = [(await read(client)).type for _ in range(4)]  # no audio-stop, no silence
        assert kinds == ["transcript-start", "voice-started", "voice-stopped", "transcript"]
        await client.write_event(protocol.audio_chunk(silence(0.1) + voice(0.2) + silence(0.8)))
        assert protocol.listen_of(await read(client)) == 7  # and the ear is still open
    await server.stop()


async def test_leaving_closes_the_decoder(server: SpeechServer, decoders: CountingDecoders) -> None:
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(protocol.transcribe_event(1, Grammar("any", ()), 0.7))
        await read(client)
    async with asyncio.timeout(10):
        while not decoders.opened[0].closed:
            await asyncio.sleep(0)


async def test_sentence_comes_piece_by_piece(server: SpeechServer) -> None:
    pieces = [pcm async for pcm in Mouth(uri(server)).say("laba diena|labas", "lt")]
    assert [len(pcm) / 16000 for pcm in pieces] == [2.0, 1.0]


async def test_leaving_a_sentence_stops_its_synthesis(server: SpeechServer, scripted: ScriptedVoice) -> None:
    sentence = Mouth(uri(server)).say("|".join(f"dalis{n}" for n in range(50)), "lt")
    await anext(sentence)
    scripted.gate.clear()
    await sentence.aclose()
    async with asyncio.timeout(10):  # the server's connection is gone
        while server.clients:
            await asyncio.sleep(0)
    scripted.gate.set()
    assert [pcm async for pcm in Mouth(uri(server)).say("toliau", "lt")]
    assert "dalis49" not in scripted.asked
    assert scripted.asked[-1] == "toliau"


async def test_long_sentences_keep_no_ear_waiting(server: SpeechServer, scripted: ScriptedVoice) -> None:
    scripted.gate.clear()
    sentences = [Mouth(uri(server)).say("ilgas sakinys", "lt") for _ in range(12)]  # more than there are threads
    waiting = [asyncio.ensure_future(anext(sentence)) for sentence in sentences]
    async with asyncio.timeout(10):
        while server.clients < len(sentences) or not scripted.asked:
            await asyncio.sleep(0)
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(Transcribe().event())
        await send_sound(client, voice(0.5))
        assert Transcript.from_event(await read(client)).text == "500"
    assert not any(future.done() for future in waiting)
    scripted.gate.set()
    assert [len(await future) for future in waiting] == [32000] * len(sentences)


async def test_new_sentence_on_a_connection_replaces_the_old(server: SpeechServer, scripted: ScriptedVoice) -> None:
    async with AsyncClient.from_uri(uri(server)) as client:
        await client.write_event(Synthesize(text="|".join(["senas"] * 50)).event())
        await read(client)  # audio-start
        await client.write_event(Synthesize(text="naujas sakinys").event())
        sizes = []
        starts = 1
        while not AudioStop.is_type((event := await read(client)).type):
            starts += AudioStart.is_type(event.type)
            if AudioChunk.is_type(event.type):
                sizes.append(len(event.payload or b""))
    assert starts == 2
    assert sizes[-1] == 32000
    assert len(sizes) < 50


async def test_voice_that_fails_is_an_error_for_the_mouth(socket_path: Path, decoders: CountingDecoders) -> None:
    server = SpeechServer(socket_path, TurnRecognizer(decoders, LoudnessActivity), ScriptedVoice(fails_on="oi"))
    await server.start()
    with pytest.raises(SpeechError, match="fell silent"):
        [pcm async for pcm in Mouth(uri(server)).say("oi", "lt")]
    await server.stop()


async def test_mouth_without_a_server_says_so(socket_path: Path) -> None:
    with pytest.raises(SpeechUnavailable):
        [pcm async for pcm in Mouth(uri(socket_path)).say("labas", "lt")]


async def test_who_only_hears_does_not_speak_and_who_only_speaks_does_not_hear(
    socket_path: Path, decoders: CountingDecoders, scripted: ScriptedVoice
) -> None:
    recognizer = TurnRecognizer(decoders, LoudnessActivity)
    for server, asked in (
        (SpeechServer(socket_path, recognizer), Synthesize(text="labas").event()),
        (SpeechServer(socket_path, synthesizer=scripted), Transcribe().event()),
    ):
        await server.start()
        async with AsyncClient.from_uri(uri(server)) as client:
            await client.write_event(asked)
            assert "on this socket" in Error.from_event(await read(client)).text
            await client.write_event(Describe().event())
            info = Info.from_event(await read(client))
        assert (len(info.asr), len(info.tts)) == ((1, 0) if server.recognizer else (0, 1))
        await server.stop()
