"""Who is called by the assistant and when; that nobody is called twice, whichever process falls."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivr.events import JournalKind
from ivr.office.app import application, stamp_of
from ivr.office.assistant_calls import AssistantCalls, Stage
from ivr.office.calling_back import UNTOLD
from ivr.office.database import open_office
from ivr.office.dialling import Requests
from ivr.office.placing import GRACE, Placed
from ivr.office.reserving import Rules
from ivr.office.roster import Roster
from ivr.office.switchboard import Switchboard, Wire
from ivr.people.calling import CallRules
from ivr.people.handover import CallBack, CalledBack, CallStep, RingStep
from ivr.people.staff import Employee, Role, State
from ivr.people.tasks import Task, tasks_of
from ivr.privacy import Pii
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.schema import JournalEvent
from ivr.store.spill import Spill, put
from tests.office.test_accounts import Office as Accounts
from tests.office.test_pages import Browser, browser
from tests.office.test_switchboard import START
from tests.office.test_tasks import journal, post, task

__all__ = ["browser"]

RULES = Rules("sip:{extension}@192.0.2.9", 15.0, 60.0, "sip:{number}@192.0.2.1")
NUMBER = "+37060000001"


@dataclass(eq=False)
class Line:
    """A worker that keeps what it is told to call."""

    told: list[CallBack] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wire = Wire(lambda order: self.told.append(order) if isinstance(order, CallBack) else None)


class Scene:
    """The office's end on two real databases, the clock in the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.rules = folder, START, CallRules(tries=2, pause=timedelta(minutes=30))
        self.database = open_office(folder / "office.db")
        self.journal = Journal(open_database(folder / "journal.db"))
        self.start()

    def start(self) -> None:
        """The office's process begins, for the first time or after a fall."""
        self.switchboard = Switchboard(
            self.folder / "office.db", self.folder / "journal.db", lambda: self.now, {}, RULES, self.rules
        )

    def line(self) -> Line:
        line = Line()
        self.switchboard.connected(line.wire)
        return line

    def agree(self, call: str = "c1", **data: object) -> None:
        agreed = (START + timedelta(minutes=10)).isoformat()
        self.journal.append(
            call,
            JournalKind.TASK_CREATED,
            {"type": "callback", "pii_caller": NUMBER, "pii_name": "Jonas Kazlauskas", "agreed_at": agreed, **data},
            self.now,
        )

    def tasks(self) -> list[Task]:
        events = self.journal.of_kind(
            JournalKind.TASK_CREATED, JournalKind.TASK_PLANNED, JournalKind.TASK_TRIED, JournalKind.TASK_DONE
        )
        return tasks_of(events, lambda at: at + timedelta(days=1))

    async def look(self, after: timedelta = timedelta()) -> None:
        self.now += after
        await self.switchboard.callbacks.look(self.tasks())

    async def say(self, line: Line, step: CallStep, request: int | None = None) -> None:
        number = line.told[-1].request if request is None else request
        await self.switchboard.callbacks.called_back(line.wire, CalledBack(number, step))

    def ended(self, request: int, result: str, **data: object) -> None:
        kind = JournalKind.TASK_DONE if result == "done" else JournalKind.TASK_TRIED
        about: dict[str, Any] = {"of": "c1", "task": 1, "request": request, "result": result}
        self.journal.append("out-1", kind, about | data, self.now)

    @property
    def stages(self) -> list[Stage]:
        return [one.stage for one in AssistantCalls(self.database).unclosed()]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    yield Scene(tmp_path)
    await asyncio.sleep(0)


LATER = timedelta(minutes=10)


@pytest.mark.rule("A12.11")
async def test_the_agreed_time_is_kept_once(scene: Scene) -> None:
    line = scene.line()
    scene.agree(**{"for": "Ona", "topic": "pensions", "pii_reason": "dėl pensijos"})
    await scene.look(LATER - timedelta(seconds=1))
    assert not line.told
    await scene.look(timedelta(seconds=1))
    await scene.look(timedelta(seconds=2))
    assert len(line.told) == 1
    order = line.told[0]
    assert (order.person, order.name, order.wanted) == (f"sip:{NUMBER}@192.0.2.1", "Jonas Kazlauskas", "Ona")
    assert not [said for said in (NUMBER, "Jonas", "pensijos") if said in repr(order)]
    await scene.say(line, CallStep.LIVE)
    await scene.say(line, CallStep.OVER)
    await scene.look(timedelta(seconds=2))
    assert (len(line.told), scene.stages) == (1, [Stage.OVER]), "not until the journal tells how it ended"
    scene.ended(order.request, "done")
    await scene.look(timedelta(seconds=2))
    assert (len(line.told), scene.stages) == (1, [])


async def test_who_is_not_reached_is_tried_again_and_then_left_to_people(scene: Scene) -> None:
    line = scene.line()
    scene.agree()
    await scene.look(LATER)
    for _ in range(2):
        await scene.say(line, CallStep.OVER)
        scene.ended(line.told[-1].request, "not_reached", reason="busy")
        await scene.look(timedelta(seconds=2))
        await scene.look(timedelta(minutes=29))
        await scene.look(timedelta(minutes=1))
    assert len(line.told) == 2
    assert scene.tasks()[0].open
    assert scene.tasks()[0].last == "not_reached"


