"""The assistant calls somebody back on the real line: at the time that was agreed, once, and tells the answer."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.events import JournalKind
from ivr.office.assistant_calls import AssistantCalls
from ivr.office.database import open_office
from ivr.simulator.wire import WirePhone
from ivr.store.journal import JournalEvent
from tests.line.conftest import Line, started

NUMBER = "+37060000001"
AGREED = timedelta(seconds=1)


def placed(line: Line) -> list[JournalEvent]:
    """Beginnings of calls that the line placed."""
    offered = line.journal().of_kind(JournalKind.CALL_OFFERED)
    return [event for event in offered if event.data.get("direction") == "out"]


def said(line: Line, prompt: str) -> bool:
    calls = placed(line)
    turns = line.events(calls[0].call_id) if calls else []
    return any(prompt in event.data.get("prompts", ()) for event in turns if event.kind == JournalKind.TURN_SAID)


def talk(phone: WirePhone, silence: threading.Event) -> None:
    while not silence.is_set():
        phone.stream(0.1)


@pytest.mark.rule("A12.11", "A12.15", "A17.1")
async def test_the_assistant_calls_at_the_agreed_time_and_tells_the_answer_once(tmp_path: Path) -> None:
    with WirePhone(number=NUMBER) as phone:
        people: dict[str, object] = {"hours": "always", "outside_uri": f"sip:{{number}}@127.0.0.1:{phone.sip_port}"}
        async with started(tmp_path, people=people) as line:
            at = datetime.now(UTC)
            journal = line.journal()
            created = {"type": "callback", "pii_caller": NUMBER, "pii_name": "Jonas Kazlauskas"}
            task = journal.append("earlier-call", JournalKind.TASK_CREATED, created, at)
            planned = {"task": task, "by": 1, "agreed_at": (at + AGREED).isoformat(), "pii_answer": "Galima ir paštu."}
            journal.append("earlier-call", JournalKind.TASK_PLANNED, planned, at)
            assert f"sip:{NUMBER}@" in await asyncio.to_thread(phone.await_invite, 60.0)
            assert datetime.now(UTC) >= at + AGREED
            phone.answer()
            silence = threading.Event()
            talking = threading.Thread(target=talk, args=(phone, silence), daemon=True)
            talking.start()
            for prompt in ("outbound.person_ask", "outbound.may", "outbound.answer_clear"):
                assert not line.journal().of_kind(JournalKind.TASK_DONE)
                await line.until(lambda prompt=prompt: said(line, prompt), 60)  # type: ignore[misc]
                phone.press("1")
            await line.until(lambda: said(line, "more.ask"), 60)
            phone.press("2")
            assert await asyncio.to_thread(phone.await_bye, 60.0), "the line was the caller and hangs up"
            silence.set()
            talking.join()
            await line.until(lambda: bool(line.journal().of_kind(JournalKind.TASK_DONE)), 60)
            (done,) = line.journal().of_kind(JournalKind.TASK_DONE)
            assert (done.data["of"], done.data["task"]) == ("earlier-call", task)
            office = open_office(line.config.office_path)
            await line.until(lambda: not AssistantCalls(office).unclosed(), 60)
            (call,) = placed(line)
            kinds = [event.kind for event in line.events(call.call_id)]
            assert kinds.index(JournalKind.NOTICE_COMPLETED) < kinds.index(JournalKind.RECORDING_STARTED)
            assert not line.journal().of_kind(JournalKind.TASK_TRIED)
            assert len(line.journal().of_kind(JournalKind.TASK_CREATED)) == 1
