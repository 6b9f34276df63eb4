"""Dials wait for a leg in the order in which they came, and no longer than they may."""

from __future__ import annotations

import asyncio

import pytest

from ivr.errors import NoFreeLeg, TelephonyError
from ivr.telephony.waiting import LegQueue


class Legs:
    """``free`` legs; every successful attempt takes one."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.taken: list[str] = []

    async def take(self, name: str) -> str:
        await asyncio.sleep(0)
        if self.free == 0:
            raise NoFreeLeg(4, 4)
        self.free -= 1
        self.taken.append(name)
        return name


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def start(queue: LegQueue, legs: Legs, name: str, wait_s: float, *, kept: bool = False) -> asyncio.Task[str]:
    return asyncio.create_task(queue.place(lambda: legs.take(name), wait_s, kept=kept))


async def test_a_free_leg_is_taken_at_once() -> None:
    queue, legs = LegQueue(), Legs(1)
    assert await queue.place(lambda: legs.take("a"), 0.0, kept=False) == "a"
    assert len(queue) == 0


async def test_without_patience_a_full_line_refuses_at_once() -> None:
    with pytest.raises(NoFreeLeg):
        await start(LegQueue(), Legs(0), "a", 0.0)


async def test_freed_legs_go_to_those_who_wait_in_order() -> None:
    queue, legs = LegQueue(), Legs(0)
    waiting = []
    for name in ("a", "b", "c"):
        waiting.append(start(queue, legs, name, 60.0))
        await settle()
    assert len(queue) == 3
    for expected in (["a"], ["a", "b"], ["a", "b", "c"]):
        legs.free += 1
        queue.leg_freed()
        await settle()
        assert legs.taken == expected
    assert await asyncio.gather(*waiting) == ["a", "b", "c"]
    assert len(queue) == 0


async def test_a_newcomer_does_not_overtake_unless_a_leg_is_kept_for_it() -> None:
    queue, legs = LegQueue(), Legs(0)
    first = start(queue, legs, "first", 60.0)
    await settle()
    legs.free = 1
    newcomer = start(queue, legs, "newcomer", 60.0)
    await settle()
    assert legs.taken == []
    legs.free = 2
    assert await start(queue, legs, "kept", 0.0, kept=True) == "kept"
    queue.leg_freed()
    assert await first == "first"
    newcomer.cancel()
    await asyncio.gather(newcomer, return_exceptions=True)
    assert len(queue) == 0


async def test_one_who_gives_up_makes_room_for_the_next() -> None:
    queue, legs = LegQueue(), Legs(0)
    first, second = start(queue, legs, "first", 60.0), start(queue, legs, "second", 60.0)
    await settle()
    legs.free = 1
    first.cancel()
    assert await second == "second"


async def test_patience_ends() -> None:
    queue = LegQueue()
    with pytest.raises(NoFreeLeg):
        await start(queue, Legs(0), "a", 0.02)
    assert len(queue) == 0


async def test_another_fault_is_not_waited_for() -> None:
    queue = LegQueue()

    async def broken() -> str:
        raise TelephonyError("dial", "bad address", "Write it right")

    with pytest.raises(TelephonyError, match="bad address"):
        await queue.place(broken, 60.0, kept=False)
    assert len(queue) == 0


async def test_who_hangs_up_in_the_moment_of_their_turn_takes_no_leg() -> None:
    queue, legs = LegQueue(), Legs(0)
    waiting = start(queue, legs, "a", 60.0)
    await settle()
    legs.free = 1
    queue.leg_freed()
    waiting.cancel()
    await asyncio.wait([waiting], timeout=30)
    assert waiting.cancelled()
    assert (legs.taken, len(queue)) == ([], 0)
