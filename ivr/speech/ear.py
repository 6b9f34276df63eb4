"""The ear of one call: the client side of the speech process.

Sound goes in by :meth:`Ear.feed` and is counted from the moment the ear was
opened; it is sent only while somebody listens. When the speech process falls,
the ear says so, tries again with growing pauses, and asks anew for the
listening that was open. All methods belong to the loop's thread; none blocks.
"""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog
from wyoming.asr import TranscriptStart
from wyoming.audio import AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.ping import Ping, Pong

from ivr.errors import UnknownWords
from ivr.events import SAMPLE_RATE, Grammar
from ivr.speech import protocol
from ivr.speech.ports import EarAvailable, EarEvent, HeardText, VoiceBegan

_log = structlog.get_logger(__name__)
_BYTES_PER_S: Final = SAMPLE_RATE * 2
_LARGEST_CHUNK: Final = 8000  # half a second


@dataclass(frozen=True, slots=True)
class EarSettings:
    """``queue_s`` of sound may wait for a busy speech process; older sound is dropped and counted.

    The pause before a new attempt doubles from ``first_retry_s`` to ``last_retry_s``.
    A speech process that does not answer a ping within ``ping_s`` is taken for dead. Sound is sent in pieces
    of at least ``piece_s``: two frames cost the speech process hardly more than one.
    """

    queue_s: float = 2.0
    piece_s: float = 0.04
    first_retry_s: float = 0.1
    last_retry_s: float = 2.0
    ping_s: float = 3.0
    connect_s: float = 2.0


@dataclass(frozen=True, slots=True)
class _Listening:
    number: int
    grammar: Grammar
    end_silence_s: float
    expected_words: int | None


