"""From the switchboard's choice to the bridge: whispered, accepted, or back with the caller at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from ivr import events as ev
from ivr.people.handover import Found, InLine, Nobody, PassOn, Pressed, Reply, Seek, Standing, Step
from ivr.simulator.fakes import FakeMouth
from tests.session.conftest import Call, CallMaker


@dataclass
class FakePeople:
    """A switchboard that says what the test says."""

    standing: Standing = field(default_factory=lambda: Standing(desks=True, staffed=True))
    seeks: list[Seek] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reports: list[tuple[int, Step, str]] = field(default_factory=list)
    on_reply: Callable[[Reply], None] = lambda reply: None

    def seek(self, seek: Seek, on_reply: Callable[[Reply], None]) -> bool:
        self.seeks.append(seek)
        self.on_reply = on_reply
        return True

    def leave(self, call: str) -> None:
        self.left.append(call)

    def forget(self, call: str) -> None:
        self.left.append(call)

    def report(self, offer: int, step: Step, reason: str = "") -> None:
        self.reports.append((offer, step, reason))

    def find(self, offer: int = 1, no_answer_s: float = 15.0) -> None:
        """Somebody is ready: employee ``10 + offer``."""
        uri = f"sip:10{offer}@192.0.2.9"
        context = {"v": 1, "call": "call-1", "pii_caller": "+37060000001", "pii_summary": "Teiravosi."}
        whisper = "Tema: Pensijos. Tapatybė netikrinta."
        self.on_reply(Found("call-1", offer, 10 + offer, "Ona", uri, "skill", no_answer_s, whisper, context))


async def wishing(make_call: CallMaker, people: FakePeople, agent: str = "answers") -> Call:
    """A caller who has asked for a person and heard that they will be connected."""
    call = await make_call(agent=agent, people=people).begin()
    await call.run(12)
    call.press("0")
    await call.run(3)
    assert len(people.seeks) == 1
    return call


def key(call: Call, leg: str, pressed: str) -> None:
    call.tell(ev.LegKey(leg, call.clock.now(), pressed))


@pytest.mark.rule("A12.17.2")
async def test_the_agent_hears_the_whisper_and_accepts_by_key(make_call: CallMaker) -> None:
    people, mouth = FakePeople(), FakeMouth()
    call = await make_call(agent="answers", people=people, mouth=mouth).begin()
    await call.run(12)
    call.press("0")
    await call.run(3)
    people.find()
    await call.run(3)
    assert mouth.said == ["Tema: Pensijos. Tapatybė netikrinta."]
    assert call.line.legs["agent-1"].played == ["whisper-1"]
    assert call.line.bridges == set(), "an answering machine never gets a caller"
    key(call, "agent-1", "1")
    await call.run(0.1)
    assert call.line.bridges == {frozenset({"caller", "agent-1"})}
    assert [step for _, step, _ in people.reports] == [Step.ACCEPTED, Step.BRIDGED]
    call.line.legs["agent-1"].end(ev.HangupReason.CALLER)
    await call.run(4)
    assert people.reports[-1] == (1, Step.ENDED, "agent_hung_up")
    assert "transfer.returned" in call.prompts
    await call.hang_up()
    assert call.outcome == "transferred"


async def test_the_context_is_on_the_journal_and_no_personal_data_in_sip(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people)
    people.find()
    await call.run(1)
    (context,) = call.journal.of("transfer.context")
    assert (context["offer"], context["employee"], context["pii_summary"]) == (1, 11, "Teiravosi.")
    ((uri, headers),) = call.line.dialled
    assert uri == "sip:101@192.0.2.9"
    assert headers == {"X-IVR-Context": "call-1", "User-to-User": "0063616c6c2d31;encoding=hex"}
    await call.hang_up()


@pytest.mark.rule("A12.17.2")
async def test_a_machine_that_answers_and_presses_nothing_loses_its_turn(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people)
    people.find(no_answer_s=15)
    await call.run(14.5)
    assert len(people.seeks) == 1
    await call.run(1)
    assert people.reports == [(1, Step.NO_ANSWER, "no_answer")]
    assert people.seeks[-1].tried == (11,)
    assert people.seeks[-1].since == people.seeks[0].since, "the place in line is kept"
    assert call.line.legs["agent-1"].ended is not None
    people.find(2)
    await call.run(3)
    key(call, "agent-2", "1")
    await call.run(0.1)
    assert call.line.bridges == {frozenset({"caller", "agent-2"})}
    await call.hang_up()


@pytest.mark.rule("A12.17.2")
@pytest.mark.parametrize("agent", ["busy", "declined", "unreachable", "no_leg"])
async def test_a_failure_is_told_to_the_office_and_the_next_one_is_sought(make_call: CallMaker, agent: str) -> None:
    people = FakePeople()
    call = await wishing(make_call, people, agent)
    people.find()
    await call.run(3)
    assert [offer for offer, _, _ in people.reports] == [1]
    assert people.seeks[-1].tried == (11,)
    people.on_reply(Nobody("call-1", staffed=True))
    await call.run(3)
    assert "transfer.failed" in call.prompts
    assert call.line.legs["caller"].ended is None
    await call.hang_up()


@pytest.mark.parametrize(("pressed", "reason"), [("2", "declined"), (None, "declined")])
async def test_who_declines_or_hangs_up_on_the_whisper_is_not_connected(
    make_call: CallMaker, pressed: str | None, reason: str
) -> None:
    people = FakePeople()
    call = await wishing(make_call, people)
    people.find()
    await call.run(3)
    if pressed:
        key(call, "agent-1", pressed)
    else:
        call.line.legs["agent-1"].end(ev.HangupReason.CALLER)
    await call.run(0.5)
    assert people.reports == [(1, Step.DECLINED, reason)]
    assert len(people.seeks) == 2
    assert call.line.bridges == set()
    await call.hang_up()


async def test_the_desk_accepts_before_the_telephone_is_picked_up(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people)
    people.find()
    await call.run(0.5)
    people.on_reply(Pressed("call-1", 1, accept=True))
    assert call.line.bridges == set()
    await call.run(3)
    assert call.line.bridges == {frozenset({"caller", "agent-1"})}
    assert call.line.legs["agent-1"].played == [], "nothing is whispered to somebody who has read it"
    await call.hang_up()


async def test_the_desk_declines_while_the_telephone_rings(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people, "no_answer")
    people.find()
    await call.run(0.5)
    people.on_reply(Pressed("call-1", 1, accept=False))
    await call.run(0.5)
    assert call.line.legs["agent-1"].ended is not None
    assert people.seeks[-1].tried == (11,)
    await call.hang_up()


@pytest.mark.rule("A12.16")
async def test_everybody_busy_is_told_and_the_caller_who_leaves_the_line_leaves_it(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people)
    people.on_reply(InLine("call-1", 2, 4))
    await call.run(8)
    assert "hold.ask" in call.prompts
    call.press("1")
    await call.run(4)
    assert len(people.seeks) == 2
    people.on_reply(InLine("call-1", 2, 4))
    await call.run(14)
    assert "line.ways" in call.prompts
    left = len(people.left)
    call.press("2")
    await call.run(3)
    assert len(people.left) > left
    people.find()  # too late
    await call.run(1)
    assert call.line.dialled == []
    await call.hang_up()


async def test_nobody_at_a_desk_leaves_the_one_address_of_old(make_call: CallMaker) -> None:
    people = FakePeople(Standing(desks=True, staffed=False))
    call = await make_call(agent="answers", people=people).begin()
    await call.run(12)
    call.press("0")
    await call.run(6)
    assert people.seeks == []
    assert call.line.bridges == {frozenset({"caller", "agent-1"})}, "who answers there need not accept"
    await call.hang_up()


async def test_who_was_served_and_wants_somebody_again_has_no_place_before_others(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people)
    people.find()
    await call.run(3)
    key(call, "agent-1", "1")
    await call.run(60)
    call.line.legs["agent-1"].end(ev.HangupReason.CALLER)
    await call.run(8)
    call.press("0")
    await call.run(8)
    assert len(people.seeks) == 2
    assert people.seeks[1].since > people.seeks[0].since
    assert people.seeks[1].tried == ()
    await call.hang_up()


@pytest.mark.rule("A12.12")
async def test_a_caller_who_gives_up_leaves_no_agent_reserved(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people, "no_answer")
    people.find()
    await call.run(2)
    await call.hang_up()
    assert people.reports == [(1, Step.FAILED, "caller_hung_up")]
    assert call.line.legs["agent-1"].ended is not None
    assert [task["reason"] for task in call.journal.of("task.created")] == ["missed"]


@pytest.mark.rule("A12.17.2")
async def test_an_agent_passes_the_caller_on_to_a_colleague_by_star_two(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await wishing(make_call, people)
    people.find()
    await call.run(3)
    key(call, "agent-1", "1")
    await call.run(1)
    key(call, "agent-1", "2")
    await call.run(0.1)
    assert call.line.legs["agent-1"].ended is None, "a two alone is for whatever the two talk about"
    key(call, "agent-1", "*")
    key(call, "agent-1", "2")
    await call.run(3)
    assert people.reports[-1] == (1, Step.ENDED, "passed_on")
    assert call.line.legs["agent-1"].ended is not None
    assert "transfer.passed_on" in call.prompts
    assert people.seeks[-1].tried == (11,)
    people.find(2)
    await call.run(3)
    key(call, "agent-2", "1")
    await call.run(0.1)
    assert frozenset({"caller", "agent-2"}) in call.line.bridges
    assert [event["reason"] for event in call.journal.of("transfer.returned")] == ["passed_on"]
    await call.hang_up()
    assert call.outcome == "transferred"


async def talking(make_call: CallMaker, people: FakePeople) -> Call:
    """A caller and an agent who talk."""
    call = await wishing(make_call, people)
    people.find()
    await call.run(3)
    key(call, "agent-1", "1")
    await call.run(1)
    return call


async def test_the_agent_gives_the_caller_back_to_the_assistant_by_star_three(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await talking(make_call, people)
    key(call, "agent-1", "*")
    key(call, "agent-1", "3")
    await call.run(6)
    assert people.reports[-1] == (1, Step.ENDED, "given_back")
    assert call.line.legs["agent-1"].ended is not None
    assert call.prompts[-2:] == ["transfer.given_back", "more.ask"]
    assert len(people.seeks) == 1
    assert [event["reason"] for event in call.journal.of("transfer.returned")] == ["given_back"]
    await call.hang_up()


@pytest.mark.parametrize(
    ("to", "wanted", "topic"),
    [
        (PassOn("call-1", 1, wanted="Rasa"), "Rasa", ""),
        (PassOn("call-1", 1, topic="pensions"), "", "pensions"),
        (PassOn("call-1", 1), "", ""),
    ],
)
async def test_the_desk_passes_the_caller_on(make_call: CallMaker, to: PassOn, wanted: str, topic: str) -> None:
    people = FakePeople()
    call = await talking(make_call, people)
    people.on_reply(PassOn("call-1", 99, to_assistant=True))
    assert call.line.legs["agent-1"].ended is None, "another offer's"
    people.on_reply(to)
    await call.run(3)
    assert (people.seeks[-1].wanted, people.seeks[-1].topic, people.seeks[-1].tried) == (wanted, topic, (11,))
    assert "transfer.passed_on" in call.prompts
    people.find(2)
    await call.run(3)
    key(call, "agent-2", "1")
    await call.run(1)
    assert frozenset({"caller", "agent-2"}) in call.line.bridges
    await call.hang_up()


async def test_the_desk_gives_the_caller_back(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await talking(make_call, people)
    people.on_reply(PassOn("call-1", 1, to_assistant=True))
    await call.run(4)
    assert "transfer.given_back" in call.prompts
    await call.hang_up()
