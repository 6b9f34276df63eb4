"""A line worker's routing of leg events, without PJSIP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.clock import LoopClock
from ivr.config import load
from ivr.events import HangupReason, LegOffered
from ivr.privacy import Pii
from ivr.processes import worker as module
from ivr.processes.parts import Part
from ivr.processes.worker import Worker
from ivr.simulator.clock import VirtualClock
from ivr.simulator.fakes import FakeLine


async def test_a_call_whose_session_cannot_be_made_is_ended_rather_than_left_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = FakeLine(VirtualClock(), lambda _event: None)

    def refuse(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(module, "SipLine", lambda *_, **__: line)
    monkeypatch.setattr(module, "Session", refuse)
    monkeypatch.setattr(Worker, "_make_door", lambda _self: None)
    config = load(None, {"IVR_LINE_DATA_DIR": str(tmp_path)})
    worker = Worker(config, Part("worker-0", "worker"), LoopClock(asyncio.get_running_loop()))
    leg = line.add("caller")
    worker._on_leg(LegOffered("caller", 0.0, Pii("+37060000001"), "1883", "abc@peer", "127.0.0.1:5062"))
    assert leg.ended is HangupReason.ERROR
    worker._journal.close()
