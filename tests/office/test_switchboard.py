"""The switchboard and its socket: agents are chosen, reserved for one caller, and freed whatever happens."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ivr.events import JournalKind
from ivr.office import switchboard, switchboard_client
from ivr.office.database import open_office
from ivr.office.exchange import serve_switchboard
from ivr.office.offers import Offer, Offers, OfferState
from ivr.office.reserving import Rules
from ivr.office.roster import Roster
from ivr.office.switchboard import Switchboard, Wire
from ivr.office.switchboard_client import SwitchboardClient
from ivr.office.unanswered import UNANSWERED
from ivr.people.handover import Check, CheckStep, Found, InLine, Nobody, Pressed, Reply, Resume, Seek, Step
from ivr.people.staff import Absence, Employee, Role, State
from ivr.store.database import StoreDatabase, open_database
from ivr.store.journal import Journal

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RULES = Rules("sip:{extension}@192.0.2.9", no_answer_s=15.0, wrap_up_s=60.0)


@dataclass
class Office:
    """An office with its switchboard and socket; ``agents`` are employees' ids by name."""

    folder: Path
    now: datetime = START
    agents: dict[str, int] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    workers: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database: StoreDatabase = open_office(self.folder / "office.db")
        self.journal = Journal(open_database(self.folder / "journal.db"))
        self.roster, self.offers = Roster(self.database), Offers(self.database)

    def hire(self, name: str, *skills: str, state: State = State.READY, languages: tuple[str, ...] = ("lt",)) -> int:
        employee = Employee(
            0, name, "Konsultavimas", frozenset({Role.AGENT}), frozenset(languages), frozenset(skills or ("*",)),
            f"10{len(self.agents) + 1}",
        )  # fmt: skip
        self.agents[name] = self.roster.add(employee)
        self.now += timedelta(seconds=1)
        self.roster.set_state(self.agents[name], state, self.now)
        return self.agents[name]

    async def open(self) -> Office:
        self.switchboard = Switchboard(
            self.folder / "office.db", self.folder / "journal.db", lambda: self.now, {"pensions": "Pensijos"}, RULES
        )
        ready = asyncio.Event()
        serving = serve_switchboard(self.folder / "people.sock", self.switchboard, ready.set)
        self.tasks = [asyncio.create_task(self.switchboard.run()), asyncio.create_task(serving)]
        await asyncio.wait_for(ready.wait(), 30)
        return self

    async def close(self) -> None:
        for task in (*self.workers, *self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, *self.workers, return_exceptions=True)

    async def worker(self) -> Worker:
        client = SwitchboardClient(self.folder / "people.sock")
        task = asyncio.create_task(client.run())
        self.workers.append(task)
        worker = Worker(client, task)
        await until(lambda: client.standing.desks)
        return worker

    async def talking(self, worker: Worker, call: str = "c1", **fields: Any) -> Found:
        """A caller who was connected to whoever was free."""
        worker.seek(call, **fields)
        found: Found = await worker.reply(call, Found)
        worker.client.report(found.offer, Step.ACCEPTED)
        worker.client.report(found.offer, Step.BRIDGED)
        await until(lambda: self.state(found.name) is State.ON_CALL)
        await until(lambda: self.offer(found.offer).state is OfferState.BRIDGED)
        return found

    def offer(self, number: int) -> Offer:
        found = self.offers.by_id(number)
        assert found is not None
        return found

    def state(self, name: str) -> State:
        return self.roster.staff().presence[self.agents[name]].state


@dataclass
class Worker:
    """A line worker's end, with all that it was told by call."""

    client: SwitchboardClient
    task: asyncio.Task[None]
    told: dict[str, list[Reply]] = field(default_factory=dict)

    def seek(self, call: str, **fields: Any) -> None:
        self.client.seek(Seek(call, **fields), lambda reply: self.told.setdefault(call, []).append(reply))

    async def reply(self, call: str, kind: type[Reply], count: int = 1) -> Any:
        """The ``count``-th reply of that kind."""
        await until(lambda: len([one for one in self.told.get(call, []) if isinstance(one, kind)]) >= count)
        return [one for one in self.told[call] if isinstance(one, kind)][count - 1]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(tmp_path)
    yield made
    await made.close()


Scene = Callable[[], Awaitable[None]]


