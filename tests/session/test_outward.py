"""Click-to-call: the employee first, then the person; whoever hangs up or can't be reached ends it for both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr import events as ev
from ivr.dialog.facts import Facts
from ivr.dialog.plan import load_plan
from ivr.events import HangupReason, LegEvent
from ivr.paths import project_file
from ivr.people.handover import Rang, Ring, RingStep
from ivr.recording.writer import StereoWriter
from ivr.session import Door
from ivr.session.outward import NO_LEG, Outward, ringback
from ivr.simulator.clock import VirtualClock
from ivr.simulator.fakes import FakeEar, FakeLine, FakeMouth, FakeSounds, MemoryJournal
from tests.session.conftest import FRAME

AGENT, PERSON = "sip:601@192.0.2.9", "sip:+37060000001@192.0.2.1"
NOTICE_S = 4.0  # greeting and notice, each as long as a fake prompt is


@dataclass
class Placed:
    """One click-to-call on a fake line; the employee's leg is ``agent-1``, the person's ``agent-2``."""

    folder: Path
    recording: bool = True
    clock: VirtualClock = field(default_factory=VirtualClock)
    rang: list[Rang] = field(default_factory=list)
    over: list[Outward] = field(default_factory=list)
    journal: MemoryJournal = field(default_factory=MemoryJournal)

    def __post_init__(self) -> None:
        self.line = FakeLine(self.clock, self._event)
        plan = project_file("dialplans", "1883.yaml")
        door = Door(
            clock=self.clock,
            line=self.line,
            journal=self.journal,
            sounds=FakeSounds(),
            mouth=FakeMouth(),
            plan=load_plan(plan.read_text(encoding="utf-8"), str(plan)),
            facts=Facts(recording_enabled=self.recording),
            language="lt",
            node="line-1",
            worker="worker-0",
            recordings_dir=self.folder,
            targets={},
            make_ear=FakeEar,
            make_recorder=lambda path, on_state: StereoWriter(
                path, clock=self.clock.now, wall=self.clock.utcnow, on_state=on_state
            ),
        )
        ring = Ring(7, AGENT, PERSON, 20.0, 3, "earlier-call", 1, "+37060000001")
        self.call = Outward("call-1", ring, door, self.rang.append, self.over.append)

    def _event(self, event: LegEvent) -> None:
        if self.call.owns(event.leg):
            self.call.on_leg(event)

    async def run(self, seconds: float) -> None:
        """Time passes, and the person's sound with it."""
        for _ in range(round(seconds * 50)):
            self.clock.advance(ev.FRAME_S)
            person = self.line.legs.get("agent-2")
            if person is not None and person.ended is None:
                if person.sink is not None:
                    person.sink.left(FRAME)
                    person.sink.right(FRAME)
                self._event(ev.LegAudio(person.id, self.clock.now(), FRAME))
            await asyncio.sleep(0)

    async def ended(self) -> None:
        async with asyncio.timeout(30):
            while not self.over:
                await asyncio.sleep(0.001)

    def press(self, leg: str, *keys: str) -> None:
        for key in keys:
            self._event(ev.LegKey(leg, self.clock.now(), key))

    @property
    def steps(self) -> list[RingStep]:
        return [one.step for one in self.rang]

    @property
    def free(self) -> bool:
        return len(self.over) == 1 and all(leg.ended is not None for leg in self.line.legs.values())


@pytest.mark.rule("A12.15")
async def test_the_employee_picks_up_before_the_person_is_rung_and_hears_that_it_rings(
    tmp_path: Path,
) -> None:
    placed = Placed(tmp_path)
    await placed.run(1)
    assert [uri for uri, _ in placed.line.dialled] == [AGENT]
    await placed.run(2)
    assert [uri for uri, _ in placed.line.dialled] == [AGENT, PERSON]
    assert placed.line.legs["agent-1"].played
    assert placed.line.bridges == set()
    await placed.run(2 + NOTICE_S)
    assert placed.line.bridges == {frozenset({"agent-1", "agent-2"})}
    played = len(placed.line.legs["agent-1"].played)
    await placed.run(20)
    assert len(placed.line.legs["agent-1"].played) == played, "no tone into the conversation"
    placed.line.legs["agent-2"].end(HangupReason.CALLER)
    await placed.ended()
    assert placed.steps == [RingStep.AGENT, RingStep.PERSON, RingStep.TALKING, RingStep.ENDED]
    assert placed.free


