"""An employee asks who the caller is: the recording is silent from the first question to the verdict, at most 3 min."""

from __future__ import annotations

import pytest

from ivr import events as ev
from ivr.people.handover import Check, CheckStep
from ivr.session.checking import LONGEST_S
from tests.session.conftest import Call, CallMaker
from tests.session.test_handover import FakePeople, key, wishing


async def talking(make_call: CallMaker, people: FakePeople) -> Call:
    """Caller and employee 11 are connected."""
    call = await wishing(make_call, people)
    people.find()
    await call.run(3)
    key(call, "agent-1", "1")
    await call.run(1)
    assert call.line.bridges == {frozenset({"caller", "agent-1"})}
    return call


def told(call: Call) -> list[tuple[str, object]]:
    """What the journal says of identity, in its order."""
    kinds = ("auth.started", "auth.verdict")
    return [(kind, data.get("verdict")) for _, kind, data, _ in call.journal.rows if kind in kinds]


def hidden(call: Call) -> bool:
    """A key of the caller's is not written down just now, which is when the recording is silent too."""
    before = len(call.journal.of("turn.key"))
    call.press("7")
    pressed = call.journal.of("turn.key")[before:]
    assert len(pressed) == 1
    return "•••" in pressed[0].values()


@pytest.mark.rule("X5")
async def test_the_desks_buttons_silence_the_recording_until_the_verdict(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await talking(make_call, people)
    people.on_reply(Check("call-1", 99, CheckStep.START))
    assert told(call) == [], "another offer's"
    people.on_reply(Check("call-1", 1, CheckStep.START))
    await call.run(5)
    assert hidden(call)
    people.on_reply(Check("call-1", 1, CheckStep.PASSED))
    await call.run(1)
    assert not hidden(call)
    assert told(call) == [("auth.started", None), ("auth.verdict", "passed")]
    assert call.journal.of("auth.verdict")[0]["by"] == 11
    await call.hang_up()


@pytest.mark.rule("X5")
async def test_star_and_one_on_the_telephone_do_the_same_and_the_desk_decides_later(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await talking(make_call, people)
    for pressed in "*1":
        key(call, "agent-1", pressed)
    assert hidden(call)
    for pressed in "*1":
        key(call, "agent-1", pressed)
    assert not hidden(call)
    people.on_reply(Check("call-1", 1, CheckStep.FAILED))
    assert told(call) == [("auth.started", None), ("auth.verdict", "undecided"), ("auth.verdict", "failed")]
    await call.hang_up()


@pytest.mark.parametrize("keys", ["1", "*", "**", "11", "1*", "*2"])
async def test_other_keys_silence_nothing(make_call: CallMaker, keys: str) -> None:
    call = await talking(make_call, FakePeople())
    for pressed in keys:
        key(call, "agent-1", pressed)
    await call.run(4)
    key(call, "agent-1", "1")  # too late after a star
    assert told(call) == []
    await call.hang_up()


@pytest.mark.rule("X5")
async def test_after_three_minutes_the_recording_goes_on_by_itself(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await talking(make_call, people)
    people.on_reply(Check("call-1", 1, CheckStep.START))
    await call.run(LONGEST_S - 1)
    people.on_reply(Check("call-1", 1, CheckStep.START))
    assert hidden(call)
    await call.run(2)
    assert not hidden(call)
    assert told(call) == [("auth.started", None), ("auth.verdict", "undecided")]
    await call.hang_up()


@pytest.mark.rule("X5")
async def test_who_hangs_up_meanwhile_leaves_no_silence_behind(make_call: CallMaker) -> None:
    people = FakePeople()
    call = await talking(make_call, people)
    people.on_reply(Check("call-1", 1, CheckStep.START))
    call.line.legs["agent-1"].end(ev.HangupReason.CALLER)
    await call.run(1)
    assert told(call) == [("auth.started", None), ("auth.verdict", "undecided")]
    assert not hidden(call)
    people.on_reply(Check("call-1", 1, CheckStep.START))
    assert len(told(call)) == 2
    await call.hang_up()
