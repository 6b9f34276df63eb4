"""A dial that nobody waits for any more leaves no call behind, whenever it was given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ivr.events import HangupReason, LegEvent
from ivr.telephony.leg import Leg
from ivr.telephony.line import SipLine
from ivr.telephony.settings import LineSettings


class Board:
    """Places every dial and remembers which legs were ended."""

    def __init__(self, line: SipLine) -> None:
        self.line, self.ended = line, list[str]()

    def dial(self, *_: Any) -> Leg:
        return Leg("agent-1", False, None, self.line)  # type: ignore[arg-type]  # nothing is played

    def end(self, leg: str, _reason: HangupReason) -> None:
        self.ended.append(leg)


@pytest.mark.parametrize("before", [True, False], ids=["before it was placed", "in the step in which it was placed"])
async def test_a_dial_that_is_given_up_is_hung_up(monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
    events: list[LegEvent] = []
    line = SipLine(LineSettings(), events.append, loop=asyncio.get_running_loop())
    board, jobs = Board(line), list[Callable[[], object]]()
    thread = line._thread
    monkeypatch.setattr(type(thread), "board", board)
    monkeypatch.setattr(thread, "post", jobs.append)
    dial = asyncio.create_task(line.dial("sip:600@127.0.0.1"))
    while not jobs:
        await asyncio.sleep(0)
    if before:
        dial.cancel()
        await asyncio.sleep(0)
    jobs.pop(0)()
    asyncio.get_running_loop().call_soon(dial.cancel)
    with pytest.raises(asyncio.CancelledError):
        await dial
    await asyncio.sleep(0)
    for job in jobs:
        job()
    assert board.ended == ["agent-1"]
