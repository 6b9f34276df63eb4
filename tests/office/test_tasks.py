"""Messages and callbacks on the pages: seen by whom they are for, done once, shown harmlessly."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import soundfile

from ivr.events import JournalKind
from ivr.office.overdue import OVERDUE, Overdue
from ivr.office.taskbook import Tasks
from ivr.office.tasks import PAGE, local_time
from ivr.people.staff import Employee, Role
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Arrivals, Standing
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent
from tests.office.test_accounts import GOOD
from tests.office.test_pages import SAME, Browser, browser

__all__ = ["browser"]


def journal(browser: Browser) -> Journal:
    return Journal(open_database(browser.office.folder / "journal.db"))


def task(browser: Browser, call: str = "c1", **data: Any) -> str:
    """A task on the journal; returns its page."""
    data = {"type": "callback", "pii_caller": "+37061234567", "pii_name": "Petras Petraitis"} | data
    seq = journal(browser).append(call, JournalKind.TASK_CREATED, data, browser.office.now)
    return f"/uzduotys/{call}/{seq}"


async def post(browser: Browser, page: str, **fields: str) -> int:
    data = {"form_key": await browser.form_key()} | fields
    return (await browser.client.post(page, data=data, headers=SAME)).status_code


@pytest.mark.rule("A12.19")
async def test_a_message_is_there_with_its_fields(browser: Browser) -> None:
    page = task(browser, type="message", topic="pensions", pii_reason="dėl pensijos", **{"for": "Ona Petraitienė"})
    await browser.sign_in()
    listed = (await browser.client.get("/uzduotys?mano=1")).text
    assert "Petras Petraitis" in listed
    assert "Pensijos" in listed
    assert "+37061234567" not in listed
    shown = (await browser.client.get(page)).text
    assert "+37061234567" in shown
    assert "dėl pensijos" in shown


@pytest.mark.rule("A12.12", "A12.25")
async def test_urgent_and_late_ones_stand_out_and_come_first(browser: Browser) -> None:
    task(browser, "later")
    task(browser, "urgent", urgent=True)
    browser.office.now += timedelta(minutes=16)
    await browser.sign_in()
    listed = (await browser.client.get("/uzduotys")).text
    assert listed.index("/uzduotys/urgent/") < listed.index("/uzduotys/later/")
    assert listed.count('class="late"') == 1


async def test_done_is_on_the_journal_once_with_who_did_it(browser: Browser) -> None:
    page = task(browser)
    await browser.sign_in()
    assert await post(browser, page, result="done", note="viskas aišku") == 303
    assert await post(browser, page, result="done") == 303
    (done,) = journal(browser).of_kind(JournalKind.TASK_DONE)
    assert done.data == {"task": 1, "type": "callback", "by": browser.office.ona, "pii_note": "viskas aišku"}
    assert "Atlikta viskas." in (await browser.client.get("/uzduotys")).text


@pytest.mark.rule("A12.11")
async def test_not_yet_needs_the_time_that_was_agreed(browser: Browser) -> None:
    page = task(browser)
    await browser.sign_in()
    for wrong in ("", "2020-01-01T10:00", "rytoj"):
        assert await post(browser, page, result="not_yet", again=wrong) == 422
    assert await post(browser, page, result="not_yet", again="2026-11-26T10:00") == 303
    (tried,) = journal(browser).of_kind(JournalKind.TASK_TRIED)
    assert tried.data["agreed_at"] == "2026-11-26T10:00+02:00"
    assert "11-26 10:00" in (await browser.client.get(page)).text


@pytest.mark.parametrize("result", ["", "forgotten"])
async def test_what_is_no_result_changes_nothing(browser: Browser, result: str) -> None:
    page = task(browser)
    await browser.sign_in()
    assert await post(browser, page, result=result) == 422
    assert journal(browser).of_kind(JournalKind.TASK_DONE, JournalKind.TASK_TRIED) == []


@pytest.mark.rule("A18")
async def test_the_quality_lines_messages_have_their_own_readers(browser: Browser) -> None:
    page = task(browser, "secret", type="quality")
    quality = browser.office.roster.add(Employee(0, "Kazys Kokybė", "", frozenset({Role.QUALITY_LINE})))
    browser.office.accounts.create(quality, "kazys", GOOD)
    await browser.sign_in()
    assert "/uzduotys/secret" not in (await browser.client.get("/uzduotys")).text
    assert (await browser.client.get("/kokybes-linija")).status_code == 403
    assert (await browser.client.get(page)).status_code == 404
    assert await post(browser, page, result="done") == 404
    browser.client.cookies.clear()
    await browser.sign_in("kazys")
    assert "/uzduotys/secret" in (await browser.client.get("/kokybes-linija")).text
    assert (await browser.client.get("/uzduotys")).status_code == 403
    assert (await browser.client.get(page)).status_code == 200


@pytest.mark.rule("A18", "P64")
async def test_an_administrator_sees_no_tasks(browser: Browser) -> None:
    admin = browser.office.roster.add(Employee(0, "Adomas", "", frozenset({Role.ADMIN})))
    browser.office.accounts.create(admin, "adomas", GOOD)
    await browser.sign_in("adomas")
    assert (await browser.client.get("/uzduotys")).status_code == 403


async def test_a_script_in_a_callers_name_is_text(browser: Browser) -> None:
    page = task(browser, pii_name="<script>alert(1)</script>", pii_reason="<img src=x onerror=alert(1)>")
    await browser.sign_in()
    for path in ("/uzduotys", page):
        text = (await browser.client.get(path)).text
        assert "<script>alert" not in text
        assert "<img" not in text


@pytest.mark.rule("A12.19")
async def test_a_message_has_a_receipt_of_the_one_it_is_for(browser: Browser) -> None:
    page = task(browser, **{"for": "Ona Petraitienė"})
    head = browser.office.roster.add(Employee(0, "Vida Vadovė", "", frozenset({Role.HEAD})))
    browser.office.accounts.create(head, "vida", GOOD)
    await browser.sign_in("vida")
    assert "dar neatverta" in (await browser.client.get("/uzduotys")).text
    assert "dar neatverta" in (await browser.client.get(page)).text
    browser.client.cookies.clear()
    await browser.sign_in()
    for _ in range(2):
        assert "dar neatverta" not in (await browser.client.get(page)).text
    (seen,) = journal(browser).of_kind(JournalKind.TASK_SEEN)
    assert seen.data == {"task": 1, "by": browser.office.ona}


@pytest.mark.rule("A12.11")
async def test_what_becomes_overdue_is_an_alarm_once_and_again_after_its_new_time(browser: Browser) -> None:
    office = browser.office
    site = office.site(secure=False)
    overdue = Overdue(site, Tasks(site))
    task(browser, "c1", agreed_at="2026-11-23T11:00+02:00")
    assert await overdue.look() == 0
    office.now = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
    assert await overdue.look() == 1
    assert await Overdue(site, Tasks(site)).look() == 0
    (alarm,) = Alarms(open_database(office.folder / "journal.db")).of_kind(OVERDUE)
    assert (alarm.data["count"], alarm.data["tasks"]) == (1, ["c1/1"])
    data = {"task": 1, "result": "not_yet", "agreed_at": "2026-11-23T12:00+02:00"}
    journal(browser).append("c1", JournalKind.TASK_TRIED, data, office.now)
    assert await overdue.look() == 0
    office.now = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
    assert await overdue.look() == 1
    await browser.sign_in()
    assert "Vėluojančių užduočių: 1" in (await browser.client.get("/uzduotys")).text


@pytest.mark.rule("A12.11", "A12.25")
async def test_a_task_that_comes_from_a_node_after_its_time_is_an_alarm_once(browser: Browser) -> None:
    office = browser.office
    overdue = Overdue(site := office.site(secure=False), Tasks(site))
    task(browser, "c1", agreed_at="2026-11-23T11:00+02:00")
    happened = office.now
    office.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert await overdue.look() == 1
    database = open_database(office.folder / "journal.db")
    late = JournalEvent("n1", 1, happened, JournalKind.TASK_CREATED, {"type": "callback", "urgent": True})
    Arrivals(database).take("line-1", Standing("s"), Standing("s", 1), [late], [], office.now)
    for _ in range(2):
        office.now += timedelta(seconds=20)
        await overdue.look()
        assert await Overdue(site, Tasks(site)).look() == 0
    assert [alarm.data["tasks"] for alarm in Alarms(database).of_kind(OVERDUE)] == [["c1/1"], ["n1/1"]]


def recorded(browser: Browser, call: str = "c1") -> None:
    """A call whose recording began two seconds after the offer: each second of the caller's channel is its number."""
    now, log = browser.office.now, journal(browser)
    log.append(call, JournalKind.CALL_OFFERED, {}, now)
    log.append(call, JournalKind.RECORDING_STARTED, {"file": f"{call}.wav"}, now + timedelta(seconds=2))
    seconds = np.repeat(np.arange(10, dtype=np.int16) * 1000, 8000)
    folder = browser.office.folder / "recordings"
    folder.mkdir(exist_ok=True)
    soundfile.write(folder / f"{call}.wav", np.column_stack([seconds, np.full_like(seconds, -1)]), 8000, "PCM_16")


