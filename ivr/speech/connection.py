"""One client of the ears or of the voice: its listening and its sentences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import soxr
import structlog
from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize

from ivr.errors import AudioError, SpeechError
from ivr.events import SAMPLE_RATE
from ivr.speech import protocol
from ivr.speech.halt import Halt
from ivr.speech.ports import HeardText, RecognizerStream, SpeechEvent

if TYPE_CHECKING:
    from ivr.speech.server import SpeechServer

_log = structlog.get_logger(__name__)


class Connection:
    """Reads events one by one and answers them; see :mod:`ivr.speech.protocol`."""

    def __init__(self, server: SpeechServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._asked: protocol.ListenRequest | None = None
        self._stream: RecognizerStream | None = None
        self._input: _Input | None = None
        self._turn_open = False
        self._last_sound = 0.0
        self._sentence: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until the client leaves."""
        read = asyncio.ensure_future(async_read_event(self._reader))
        try:
            while True:
                done, _ = await asyncio.wait({read}, timeout=self._patience())
                if not done:
                    await self._finish_turn()
                    continue
                try:
                    event = read.result()
                except (
                    ValueError,
                    KeyError,
                    TypeError,
                    AttributeError,
                ) as error:  # so wyoming says that it is no event
                    _log.warning("speech.no_event", error=str(error))
                    return
                if event is None:
                    return
                read = asyncio.ensure_future(async_read_event(self._reader))
                await self._handle(event)
        finally:
            read.cancel()
            await self._drop_stream()
            self._drop_sentence()

    async def _handle(self, event: Event) -> None:
        try:
            if AudioChunk.is_type(event.type):
                await self._sound(AudioChunk.from_event(event))
            elif Transcribe.is_type(event.type):
                await self._listen(protocol.read_transcribe(event))
            elif AudioStart.is_type(event.type):
                await self._begin(AudioStart.from_event(event))
            elif AudioStop.is_type(event.type):
                await self._end_of_sound()
            elif Synthesize.is_type(event.type):
                self._drop_sentence()
                self._sentence = asyncio.create_task(self._speak(Synthesize.from_event(event)))
            elif Ping.is_type(event.type):
                await self._write(Pong(text=Ping.from_event(event).text).event())
            elif Describe.is_type(event.type):
                await self._write(_info(self._server).event())
        except SpeechError as error:
            await self._refuse(error)
        except (KeyError, ValueError, TypeError, AttributeError) as error:  # a malformed event
            await self._refuse(error)

    # ------------------------------------------------------------- listening

    async def _listen(self, asked: protocol.ListenRequest) -> None:
        await self._drop_stream()
        self._asked = asked
        recognizer = self._server.recognizer
        if recognizer is None:
            raise SpeechError("ears", "nobody hears on this socket", "Ask the socket of the ears")
        self._stream = await self._server.ears.run(
            lambda: recognizer.stream(
                asked.grammar, end_silence_s=asked.end_silence_s, expected_words=asked.expected_words
            )
        )
        if asked.listen is not None:
            await self._write(protocol.opened_event(asked.listen))

    async def _begin(self, start: AudioStart) -> None:
        if self._stream is None and self._asked is None:
            await self._listen(protocol.read_transcribe(Transcribe().event()))
        self._input = _Input(start.rate, start.width, start.channels)

    async def _sound(self, chunk: AudioChunk) -> None:
        stream = self._stream
        if stream is None:
            return  # refused before, or nobody asked: the sound is for nobody
        if self._input is None:
            self._input = _Input(chunk.rate, chunk.width, chunk.channels)
        pcm = self._input.to_line(chunk.audio)
        self._last_sound = self._loop.time()
        await self._report(await self._server.ears.run(lambda: stream.accept(pcm), urgent=stream.may_end))

    async def _end_of_sound(self) -> None:
        answered = await self._finish_turn()
        if self._asked is not None and self._asked.listen is None and not answered:
            await self._write(protocol.speech_event(HeardText(""), None))
        await self._drop_stream()

    async def _finish_turn(self) -> bool:
        stream = self._stream
        if stream is None:
            return False
        return await self._report(await self._server.ears.run(stream.finish, urgent=True))

    async def _report(self, events: list[SpeechEvent]) -> bool:
        listen = self._asked.listen if self._asked else None
        heard = False
        for event in events:
            self._turn_open = not isinstance(event, HeardText)
            if isinstance(event, HeardText) or listen is not None:
                await self._write(protocol.speech_event(event, listen))
            heard = heard or isinstance(event, HeardText)
        return heard

    def _patience(self) -> float | None:
        """How long to wait for the next event before an open turn is ended."""
        if not self._turn_open or self._asked is None or self._asked.listen is None:
            return None
        return max(0.0, self._last_sound + self._server.stall_s - self._loop.time())

    async def _drop_stream(self) -> None:
        stream, self._stream, self._asked, self._input = self._stream, None, None, None
        self._turn_open = False
        if stream is not None:
            await self._server.ears.run(stream.close)

    async def _refuse(self, error: Exception) -> None:
        _log.warning("speech.refused", code=type(error).__name__, problem=str(error))
        listen = self._asked.listen if self._asked else None
        await self._drop_stream()
        await self._write(protocol.error_event(error, listen))

    # -------------------------------------------------------------- speaking

    async def _speak(self, asked: Synthesize) -> None:
        language = (asked.voice.language if asked.voice else None) or self._server.language
        halt = Halt()
        try:
            if self._server.synthesizer is None:
                raise SpeechError("voice", "nobody speaks on this socket", "Ask the socket of the voice")
            sound = self._server.synthesizer.synthesize(asked.text, language, halt)
            await self._write(protocol.audio_start())
            while (pcm := await self._loop.run_in_executor(self._server.voices, _next, sound)) is not None:
                await self._write(protocol.audio_chunk(pcm))
            await self._write(AudioStop().event())
        except SpeechError as error:
            _log.warning("speech.refused", code=type(error).__name__, problem=str(error))
            await self._write(protocol.error_event(error))
        except ConnectionError:
            pass  # the listener hung up
        finally:
            halt.pull()  # also when this task is cancelled in the middle: the voice's thread goes to the next call

    def _drop_sentence(self) -> None:
        if self._sentence is not None:
            self._sentence.cancel()
            self._sentence = None

    # ------------------------------------------------------------------ both

    async def _write(self, event: Event) -> None:
        await async_write_event(event, self._writer)


