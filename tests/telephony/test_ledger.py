"""The leg ledger: never more legs than there are, and a caller's agent leg is there when it is wanted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ivr.errors import NoFreeLeg
from ivr.telephony.ledger import EVICT_AFTER_S, Admission, LegLedger


def test_four_legs_hold_two_callers_with_an_agent_each() -> None:
    ledger = LegLedger(4, 2)
    assert [ledger.admit(leg) for leg in "abc"] == [Admission.ADMITTED, Admission.ADMITTED, Admission.BUSY]
    with pytest.raises(NoFreeLeg) as refused:
        ledger.dial("callback")
    assert (refused.value.in_use, refused.value.max_legs) == (4, 4)
    ledger.dial("agent of a", "a")
    ledger.dial("agent of b", "b")
    assert (ledger.in_use, ledger.reserved) == (4, 0)


def test_an_agent_who_left_can_be_followed_by_another() -> None:
    ledger = LegLedger(4, 2)
    ledger.admit("a")
    ledger.dial("first", "a")
    assert ledger.reserved == 0
    ledger.release("first")
    assert ledger.reserved == 1
    ledger.dial("second", "a")
    assert ledger.in_use == 2


def test_a_second_agent_of_one_caller_takes_a_free_leg_or_is_refused() -> None:
    ledger = LegLedger(4, 2)
    ledger.admit("a")
    ledger.dial("agent", "a")
    ledger.dial("consultation", "a")
    ledger.dial("other", "a")
    with pytest.raises(NoFreeLeg):
        ledger.dial("one too many", "a")


def test_outbound_calls_leave_less_room_for_callers() -> None:
    ledger = LegLedger(4, 2)
    ledger.dial("one")
    ledger.dial("two")
    assert ledger.admit("a") is Admission.ADMITTED
    assert ledger.admit("b") is Admission.BUSY


def test_without_room_for_two_legs_each_no_leg_is_kept() -> None:
    ledger = LegLedger(4, 4)
    assert [ledger.admit(leg) for leg in "abcd"] == [Admission.ADMITTED] * 4
    with pytest.raises(NoFreeLeg):
        ledger.dial("agent", "a")
    ledger.release("d")
    ledger.dial("agent", "a")
    assert ledger.in_use == 4


def test_draining_and_outbound_workers_take_nobody() -> None:
    draining = LegLedger(4, 2)
    draining.draining = True
    assert draining.admit("a") is Admission.DRAINING
    outbound = LegLedger(4, 2, accepts_callers=False)
    assert outbound.admit("a") is Admission.BUSY
    for leg in "wxyz":
        outbound.dial(leg)
    assert outbound.free == 0


def test_the_longest_half_open_leg_makes_room_first() -> None:
    ledger = LegLedger(4, 2)
    ledger.admit("a")
    ledger.admit("b")
    ledger.answered("b", 10.0)
    ledger.answered("a", 11.0)
    assert ledger.evictable(10.0 + EVICT_AFTER_S) is None
    assert ledger.evictable(11.1 + EVICT_AFTER_S) == "b"
    assert ledger.half_open_for("a", 13.0) == 2.0
    ledger.confirmed("b")
    assert ledger.evictable(12.0 + EVICT_AFTER_S) == "a"
    ledger.confirmed("a")
    assert ledger.evictable(99.0) is None
    assert ledger.half_open_for("a", 99.0) == 0.0


@given(max_legs=st.integers(1, 12), callers=st.integers(1, 12))
def test_all_admitted_callers_reach_an_agent_when_legs_are_kept(max_legs: int, callers: int) -> None:
    ledger = LegLedger(max_legs, callers)
    admitted = [leg for leg in map(str, range(20)) if ledger.admit(leg) is Admission.ADMITTED]
    assert len(admitted) == min(callers, max_legs)
    if ledger.keeps_agent_legs:
        for leg in admitted:
            ledger.dial(f"agent of {leg}", leg)


class LedgerLife(RuleBasedStateMachine):
    """Random traffic; every step keeps the promise to every caller who is there."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = LegLedger(6, 3)
        self.callers: dict[str, set[str]] = {}
        self.others: set[str] = set()
        self.number = 0

    def name(self) -> str:
        self.number += 1
        return f"leg-{self.number}"

    @rule()
    def call_comes(self) -> None:
        leg = self.name()
        if self.ledger.admit(leg) is Admission.ADMITTED:
            self.callers[leg] = set()

    @rule()
    def outbound(self) -> None:
        leg = self.name()
        try:
            self.ledger.dial(leg)
        except NoFreeLeg:
            return
        self.others.add(leg)

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def agent(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from(sorted(self.callers)))
        leg = self.name()
        try:
            self.ledger.dial(leg, caller)
        except NoFreeLeg:
            assert self.callers[caller], "a caller without an agent was refused the leg that was kept for it"
            return
        self.callers[caller].add(leg)

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def caller_leaves(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from(sorted(self.callers)))
        self.ledger.release(caller)
        self.others |= self.callers.pop(caller)

    @precondition(lambda self: self.others or any(self.callers.values()))
    @rule(data=st.data())
    def other_leaves(self, data: st.DataObject) -> None:
        agents = {leg for legs in self.callers.values() for leg in legs}
        leg = data.draw(st.sampled_from(sorted(self.others | agents)))
        self.ledger.release(leg)
        self.others.discard(leg)
        for legs in self.callers.values():
            legs.discard(leg)

    @invariant()
    def never_more_legs_than_there_are(self) -> None:
        assert self.ledger.in_use + self.ledger.reserved <= 6
        agents = sum(len(legs) for legs in self.callers.values())
        assert self.ledger.in_use == len(self.callers) + agents + len(self.others)
        assert self.ledger.callers <= 3


TestLedgerLife = LedgerLife.TestCase
