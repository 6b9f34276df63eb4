"""A line worker's routing of leg events, without PJSIP."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ivr.clock import LoopClock
from ivr.config import load
from ivr.events import HangupReason, JournalKind, LegOffered
from ivr.privacy import Pii
from ivr.processes import worker as module
from ivr.processes.parts import Part
from ivr.processes.worker import Worker
from ivr.simulator.clock import VirtualClock
from ivr.simulator.fakes import FakeLine
from ivr.store.database import open_database, writing
from ivr.store.journal import Journal
from ivr.store.writer import JournalWriter

OFFERED = LegOffered("caller", 0.0, Pii("+37060000001"), "1883", "abc@peer", "127.0.0.1:5062")
LONG_S = 60.0


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> FakeLine:
    line = FakeLine(VirtualClock(), lambda _event: None)
    monkeypatch.setattr(module, "SipLine", lambda *_, **__: line)
    monkeypatch.setattr(module, "JournalWriter", functools.partial(JournalWriter, busy_s=LONG_S))
    monkeypatch.setattr(Worker, "_make_door", lambda _self: None)
    return line


@pytest.fixture
async def worker(tmp_path: Path, line: FakeLine) -> AsyncIterator[Worker]:
    config = load(None, {"IVR_LINE_DATA_DIR": str(tmp_path)})
    worker = Worker(config, Part("worker-0", "worker"), LoopClock(asyncio.get_running_loop()))
    yield worker
    worker._journal.close()


async def test_a_call_whose_session_cannot_be_made_is_ended_rather_than_left_in_silence(
    worker: Worker, line: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(module, "Session", refuse)
    leg = line.add("caller")
    worker._on_leg(OFFERED)
    assert leg.ended is HangupReason.ERROR


class Answering:
    """A leg that notes what readers of the journal saw when it was answered; and a session that begins its call."""

    id = "caller"

    def __init__(self, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
        self._worker, self._reader = worker, Journal(open_database(worker._journal.path))
        self.answered = asyncio.Event()
        self.known: list[str] = []
        monkeypatch.setattr(FakeLine, "leg", lambda _line, _leg: self)
        monkeypatch.setattr(module, "Session", self._begin)

    def _begin(self, call_id: str, *_: object) -> object:
        self._worker._journal.append(call_id, JournalKind.CALL_OFFERED, {"worker": "worker-0"})
        return self

    def answer(self) -> None:
        self.known = self._reader.open_calls()
        self.answered.set()


@pytest.mark.rule("A12.25")
async def test_nobody_is_answered_before_the_journal_has_their_call(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "JOURNAL_WITHIN_S", LONG_S)
    leg = Answering(worker, monkeypatch)
    other = open_database(worker._journal.path)
    with writing(other):  # the office is at it
        worker._on_leg(OFFERED)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(leg.answered.wait(), worker._answer_delay_s + 0.2)
    async with asyncio.timeout(LONG_S):
        await leg.answered.wait()
    assert len(leg.known) == 1


async def test_a_journal_that_takes_its_time_keeps_nobody_ringing(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "JOURNAL_WITHIN_S", 0.01)
    leg = Answering(worker, monkeypatch)
    other = open_database(worker._journal.path)
    with writing(other):
        worker._on_leg(OFFERED)
        async with asyncio.timeout(LONG_S):
            await leg.answered.wait()
    assert leg.known == []
