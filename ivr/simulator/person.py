"""A simulated person at one end of a call: hears, speaks, presses keys, hangs up.

All that happens comes as leg events; every wait is for such an event, with a
limit. Times are ``time.monotonic()`` of the process, as in the events; what was
heard is dated by its place in the sound, not by when it was noticed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from ivr.events import (
    SAMPLE_RATE,
    HangupReason,
    LegAnswered,
    LegAudio,
    LegEnded,
    LegEvent,
    LegHeld,
    LegKey,
    LegPlaybackDone,
    LegResumed,
    LegRinging,
)
from ivr.simulator.clips import Clip, Clips
from ivr.simulator.hearing import CutPrompt, HeardPrompt, Hearing, Report
from ivr.speech.wav import write_wav

T = TypeVar("T")

KEEP_S: Final = 900  # of received sound
_JUMP_S: Final = 0.25  # sound that comes so much later than it should was interrupted


class PersonLeg(Protocol):
    """What a person needs of a leg; :class:`ivr.telephony.leg.Leg` has it."""

    id: str

    def play(self, utterance: str, pcm: bytes) -> None: ...
    def answer(self) -> None: ...
    def hold(self) -> None: ...
    def unhold(self) -> None: ...
    def hangup(self, reason: HangupReason = HangupReason.ASSISTANT) -> None: ...
    def send_key(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something that the person said; ``completed`` false if it was cut or the call ended."""

    text: str
    voice: str
    started: float
    ended: float
    completed: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A prompt as the person heard it, on the process's clock. ``whole``: to its end."""

    prompt: str
    started: float
    ended: float
    whole: bool
    score: float = 0.0
    paused_s: float = 0.0


class Person:
    """One leg's person. ``rng`` draws a voice where the preferred one lacks a phrase."""

    def __init__(
        self,
        leg: PersonLeg,
        hearing: Hearing,
        clips: Clips,
        rng: random.Random,
        *,
        voice: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.leg = leg
        self.clock = clock
        self.hearing = hearing
        self.voice = voice
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.first_sound_at: float | None = None
        self.codec = ""
        self.ended: LegEnded | None = None
        self.held = False  # by the far end
        self.heard: list[Moment] = []
        self.said: list[Spoken] = []
        self.keys: list[str] = []  # that came from the far end
        self.on_heard: Callable[[Moment], None] = lambda moment: None
        self._clips = clips
        self._rng = rng
        self._played: dict[str, LegPlaybackDone] = {}
        self._utterances = 0
        self._kept = bytearray()
        self._anchors: list[tuple[float, float]] = []  # (seconds of sound, moment when they began)
        self._changed = asyncio.Event()

    # ------------------------------------------------------------ what happens

    def on_event(self, event: LegEvent) -> None:
        """An event of this leg; events of other legs are ignored."""
        if event.leg != self.leg.id:
            return
        match event:
            case LegRinging():
                self.ringing_at = event.at
            case LegAnswered(codec=codec):
                self.answered_at, self.codec = event.at, codec
            case LegAudio(pcm=pcm):
                self._hear(event.at, pcm)
            case LegPlaybackDone():
                self._played[event.utterance] = event
            case LegKey(key=key):
                self.keys.append(key)
            case LegHeld():
                self.held = True
            case LegResumed():
                self.held = False
            case LegEnded():
                self.ended = event
                self._note(self.hearing.finish())
        self._changed.set()

    async def until(self, ready: Callable[[], T | None], timeout_s: float) -> T | None:
        """The first value other than None of ``ready``, asked after every event; None after ``timeout_s``.

        The end of the call ends the wait, too, after one last question.
        """
        try:
            async with asyncio.timeout(max(0.0, timeout_s)):
                while True:
                    self._changed.clear()
                    value = ready()
                    if value is not None or self.ended is not None:
                        return value
                    await self._changed.wait()
        except TimeoutError:
            return ready()

    async def answered(self, timeout_s: float) -> bool:
        """Whether the call is up, at the latest after ``timeout_s``."""
        return await self.until(lambda: self.answered_at, timeout_s) is not None

    async def over(self, timeout_s: float) -> LegEnded | None:
        """How the call ended, None if it goes on after ``timeout_s``."""
        return await self.until(lambda: self.ended, timeout_s)

    def moment(self, heard_s: float) -> float:
        """The moment of a place in the received sound."""
        for begun_s, at in reversed(self._anchors):
            if heard_s >= begun_s:
                return at + heard_s - begun_s
        return self._anchors[0][1] + heard_s - self._anchors[0][0] if self._anchors else 0.0

    def _hear(self, at: float, pcm: bytes) -> None:
        length = len(pcm) / 2 / SAMPLE_RATE
        begun_s = self.hearing.heard_s
        if not self._anchors or abs(at - length - self.moment(begun_s)) > _JUMP_S:
            self._anchors.append((begun_s, at - length))
        if len(self._kept) < KEEP_S * 2 * SAMPLE_RATE:
            self._kept += pcm
        self._note(self.hearing.accept(pcm))
        first = self.hearing.meter.first_sound_s
        if self.first_sound_at is None and first is not None:
            self.first_sound_at = self.moment(first)

    def _note(self, reports: list[Report]) -> None:
        for report in reports:
            started = self.moment(report.started_s)
            match report:
                case HeardPrompt(ended_s=ended, score=score, paused_s=paused):
                    moment = Moment(report.id, started, self.moment(ended), True, score, paused)
                case CutPrompt(stopped_s=stopped):
                    moment = Moment(report.id, started, self.moment(stopped), False)
            self.heard.append(moment)
            self.on_heard(moment)

    # ------------------------------------------------------------ what the person does

    def clip(self, phrase: str) -> Clip:
        """The sound of a phrase (by text or by name). Raises ClipError."""
        return self._clips.choose(phrase, self._rng, self.voice)

    async def say(self, phrase: str, for_s: float | None = None) -> Spoken:
        """Speak a phrase and wait for its end; ``for_s``: again and again for so long. Raises ClipError."""
        clip = self.clip(phrase)
        pcm = clip.pcm
        if for_s is not None:
            wanted = int(for_s * SAMPLE_RATE) * 2
            pcm = (pcm * (wanted // len(pcm) + 1))[:wanted]
        return await self.utter(clip.text, clip.voice, pcm)

    async def utter(self, text: str, voice: str, pcm: bytes) -> Spoken:
        """Play sound and wait until the last of it has left."""
        self._utterances += 1
        name = f"say-{self._utterances}"
        length = len(pcm) / 2 / SAMPLE_RATE
        self.leg.play(name, pcm)
        done = await self.until(lambda: self._played.get(name), length + 5.0)
        ended = done.at if done is not None else self.ended.at if self.ended is not None else 0.0
        spoken = Spoken(text, voice, ended - length, ended, done is not None and done.completed)
        self.said.append(spoken)
        return spoken

    def save(self, path: Path) -> float:
        """Write what was heard as WAV (16-bit mono 8 kHz); returns its seconds. Raises AudioError."""
        return write_wav(path, bytes(self._kept))
