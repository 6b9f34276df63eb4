"""A call that the assistant places: answered, not answered, handed over, broken; its end is written once."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ivr import events as ev
from ivr.events import HangupReason, LegEvent
from ivr.people.handover import CallBack, CalledBack, CallStep, Found
from ivr.session import Session
from ivr.session.calling_back import call_back
from ivr.session.ports import LegLike
from ivr.simulator.clock import VirtualClock
from ivr.simulator.fakes import FakeLeg, FakeLine
from tests.session.conftest import Call, CallMaker
from tests.session.test_handover import FakePeople, key

ORDER = CallBack(
    7, "sip:+37060000001@192.0.2.1", "+37060000001", "earlier-call", 3, "callback", 30.0, "Jonas Kazlauskas",
    "Galima ir paštu.", "Ona Petraitienė", "pensions", "dėl pensijos",
)  # fmt: skip
PERSON = "agent-1"  # the first leg that a fake line dials


@dataclass
class Placed:
    """A call of the assistant on a fake line; the person's leg is ``agent-1``."""

    call: Call
    told: list[CalledBack] = field(default_factory=list)

    async def begin(self, order: CallBack = ORDER) -> Placed:
        call = self.call
        call.line.add("caller")  # the fixture's clock runs with this leg's sound; nobody is on it

        def begin(offered: ev.LegOffered, leg: LegLike, placed: CallBack) -> Session:
            call.session = call.placed(offered, leg, placed)
            return call.session

        await call_back(order, call.line, call.clock, begin, self.told.append)
        return self

    async def run(self, seconds: float) -> None:
        await self.call.run(seconds, sound=False)

    def tell(self, event: LegEvent) -> None:
        self.call.tell(event)

    @property
    def prompts(self) -> list[str]:
        return self.call.prompts


async def placed(make_call: CallMaker, order: CallBack = ORDER, **fields: object) -> Placed:
    return await Placed(make_call(**fields)).begin(order)  # type: ignore[arg-type]


@pytest.mark.rule("A12.15", "X1", "X2")
async def test_who_picks_up_hears_who_calls_and_the_notice_and_is_asked_for_by_name(make_call: CallMaker) -> None:
    made = await placed(make_call, agent="answers")
    assert made.told == [CalledBack(7, CallStep.LIVE)]
    await made.run(12)
    assert made.prompts[:2] == ["outbound.greeting", "notice.recorded"]
    journal = made.call.journal
    offered = journal.of("call.offered")[0]
    assert {key: offered[key] for key in ("direction", "of", "task", "request", "called")} == {
        "direction": "out", "of": "earlier-call", "task": 3, "request": 7, "called": "",
    }  # fmt: skip
    assert (offered["pii_name"], offered["pii_caller"], offered["topic"]) == (
        "Jonas Kazlauskas", "+37060000001", "pensions",
    )  # fmt: skip
    assert journal.of("notice.completed")
    said = str(journal.of("turn.said"))
    assert "Jonu" not in said, "the name is spoken and not written down"
    assert "outbound.answer" not in made.prompts
    made.call.line.legs[PERSON].end(HangupReason.CALLER)
    await made.call.finished()
    tried = journal.of("task.tried")
    assert tried == [{"of": "earlier-call", "task": 3, "request": 7, "result": "not_reached", "reason": "caller"}]
    assert not journal.of("task.created")


@pytest.mark.parametrize(
    ("agent", "reason"), [("busy", "busy"), ("declined", "declined"), ("no_answer", "no_answer"), ("unreachable",) * 2]
)
async def test_who_does_not_pick_up_is_not_reached(make_call: CallMaker, agent: str, reason: str) -> None:
    made = await placed(make_call, agent=agent)
    await made.run(32)
    await made.call.finished()
    assert made.call.journal.of("task.tried")[0]["reason"] == reason
    assert made.call.journal.of("task.tried")[0]["result"] == "not_reached"
    assert made.call.outcome == "abandoned"
    assert made.call.journal.of("recording.state")[-1]["state"] == "blocked"


async def test_without_a_leg_nothing_is_on_the_journal(make_call: CallMaker) -> None:
    made = await placed(make_call, agent="no_leg")
    assert made.told == [CalledBack(7, CallStep.NOT_PLACED)]
    assert not made.call.journal.rows