@pytest.mark.rule("A12.25")
async def test_a_worker_that_falls_leaves_nobody_called_twice(scene: Scene) -> None:
    first, second = scene.line(), scene.line()
    scene.agree()
    await scene.look(LATER)
    request = first.told[0].request
    await scene.say(first, CallStep.LIVE)
    await scene.switchboard.callbacks.lost(first.wire)
    await scene.look(timedelta(seconds=2))
    assert not second.told, "how the call ended is not known yet"
    scene.ended(request, "lost", reason="crashed")
    await scene.look(timedelta(seconds=2))
    await scene.look(timedelta(seconds=2))
    assert [order.request for order in second.told] == [request + 1], "who was cut off is called again at once"


async def test_a_worker_that_falls_before_it_dialled_does_not_keep_the_task(scene: Scene) -> None:
    line = scene.line()
    scene.agree()
    await scene.look(LATER)
    await scene.switchboard.callbacks.lost(line.wire)
    other = scene.line()
    await scene.look(UNTOLD)
    await scene.look(timedelta(seconds=2))
    assert scene.tasks()[0].tries == 1
    await scene.look(timedelta(minutes=30))
    assert len(other.told) == 1


async def test_a_call_whose_end_still_waits_for_the_database_is_not_taken_for_one_that_never_was(scene: Scene) -> None:
    line = scene.line()
    scene.agree()
    await scene.look(LATER)
    request = line.told[0].request
    await scene.say(line, CallStep.LIVE)
    await scene.say(line, CallStep.OVER)
    spill = Spill(scene.folder / "journal.db")
    about = {"of": "c1", "task": 1, "request": request, "type": "callback"}
    spill.append([JournalEvent("out-1", 9, scene.now, JournalKind.TASK_DONE, about)])
    await scene.look(UNTOLD)
    await scene.look(timedelta(hours=1))
    assert (len(line.told), scene.tasks()[0].tries, scene.stages) == (1, 0, [Stage.OVER])
    database = open_database(scene.folder / "journal.db")
    assert not put(database, spill.records())
    await scene.look(timedelta(seconds=2))
    assert (len(line.told), scene.tasks()[0].open, scene.stages) == (1, False, [])


async def test_a_call_that_lives_on_without_the_office_is_not_taken_for_one_that_never_was(scene: Scene) -> None:
    line = scene.line()
    scene.agree()
    await scene.look(LATER)
    request = line.told[0].request
    scene.journal.append("out-1", JournalKind.CALL_OFFERED, {"request": request, "worker": "worker-0"}, scene.now)
    await scene.switchboard.callbacks.lost(line.wire)
    await scene.look(UNTOLD)
    await scene.look(timedelta(minutes=30))
    assert scene.tasks()[0].tries == 0
    scene.ended(request, "not_now", agreed_at=(scene.now + timedelta(hours=20)).isoformat())
    await scene.look(timedelta(seconds=2))
    assert scene.stages == []
    assert scene.tasks()[0].due == scene.now + timedelta(hours=20) - timedelta(seconds=2)


