"""The ear's port with an engine that is not ours: pocketsphinx behind a Wyoming server, chosen per prompt."""

from __future__ import annotations

import asyncio
import os
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from wyoming.server import AsyncTcpServer

from ivr.config import Config, load
from ivr.errors import ConfigError, SpeechError
from ivr.events import Grammar
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.ports import HeardText, Recognizer
from ivr.speech.recognizers import recognizer_for
from ivr.speech.routing import RoutedDecoders
from ivr.speech.wyoming_peer import WyomingDecoders
from tests.speech.fakes import CountingDecoder, CountingDecoders, silence

pytest.importorskip("pocketsphinx")
from scripts.wyoming_sphinx import Handler, Model

Serve = Callable[[Model], AbstractAsyncContextManager[str]]
LIEPA = os.environ.get("IVR_TEST_LIEPA", "")


@pytest.fixture
def serve() -> Serve:
    """A pocketsphinx on a port of its own; gives its address."""

    @asynccontextmanager
    async def serving(model: Model) -> AsyncIterator[str]:
        server = AsyncTcpServer("127.0.0.1", 0)
        await server.start(type("OneHandler", (Handler,), {"model": model}))
        port = server._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        yield f"tcp://127.0.0.1:{port}"
        await server.stop()

    return serving


def hear(recognizer: Recognizer, grammar: Grammar, pcm: bytes) -> str:
    stream = recognizer.stream(grammar, end_silence_s=0.7)
    whole = silence(0.5) + pcm + silence(1.0)
    events = [event for at in range(0, len(whole), 640) for event in stream.accept(whole[at : at + 640])]
    stream.close()
    return " ".join(event.text for event in events if isinstance(event, HeardText))


def english(espeak: EspeakVoice, text: str) -> bytes:
    return b"".join(espeak.synthesize(text, "en"))


async def test_prompts_are_heard_by_the_recogniser_that_the_configuration_names(
    serve: Serve, espeak: EspeakVoice
) -> None:
    async with serve(Model()) as uri:
        config = load(None, {"IVR_SPEECH_RECOGNIZERS": f"english={uri}"})
        recognizer = await asyncio.to_thread(recognizer_for, config)
        words = ("operator", "information", "goodbye", "message", "benefit")  # which our own model does not know
        heard = [
            await asyncio.to_thread(hear, recognizer, Grammar("english", words), english(espeak, word))
            for word in words
        ]
        assert sum(text == word for text, word in zip(heard, words, strict=True)) >= 4, heard
        pcm = b"".join(espeak.synthesize("keturi", "lt"))
        assert await asyncio.to_thread(hear, recognizer, Grammar("ours", ("taip", "ne", "keturi")), pcm) == "keturi"


async def test_words_that_it_cannot_pronounce_are_an_error(serve: Serve, espeak: EspeakVoice) -> None:
    async with serve(Model()) as uri:
        config = load(None, {"IVR_SPEECH_RECOGNIZERS": f"english={uri}"})
        recognizer = await asyncio.to_thread(recognizer_for, config)
        with pytest.raises(SpeechError, match="without pronunciation: žliumbrikas"):
            await asyncio.to_thread(hear, recognizer, Grammar("english", ("žliumbrikas",)), english(espeak, "hello"))


@pytest.mark.skipif(not LIEPA, reason="IVR_TEST_LIEPA names no folder with LIEPA's Sphinx model")
async def test_liepas_model_hears_its_own_sample(serve: Serve) -> None:
    folder = Path(LIEPA)
    with wave.open(str(next((folder / "sample").glob("*.wav")))) as file:
        assert file.getframerate() == 16000
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")[::2].tobytes()
    dictionary = next((folder / "sample").glob("*.dic"))
    words = tuple({line.split()[0].split("(")[0] for line in dictionary.read_text("utf-8").splitlines() if line})
    async with serve(Model(str(folder), str(dictionary))) as uri:
        config = load(None, {"IVR_SPEECH_RECOGNIZERS": f"liepa={uri}"})
        recognizer = await asyncio.to_thread(recognizer_for, config)
        assert set((await asyncio.to_thread(hear, recognizer, Grammar("liepa", words), pcm)).split()) <= set(words)


def test_open_speech_and_named_grammars_find_their_recogniser() -> None:
    ours, theirs, opened = CountingDecoders(), CountingDecoders(), CountingDecoders()
    router = RoutedDecoders(ours, {"street": theirs, "open": opened})
    for grammar, chosen in (
        (Grammar("street", ("vilniaus",)), theirs),
        (Grammar("message", ()), opened),
        (Grammar("yesno", ("taip",)), ours),
    ):
        decoder = router.decoder(grammar)
        assert isinstance(decoder, CountingDecoder)
        assert decoder is chosen.opened[-1]


def test_own_ear_stands_in_while_the_other_is_away(unused_tcp_port: int) -> None:
    ours = CountingDecoders()
    router = RoutedDecoders(ours, {"open": WyomingDecoders(f"tcp://127.0.0.1:{unused_tcp_port}")})
    assert router.decoder(Grammar("message", ())) is ours.opened[-1]


@pytest.mark.parametrize("entry", ["open", "=tcp://h:1", "open=http://h:1", "open=tcp://h:1,open=tcp://h:2"])
def test_entry_that_names_no_recogniser_is_refused(entry: str) -> None:
    with pytest.raises(ConfigError, match=r"speech|RECOGNIZERS"):
        load(None, {"IVR_SPEECH_RECOGNIZERS": entry})


def test_default_is_our_own_ear_for_everything() -> None:
    assert Config().speech.recognizer_of == {}