async def test_an_employee_who_hangs_up_first_ends_it_too(tmp_path: Path) -> None:
    placed = Placed(tmp_path)
    await placed.run(3)
    placed.line.legs["agent-1"].end(HangupReason.CALLER)
    assert placed.rang[-1] == Rang(7, RingStep.FAILED, "caller")
    await placed.ended()
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
        ("answers", "no_leg", "unreachable"),
    ],
)
async def test_who_cant_be_reached_frees_both_telephones(tmp_path: Path, agent: str, person: str, reason: str) -> None:
    placed = Placed(tmp_path)
    placed.line.agent = agent
    await placed.run(1)
    placed.line.agent = person
    await placed.run(45)
    assert placed.rang[-1] == Rang(7, RingStep.FAILED, reason)
    assert RingStep.TALKING not in placed.steps
    await placed.ended()
    assert placed.free
    assert not list(tmp_path.iterdir()), "nothing was recorded"


@pytest.mark.rule("A17.1", "X2")
async def test_the_conversation_is_recorded_from_the_end_of_the_notice_on(tmp_path: Path) -> None:
    placed = Placed(tmp_path)
    await placed.run(4.5)
    assert not placed.line.bridges
    assert placed.line.legs["agent-2"].sink is None, "the notice is being said"
    assert "notice" in placed.line.legs["agent-1"].played, "the employee knows when to speak"
    await placed.run(NOTICE_S + 3)
    placed.line.legs["agent-1"].end(HangupReason.CALLER)
    await placed.ended()
    journal = placed.journal
    kinds = [kind for kind in journal.kinds() if not kind.startswith("turn.")]
    assert kinds == [
        "call.offered", "call.answered", "notice.completed", "transfer.bridged", "recording.started",
        "recording.ended", "recording.state", "call.ended",
    ]  # fmt: skip
    offered = journal.of("call.offered")[0]
    assert (offered["direction"], offered["of"], offered["task"]) == ("out", "earlier-call", 1)
    assert offered["pii_caller"] == "+37060000001"
    assert journal.of("transfer.bridged") == [{"target": "person", "employee": 3}]
    assert (tmp_path / "call-1.wav").exists()


@pytest.mark.rule("X2")
async def test_who_hangs_up_during_the_notice_is_not_recorded(tmp_path: Path) -> None:
    placed = Placed(tmp_path)
    await placed.run(5)
    placed.line.legs["agent-2"].end(HangupReason.CALLER)
    await placed.ended()
    assert "notice.completed" not in placed.journal.kinds()
    assert placed.journal.of("recording.state")[-1]["state"] == "blocked"
    assert not list(tmp_path.iterdir())
    assert placed.rang[-1] == Rang(7, RingStep.FAILED, "caller")


@pytest.mark.rule("X11")
@pytest.mark.parametrize("when_s", [5.0, 12.0])
async def test_who_objects_is_not_recorded_and_talks_on(tmp_path: Path, when_s: float) -> None:
    placed = Placed(tmp_path)
    await placed.run(when_s)
    placed.press("agent-2", "9")
    await placed.run(14 - when_s)
    assert placed.line.bridges
    assert any("unrecord" in name for name in placed.line.legs["agent-2"].played)
    placed.line.legs["agent-2"].end(HangupReason.CALLER)
    await placed.ended()
    assert placed.journal.of("recording.state")[-1]["state"] == "declined"
    assert not list(tmp_path.glob("*.wav*"))


@pytest.mark.rule("X5")
async def test_the_employee_silences_the_recording_while_they_ask_who_it_is(tmp_path: Path) -> None:
    placed = Placed(tmp_path)
    await placed.run(10)
    placed.press("agent-1", "*", "1")
    await placed.run(1)
    placed.press("agent-1", "*", "1")
    placed.line.legs["agent-2"].end(HangupReason.CALLER)
    await placed.ended()
    assert placed.journal.of("auth.started") == [{"by": 3}]
    assert placed.journal.of("auth.verdict") == [{"verdict": "undecided", "by": 3}]


@pytest.mark.rule("A17")
async def test_where_nothing_is_recorded_the_notice_says_so(tmp_path: Path) -> None:
    placed = Placed(tmp_path, recording=False)
    await placed.run(12)
    placed.line.legs["agent-2"].end(HangupReason.CALLER)
    await placed.ended()
    assert placed.journal.of("recording.state")[-1]["state"] == "declined"
    assert not list(tmp_path.iterdir())


def test_the_tone_lasts_a_second_of_five() -> None:
    pcm = ringback()
    assert len(pcm) == 5 * 8000 * 2
    assert any(pcm[: 8000 * 2])
    assert not any(pcm[8000 * 2 :])