class Ear:
    """``on_event`` is called in the loop's thread; see :data:`~ivr.speech.ports.EarEvent`."""

    def __init__(self, uri: str, on_event: Callable[[EarEvent], None], settings: EarSettings | None = None) -> None:
        self._uri = uri
        self._on_event = on_event
        self._settings = settings or EarSettings()
        self._fed = 0  # bytes since the ear was opened
        self._dropped = 0
        self._queue: deque[tuple[int, bytes]] = deque()  # offset in bytes, sound
        self._queued = 0
        self._listening: _Listening | None = None
        self._listenings = 0
        self._announced: int | None = None  # listening that the server knows of
        self._refused: int | None = None  # listening that the server can't serve
        self._timeline = _Timeline()
        self._wake = asyncio.Event()
        self._pong = asyncio.Event()
        self._connected = False
        self._available: bool | None = None
        self._settled = asyncio.Event()  # first success or failure
        self._task: asyncio.Task[None] | None = None

    @property
    def available(self) -> bool:
        """Recognition works, as far as is known."""
        return bool(self._available)

    @property
    def dropped_s(self) -> float:
        """Seconds of sound that were never heard because the speech process was away or too slow."""
        return self._dropped / _BYTES_PER_S

    async def open(self) -> None:
        """Connect; returns after the first attempt, successful or not. Raises nothing: ``EarAvailable`` tells."""
        self._task = asyncio.create_task(self._run(), name="ear")
        await self._settled.wait()

    async def close(self) -> None:
        """Leave; nothing is reported any more."""
        self._listening = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def listen(self, grammar: Grammar, end_silence_s: float, expected_words: int | None = None) -> None:
        """Report turns from now on; replaces an earlier listening, whose open turn is forgotten.

        The arguments are those of :class:`~ivr.events.Listen`.
        """
        self._listenings += 1
        self._listening = _Listening(self._listenings, grammar, end_silence_s, expected_words)
        self._refused = None
        self._forget_sound()
        self._wake.set()

    def stop(self) -> None:
        """Report nothing until the next :meth:`listen`."""
        self._listening = None
        self._forget_sound()
        self._wake.set()

    def feed(self, pcm: bytes) -> None:
        """Take the caller's sound, whole samples of any number."""
        offset = self._fed
        self._fed += len(pcm)
        if self._listening is None:
            return
        self._queue.append((offset, pcm))
        self._queued += len(pcm)
        while self._queued > self._settings.queue_s * _BYTES_PER_S and len(self._queue) > 1:
            _, oldest = self._queue.popleft()
            self._queued -= len(oldest)
            self._dropped += len(oldest)
        self._wake.set()

    # ------------------------------------------------------------ connection

    async def _run(self) -> None:
        pause = self._settings.first_retry_s
        while True:
            client = AsyncClient.from_uri(self._uri, connect_timeout=self._settings.connect_s)
            try:
                await client.connect()
                self._announced = None
                self._connected = True
                pause = self._settings.first_retry_s
                self._tell()
                await self._talk(client)
            except (OSError, TimeoutError, EOFError) as error:
                _log.warning("ear.away", problem=str(error) or type(error).__name__)
            except Exception:  # a call keeps its ear whatever one answer looked like
                _log.exception("ear.failed")
            finally:
                self._connected = False
                with contextlib.suppress(OSError):
                    await client.disconnect()
            self._tell()
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._settings.last_retry_s)

    async def _talk(self, client: AsyncClient) -> None:
        tasks = [asyncio.create_task(part(client)) for part in (self._send, self._receive, self._watch)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, client: AsyncClient) -> None:
        while True:
            wanted = self._listening
            if wanted is None:
                if self._announced is not None:
                    self._announced = None
                    await client.write_event(AudioStop().event())
            elif wanted.number != self._refused:
                if wanted.number != self._announced:
                    self._announced = wanted.number
                    self._timeline = _Timeline()
                    await client.write_event(
                        protocol.transcribe_event(
                            wanted.number, wanted.grammar, wanted.end_silence_s, wanted.expected_words
                        )
                    )
                    await client.write_event(protocol.audio_start())
                    continue
                if self._queued >= self._settings.piece_s * _BYTES_PER_S:
                    await client.write_event(protocol.audio_chunk(self._take()))
                    continue
            self._wake.clear()
            await self._wake.wait()

    async def _receive(self, client: AsyncClient) -> None:
        while (event := await client.read_event()) is not None:
            if Pong.is_type(event.type):
                self._pong.set()
            elif self._listening is not None and protocol.listen_of(event) == self._listening.number:
                self._answer(event)
        raise EOFError("the speech process closed the connection")

    async def _watch(self, client: AsyncClient) -> None:
        while True:
            await asyncio.sleep(self._settings.ping_s)
            self._pong.clear()
            await client.write_event(Ping().event())
            async with asyncio.timeout(self._settings.ping_s):  # wait_for loses a cancellation that comes with the pong
                await self._pong.wait()

    # ----------------------------------------------------------------- events

    def _answer(self, event: Event) -> None:
        if TranscriptStart.is_type(event.type):
            self._refused = None
            self._tell()
            return
        if Error.is_type(event.type):
            self._refusal(Error.from_event(event))
            return
        heard = protocol.read_speech_event(event)
        at = self._timeline.to_ear
        if isinstance(heard, VoiceBegan):
            self._on_event(VoiceBegan(at(heard.offset_s)))
        elif isinstance(heard, HeardText):
            words = tuple(replace(word, started=at(word.started), ended=at(word.ended)) for word in heard.words)
            started, ended, decided = at(heard.started_s), at(heard.ended_s), at(heard.decided_s)
            self._on_event(replace(heard, words=words, started_s=started, ended_s=ended, decided_s=decided))

    def _refusal(self, error: Error) -> None:
        _log.error("ear.refused", grammar=self._listening and self._listening.grammar.name, problem=error.text)
        self._refused = self._announced
        self._tell()
        if error.code != UnknownWords.__name__:  # a grammar does not get better by asking again
            asyncio.get_running_loop().call_later(self._settings.last_retry_s, self._ask_again, self._refused)

    def _ask_again(self, number: int | None) -> None:
        if number is not None and number == self._refused:
            self._refused = self._announced = None
            self._wake.set()

    def _tell(self) -> None:
        wanted = self._listening
        refused = wanted is not None and self._refused == wanted.number
        available = self._connected and not refused
        if available != self._available:
            self._available = available
            self._on_event(EarAvailable(available))
        self._settled.set()

    def _take(self) -> bytes:
        """The oldest sound that waits, joined with what follows it without a gap."""
        start, first = self._queue.popleft()
        sound = bytearray(first)
        while self._queue and self._queue[0][0] == start + len(sound) and len(sound) < _LARGEST_CHUNK:
            sound += self._queue.popleft()[1]
        self._queued -= len(sound)
        self._timeline.sent(start, len(sound))
        return bytes(sound)

    def _forget_sound(self) -> None:
        self._queue.clear()
        self._queued = 0


class _Timeline:
    """From seconds of the sound that the server got to seconds of the sound that the ear was fed."""

    _KEPT = 64

    def __init__(self) -> None:
        self._sent = 0
        self._starts: list[float] = []
        self._shifts: list[float] = []

    def sent(self, offset: int, size: int) -> None:
        """A chunk that the ear was fed at byte ``offset`` was sent."""
        shift = (offset - self._sent) / _BYTES_PER_S
        if not self._shifts or self._shifts[-1] != shift:
            self._starts.append(self._sent / _BYTES_PER_S)
            self._shifts.append(shift)
            del self._starts[: -self._KEPT], self._shifts[: -self._KEPT]
        self._sent += size

    def to_ear(self, seconds: float) -> float:
        """Seconds on the ear's count."""
        if not self._shifts:
            return seconds
        return round(seconds + self._shifts[max(0, bisect_right(self._starts, seconds) - 1)], 3)
