"""A whole call without SIP, sound or disk: the real session and the real plan on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr import events as ev
from ivr.dialog.facts import Facts
from ivr.dialog.plan import load_plan
from ivr.dialog.ports import Ports
from ivr.errors import RecordingError
from ivr.paths import project_file
from ivr.people.handover import CallBack
from ivr.privacy import Pii
from ivr.recording.writer import RecordingResult, StereoWriter
from ivr.session import Door, Session
from ivr.session.ports import LegLike, PeopleLike
from ivr.simulator.clock import START, VirtualClock
from ivr.simulator.fakes import FakeEar, FakeLine, FakeMouth, FakeSounds, MemoryJournal
from ivr.speech.grammars.book import GrammarBook
from ivr.speech.ports import HeardText, VoiceBegan

FRAME = b"\x10\x00" * ev.FRAME_SAMPLES


@dataclass
class Call:
    """One call under test."""

    clock: VirtualClock
    line: FakeLine
    journal: MemoryJournal
    ears: list[FakeEar]
    recordings: Path
    make: Callable[[str], Session]
    placed: Callable[[ev.LegOffered, LegLike, CallBack], Session]  # a call that the assistant placed
    over: list[Session] = field(default_factory=list)
    session: Session | None = None

    async def begin(self, caller: str = "+37060000001", answered: bool = True) -> Call:
        self.line.add("caller")
        self.session = self.make(caller)
        if answered:
            self.tell(ev.LegAnswered("caller", self.clock.now(), "PCMA"))
        await self.settle()
        return self

    def tell(self, event: ev.LegEvent) -> None:
        assert self.session is not None
        self.session.on_leg(event)

    async def settle(self) -> None:
        """Let tasks of the loop run; the virtual clock stands still."""
        for _ in range(8):
            await asyncio.sleep(0)

    async def run(self, seconds: float, *, sound: bool = True) -> Call:
        """Time passes in steps of a frame; the caller's (silent) sound flows."""
        for _ in range(round(seconds / ev.FRAME_S)):
            self.clock.advance(ev.FRAME_S)
            leg = self.line.legs["caller"]
            if sound and leg.ended is None:
                if leg.sink is not None:
                    leg.sink.left(FRAME)
                    leg.sink.right(FRAME)
                self.tell(ev.LegAudio("caller", self.clock.now(), FRAME))
            await asyncio.sleep(0)
        await self.settle()
        return self

    def press(self, key: str) -> None:
        self.tell(ev.LegKey("caller", self.clock.now(), key))

    def say(self, text: str) -> None:
        self.ears[0].on_event(VoiceBegan(1.0))
        self.ears[0].on_event(HeardText(text, 0.95, (), 1.0, 1.8))

    async def hang_up(self, reason: ev.HangupReason = ev.HangupReason.CALLER) -> None:
        self.line.legs["caller"].end(reason, 200)
        await self.finished()

    async def finished(self) -> None:
        """The last event is on the journal; closing a recording takes a thread of its own."""
        async with asyncio.timeout(5):
            while not self.over:
                await asyncio.sleep(0)

    @property
    def prompts(self) -> list[str]:
        """Ids of everything said to its end or cut, in order."""
        return [prompt for said in self.journal.of("turn.said") for prompt in said["prompts"]]  # type: ignore[attr-defined]

    @property
    def outcome(self) -> object:
        return self.journal.of("call.ended")[0]["outcome"]


@dataclass
class CallMaker:
    """Makes calls with other facts: ``agent``, ``recording``, a recorder that fails, a mouth that breaks, a queue."""

    folder: Path

    def __call__(
        self,
        *,
        agent: str = "",
        recording: bool = True,
        failing_recorder: bool = False,
        mouth: FakeMouth | None = None,
        seconds: float = 2.0,
        ports: Ports | None = None,
        wait_s: float = 0.0,
        people: PeopleLike | None = None,
    ) -> Call:
        clock = VirtualClock()
        journal = MemoryJournal()
        ears: list[FakeEar] = []
        call: Call

        def route(event: ev.LegEvent) -> None:
            call.tell(event)

        line = FakeLine(clock, route, agent=agent or "answers")

        def make_ear(on_event: Callable[[object], None]) -> FakeEar:
            ears.append(FakeEar(on_event))
            return ears[-1]

        def make_recorder(path: Path, on_state: Callable[[ev.RecordingState, str], None]) -> StereoWriter:
            if failing_recorder:
                raise RecordingError(path, "no space left on device")
            return StereoWriter(path, clock=clock.now, wall=clock.utcnow, on_state=on_state)

        plan_path = project_file("dialplans", "1883.yaml")
        door = Door(
            clock=clock,
            line=line,
            journal=journal,
            sounds=FakeSounds(seconds),
            mouth=mouth or FakeMouth(),
            plan=load_plan(plan_path.read_text(encoding="utf-8"), str(plan_path)),
            facts=Facts(agent_available=bool(agent), recording_enabled=recording, wait_s=wait_s),
            language="lt",
            node="line-1",
            worker="worker-0",
            recordings_dir=self.folder,
            targets={"agent": "sip:agent@127.0.0.1"},
            people=people,
            make_ear=make_ear,
            make_recorder=make_recorder,
            ports=ports or Ports(),
            grammars=GrammarBook(lambda: START.year),
        )

        def make(caller: str) -> Session:
            offered = ev.LegOffered("caller", clock.now(), Pii(caller), "1883", "abc@peer", "127.0.0.1:5062")
            return Session("call-1", offered, line.leg("caller"), door, call.over.append)

        def placed(offered: ev.LegOffered, leg: LegLike, order: CallBack) -> Session:
            return Session("call-1", offered, leg, door, call.over.append, order)

        call = Call(clock, line, journal, ears, self.folder, make, placed)
        return call


@pytest.fixture
def make_call(tmp_path: Path) -> CallMaker:
    return CallMaker(tmp_path)


__all__ = ["Call", "CallMaker", "RecordingResult"]
