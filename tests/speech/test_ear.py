"""The ear's own duties: counting sound, bounded queue, coming back after the process fell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.events import Grammar
from ivr.speech.ear import Ear, EarSettings
from ivr.speech.ports import EarAvailable, HeardText, VoiceBegan
from ivr.speech.server import SpeechServer
from ivr.speech.turns import TurnRecognizer
from tests.speech.fakes import CountingDecoders, Listener, LoudnessActivity, ScriptedVoice, near, silence, uri, voice

ANY = Grammar("any", ())
QUICK = EarSettings(queue_s=60, first_retry_s=0.01, last_retry_s=0.02)
MakeServer = Callable[[], SpeechServer]


@pytest.fixture
def another(socket_path: Path, decoders: CountingDecoders, scripted: ScriptedVoice) -> MakeServer:
    """A server at the same address as the first."""
    return lambda: SpeechServer(socket_path, TurnRecognizer(decoders, LoudnessActivity), scripted)


async def opened(server: SpeechServer, settings: EarSettings = QUICK) -> tuple[Ear, Listener]:
    listener = Listener()
    ear = Ear(uri(server), listener, settings)
    await ear.open()
    assert await listener.next() == EarAvailable(True)
    return ear, listener


async def turn(listener: Listener) -> HeardText:
    assert isinstance(await listener.next(), VoiceBegan)
    heard = await listener.next()
    assert isinstance(heard, HeardText)
    return heard


async def test_offsets_count_from_the_opening_of_the_ear(server: SpeechServer) -> None:
    ear, listener = await opened(server)
    for _ in range(100):
        ear.feed(silence(0.02))  # 2 s during which nobody listens
    ear.listen(ANY, 0.3)
    ear.feed(silence(1) + voice(0.5) + silence(0.5))
    assert await listener.next() == VoiceBegan(near(3.0))
    heard = await listener.next()
    assert isinstance(heard, HeardText)
    assert (heard.started_s, heard.ended_s) == (near(3.0), near(3.5))
    assert (heard.words[0].started, heard.words[0].ended) == (near(3.0), near(3.5))
    await ear.close()


async def test_ear_stays_open_for_the_next_turn(server: SpeechServer) -> None:
    ear, listener = await opened(server)
    ear.listen(ANY, 0.3)
    for length in (0.3, 0.6):
        ear.feed(voice(length) + silence(0.5))
        assert (await turn(listener)).text == f"{length * 1000:.0f}"
    await ear.close()


async def test_nothing_is_reported_after_stop(server: SpeechServer) -> None:
    ear, listener = await opened(server)
    ear.listen(ANY, 0.3)
    ear.feed(voice(0.3))
    assert isinstance(await listener.next(), VoiceBegan)
    ear.stop()
    ear.feed(silence(1))
    ear.listen(ANY, 0.3)
    ear.feed(silence(0.5) + voice(0.7) + silence(0.5))
    assert (await turn(listener)).text == "700"  # and not the 300 of before
    await ear.close()


async def test_new_listening_replaces_the_old(server: SpeechServer, decoders: CountingDecoders) -> None:
    ear, listener = await opened(server)
    ear.listen(Grammar("first", ("vienas",)), 0.3)
    ear.listen(Grammar("second", ("du",)), 0.3)
    ear.feed(voice(0.4) + silence(0.5))
    assert (await turn(listener)).text == "400"
    assert decoders.opened[-1].grammar.phrases == ("du",)
    assert listener.rest() == []
    await ear.close()


async def test_expected_words_reach_the_end_of_the_turn(server: SpeechServer) -> None:
    ear, listener = await opened(server)
    ear.listen(ANY, 0.7, 2)
    ear.feed(voice(0.2) + silence(1.0) + voice(0.2) + silence(0.5))
    heard = await turn(listener)
    assert (heard.text, heard.ended_s) == ("400", near(1.4))
    await ear.close()


async def test_ear_of_a_missing_process_says_so_and_recovers(another: MakeServer, socket_path: Path) -> None:
    listener = Listener()
    ear = Ear(uri(socket_path), listener, QUICK)
    await ear.open()
    assert await listener.next() == EarAvailable(False)
    assert not ear.available
    server = another()
    await server.start()
    assert await listener.next() == EarAvailable(True)
    await ear.close()
    await server.stop()


async def test_open_listening_is_asked_for_again_when_the_process_returns(
    server: SpeechServer, another: MakeServer
) -> None:
    ear, listener = await opened(server)
    ear.listen(ANY, 0.3)
    ear.feed(silence(1) + voice(0.3))
    assert isinstance(await listener.next(), VoiceBegan)
    await server.stop()
    assert await listener.next() == EarAvailable(False)
    second = another()
    await second.start()
    assert await listener.next() == EarAvailable(True)
    ear.feed(silence(0.7) + voice(0.5) + silence(0.5))
    heard = await turn(listener)
    assert heard.text == "500"
    assert heard.started_s == near(2.0)  # the count goes on
    await ear.close()
    await second.stop()


async def test_queue_is_bounded_and_counts_what_it_drops(another: MakeServer, socket_path: Path) -> None:
    listener = Listener()
    ear = Ear(uri(socket_path), listener, EarSettings(queue_s=1.0, first_retry_s=0.01, last_retry_s=0.02))
    await ear.open()
    ear.listen(ANY, 0.3)
    for _ in range(150):
        ear.feed(silence(0.02))
    for _ in range(25):
        ear.feed(voice(0.02))
    for _ in range(20):
        ear.feed(silence(0.02))
    assert ear.dropped_s == near(2.9)
    server = another()
    await server.start()
    assert await listener.next() == EarAvailable(False)
    assert await listener.next() == EarAvailable(True)
    heard = await turn(listener)
    assert heard.text == "500"
    assert heard.started_s == near(3.0)  # dropped sound still counts as time
    await ear.close()
    await server.stop()


async def test_refused_grammar_makes_the_ear_unavailable_until_a_good_one(server: SpeechServer) -> None:
    ear, listener = await opened(server)
    ear.listen(Grammar("bad", ("nežinomas",)), 0.3)
    assert await listener.next() == EarAvailable(False)
    ear.listen(ANY, 0.3)
    assert await listener.next() == EarAvailable(True)
    ear.feed(voice(0.3) + silence(0.5))
    assert (await turn(listener)).text == "300"
    await ear.close()


async def test_broken_recogniser_is_tried_again(server: SpeechServer, decoders: CountingDecoders) -> None:
    ear, listener = await opened(server)
    decoders.broken = True
    ear.listen(ANY, 0.3)
    assert await listener.next() == EarAvailable(False)
    decoders.broken = False
    assert await listener.next() == EarAvailable(True)
    ear.feed(voice(0.3) + silence(0.5))
    assert (await turn(listener)).text == "300"
    await ear.close()


async def test_process_that_hangs_is_taken_for_dead(socket_path: Path) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    hanging = await asyncio.start_unix_server(mute, socket_path)
    listener = Listener()
    ear = Ear(uri(socket_path), listener, EarSettings(ping_s=0.05, first_retry_s=5))
    await ear.open()
    assert await listener.next() == EarAvailable(True)
    assert await listener.next() == EarAvailable(False)
    await ear.close()
    hanging.close()


async def test_feed_and_close_are_harmless_at_any_time(server: SpeechServer) -> None:
    ear = Ear(uri(server), Listener())
    ear.feed(voice(1))
    await ear.close()
    await ear.open()
    await ear.close()
    await ear.close()
    ear.feed(voice(1))
    assert ear.dropped_s == 0
