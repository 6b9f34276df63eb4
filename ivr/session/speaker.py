"""The assistant's turn to speak: sayings in order, one at a time, each reported once.

A saying of fixed prompts is one piece of sound and starts at once. A sentence of
numbers, dates and the like is joined from building blocks that are ready, too. Any
other sentence is synthesised while the call runs; its clauses are appended as they
come, behind the fixed prompts before it. When it stands first and its sound will be
late (:mod:`ivr.session.lead_in`), a short lead-in is said meanwhile. A saying is complete only when its last sample was
given to the media clock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import structlog

from ivr.errors import SpeechError
from ivr.events import FRAME_BYTES, LegPlaybackDone, Say
from ivr.privacy import MASK
from ivr.session.lead_in import LeadIns, first_clause_s
from ivr.session.ports import MouthLike, PlayoutLike, Sounds

log = structlog.get_logger(__name__)

# A breath between two prompts of one saying, in frames of 20 ms; twice as long for a caller who asked to be slower.
_BREATH = bytes(FRAME_BYTES * 10)


@dataclass(frozen=True, slots=True)
class Said:
    """A saying that is over; times on the call's clock in seconds."""

    utterance: str
    prompts: tuple[str, ...]
    text: str
    started: float
    ended: float
    completed: bool


@dataclass(slots=True)
class _Current:
    say: Say
    started: float
    text: list[str] = field(default_factory=list)
    pending: set[str] = field(default_factory=set)
    closed: bool = False  # nothing more will be queued
    cut: bool = False
    task: asyncio.Task[None] | None = None


class Speaker:
    """Plays what the mind says on one leg."""

    def __init__(
        self,
        leg: PlayoutLike,
        sounds: Sounds,
        mouth: MouthLike,
        language: str,
        now: Callable[[], float],
        on_said: Callable[[Said], None],
        lead_ins: LeadIns | None = None,
    ) -> None:
        self._leg, self._sounds, self._mouth, self._language = leg, sounds, mouth, language
        self._now, self._on_said = now, on_said
        self._lead_ins = lead_ins or LeadIns()
        self._queue: deque[Say] = deque()
        self._current: _Current | None = None
        self._leads = 0  # how many lead-ins were said in this call

    @property
    def saying(self) -> Say | None:
        """What is being said right now."""
        return self._current.say if self._current is not None else None

    def say(self, say: Say) -> None:
        """Speak ``say`` after everything said before it."""
        self._queue.append(say)
        self._next()

    def stop(self) -> None:
        """Cut what plays and drop what waits; each saying reports itself as not completed, at once."""
        waiting, self._queue = list(self._queue), deque()
        current = self._current
        if current is not None:
            if current.task is not None:
                current.task.cancel()
            current.cut = True
            if current.pending:
                # The leg's own reports come a moment later and are of no interest any more.
                current.pending.clear()
                self._leg.flush()
            self._finish(current)
        now = self._now()
        for say in waiting:
            self._on_said(Said(say.utterance, _ids(say), "", now, now, completed=False))

    def on_playback(self, event: LegPlaybackDone) -> None:
        """The leg reports a piece of sound as played or cut."""
        current = self._current
        if current is None or event.utterance not in current.pending:
            return
        current.pending.discard(event.utterance)
        current.cut = current.cut or not event.completed
        if current.closed and not current.pending:
            self._finish(current)

    def _next(self) -> None:
        if self._current is not None or not self._queue:
            return
        say = self._queue.popleft()
        current = self._current = _Current(say, self._now())
        if say.pace == 1.0 and all(prompt.id for prompt in say.prompts):
            pieces = [self._sounds.pcm(prompt.id) for prompt in say.prompts]
            current.text = [self._sounds.text(prompt.id) for prompt in say.prompts]
            self._play(current, say.utterance, _BREATH.join(pieces))
            self._close(current)
        else:
            current.task = asyncio.get_running_loop().create_task(self._piece_by_piece(current))

    async def _piece_by_piece(self, current: _Current) -> None:
        say = current.say
        for number, prompt in enumerate(say.prompts):
            name = f"{say.utterance}#{number}"
            if number and say.pace < 1.0:
                self._play(current, f"{name}.breath", _BREATH * 2)
            if prompt.id:
                current.text.append(self._sounds.text(prompt.id))
                self._play(current, name, self._sounds.pcm(prompt.id, say.pace))
                await asyncio.sleep(0)  # stretching takes a moment; other calls have their turn
                continue
            current.text.append(MASK if prompt.private else prompt.text)
            joined = self._sounds.joined(prompt.text)
            if joined is not None:
                self._play(current, name, self._sounds.slower(joined, say.pace))
                continue
            try:
                await self._synthesise(current, name, prompt.text)
            except Exception as error:
                # Whatever it was, the rest is still said: a missing clause is better than a dead line.
                expected = isinstance(error, SpeechError)
                log.warning("sentence_skipped", utterance=say.utterance, error=str(error), exc_info=not expected)
                current.cut = True
        current.task = None
        self._close(current)

    async def _synthesise(self, current: _Current, name: str, text: str) -> None:
        time = asyncio.get_running_loop().time
        async with aclosing(_generator(self._mouth.say(text, self._language))) as clauses:
            began = time()
            first = asyncio.ensure_future(_next(clauses))
            speech_s = first_clause_s(text, self._language)
            try:
                if not current.pending:
                    await asyncio.wait({first}, timeout=self._lead_ins.patience_s(speech_s))
                    if not first.done():
                        self._lead(current, name)
                piece, pcm = 0, await first
            finally:
                first.cancel()
            if pcm is not None:
                self._lead_ins.made(speech_s, time() - began)
            while pcm is not None:
                self._play(current, f"{name}.{piece}", self._sounds.slower(pcm, current.say.pace))
                piece, pcm = piece + 1, await _next(clauses)

    def _lead(self, current: _Current, name: str) -> None:
        """Say that the answer is coming: another wording each time, and nothing where there is none."""
        leads = self._sounds.leads
        if leads:
            lead = leads[self._leads % len(leads)]
            self._leads += 1
            current.text.insert(-1, self._sounds.text(lead))
            self._play(current, f"{name}.lead", self._sounds.pcm(lead, current.say.pace))

    def _play(self, current: _Current, name: str, pcm: bytes) -> None:
        if pcm:
            current.pending.add(name)
            self._leg.play(name, pcm)

    def _close(self, current: _Current) -> None:
        current.closed = True
        if not current.pending:
            self._finish(current)

    def _finish(self, current: _Current) -> None:
        self._current = None
        said = Said(
            current.say.utterance,
            _ids(current.say),
            " ".join(current.text),
            current.started,
            self._now(),
            completed=not current.cut,
        )
        self._on_said(said)
        self._next()


async def _next(clauses: AsyncIterator[bytes]) -> bytes | None:
    return await anext(clauses, None)


async def _generator(clauses: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Whatever a mouth gives back, as something that can be closed early."""
    async for pcm in clauses:
        yield pcm


def _ids(say: Say) -> tuple[str, ...]:
    return tuple(prompt.id for prompt in say.prompts if prompt.id)
