"""Click-to-call: the employee first, then the person; whoever hangs up or can't be reached ends it for both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from ivr.events import HangupReason, LegEvent
from ivr.people.handover import Rang, Ring, RingStep
from ivr.session.outward import NO_LEG, Outward, ringback
from ivr.simulator.clock import VirtualClock
from ivr.simulator.fakes import FakeLine

AGENT, PERSON = "sip:601@192.0.2.9", "sip:+37060000001@192.0.2.1"


@dataclass
class Placed:
    """One click-to-call on a fake line; the employee's leg is ``agent-1``, the person's ``agent-2``."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    rang: list[Rang] = field(default_factory=list)
    over: list[Outward] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = FakeLine(self.clock, self._event)
        self.call = Outward(Ring(7, AGENT, PERSON, 20.0), self.line, self.clock, self.rang.append, self.over.append)

    def _event(self, event: LegEvent) -> None:
        if self.call.owns(event.leg):
            self.call.on_leg(event)

    async def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            for _ in range(3):
                await asyncio.sleep(0)

    @property
    def steps(self) -> list[RingStep]:
        return [one.step for one in self.rang]

    @property
    def free(self) -> bool:
        return len(self.over) == 1 and all(leg.ended is not None for leg in self.line.legs.values())


@pytest.mark.rule("A12.15")
async def test_the_employee_picks_up_before_the_person_is_rung_and_hears_that_it_rings() -> None:
    placed = Placed()
    await placed.run(1)
    assert [uri for uri, _ in placed.line.dialled] == [AGENT]
    await placed.run(2)
    assert [uri for uri, _ in placed.line.dialled] == [AGENT, PERSON]
    assert placed.line.legs["agent-1"].played
    assert placed.line.bridges == set()
    await placed.run(2)
    assert placed.line.bridges == {frozenset({"agent-1", "agent-2"})}
    played = len(placed.line.legs["agent-1"].played)
    await placed.run(20)
    assert len(placed.line.legs["agent-1"].played) == played, "no tone into the conversation"
    placed.line.legs["agent-2"].end(HangupReason.CALLER)
    assert placed.steps == [RingStep.AGENT, RingStep.PERSON, RingStep.TALKING, RingStep.ENDED]
    assert placed.free


async def test_an_employee_who_hangs_up_first_ends_it_too() -> None:
    placed = Placed()
    await placed.run(3)
    placed.line.legs["agent-1"].end(HangupReason.CALLER)
    assert placed.rang[-1] == Rang(7, RingStep.FAILED, "caller")
    assert placed.free
    await placed.run(30)
    assert len(placed.rang) == 3


@pytest.mark.parametrize(
    ("agent", "person", "reason"),
    [
        ("no_answer", "answers", "no_answer"),
        ("busy", "answers", "busy"),
        ("no_leg", "answers", NO_LEG),
        ("answers", "no_answer", "no_answer"),
        ("answers", "declined", "declined"),
        ("answers", "unreachable", "unreachable"),
        ("answers", "no_leg", NO_LEG),
    ],
)
async def test_who_cant_be_reached_frees_both_telephones(agent: str, person: str, reason: str) -> None:
    placed = Placed()
    placed.line.agent = agent
    await placed.run(1)
    placed.line.agent = person
    await placed.run(45)
    assert placed.rang[-1] == Rang(7, RingStep.FAILED, reason)
    assert RingStep.TALKING not in placed.steps
    assert placed.free


def test_the_tone_lasts_a_second_of_five() -> None:
    pcm = ringback()
    assert len(pcm) == 5 * 8000 * 2
    assert any(pcm[: 8000 * 2])
    assert not any(pcm[8000 * 2 :])
