"""A recogniser and voices whose behaviour is written in the sound or text itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from ivr.errors import SpeechError, UnknownWords
from ivr.events import SAMPLE_RATE, Grammar, Word
from ivr.speech.halt import Halt
from ivr.speech.ports import EarEvent, Hypothesis
from ivr.speech.server import SpeechServer

VOICE: Final = 4000  # amplitude


def near(value: float, by: float = 0.021) -> Any:
    """Equal to within a frame of voice activity."""
    return pytest.approx(value, abs=by)


def voice(seconds: float) -> bytes:
    """Sound that :class:`LoudnessActivity` takes for speech."""
    return np.full(round(seconds * SAMPLE_RATE), VOICE, dtype="<i2").tobytes()


def silence(seconds: float) -> bytes:
    """Sound that nobody takes for speech."""
    return bytes(round(seconds * SAMPLE_RATE) * 2)


class LoudnessActivity:
    """Loud is speech; frames of 20 ms."""

    frame_s: float = 0.02
    lag_s: float = 0.0

    def __init__(self) -> None:
        self._pending = b""

    def accept(self, pcm: bytes) -> list[float]:
        self._pending += pcm
        whole = len(self._pending) // 320 * 320
        frames = np.frombuffer(self._pending[:whole], dtype="<i2").reshape(-1, 160)
        self._pending = self._pending[whole:]
        return [1.0 if np.abs(frame).max() > 1000 else 0.0 for frame in frames]


class CountingDecoder:
    """Hears the number of milliseconds of voice, as one word that spans all its sound."""

    refuses: bool = False

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.closed = False
        self._sound = b""

    def accept(self, pcm: bytes) -> None:
        self._sound += pcm

    def text_so_far(self) -> str:
        """A word is voice without a break; each is the grammar's first, or "balsas"."""
        loud = np.abs(np.frombuffer(self._sound, dtype="<i2").astype(np.int32)) > 1000
        words = int(np.count_nonzero(np.diff(loud.astype(np.int8), prepend=0) == 1))
        return " ".join([(*self.grammar.phrases, "balsas")[0]] * words)

    def result(self) -> Hypothesis:
        samples = np.frombuffer(self._sound, dtype="<i2")
        self._sound = b""
        voiced = np.flatnonzero(samples)
        if not len(voiced):
            return Hypothesis("", 0.0)
        text = f"{round(len(voiced) / SAMPLE_RATE * 1000)}"
        word = Word(text, voiced[0] / SAMPLE_RATE, (voiced[-1] + 1) / SAMPLE_RATE, 0.9)
        return Hypothesis(text, 0.9, (word,))

    def close(self) -> None:
        self.closed = True


class CountingDecoders:
    """Knows every word but „nežinomas“; while ``broken`` is set nothing can be opened."""

    name = "counting"
    version = "1"

    def __init__(self) -> None:
        self.opened: list[CountingDecoder] = []
        self.broken = False

    def decoder(self, grammar: Grammar) -> CountingDecoder:
        if self.broken:
            raise SpeechError("counting", "is broken", "Mend it")
        if "nežinomas" in grammar.phrases:
            raise UnknownWords("counting", ["nežinomas"])
        self.opened.append(CountingDecoder(grammar))
        return self.opened[-1]


class ScriptedVoice:
    """One second per word; ``fails_on`` a word; counts the pieces it was asked for.

    While ``gate`` is cleared, a piece is not finished.
    """

    def __init__(self, name: str = "scripted", fails_on: str = "", level: int = 1000) -> None:
        self.name = name
        self.version = "1"
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self._fails_on = fails_on
        self._level = level

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        for piece in text.split("|"):
            if halt is not None and halt.pulled:
                return
            self.asked.append(piece)
            if self._fails_on and self._fails_on in piece:
                raise SpeechError(self.name, "fell silent", "Mend it")
            self.gate.wait(10)
            yield np.full(len(piece.split()) * SAMPLE_RATE, self._level, dtype="<i2").tobytes()


class Listener:
    """Collects what an ear reports and waits for it."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[EarEvent] = asyncio.Queue()

    def __call__(self, event: EarEvent) -> None:
        self._events.put_nowait(event)

    async def next(self) -> EarEvent:
        """The next event; fails after 10 s."""
        return await asyncio.wait_for(self._events.get(), 10)

    def rest(self) -> list[EarEvent]:
        """What was reported and not yet asked for."""
        found: list[EarEvent] = []
        with suppress(asyncio.QueueEmpty):
            while True:
                found.append(self._events.get_nowait())
        return found


def uri(server: SpeechServer | Path) -> str:
    """Address of a server or a socket."""
    return f"unix://{server.path if isinstance(server, SpeechServer) else server}"
