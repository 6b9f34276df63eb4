"""Click-to-call from a task's page: who may, whose number, what the employee is meanwhile, and workers that fall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.office import placing
from ivr.office.dialling import Request, Requests
from ivr.office.placing import GRACE, NO_LEG, Placed, Placing
from ivr.office.reserving import Rules
from ivr.office.switchboard import Switchboard, Wire
from ivr.office.switchboard_client import SwitchboardClient
from ivr.people.handover import Found, InLine, Rang, Ring, RingStep
from ivr.people.staff import Employee, State
from ivr.privacy import Pii
from ivr.store.database import StoreDatabase
from tests.office import test_switchboard
from tests.office.test_pages import Browser, browser
from tests.office.test_switchboard import Office, fall, until
from tests.office.test_tasks import post, task

__all__ = ["browser"]

NUMBER = Pii("+37060000001")


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    rules = Rules("sip:{extension}@192.0.2.9", 15.0, 60.0, "sip:{number}@192.0.2.1")
    monkeypatch.setattr(test_switchboard, "RULES", rules)
    made = await Office(tmp_path).open()
    made.hire("Ona")
    yield made
    await made.close()


async def worker(office: Office) -> tuple[SwitchboardClient, list[Ring]]:
    """A line worker that keeps what it is told to ring."""
    made, rung = await office.worker(), list[Ring]()
    made.client._on_order = rung.append  # type: ignore[assignment]  # nothing else is ordered here
    return made.client, rung


def ona(office: Office) -> Employee:
    found = office.roster.employee(office.agents["Ona"])
    assert found is not None
    return found


def latest(office: Office) -> Request:
    found = Requests(office.database).latest("c1", 1)
    assert found is not None
    return found


async def talking(office: Office) -> tuple[SwitchboardClient, list[Ring]]:
    """A worker on which Ona talks to the person of her task."""
    client, rung = await worker(office)
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    await until(lambda: bool(rung))
    client.rang(Rang(rung[0].request, RingStep.TALKING))
    await until(lambda: latest(office).step is RingStep.TALKING)
    return client, rung


@pytest.mark.rule("A12.15")
async def test_the_employee_is_rung_then_the_number_of_the_task(office: Office) -> None:
    client, rung = await worker(office)
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    await until(lambda: bool(rung))
    assert (rung[0].agent, rung[0].person) == ("sip:101@192.0.2.9", "sip:+37060000001@192.0.2.1")
    assert "+37060000001" not in repr(rung[0])
    assert office.state("Ona") is State.ON_CALL
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.BUSY
    for step in (RingStep.PERSON, RingStep.TALKING, RingStep.ENDED):
        client.rang(Rang(rung[0].request, step))
        await until(lambda step=step: latest(office).step is step)  # type: ignore[misc]
    await until(lambda: office.state("Ona") is State.WRAP_UP)
    assert latest(office).talked_at is not None


@pytest.mark.parametrize("before", [State.READY, State.PAUSE, State.OFFLINE])
async def test_who_reached_nobody_is_as_before(office: Office, before: State) -> None:
    client, rung = await worker(office)
    office.roster.set_state(office.agents["Ona"], before, office.now)
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    await until(lambda: bool(rung))
    client.rang(Rang(rung[0].request, RingStep.FAILED, "busy"))
    await until(lambda: latest(office).step is RingStep.FAILED)
    await until(lambda: office.state("Ona") is before)
    client.rang(Rang(rung[0].request, RingStep.TALKING))
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES


async def test_a_worker_without_a_free_leg_leaves_it_to_the_next(office: Office) -> None:
    workers = [await worker(office), await worker(office)]
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    await until(lambda: any(rung for _, rung in workers))
    first, second = sorted(workers, key=lambda one: not one[1])
    first[0].rang(Rang(first[1][0].request, RingStep.FAILED, NO_LEG))
    await until(lambda: bool(second[1]))
    second[0].rang(Rang(second[1][0].request, RingStep.FAILED, NO_LEG))
    await until(lambda: latest(office).reason == NO_LEG)


async def test_a_worker_that_falls_frees_its_employee(office: Office) -> None:
    _, rung = await worker(office)
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    await until(lambda: bool(rung))
    office.workers[0].cancel()
    await until(lambda: latest(office).reason == "worker_lost")
    await until(lambda: office.state("Ona") is State.READY)


async def test_the_offices_fall_leaves_those_who_talk_where_they_are(office: Office) -> None:
    client, rung = await talking(office)
    await fall(office)
    await office.open()
    await until(lambda: rung[0].request in office.switchboard._placing._live)
    office.now += GRACE + timedelta(seconds=1)
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.BUSY
    client.rang(Rang(rung[0].request, RingStep.ENDED))
    await until(lambda: office.state("Ona") is State.WRAP_UP)
    assert latest(office).step is RingStep.ENDED


async def test_what_ended_while_the_office_was_away_has_ended_when_it_comes_back(office: Office) -> None:
    client, rung = await talking(office)
    await fall(office)
    await until(lambda: client._writer is None)
    client.rang(Rang(rung[0].request, RingStep.ENDED))
    await office.open()
    await until(lambda: office.state("Ona") is State.WRAP_UP)
    assert latest(office).step is RingStep.ENDED


async def test_who_fell_together_with_the_office_keeps_no_employee(office: Office) -> None:
    _, rung = await worker(office)
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    await until(lambda: bool(rung))
    office.workers.pop().cancel()
    await fall(office)
    assert office.state("Ona") is State.ON_CALL
    await office.open()
    caller = await office.worker()
    caller.seek("c2")
    await caller.reply("c2", InLine)
    office.now += GRACE
    assert (await caller.reply("c2", Found)).name == "Ona"
    assert latest(office).reason == "office_restarted"


async def test_who_is_claimed_while_another_is_being_ended_lives_on(office: Office) -> None:
    """Writing may take as long as somebody else keeps the database: workers say meanwhile what lives."""
    _, rung = await worker(office)
    office.hire("Jonas")
    jonas = office.roster.employee(office.agents["Jonas"])
    assert jonas is not None
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    assert await office.switchboard.place(jonas, NUMBER, "c1", 2) is Placed.YES
    await until(lambda: len(rung) == 2)
    keeper, wire, over = office.switchboard._office, Wire(lambda message: None), list[bool]()

    async def write(change: Callable[[StoreDatabase], object]) -> None:
        if not over:
            over.append(True)
            await placed.rang(Rang(rung[1].request, RingStep.PERSON), wire)
        await keeper.do(change)

    placed = Placing(keeper, write, lambda: office.now, test_switchboard.RULES)
    await placed.begin()
    office.now += GRACE
    assert await placed.look()
    assert latest(office).reason == "office_restarted"
    found = Requests(office.database).latest("c1", 2)
    assert found is not None
    assert found.step is RingStep.PERSON
    assert office.state("Jonas") is State.ON_CALL


async def test_who_waits_is_given_whoever_reached_nobody(office: Office) -> None:
    client, rung = await worker(office)
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.YES
    await until(lambda: bool(rung))
    caller = await office.worker()
    caller.seek("c2")
    await caller.reply("c2", InLine)
    client.rang(Rang(rung[0].request, RingStep.FAILED, "busy"))
    assert (await caller.reply("c2", Found)).name == "Ona"


@pytest.mark.parametrize("number", ["", "12", "sip:evil@example.com", "+3706000000a", "112;phone-context=x", "1" * 16])
async def test_what_is_no_number_is_not_called(office: Office, number: str) -> None:
    await worker(office)
    assert await office.switchboard.place(ona(office), Pii(number), "c1", 1) is Placed.NO_NUMBER


async def test_without_workers_or_an_address_outside_nobody_is_rung(office: Office, tmp_path: Path) -> None:
    assert await office.switchboard.place(ona(office), NUMBER, "c1", 1) is Placed.AWAY
    bare = Switchboard(tmp_path / "office.db", tmp_path / "journal.db", lambda: office.now, {})
    assert not bare.places_calls
    assert await bare.place(ona(office), NUMBER, "c1", 1) is Placed.NOT_SET_UP


async def test_the_page_offers_the_button_where_the_line_calls_outside(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = task(browser)
    await browser.sign_in()
    assert f'action="{page}/skambinti"' not in (await browser.client.get(page)).text
    assert 'href="tel:+37061234567"' in (await browser.client.get(page)).text
    monkeypatch.setattr(placing.Placing, "possible", True)
    assert f'action="{page}/skambinti"' in (await browser.client.get(page)).text
    called: list[tuple[int, str]] = []
    came = Placed.BUSY

    async def place(_self: Switchboard, employee: Employee, number: Pii, call: str, number_of_task: int) -> Placed:
        called.append((employee.id, number.reveal()))
        Requests(browser.office.database).add(employee.id, call, number_of_task, State.READY, browser.office.now)
        return came

    monkeypatch.setattr(Switchboard, "place", place)
    assert await post(browser, f"{page}/skambinti", number="+37099999999") == 409
    came = Placed.YES
    assert await post(browser, f"{page}/skambinti") == 303
    assert called == [(browser.office.ona, "+37061234567")] * 2, "the task's number, whatever the form says"
    assert "Skambiname Jums" in (await browser.client.get(f"{page}/skambinti")).text
    secret = task(browser, "secret", type="quality")
    assert await post(browser, f"{secret}/skambinti") == 404
