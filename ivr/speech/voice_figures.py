"""How well and how fast a voice speaks; the figures of ``ivr bench voice``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from ivr.events import SAMPLE_RATE
from ivr.speech import sound
from ivr.speech.foreign_ear import ForeignEar
from ivr.speech.halt import Halt
from ivr.speech.ports import Synthesizer

# First clauses of sentences that are made during a call, of about 1.2 s of speech at most.
CLAUSES: Final = (
    "Gerai,", "Taip,", "Supratau,", "Radau atsakymą,", "Jūsų klausimas,", "Rytoj,", "Nuo pirmadienio,", "Vilniuje,",
    "Šiuo atveju,", "Deja,", "Pagal įstatymą,", "Pirmiausia,",
)  # fmt: skip
LONG: Final = "Dėl ilgalaikio darbo išmokos kreipkitės į Socialinio draudimo fondo valdybos teritorinį skyrių"
_PULL_AFTER_S: Final = (0.15, 0.3, 0.6)


class MeasuredVoice(Synthesizer, Protocol):
    """A voice that can be heard before it goes through the telephone."""

    @property
    def rate(self) -> int: ...

    def raw(self, text: str, language: str, halt: Halt | None = None) -> Iterator[sound.Samples]: ...


@dataclass(frozen=True, slots=True)
class Understood:
    """Commands said, and what another recogniser took for something else: ``(said, heard)``."""

    said: int
    wrong: tuple[tuple[str, str], ...]
    wrong_narrow: tuple[tuple[str, str], ...]

    @property
    def share(self) -> float:
        """Heard right at 16 kHz, 0–1."""
        return 1 - len(self.wrong) / self.said

    @property
    def share_narrow(self) -> float:
        """Heard right at 8 kHz, 0–1."""
        return 1 - len(self.wrong_narrow) / self.said


@dataclass(frozen=True, slots=True)
class FirstSound:
    """Times to the first sound of new clauses in ms, the seconds of speech in them, and time per length of all."""

    ms: tuple[float, ...]
    seconds: tuple[float, ...]

    @property
    def real_time(self) -> float:
        """Seconds of work for a second of speech."""
        return sum(self.ms) / 1000 / sum(self.seconds)


def commands(ear: ForeignEar) -> tuple[str, ...]:
    """Every second command of the recogniser's sample grammar: 38 of LIEPA's 75."""
    return ear.phrases[::2]


def understood(voice: MeasuredVoice, ear: ForeignEar, said: Sequence[str], step: Callable[[], None]) -> Understood:
    """Let the voice say each command to the recogniser, wide (16 kHz) and as a telephone carries it (8 kHz)."""
    wide, narrow = [], []
    for phrase in said:
        samples = np.concatenate(list(voice.raw(phrase, "lt")))
        if (heard := ear.hear(samples, voice.rate)) != phrase:
            wide.append((phrase, heard))
        if (heard := ear.hear(sound.resample(samples, voice.rate), SAMPLE_RATE)) != phrase:
            narrow.append((phrase, heard))
        step()
    return Understood(len(said), tuple(wide), tuple(narrow))


def first_sound(voice: MeasuredVoice, step: Callable[[], None]) -> FirstSound:
    """Time from a new clause to its sound, after one that warms up."""
    list(voice.synthesize(CLAUSES[0], "lt"))
    ms, seconds = [], []
    for clause in CLAUSES:
        began = time.perf_counter()
        pcm = next(voice.synthesize(clause, "lt"))
        ms.append(1000 * (time.perf_counter() - began))
        seconds.append(len(pcm) / 2 / SAMPLE_RATE - sum(sound.silence_at_edges(sound.to_samples(pcm))))
        step()
    return FirstSound(tuple(ms), tuple(seconds))


def stop_ms(voice: MeasuredVoice) -> tuple[float, ...]:
    """Times from halting a voice in the middle of a long sentence to its end, in ms."""
    times = []
    for after in _PULL_AFTER_S:
        halt, pulled = Halt(), [0.0]

        def pull(halt: Halt = halt, pulled: list[float] = pulled) -> None:
            pulled[0] = time.perf_counter()
            halt.pull()

        timer = threading.Timer(after, pull)
        timer.start()
        for _ in voice.synthesize(LONG, "lt", halt):
            pass
        ended = time.perf_counter()
        timer.cancel()
        if pulled[0]:  # a voice that was faster than the hand on the brake says nothing
            times.append(max(0.0, 1000 * (ended - pulled[0])))
    return tuple(times)
