"""The shell asks the world for the mind, in threads of their own, and keeps secrets out of the journal."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ivr.errors import RegistryAway
from ivr.events import RecordingState
from ivr.privacy import MASK
from ivr.registry.memory import PeopleInMemory
from ivr.simulator.offices import JONAS, fake_ports, fake_registry
from tests.session.conftest import Call, CallMaker


class StuckPeople(PeopleInMemory):
    """Neither answers nor fails."""

    def __init__(self) -> None:
        super().__init__([JONAS])
        self.released = threading.Event()

    def ready(self) -> None:
        self.released.wait(60)


async def until(call: Call, prompt: str) -> None:
    """Time passes, and threads are waited for, until a prompt was said to its end."""
    async with asyncio.timeout(10):
        while prompt not in call.prompts:
            await call.run(0.5)
            await asyncio.sleep(0.001)  # a thread that answers needs real time


@pytest.mark.rule("X5", "A13")
async def test_what_proves_identity_is_heard_and_keyed_but_written_down_nowhere(make_call: CallMaker) -> None:
    call = await make_call(ports=fake_ports()).begin()
    await until(call, "menu.hint")
    call.press("2")
    await until(call, "auth.last_four")
    for digit in "1234":
        call.press(digit)
    await until(call, "auth.given")
    call.say("jonas")
    await until(call, "auth.right")
    call.say("taip")
    await until(call, "auth.surname")
    keys = [row["key"] for row in call.journal.of("turn.key")]
    assert keys == ["2", MASK, MASK, MASK, MASK]
    assert [row["text"] for row in call.journal.of("turn.heard")] == [MASK, MASK]
    call.press("*")
    await until(call, "menu.ask")
    call.press("1")
    assert call.journal.of("turn.key")[-1]["key"] == "1", "after the questions keys are written down again"
    await call.hang_up()
    assert not any("jonas" in str(row).lower() for row in call.journal.rows)


@pytest.mark.rule("A7.4")
async def test_a_registry_that_fails_leads_to_a_person_and_not_to_silence(make_call: CallMaker) -> None:
    away = fake_registry(PeopleInMemory([JONAS], RegistryAway("ready", "does not answer")))
    call = await make_call(agent="answers", ports=replace(fake_ports(), registry=away)).begin()
    await until(call, "menu.hint")
    call.press("2")
    await until(call, "consent.ask")
    assert call.prompts.index("auth.unavailable") < call.prompts.index("personal.why")
    assert not call.journal.of("answer.given")
    await call.hang_up()


@pytest.mark.rule("X11")
async def test_an_objection_erases_the_recording_and_the_call_goes_on(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await until(call, "menu.hint")
    call.press("9")
    await until(call, "unrecord")
    call.press("1")
    await until(call, "topics.ask")
    await call.hang_up()
    final = call.journal.of("recording.state")[-1]
    assert (final["state"], final["final"]) == (RecordingState.DECLINED, True)
    assert not list(call.recordings.iterdir())


@pytest.mark.rule("A12.19")
async def test_the_number_that_is_read_back_is_spoken_and_not_written_down(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await until(call, "menu.hint")
    call.say("perskambinkite")
    await until(call, "callback.phone_right")
    said = call.journal.of("turn.said")[-1]["text"]
    assert MASK in str(said)
    assert "septyni" not in str(said)
    await call.hang_up()


@pytest.mark.rule("A17.1")
async def test_a_registry_that_never_answers_keeps_no_recording_and_no_call_from_ending(make_call: CallMaker) -> None:
    # As when as many questions hang as the loop has threads, by which recordings are closed too.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    registry = StuckPeople()
    ports = replace(fake_ports(), registry=fake_registry(registry))
    call = await make_call(agent="answers", ports=ports).begin()
    try:
        await until(call, "menu.hint")
        call.press("2")
        await call.run(1)
        await call.hang_up()
    finally:
        registry.released.set()
    assert call.journal.of("recording.ended")


@pytest.mark.rule("A13", "X5", "A23")
async def test_a_whole_personal_code_is_masked_wherever_it_is_said_or_keyed(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await until(call, "menu.hint")
    call.say("trys aštuoni penki nulis vienas nulis vienas vienas du trys keturi")
    await call.run(1)
    for digit in "85010112348":
        call.press(digit)
    await call.run(1)
    heard = [str(value) for row in call.journal.of("turn.heard") for value in row.values()]
    assert any(MASK in value for value in heard)
    assert not any("aštuoni penki" in value for value in heard)
    keyed = "".join(str(row.get("key") or row.get("pii_key")) for row in call.journal.of("turn.key"))
    assert keyed == f"8501{MASK * 7}"
    await call.hang_up()