@pytest.mark.rule("A12.25")
async def test_a_line_that_breaks_puts_the_task_off_and_makes_no_second_one(make_call: CallMaker) -> None:
    made = await placed(make_call, agent="answers")
    await made.run(16)
    made.tell(ev.LegKey(PERSON, made.call.clock.now(), "1"))
    await made.run(2)
    made.call.line.legs[PERSON].end(HangupReason.MEDIA_LOST)
    await made.call.finished()
    assert made.call.journal.of("task.tried")[0]["result"] == "lost"
    assert not made.call.journal.of("task.created")


@pytest.mark.rule("A12.25")
async def test_a_line_that_breaks_when_the_answer_was_told_has_them_called_back_about_the_rest(
    make_call: CallMaker,
) -> None:
    made = await placed(make_call, agent="answers")
    await made.run(16)
    for pressed in "111":  # it is me, I can talk, I have understood
        made.tell(ev.LegKey(PERSON, made.call.clock.now(), pressed))
        await made.run(8)
    assert made.prompts[-1] == "more.ask"
    made.call.line.legs[PERSON].end(HangupReason.MEDIA_LOST)
    await made.call.finished()
    assert len(made.call.journal.of("task.done")) == 1
    (task,) = made.call.journal.of("task.created")
    assert (task["type"], task["urgent"], task["pii_caller"]) == ("callback", True, ORDER.number)
    assert made.call.outcome == "dropped"


@pytest.mark.rule("A12.10")
async def test_who_hangs_up_while_a_time_is_offered_has_agreed_to_none(make_call: CallMaker) -> None:
    made = await placed(make_call, agent="answers")
    await made.run(16)
    for pressed in "12":  # it is me, I can't talk
        made.tell(ev.LegKey(PERSON, made.call.clock.now(), pressed))
        await made.run(8)
    assert made.prompts[-1] == "callback.suits"
    made.call.line.legs[PERSON].end(HangupReason.CALLER)
    await made.call.finished()
    about = {"of": "earlier-call", "task": 3, "request": 7}
    assert made.call.journal.of("task.tried") == [{**about, "result": "not_now", "reason": "caller"}]


@pytest.mark.rule("A12.17.2")
async def test_the_person_is_handed_over_to_the_employee_whose_matter_it_is(make_call: CallMaker) -> None:
    people = FakePeople()
    order = CallBack(7, ORDER.person, ORDER.number, "earlier-call", 3, "callback", 30.0, wanted="Ona Petraitienė")
    made = await placed(make_call, order, agent="answers", people=people)
    await made.run(16)
    for _ in range(3):  # it is me, I can talk, connect me
        made.tell(ev.LegKey(PERSON, made.call.clock.now(), "1"))
        await made.run(5)
    assert people.seeks[0].wanted == "Ona Petraitienė"
    people.on_reply(Found("call-1", 1, 11, "Ona", "sip:101@192.0.2.9", "wanted", 15.0, "Tema: Pensijos.", {"v": 1}))
    await made.run(3)
    key(made.call, "agent-2", "1")
    await made.run(1)
    assert made.call.line.bridges == {frozenset({PERSON, "agent-2"})}
    made.call.line.legs[PERSON].end(HangupReason.CALLER)
    await made.call.finished()
    assert made.call.journal.of("task.done") == [
        {"of": "earlier-call", "task": 3, "request": 7, "type": "callback", "by": 11}
    ]
    assert not made.call.journal.of("task.tried")


async def test_a_call_that_breaks_in_an_unforeseen_way_is_not_placed_by_another_worker() -> None:
    class Broken(FakeLine):
        async def dial(self, *_: object, **__: object) -> FakeLeg:
            raise RuntimeError("what nobody thought of")

    clock, told = VirtualClock(), list[CalledBack]()
    await call_back(ORDER, Broken(clock, print), clock, lambda *_: None, told.append)
    assert told == [CalledBack(7, CallStep.OVER)]


async def test_a_session_that_can_not_begin_hangs_up_whom_it_rang() -> None:
    clock, told, events = VirtualClock(), list[CalledBack](), list[LegEvent]()
    line = FakeLine(clock, events.append)
    await call_back(ORDER, line, clock, lambda *_: None, told.append)
    assert told == [CalledBack(7, CallStep.OVER)]
    assert line.legs[PERSON].ended is HangupReason.ERROR