@pytest.mark.rule("A12.19", "P64")
async def test_a_message_is_heard_as_the_caller_said_it_and_nothing_else_of_the_call(browser: Browser) -> None:
    recorded(browser)
    page = task(browser, type="message", started_s=5.25, ended_s=7.75)
    await browser.sign_in()
    assert f'src="{page}/garsas"' in (await browser.client.get(page)).text
    answer = await browser.client.get(f"{page}/garsas")
    samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="int16", always_2d=True)
    assert (rate, samples.shape) == (8000, (24000, 1))
    assert set(samples[:, 0]) == {3000, 4000, 5000}


@pytest.mark.rule("A18")
async def test_the_sound_of_the_quality_line_is_for_its_readers(browser: Browser) -> None:
    recorded(browser)
    page = task(browser, type="quality", started_s=5.0, ended_s=7.0)
    quality = browser.office.roster.add(Employee(0, "Kazys Kokybė", "", frozenset({Role.QUALITY_LINE})))
    browser.office.accounts.create(quality, "kazys", GOOD)
    for name, status in (("ona", 404), ("kazys", 200)):
        browser.client.cookies.clear()
        await browser.sign_in(name)
        assert (await browser.client.get(f"{page}/garsas")).status_code == status


@pytest.mark.parametrize("data", [{}, {"started_s": "x", "ended_s": 3}, {"started_s": 9, "ended_s": 3}])
async def test_without_sound_there_is_none(browser: Browser, data: dict[str, Any]) -> None:
    page = task(browser, type="message", **data)
    await browser.sign_in()
    assert (await browser.client.get(f"{page}/garsas")).status_code == 404
    recorded(browser, "c2")
    (browser.office.folder / "recordings" / "c2.wav").write_bytes(b"no sound")
    other = task(browser, "c2", type="message", started_s=3, ended_s=5)
    assert (await browser.client.get(f"{other}/garsas")).status_code == 404