class _Input:
    """A client's sound, brought to the line's rate."""

    def __init__(self, rate: int, width: int, channels: int) -> None:
        if width != 2 or channels != 1 or not 8000 <= rate <= 48000:
            raise AudioError(
                f"{channels} channels of {8 * width} bits at {rate} Hz", "Send 16-bit mono PCM at 8000 to 48000 Hz"
            )
        self._resample = (
            soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="int16", quality="MQ") if rate != SAMPLE_RATE else None
        )

    def to_line(self, pcm: bytes) -> bytes:
        """Raises AudioError for half a sample."""
        if len(pcm) % 2:
            raise AudioError("a chunk ends in the middle of a sample")
        if self._resample is None:
            return pcm
        converted: bytes = self._resample.resample_chunk(np.frombuffer(pcm, dtype="<i2")).tobytes()
        return converted


def _next(sound: Iterator[bytes]) -> bytes | None:
    return next(sound, None)


def _info(server: SpeechServer) -> Info:
    ours = Attribution(name="The 1883 line", url="https://spdx.org/licenses/GPL-3.0-or-later")
    info = Info()
    if (ear := server.recognizer) is not None:
        model = AsrModel(ear.name, ours, True, "Telephone speech", ear.version, languages=["lt"])
        hears = AsrProgram("ivr-ear", ours, True, "Grammars and end of turn", "1", [model], requires_external_vad=False)
        info.asr = [hears]
    if (voice := server.synthesizer) is not None:
        speaker = TtsVoice(voice.name, ours, True, "Voice of the line", voice.version, languages=["lt", "en"])
        info.tts = [TtsProgram("ivr-mouth", ours, True, "Speech at 8 kHz", "1", [speaker])]
    return info
