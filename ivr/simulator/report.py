"""What came of a scenario with real sound: steps, what was heard when, levels, times."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ivr.simulator.agent import VirtualAgent
from ivr.simulator.citizen import VirtualCitizen
from ivr.simulator.person import Person


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step. ``at_s``: when it was over, in seconds since INVITE; ``measured_ms``: what the step measures."""

    number: int
    step: str
    ok: bool
    reason: str
    at_s: float
    measured_ms: int | None = None


@dataclass(frozen=True, slots=True)
class HeardReport:
    """A prompt or an agent's clip that was heard; seconds since INVITE."""

    id: str
    started_s: float
    ended_s: float
    whole: bool
    score: float
    paused_s: float


@dataclass(frozen=True, slots=True)
class SaidReport:
    """Something that was said; seconds since INVITE."""

    text: str
    voice: str
    started_s: float
    ended_s: float
    completed: bool


@dataclass(frozen=True, slots=True)
class SoundReport:
    """Levels of what was received, dBFS: where there was sound, its peak, and the floor between. ``seconds`` of it."""

    seconds: float
    active_dbfs: float
    peak_dbfs: float
    floor_dbfs: float


@dataclass(frozen=True, slots=True)
class PersonReport:
    """One end of the call. Times in ms: INVITE to 180, INVITE to 200, 200 to the first sound; None if it never came."""

    codec: str
    ring_ms: int | None
    answer_ms: int | None
    sound_ms: int | None
    heard: tuple[HeardReport, ...]
    said: tuple[SaidReport, ...]
    keys: str
    sound: SoundReport
    ended: str
    code: int


@dataclass(frozen=True, slots=True)
class ScenarioReport:
    """A whole scenario. ``ok``: every step went as it should; ``reason`` is the first fault otherwise."""

    name: str
    ok: bool
    reason: str
    steps: tuple[StepReport, ...]
    citizen: PersonReport | None
    agents: tuple[PersonReport, ...] = ()
    saved: str = ""
    vanished: bool = field(default=False)  # the citizen left without BYE: end the process now

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return asdict(self)


def of_person(person: VirtualCitizen | VirtualAgent, since: float) -> PersonReport:
    """The report of one end; ``since``: moment of the INVITE."""
    meter = person.hearing.meter
    heard = tuple(
        HeardReport(m.prompt, _s(m.started - since), _s(m.ended - since), m.whole, m.score, _s(m.paused_s))
        for m in sorted(person.heard, key=lambda m: m.started)
    )
    said = tuple(
        SaidReport(s.text, s.voice, _s(s.started - since), _s(s.ended - since), s.completed) for s in person.said
    )
    sound = SoundReport(_s(person.hearing.heard_s), meter.active_dbfs, meter.peak_dbfs, meter.floor_dbfs)
    ended = person.ended
    return PersonReport(
        codec=person.codec,
        ring_ms=_ms(person.ringing_at, since),
        answer_ms=_ms(person.answered_at, since),
        sound_ms=_sound_ms(person),
        heard=heard,
        said=said,
        keys="".join(person.keys),
        sound=sound,
        ended=ended.reason.value if ended is not None else "",
        code=ended.code if ended is not None else 0,
    )


def _sound_ms(person: Person) -> int | None:
    return _ms(person.first_sound_at, person.answered_at) if person.answered_at is not None else None


def _ms(at: float | None, since: float) -> int | None:
    return None if at is None else round((at - since) * 1000)


def _s(seconds: float) -> float:
    return round(seconds, 3)
