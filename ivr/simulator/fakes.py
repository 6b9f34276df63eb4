"""Fakes with a virtual clock: a leg, a line, an ear and a journal that exist in memory only.

They fit ``ivr.session.ports`` exactly, so that the real :class:`Session` runs
a whole call without SIP, sound or disk, an hour in milliseconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ivr.clock import Clock, Timer
from ivr.errors import NoFreeLeg, SpeechUnavailable
from ivr.events import (
    SAMPLE_RATE,
    Grammar,
    HangupReason,
    LegAnswered,
    LegEnded,
    LegEvent,
    LegPlaybackDone,
    LegRinging,
)
from ivr.session.ports import FrameSink
from ivr.speech.ports import EarEvent


@dataclass(slots=True)
class FakeLeg:
    """A leg whose playout takes as long as the sound is, on the virtual clock."""

    id: str
    clock: Clock
    on_event: Callable[[LegEvent], None]
    played: list[str] = field(default_factory=list)
    sink: FrameSink | None = None
    ended: HangupReason | None = None
    paused: bool = False
    _queue: list[tuple[str, float]] = field(default_factory=list)  # utterance, seconds still to play
    _since: float = 0.0  # when the first of the queue began, or went on
    _timer: Timer | None = None

    def play(self, utterance: str, pcm: bytes) -> None:
        """Queue behind what plays; reports itself when its time is over."""
        self.played.append(utterance)
        self._queue.append((utterance, len(pcm) / 2 / SAMPLE_RATE))
        if len(self._queue) == 1:
            self._go_on()

    def pause(self) -> None:
        """Time stands still for the queue."""
        if self.paused:
            return
        self.paused = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            name, left = self._queue[0]
            self._queue[0] = (name, left - (self.clock.now() - self._since))

    def resume(self) -> None:
        """The queue goes on where it stood."""
        if self.paused:
            self.paused = False
            self._go_on()

    def flush(self) -> None:
        """Everything queued reports itself as cut; a pause is over."""
        queue, self._queue = self._queue, []
        self.paused = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for utterance, _ in queue:
            self.on_event(LegPlaybackDone(self.id, self.clock.now(), utterance, completed=False))

    def hangup(self, reason: HangupReason = HangupReason.ASSISTANT) -> None:
        self.end(reason)

    def tap(self, sink: FrameSink | None) -> None:
        self.sink = sink

    def end(self, reason: HangupReason, code: int = 0) -> None:
        """The leg is gone, whoever ended it; told once."""
        if self.ended is None:
            self.flush()
            self.ended = reason
            self.on_event(LegEnded(self.id, self.clock.now(), reason, code))

    def _go_on(self) -> None:
        if self._queue and not self.paused:
            self._since = self.clock.now()
            self._timer = self.clock.call_at(self._since + self._queue[0][1], self._done)

    def _done(self) -> None:
        utterance, _ = self._queue.pop(0)
        self._timer = None
        self._go_on()
        self.on_event(LegPlaybackDone(self.id, self.clock.now(), utterance, completed=True))


@dataclass(slots=True)
class FakeLine:
    """A line that dials fake agents. ``agent``: answers, busy, declined, no_answer or unreachable."""

    clock: Clock
    on_event: Callable[[LegEvent], None]
    agent: str = "answers"
    ring_s: float = 2.0
    legs: dict[str, FakeLeg] = field(default_factory=dict)
    bridges: set[frozenset[str]] = field(default_factory=set)
    dialled: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def add(self, leg_id: str) -> FakeLeg:
        leg = self.legs[leg_id] = FakeLeg(leg_id, self.clock, self.on_event)
        return leg

    def leg(self, leg_id: str) -> FakeLeg:
        return self.legs[leg_id]

    async def dial(
        self,
        uri: str,
        *,
        headers: Mapping[str, str] | None = None,
        reserved_for: str | None = None,
        keeps_agent: bool = False,
        wait_s: float = 0.0,
    ) -> FakeLeg:
        self.dialled.append((uri, dict(headers or {})))
        if self.agent == "no_leg":
            raise NoFreeLeg(4, 4)
        leg = self.add(f"agent-{len(self.dialled)}")
        now = self.clock.now()
        failures = {
            "busy": (HangupReason.BUSY, 486),
            "declined": (HangupReason.DECLINED, 603),
            "unreachable": (HangupReason.UNREACHABLE, 404),
        }
        self.clock.call_at(now + 0.1, lambda: self.on_event(LegRinging(leg.id, self.clock.now())))
        if self.agent == "answers":
            self.clock.call_at(now + self.ring_s, lambda: self._answer(leg))
        elif self.agent in failures:
            reason, code = failures[self.agent]
            self.clock.call_at(now + self.ring_s, lambda: leg.end(reason, code))
        return leg

    def _answer(self, leg: FakeLeg) -> None:
        if leg.ended is None:
            self.on_event(LegAnswered(leg.id, self.clock.now(), "PCMA"))

    def bridge(self, a: str, b: str) -> None:
        self.bridges.add(frozenset((a, b)))


@dataclass(slots=True)
class FakeEar:
    """An ear that hears what the test says: call ``on_event``."""

    on_event: Callable[[EarEvent], None]
    grammar: Grammar | None = None
    expected_words: int | None = None
    grammars: list[Grammar] = field(default_factory=list)
    fed: int = 0
    closed: bool = False

    async def open(self) -> None: ...

    async def close(self) -> None:
        self.closed = True

    def listen(self, grammar: Grammar, end_silence_s: float, expected_words: int | None = None) -> None:
        self.grammar, self.expected_words = grammar, expected_words
        self.grammars.append(grammar)

    def stop(self) -> None:
        self.grammar = None

    def feed(self, pcm: bytes) -> None:
        self.fed += len(pcm)


@dataclass(slots=True)
class FakeMouth:
    """Speaks any text as silence of a length that fits it; ``broken`` fails in mid-sentence."""

    broken: bool = False
    said: list[str] = field(default_factory=list)

    async def say(self, text: str, language: str) -> AsyncIterator[bytes]:
        self.said.append(text)
        yield bytes(2 * SAMPLE_RATE // 2)
        if self.broken:
            raise SpeechUnavailable("the fake mouth is broken")
        yield bytes(2 * SAMPLE_RATE // 2)


@dataclass(slots=True)
class FakeSounds:
    """Every prompt lasts ``seconds``; the text is the prompt's id. ``ready``: sentences that are made of blocks."""

    seconds: float = 2.0
    leads: tuple[str, ...] = ()
    ready: frozenset[str] = frozenset()

    def pcm(self, prompt: str, pace: float = 1.0) -> bytes:
        return self.slower(bytes(2 * int(self.seconds * SAMPLE_RATE)), pace)

    def text(self, prompt: str) -> str:
        return prompt

    def joined(self, text: str) -> bytes | None:
        return bytes(2 * SAMPLE_RATE) if text in self.ready else None

    def slower(self, pcm: bytes, pace: float) -> bytes:
        return pcm if pace == 1.0 else bytes(int(len(pcm) / 2 / pace) * 2)


@dataclass(slots=True)
class MemoryJournal:
    """Appends to a list: (call id, kind, data, wall time)."""

    rows: list[tuple[str, str, dict[str, object], datetime]] = field(default_factory=list)

    def append(self, call_id: str, kind: str, data: Mapping[str, object], at: datetime) -> None:
        self.rows.append((call_id, kind, dict(data), at))

    def of(self, kind: str) -> list[dict[str, object]]:
        """Data of all events of that kind."""
        return [data for _, row_kind, data, _ in self.rows if row_kind == kind]

    def kinds(self) -> list[str]:
        return [kind for _, kind, _, _ in self.rows]