@pytest.mark.rule("A12.17.2")
async def test_whoever_knows_the_topic_is_called_and_told_what_it_is_about(office: Office) -> None:
    office.hire("Visų Temų")
    office.hire("Pensijų Žinovė", "pensions")
    at = office.now
    office.journal.append("c1", JournalKind.CALL_OFFERED, {"pii_caller": "+37061234567", "node": "line-1"}, at)
    heard = {"grammar": "open:question", "pii_text": "kada bus pensija"}
    office.journal.append("c1", JournalKind.TURN_HEARD, heard, at)
    office.journal.append("c1", JournalKind.INTENT_DECIDED, {"intent": "pensions", "topic": "pensions"}, at)
    await office.open()
    worker = await office.worker()
    worker.seek("c1", topic="pensions")
    found = await worker.reply("c1", Found)
    assert (found.name, found.uri, found.because) == ("Pensijų Žinovė", "sip:102@192.0.2.9", "skill")
    assert found.whisper == "Tema: Pensijos. Tapatybė netikrinta."
    assert found.context["pii_questions"] == ["kada bus pensija"]
    offer = office.offers.current_of(found.employee)
    assert offer is not None
    assert offer.summary.startswith("Teiravosi: „kada bus pensija“")
    assert office.state("Pensijų Žinovė") is State.RINGING