async def test_the_last_worker_may_fall_while_a_call_is_written_down(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, loop, add = scene.line(), asyncio.get_running_loop(), AssistantCalls.add

    def falls(calls: AssistantCalls, call: str, task: int, at: datetime) -> int | None:
        asyncio.run_coroutine_threadsafe(scene.switchboard.callbacks.lost(line.wire), loop)
        return add(calls, call, task, at)

    scene.agree()
    with monkeypatch.context() as falling:
        falling.setattr(AssistantCalls, "add", falls)
        await scene.look(LATER)
    assert (line.told, scene.stages) == ([], [])
    other = scene.line()
    await scene.look(timedelta(seconds=2))
    assert len(other.told) == 1


async def test_no_call_is_left_to_a_worker_that_is_just_falling(scene: Scene) -> None:
    first, falls, last = scene.line(), scene.line(), scene.line()
    for call in ("c1", "c2"):
        scene.agree(call)
    await scene.look(LATER)
    await scene.say(first, CallStep.NOT_PLACED, 2)
    await scene.say(falls, CallStep.LIVE, 2)
    falling = asyncio.ensure_future(scene.switchboard.callbacks.lost(falls.wire))
    await asyncio.sleep(0)
    await scene.say(first, CallStep.NOT_PLACED, 1)
    await falling
    assert [order.request for order in last.told] == [1]


async def test_the_offices_fall_leaves_calls_alone(scene: Scene) -> None:
    line = scene.line()
    scene.agree()
    await scene.look(LATER)
    request = line.told[0].request
    scene.start()
    again = scene.line()
    await scene.say(again, CallStep.LIVE, request)
    await scene.look()
    await scene.look(GRACE + timedelta(seconds=1))
    await scene.look(UNTOLD)
    assert (again.told, scene.stages) == ([], [Stage.CALLING]), "they speak with each other"
    scene.ended(request, "done")
    await scene.look(timedelta(seconds=1))
    assert scene.stages == []


async def test_a_worker_that_comes_back_late_keeps_its_call(scene: Scene) -> None:
    line = scene.line()
    scene.agree()
    await scene.look(LATER)
    scene.start()
    await scene.look()
    await scene.look(GRACE)
    assert scene.stages == [Stage.OVER]
    again = scene.line()
    await scene.say(again, CallStep.LIVE, line.told[0].request)
    await scene.look(UNTOLD)
    assert scene.stages == [Stage.CALLING]
    assert not again.told


async def test_without_a_leg_the_next_worker_is_asked_then_it_is_tried_later(scene: Scene) -> None:
    lines = [scene.line(), scene.line()]
    scene.agree()
    await scene.look(LATER)
    for line in lines:
        assert len(line.told) == 1
        await scene.say(line, CallStep.NOT_PLACED)
    await scene.look(timedelta(seconds=30))
    assert [len(line.told) for line in lines] == [1, 1]
    await scene.look(timedelta(seconds=30))
    assert len(lines[0].told) == 2
    assert scene.tasks()[0].tries == 0, "nobody was rung"


async def test_only_so_many_at_once(scene: Scene) -> None:
    line = scene.line()
    for number in range(5):
        scene.agree(f"c{number}")
    await scene.look(LATER)
    await scene.look()
    assert len(line.told) == scene.rules.at_once


@pytest.mark.parametrize(
    "data", [{"type": "quality"}, {"pii_caller": ""}, {"pii_caller": "sip:x@y"}, {"pii_caller": "112;ext=1"}]
)
async def test_what_has_no_number_or_is_the_quality_lines_is_not_called(scene: Scene, data: dict[str, Any]) -> None:
    line = scene.line()
    scene.agree(**data)
    planned = {"task": 1, "by": 1, "agreed_at": START.isoformat()}
    scene.journal.append("c1", JournalKind.TASK_PLANNED, planned, scene.now)
    await scene.look(LATER)
    assert not line.told


async def test_an_employee_and_the_assistant_never_call_one_person_at_once(scene: Scene) -> None:
    line = scene.line()
    scene.agree()
    roster = Roster(scene.database)
    number = roster.add(Employee(0, "Ona", "", frozenset({Role.AGENT}), extension="101"))
    roster.set_state(number, State.READY, scene.now)
    ona = roster.employee(number)
    assert ona is not None
    clicked = Requests(scene.database).add(ona.id, "c1", 1, State.READY, scene.now)
    assert clicked is not None
    await scene.look(LATER)
    assert not line.told
    Requests(scene.database).move(clicked, RingStep.FAILED, "busy", scene.now)
    await scene.look()
    assert len(line.told) == 1
    assert await scene.switchboard.place(ona, Pii(NUMBER), "c1", 1) is Placed.ASSISTANT


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Browser]:
    """Pages of an office that calls people outside."""
    office = Accounts(tmp_path)
    site = office.site(secure=False)
    ticks = itertools.count()
    site.utcnow = lambda: office.now + next(ticks) * timedelta(microseconds=1)  # no two looks at a clock are the same
    folder = (tmp_path / "office.db", tmp_path / "journal.db")
    site.switchboard = Switchboard(*folder, lambda: office.now, {}, RULES, CallRules(agreed=False))
    app = application(tmp_path, "1", site, stamp_of(tmp_path / "office.db"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield Browser(client, office)


@pytest.mark.rule("A12.15")
async def test_an_employee_leaves_a_task_to_the_assistant_and_takes_it_back(pages: Browser) -> None:
    page = task(pages)
    await pages.sign_in()
    assert "assistant-not" not in (await pages.client.get(page)).text
    assert await post(pages, f"{page}/asistente", when="2020-01-01T10:00", answer="x") == 422
    assert await post(pages, f"{page}/asistente", answer="  Prašymą galite\n pateikti <b>paštu</b>. ") == 303
    shown = (await pages.client.get(page)).text
    assert "Prašymą galite pateikti &lt;b&gt;paštu&lt;/b&gt;." in shown
    assert "assistant-not" in shown
    (planned,) = journal(pages).of_kind(JournalKind.TASK_PLANNED)
    assert planned.data["by"] == pages.office.ona
    assert await post(pages, f"{page}/asistente", step="cancel") == 303
    assert "assistant-not" not in (await pages.client.get(page)).text


async def test_the_assistant_calls_about_no_message_to_the_quality_line_and_without_a_number(pages: Browser) -> None:
    secret, withheld = task(pages, "secret", type="quality"), task(pages, "withheld", pii_caller="")
    await pages.sign_in()
    assert await post(pages, f"{secret}/asistente") == 404
    assert await post(pages, f"{withheld}/asistente") == 409


async def test_where_the_line_calls_nobody_outside_the_page_does_not_offer_it(browser: Browser) -> None:
    page = task(browser)
    await browser.sign_in()
    assert "/asistente" not in (await browser.client.get(page)).text
    assert await post(browser, f"{page}/asistente") == 404