@pytest.mark.rule("A12.15")
async def test_the_script_asks_for_the_person_before_it_says_anything(browser: Browser) -> None:
    page = task(browser, pii_name="<b>Petras</b>")
    await browser.sign_in()
    text = (await browser.client.get(page)).text
    steps = (
        "Skambina Ona Petraitienė, Užimtumo tarnyba",
        "Ar čia &lt;b&gt;Petras",
        "galite kalbėti",
    )
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert await post(browser, page, result="other_person") == 303
    assert await post(browser, page, result="not_now", again="2026-11-26T10:00") == 303
    results = [event.data["result"] for event in journal(browser).of_kind(JournalKind.TASK_TRIED)]
    assert results == ["other_person", "not_now"]


async def test_ten_thousand_messages_are_a_page_like_any_other(browser: Browser) -> None:
    base = browser.office.folder / "journal.db"
    database = open_database(base)
    with database.conn:
        database.conn.executemany(
            "INSERT INTO events (call_id, seq, at, kind, data) VALUES (?, 1, ?, 'task.created', ?)",
            [(f"c{number}", "2026-11-23T07:00:00.000Z", '{"type":"message"}') for number in range(10_000)],
        )
    await browser.sign_in()
    text = (await browser.client.get("/uzduotys")).text
    assert "10000" in text
    assert text.count("<tr") <= PAGE + 1
    assert "1 / 200" in text
    last = (await browser.client.get("/uzduotys?puslapis=200")).text
    assert last.count("/uzduotys/c") == PAGE
    for nonsense in ("0", "201", "-1", "x", "9" * 50, "²"):
        assert (await browser.client.get("/uzduotys", params={"puslapis": nonsense})).status_code == 200


def test_a_browsers_time_is_the_offices() -> None:
    assert local_time("2026-07-01T10:00") == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert local_time("2026-07-01T10:00Z") is None