@pytest.mark.rule("A12.17.2")
async def test_the_agents_state_follows_the_call(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    found = await office.talking(worker)
    office.now += timedelta(seconds=90)
    worker.client.report(found.offer, Step.ENDED, "agent_hung_up")
    await until(lambda: office.state("Ona") is State.WRAP_UP)
    office.now += timedelta(seconds=61)
    await until(lambda: office.state("Ona") is State.READY)
    assert office.offers.handled_s() == [90.0]


async def test_two_callers_never_get_one_agent(office: Office) -> None:
    for number in range(3):
        office.hire(f"Agentė {number}")
    await office.open()
    workers = [await office.worker() for _ in range(3)]
    for number in range(9):
        workers[number % 3].seek(f"c{number}")
    await until(lambda: sum(len(replies) for worker in workers for replies in worker.told.values()) >= 9)
    found = [one for worker in workers for replies in worker.told.values() for one in replies if isinstance(one, Found)]
    assert len({one.employee for one in found}) == len(found) == 3
    assert len(office.offers.queue()) == 6


@pytest.mark.rule("A12.16")
async def test_callers_in_line_are_told_their_place_and_served_in_order(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    worker.seek("c1")
    found = await worker.reply("c1", Found)
    worker.seek("c2")
    assert await worker.reply("c2", InLine) == InLine("c2", 1, None)
    office.now += timedelta(seconds=1)
    worker.seek("c3")
    assert (await worker.reply("c3", InLine)).position == 2
    worker.client.report(found.offer, Step.DECLINED)
    assert (await worker.reply("c2", Found)).employee == found.employee
    assert (await worker.reply("c3", InLine, 2)).position == 1


@pytest.mark.rule("A12.16")
async def test_who_comes_back_from_an_agent_keeps_the_place(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    worker.seek("c1")
    await worker.reply("c1", Found)
    office.now += timedelta(seconds=60)
    worker.seek("late")
    await worker.reply("late", InLine)
    worker.seek("early", since=START.isoformat())
    assert (await worker.reply("early", InLine)).position == 1
    assert (await worker.reply("late", InLine, 2)).position == 2


async def test_nobody_to_wait_for_is_said_at_once(office: Office) -> None:
    office.hire("Ona", languages=("lt",))
    office.hire("Išėjęs", languages=("lt", "en"), state=State.OFFLINE)
    absent = office.hire("Atostogaujanti", languages=("lt", "en"))
    office.roster.add_absence(Absence(absent, START - timedelta(days=1), None, None))
    await office.open()
    worker = await office.worker()
    worker.seek("english", language="en")
    assert await worker.reply("english", Nobody) == Nobody("english", staffed=False)
    worker.seek("again", tried=(office.agents["Ona"],))
    assert await worker.reply("again", Nobody) == Nobody("again", staffed=True)


async def test_who_is_asked_for_by_name_is_called_first(office: Office) -> None:
    office.hire("Ona Petraitienė")
    office.hire("Jonas Kazlauskas")
    await office.open()
    worker = await office.worker()
    worker.seek("c1", wanted="Jonas Kazlauskas")
    found = await worker.reply("c1", Found)
    assert (found.name, found.because) == ("Jonas Kazlauskas", "wanted")


@pytest.mark.parametrize("accept", [True, False])
async def test_the_desks_buttons_reach_the_worker_once(office: Office, accept: bool) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    worker.seek("c1")
    found = await worker.reply("c1", Found)
    assert await office.switchboard.answer(found.offer, accept)
    assert not await office.switchboard.answer(found.offer, not accept)
    assert await worker.reply("c1", Pressed) == Pressed("c1", found.offer, accept)
    assert (office.offers.current_of(found.employee) is not None) is accept


async def test_who_accepted_on_the_desk_and_declines_on_the_telephone_is_free_again(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    worker.seek("c1")
    found = await worker.reply("c1", Found)
    assert await office.switchboard.answer(found.offer, accept=True)
    worker.client.report(found.offer, Step.DECLINED, "declined")
    await until(lambda: office.state("Ona") is State.READY)
    worker.seek("c2")
    assert (await worker.reply("c2", Found)).employee == found.employee


async def test_who_says_ready_while_talking_keeps_nobody_from_a_free_colleague(office: Office) -> None:
    office.hire("Kalbanti")
    await office.open()
    worker = await office.worker()
    await office.talking(worker)
    office.roster.set_state(office.agents["Kalbanti"], State.READY, office.now)
    free = office.hire("Laisva")
    worker.seek("c2")
    assert (await worker.reply("c2", Found)).employee == free


async def test_a_worker_that_is_back_before_the_office_has_read_its_offers_keeps_its_call(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    found = await office.talking(worker)
    early = Switchboard(office.folder / "office.db", office.folder / "journal.db", lambda: office.now, {}, RULES)
    await early.resume(Wire(lambda _: None), Resume({str(found.offer): Step.BRIDGED}))
    running = asyncio.create_task(early.run())
    await until(lambda: early.check(found.offer, CheckStep.START))
    running.cancel()


@pytest.mark.rule("A12.17.2")
@pytest.mark.parametrize("end", ["reported", "worker_lost"])
async def test_an_end_that_the_database_refuses_is_kept_when_it_can_be(
    office: Office, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.office.switchboard.open_office", partial(open_office, busy_s=0.01))
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    found = await office.talking(worker)
    blocker = sqlite3.connect(office.folder / "office.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with capture_logs() as logged:
        if end == "reported":
            worker.client.report(found.offer, Step.ENDED, "agent_hung_up")
        else:
            worker.task.cancel()
        await until(lambda: any(line["event"] == "report_not_kept_yet" for line in logged))
        assert office.state("Ona") is State.ON_CALL
        blocker.execute("ROLLBACK")
    blocker.close()
    await until(lambda: office.state("Ona") is State.WRAP_UP)
    assert office.offer(found.offer).state is OfferState.ENDED


@pytest.mark.rule("A12.25")
async def test_a_workers_death_frees_its_agents(office: Office) -> None:
    office.hire("Skambinama")
    office.hire("Kalbanti")
    await office.open()
    worker = await office.worker()
    worker.seek("c1")
    first = await worker.reply("c1", Found)
    second = await office.talking(worker, "c2")
    worker.seek("c3")
    await worker.reply("c3", InLine)
    worker.task.cancel()
    await until(lambda: office.state("Skambinama") is State.READY and office.state("Kalbanti") is State.WRAP_UP)
    assert office.offers.queue() == []
    states = {offer.id: offer.state for offer in office.offers.of_call("c1") + office.offers.of_call("c2")}
    assert states == {first.offer: OfferState.FAILED, second.offer: OfferState.ENDED}


async def test_the_offices_fall_ends_no_call_and_loses_no_place(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    found = await office.talking(worker)
    worker.seek("c2")
    await worker.reply("c2", InLine)
    await fall(office)
    await office.open()
    await worker.reply("c2", InLine, 2)
    office.now += timedelta(seconds=6)
    worker.client.report(found.offer, Step.ENDED, "caller_hung_up")
    await until(lambda: office.state("Ona") is State.WRAP_UP)
    office.roster.set_state(office.agents["Ona"], State.READY, office.now)
    await worker.reply("c2", Found)


async def fall(office: Office) -> None:
    """The office's process is gone; its workers are not."""
    for task in office.tasks:
        task.cancel()
    await asyncio.gather(*office.tasks, return_exceptions=True)


@pytest.mark.rule("A12.16")
async def test_who_wants_somebody_while_the_office_is_coming_back_gets_somebody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switchboard_client, "AWAY_S", 3600.0)  # however busy the machine is
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    await fall(office)
    worker.seek("c1")
    assert worker.client.standing.staffed, "a call that begins now offers people, too"
    await office.open()
    assert (await worker.reply("c1", Found)).name == "Ona"
    assert [type(reply) for reply in worker.told["c1"]] == [Found]


async def test_who_wants_somebody_of_an_office_that_stays_away_is_told_that_nobody_is_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switchboard_client, "AWAY_S", 3600.0)
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    await fall(office)
    await until(lambda: worker.client._writer is None)
    worker.seek("c1")
    worker.seek("gone")
    worker.client.forget("gone")
    monkeypatch.setattr(switchboard_client, "AWAY_S", 0.0)
    assert await worker.reply("c1", Nobody) == Nobody("c1", staffed=False)
    assert not worker.client.standing.desks
    assert not worker.client.seek(Seek("c2"), lambda reply: None)
    assert "gone" not in worker.told


@pytest.mark.parametrize("holds_on", [False, True], ids=["falls", "hangs"])
async def test_an_office_that_cannot_begin_keeps_nobody_waiting(
    office: Office, monkeypatch: pytest.MonkeyPatch, holds_on: bool
) -> None:
    """It takes the connection and then falls, again and again, or says nothing: it is not back."""
    monkeypatch.setattr(switchboard_client, "AWAY_S", 3600.0)
    monkeypatch.setattr(switchboard_client, "RETRY_S", 0.01)
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    await office.talking(worker)
    worker.seek("before")
    await worker.reply("before", InLine)
    await fall(office)
    came = asyncio.Semaphore(0)

    async def cannot_begin(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.release()
        if holds_on:
            await asyncio.Event().wait()
        writer.close()

    monkeypatch.setattr(switchboard_client, "AWAY_S", 0.3)
    server = await asyncio.start_unix_server(cannot_begin, office.folder / "people.sock")
    office.tasks.append(asyncio.create_task(server.serve_forever()))
    async with asyncio.timeout(30):
        await came.acquire()
    worker.seek("during")
    assert await worker.reply("during", Nobody) == Nobody("during", staffed=False)
    assert await worker.reply("before", Nobody) == Nobody("before", staffed=False)
    assert not worker.client.seek(Seek("after"), lambda reply: None)


async def test_a_report_in_the_moment_of_the_end_does_not_keep_the_office_from_ending(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switchboard, "LOOK_S", 3600.0)
    await office.open()
    looks = asyncio.Semaphore(0)

    async def nothing_new() -> bool:
        office.switchboard._due.clear()
        looks.release()
        return False

    monkeypatch.setattr(office.switchboard, "_look", nothing_new)
    await office.switchboard.seek(Wire(lambda _: None), Seek("c1"))
    await asyncio.wait_for(looks.acquire(), 30)
    for _ in range(10):  # now it waits
        await asyncio.sleep(0)
    await office.switchboard.seek(Wire(lambda _: None), Seek("c2"))
    running = office.tasks[0]
    running.cancel()
    await asyncio.wait([running], timeout=30)
    assert running.cancelled()


@pytest.mark.rule("X5")
async def test_the_desk_asks_for_identity_through_the_worker_that_has_the_call(office: Office) -> None:
    await office.open()
    office.hire("Ona")
    worker = await office.worker()
    assert not office.switchboard.check(1, CheckStep.START)
    worker.seek("c1")
    found = await worker.reply("c1", Found)
    assert office.switchboard.check(found.offer, CheckStep.START)
    assert (await worker.reply("c1", Check)).step is CheckStep.START
    worker.client.report(found.offer, Step.FAILED, "busy")
    await until(lambda: not office.switchboard.check(found.offer, CheckStep.PASSED))


async def unanswered(office: Office, worker: Worker, call: str, step: Step = Step.NO_ANSWER, reason: str = "") -> None:
    """One call that the office's only agent does not answer."""
    worker.seek(call)
    found: Found = await worker.reply(call, Found)
    worker.client.report(found.offer, step, reason)
    await until(lambda: not office.offer(found.offer).state.live)
    worker.client.leave(call)


async def test_who_does_not_answer_again_and_again_is_paused_and_sees_why(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    for number in range(2):
        await unanswered(office, worker, f"c{number}")
        await until(lambda: office.state("Ona") is State.READY)
    await unanswered(office, worker, "c2", Step.FAILED, "unreachable")
    await until(lambda: office.state("Ona") is State.PAUSE)
    assert office.roster.pause_reason(office.agents["Ona"]) == UNANSWERED
    office.roster.set_state(office.agents["Ona"], State.READY, office.now)
    await unanswered(office, worker, "c3")
    await until(lambda: office.state("Ona") is State.READY)


async def test_an_answer_between_and_a_declined_call_count_as_being_there(office: Office) -> None:
    office.hire("Ona")
    await office.open()
    worker = await office.worker()
    for number, step in enumerate([Step.NO_ANSWER, Step.NO_ANSWER, Step.DECLINED, Step.NO_ANSWER, Step.NO_ANSWER]):
        await unanswered(office, worker, f"c{number}", step)
        await until(lambda: office.state("Ona") is State.READY)


async def test_an_offer_that_is_claimed_while_another_is_being_ended_lives_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing may take as long as somebody else keeps the database: workers say meanwhile what lives."""
    await office.open()
    made = office.switchboard
    await until(lambda: made._resumed is None)
    office.tasks[0].cancel()  # the test looks
    await asyncio.wait(office.tasks[:1], timeout=30)
    made._owners = {number: switchboard._Owner(f"c{number}", None, office.now) for number in (1, 2)}
    ended: list[int] = []

    async def end(offer: int, reason: str) -> None:
        ended.append(offer)
        made._owners.pop(offer)
        await made.resume(Wire(lambda _: None), Resume({"2": ""}))

    monkeypatch.setattr(made, "_end", end)
    await made._look()
    assert ended == [1]
