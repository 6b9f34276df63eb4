"""Warm transfer on the real line: sipp telephones that fail, one that accepts, and a worker that dies in between."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from ivr.events import JournalKind
from ivr.office.database import open_office
from ivr.office.offers import Offers, OfferState
from ivr.office.roster import Roster
from ivr.people.staff import State
from ivr.simulator.bench_agents import Agents, free_block
from ivr.simulator.sipp_agents import Habit
from ivr.simulator.transfer_bench import JournalWatch, one_transfer
from ivr.simulator.wire import WirePhone
from ivr.store.journal import JournalEvent
from tests.line.conftest import Line, started

pytestmark = [
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed (Debian: sip-tester)"),
    pytest.mark.rule("A12.17.2"),
]


def agents_of(line: Line, folder: Path, *habits: Habit, keyed: int = 1) -> Agents:
    config = line.config
    return Agents(config.office_path, config.office.port, folder, free_block(), keyed, habits, baresip=False)


async def test_a_busy_agent_is_passed_over_and_the_next_one_talks_until_the_worker_dies(tmp_path: Path) -> None:
    people = {"hours": "always", "no_answer_s": 5, "wrap_up_s": 60}
    async with started(tmp_path, people=people) as line:
        with agents_of(line, tmp_path, Habit.BUSY).at_work() as agents, JournalWatch(line.config.journal_path) as watch:
            row = await asyncio.to_thread(one_transfer, line.address, "+37061111111", watch)
            assert row["came"] == "bridged"
            assert agents.accept_to_bridge_ms(row["call"]) is not None, "the agent heard the caller"
            office = open_office(line.config.office_path)
            offers = Offers(office).of_call(row["call"])
            assert [(one.state, one.reason) for one in offers] == [
                (OfferState.FAILED, "busy"),
                (OfferState.ENDED, "caller_hung_up"),
            ]
            assert all(one.context["pii_caller"] == "+37061111111" for one in offers)
            talked_to = offers[1].employee
            assert Roster(office).staff().presence[talked_to].state is State.WRAP_UP
            Roster(office).set_state(talked_to, State.READY, offers[1].changed_at)

            events = await worker_killed_at(JournalKind.TRANSFER_BRIDGED, line, watch, "+37062222222")
            (task,) = [event for event in events if event.kind == JournalKind.TASK_CREATED]
            assert (task.data["urgent"], task.data["employee"]) == (True, talked_to)
            assert task.data["pii_context"]["pii_caller"] == "+37062222222"
            await line.until(lambda: Roster(office).staff().presence[talked_to].state is State.WRAP_UP, 60)
            Roster(office).set_state(talked_to, State.READY, offers[1].changed_at)

            events = await worker_killed_at(JournalKind.TRANSFER_CONTEXT, line, watch, "+37063333333")
            (task,) = [event for event in events if event.kind == JournalKind.TASK_CREATED]
            assert (task.data["urgent"], task.data["pii_context"]["pii_caller"]) == (True, "+37063333333")
            await line.until(lambda: not any(one.state.live for one in Offers(office).of_call(task.call_id)), 60)
            assert Roster(office).staff().presence[talked_to].state in (State.READY, State.WRAP_UP)


async def worker_killed_at(kind: JournalKind, line: Line, watch: JournalWatch, number: str) -> list[JournalEvent]:
    """A caller's whole journal whose worker is killed as soon as ``kind`` is on it."""
    await line.until(line.loopback.ready, 60)
    with WirePhone(line.address, number=number) as phone:
        assert phone.invite().code == 200
        silence = threading.Event()
        talking = threading.Thread(target=_talk, args=(phone, silence), daemon=True)
        talking.start()
        phone.press("0")
        await line.until(lambda: kind in _kinds(watch, number), 60)
        before = line.pid("worker-0")
        os.kill(before, signal.SIGKILL)
        await line.until(lambda: _kinds(watch, number)[-1:] == [JournalKind.CALL_ENDED], 60)
        await line.until(lambda: line.pid("worker-0") != before, 60)
        silence.set()
        talking.join()
    return _events(watch, number)


def _talk(phone: WirePhone, silence: threading.Event) -> None:
    while not silence.is_set():
        phone.stream(0.1)


def _events(watch: JournalWatch, number: str) -> list[JournalEvent]:
    call = watch.call(number)
    return list(call.events) if call is not None else []


def _kinds(watch: JournalWatch, number: str) -> list[str]:
    return [event.kind for event in _events(watch, number)]
