"""What a session needs from the world, as structural types.

The adapters of ``ivr.telephony``, ``ivr.speech``, ``ivr.store`` and
``ivr.recording`` fit them, and so do the fakes of ``ivr.simulator``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ivr.clock import Clock
from ivr.dialog.facts import Facts
from ivr.dialog.plan import Plan
from ivr.dialog.ports import Grammars, NoGrammars, Ports
from ivr.events import Grammar, HangupReason, RecordingState
from ivr.people.handover import Reply, Seek, Standing, Step
from ivr.session.lead_in import LeadIns


class FrameSink(Protocol):
    """Takes frames in the media thread; never blocks."""

    def left(self, frame: bytes) -> None: ...

    def right(self, frame: bytes) -> None: ...


class PlayoutLike(Protocol):
    """What a leg plays; every method returns at once."""

    def play(self, utterance: str, pcm: bytes) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def flush(self) -> None: ...


class LegLike(PlayoutLike, Protocol):
    """One call leg; every method returns at once."""

    @property
    def id(self) -> str: ...

    def hangup(self, reason: HangupReason = ...) -> None: ...

    def tap(self, sink: FrameSink | None) -> None: ...


class LineLike(Protocol):
    """What the caller's session may ask of the line."""

    async def dial(
        self,
        uri: str,
        *,
        headers: Mapping[str, str] = ...,
        reserved_for: str | None = ...,
        keeps_agent: bool = ...,
        wait_s: float = ...,
    ) -> LegLike: ...

    def bridge(self, a: str, b: str) -> None: ...

    def leg(self, leg_id: str) -> LegLike: ...


class PeopleLike(Protocol):
    """The office's switchboard, as a line worker reaches it; every method returns at once."""

    @property
    def standing(self) -> Standing: ...

    def seek(self, seek: Seek, on_reply: Callable[[Reply], None]) -> bool: ...

    def leave(self, call: str) -> None: ...

    def forget(self, call: str) -> None: ...

    def report(self, offer: int, step: Step, reason: str = ...) -> None: ...


class EarLike(Protocol):
    """The recogniser's client for one call."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def listen(self, grammar: Grammar, end_silence_s: float, expected_words: int | None = None) -> None: ...

    def stop(self) -> None: ...

    def feed(self, pcm: bytes) -> None: ...


class MouthLike(Protocol):
    """The synthesiser's client."""

    def say(self, text: str, language: str) -> AsyncIterator[bytes]: ...


class JournalLike(Protocol):
    """Appends at once, whatever state the database is in."""

    def append(self, call_id: str, kind: str, data: Mapping[str, object], at: datetime) -> object: ...


class Sounds(Protocol):
    """Sound that is ready: fixed prompts by id, and sentences of building blocks.

    ``pace``: 1 is the voice's own, less is slower.
    """

    @property
    def leads(self) -> Sequence[str]:
        """Prompts that may be said while a sentence is being prepared."""

    def pcm(self, prompt: str, pace: float = ...) -> bytes: ...

    def text(self, prompt: str) -> str: ...

    def joined(self, text: str) -> bytes | None:
        """A sentence whose every word is ready; None for any other."""

    def slower(self, pcm: bytes, pace: float) -> bytes: ...


class Result(Protocol):
    """What a finished recording says of itself."""

    @property
    def path(self) -> Path | None: ...

    @property
    def frames(self) -> int: ...

    @property
    def duration_s(self) -> float: ...

    @property
    def state(self) -> RecordingState: ...

    @property
    def started_at(self) -> datetime | None: ...

    @property
    def ended_at(self) -> datetime | None: ...

    @property
    def gaps(self) -> Sequence[object]: ...

    @property
    def dropped(self) -> int: ...

    @property
    def reason(self) -> str: ...


class RecorderLike(Protocol):
    """The two-channel writer of one call."""

    @property
    def started_at(self) -> datetime | None: ...

    def left(self, frame: bytes) -> None: ...

    def right(self, frame: bytes) -> None: ...

    def start(self) -> None: ...

    def mute(self) -> None: ...

    def unmute(self) -> None: ...

    def erase(self) -> Result: ...

    def close(self) -> Result: ...


@dataclass(frozen=True, slots=True)
class Door:
    """Everything a session needs, made once per worker."""

    clock: Clock
    line: LineLike
    journal: JournalLike
    sounds: Sounds
    mouth: MouthLike
    plan: Plan
    facts: Facts
    language: str
    node: str
    worker: str
    recordings_dir: Path
    targets: Mapping[str, str]  # name of a target in the plan → SIP address
    make_ear: Callable[[Callable[[object], None]], EarLike]
    make_recorder: Callable[[Path, Callable[[RecordingState, str], None]], RecorderLike]
    ports: Ports = field(default_factory=Ports)
    grammars: Grammars = field(default_factory=NoGrammars)
    lead_ins: LeadIns = field(default_factory=LeadIns)
    people: PeopleLike | None = None
    agent_accepts: bool = False  # whoever answers at a target must accept by key
