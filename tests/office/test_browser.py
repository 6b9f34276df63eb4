"""The pages in a real browser: by keyboard alone, two at once, and without a serious fault that axe finds."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from ivr.events import JournalKind
from ivr.office.app import application, stamp_of
from ivr.office.card import DISPOSITIONS
from ivr.office.offers import Offers, OfferState
from ivr.office.tasks import PAGE
from ivr.people.staff import Absence, Employee, Role, State
from ivr.store.alarms import Alarms
from ivr.store.database import open_database, writing
from ivr.store.journal import Journal
from tests.office.chromium import listening, needs_chromium, pages, serious, served, shot
from tests.office.test_accounts import GOOD, Office

__all__ = ["listening"]

pytestmark = needs_chromium
UNIT = "Konsultavimo skyrius"


def served_at(office: Office, listening: socket.socket) -> AbstractAsyncContextManager[str]:
    folder = office.folder
    watch = stamp_of(folder / "office.db", folder / "journal.db")
    return served(application(folder, "1", office.site(secure=False), watch), listening)


class BusyOffice:
    """Everybody at work: a call that is talked about, callers in line, messages of every kind, some of them late."""

    def __init__(self, folder: Path) -> None:
        self.office = office = Office(folder)
        chief = office.roster.add(Employee(0, "Vida Vadovė", UNIT, frozenset(Role), extension="600"))
        office.accounts.create(chief, "vida", GOOD)
        for number, (name, state) in enumerate(
            [("Jonas Kazlauskas", State.READY), ("Rasa Jankauskienė", State.ON_CALL), ("Tomas Žukas", State.PAUSE)]
        ):
            one = office.roster.add(Employee(0, name, UNIT, frozenset({Role.AGENT}), extension=f"61{number}"))
            office.roster.set_state(one, state, office.now)
        office.roster.add_absence(Absence(office.ona, office.now, office.now + timedelta(days=3), chief))
        offers, journal = Offers(office.database), Journal(open_database(folder / "journal.db"))
        context = {
            "pii_caller": "+37061234567", "offered_at": "2026-11-23T07:58:00+00:00", "topic": "pensions",
            "pii_questions": ["kada mokama pensija", "ar galima gauti į banką"],
            "answers": [{"id": "pensija-kada", "source": "sodra.lt", "whole": False}],
            "slots": {"pii_name": "Petras Petraitis", "for": "Vida Vadovė"},
            "authentication": {"state": "passed", "at": "2026-11-23T07:59:00+00:00"},
            "signs": ["threat", "complaint"], "links": {"Byla": "https://bylos.example/7"},
        }  # fmt: skip
        summary = "Teiravosi: „kada mokama pensija“. Tapatybė patvirtinta 09:59."
        for call in ("c0", "c1"):
            offer = offers.add(call, chief, "skill", context, summary, office.now)
            assert offer is not None
            self.offer = offer
            assert offers.set_state(offer, OfferState.BRIDGED, office.now)
            if call == "c0":
                office.now += timedelta(minutes=4)
                assert offers.set_state(offer, OfferState.ENDED, office.now)
                offers.write_up(offer, "Paaiškinta, kada mokama pensija.", "answered")
        office.roster.set_state(chief, State.ON_CALL, office.now)
        offers.wait("c2", "pensions", "lt", None, office.now)
        offers.wait("c3", "", "en", office.ona, office.now)
        journal.append("c1", "turn.said", {"text": "Kuo galiu padėti?", "completed": False}, office.now)
        heard = {"grammar": "open:question", "pii_text": "kada mokama pensija"}
        journal.append("c1", "turn.heard", heard, office.now)
        journal.append("c1", "transfer.bridged", {}, office.now)
        kinds = ("message", "callback", "correction", "complaint", "quality")
        for number in range(60):
            data = {
                "type": kinds[number % 5], "pii_caller": "+37061234567", "urgent": number == 1, "topic": "pensions",
                "pii_name": "Petras Petraitis", "pii_reason": "dėl pensijos mokėjimo į banką",
                "for": "Vida Vadovė" if number % 3 else "",
            }  # fmt: skip
            journal.append(f"t{number}", "task.created", data, office.now)
        self.task = "/uzduotys/t1/1"
        journal.append("t5", "task.done", {"task": 1, "type": "message", "by": office.ona}, office.now)
        Alarms(open_database(folder / "journal.db")).append("part.fell", {"part": "worker-0"}, office.now)
        office.now += timedelta(minutes=20)


async def sign_in(page: Page, base: str, name: str = "ona") -> None:
    """As somebody without a mouse does it: the cursor is in the first field already."""
    await page.goto(base)
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.insert_text(GOOD.reveal())
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#people")


async def tab_to(page: Page, what: str) -> None:
    """Press Tab until a field or button is reached, by its id or its value."""
    for _ in range(60):
        active = await page.evaluate("[document.activeElement.id, document.activeElement.value]")
        if what in active:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{what} can't be reached by keyboard")


@pytest.mark.rule("X10")
async def test_by_keyboard_alone_and_without_serious_faults(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    async with served_at(office, listening) as base, pages(1) as (page,):
        await page.goto(base)
        assert await serious(page) == []
        await sign_in(page, base)
        assert await serious(page) == []
        await tab_to(page, "set-ready")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#set-ready[aria-pressed=true]")
        assert await page.evaluate("document.activeElement.id") == "set-ready"
        assert office.roster.staff().presence[office.ona].state is State.READY
        await tab_to(page, "reason")
        await page.keyboard.type("pietūs")
        await tab_to(page, "set-pause")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#people >> text=Pertrauka: pietūs")


async def test_two_browsers_see_the_same_and_typing_is_not_disturbed(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    jonas = office.roster.add(Employee(0, "Jonas Kazlauskas", "", frozenset({Role.AGENT}), extension="602"))
    office.accounts.create(jonas, "jonas", GOOD)
    async with served_at(office, listening) as base, pages(2) as (first, second):
        await sign_in(first, base)
        await sign_in(second, base, "jonas")
        await first.fill("#reason", "piet")
        await second.click("#set-ready")
        await first.wait_for_selector("td .dot.ready")
        assert await first.input_value("#reason") == "piet"
        assert await first.evaluate("document.activeElement.id") == "reason"


@pytest.mark.rule("A12.17.2", "A12.13", "X10")
async def test_a_call_comes_onto_the_desk_by_itself_and_is_taken_and_written_up_by_keyboard(
    tmp_path: Path, listening: socket.socket
) -> None:
    office = Office(tmp_path)
    offers, journal = Offers(office.database), Journal(open_database(tmp_path / "journal.db"))
    async with served_at(office, listening) as base, pages(2) as (first, second):
        await sign_in(first, base)
        await sign_in(second, base)
        offer = offers.add(
            "c1", office.ona, "skill", {"topic": "pensions", "pii_caller": "+37061234567"}, "", office.now
        )
        assert offer is not None
        await first.wait_for_selector(".call.ringing >> text=+37061234567")
        assert "Skambina Jums" in await first.title()
        assert await serious(first) == []
        journal.append("c1", "turn.said", {"text": "Kuo galiu padėti?", "completed": True}, office.now)
        await first.wait_for_selector("#talk >> text=Kuo galiu padėti?")
        await second.wait_for_selector("#accept")
        await first.reload()
        await first.wait_for_selector(".call.ringing >> text=+37061234567")
        assert await first.locator("#accept").count() == 1
        await first.keyboard.press("F8")
        await second.wait_for_selector(".call.accepted")
        assert offers.set_state(offer, OfferState.BRIDGED, office.now)
        await first.focus("#note")
        await first.keyboard.type("Paai")
        offers.wait("c2", "pensions", "lt", None, office.now)
        await first.wait_for_selector("#queue tbody >> text=Pensijos")
        await first.keyboard.type("škinta.")
        await expect(second.locator("#note")).to_have_value("Paaiškinta.", timeout=30_000)
        assert await first.input_value("#note") == "Paaiškinta."
        assert await serious(first) == []
        assert offers.set_state(offer, OfferState.ENDED, office.now)
        office.roster.set_state(office.ona, State.WRAP_UP, office.now)
        await first.wait_for_selector("#note-ready")
        await tab_to(first, "disposition")
        await first.keyboard.press("ArrowDown")
        await tab_to(first, "note-ready")
        await first.keyboard.press("Enter")
        await second.wait_for_selector("#no-call")
    (noted,) = journal.of_kind(JournalKind.CALL_NOTED)
    assert (noted.data["pii_note"], noted.data["disposition"]) == ("Paaiškinta.", DISPOSITIONS[1])
    assert office.roster.staff().presence[office.ona].state is State.READY


async def test_on_every_other_page_an_agent_is_told_that_somebody_calls(
    tmp_path: Path, listening: socket.socket
) -> None:
    office = Office(tmp_path)
    async with served_at(office, listening) as base, pages(1) as (page,):
        await sign_in(page, base)
        await page.goto(f"{base}/kontaktai")
        offer = Offers(office.database).add("c1", office.ona, "skill", {"topic": "pensions"}, "", office.now)
        assert offer is not None
        await page.click("#ring >> text=Skambina Jums: Pensijos")
        await page.wait_for_selector("#accept")


@pytest.mark.rule("A12.10", "A12.11", "X10")
async def test_a_callback_is_agreed_and_another_one_done_by_keyboard(tmp_path: Path, listening: socket.socket) -> None:
    busy = BusyOffice(tmp_path)
    async with served_at(busy.office, listening) as base, pages(1) as (page,):
        await sign_in(page, base, "vida")
        await page.goto(f"{base}/skambutis/{busy.offer}")
        await page.fill("#again", "2026-11-26T10:00")
        await tab_to(page, "agree-reason")
        await page.keyboard.type("atsakymas dėl banko")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("p.good")
        await page.goto(base + busy.task)
        await tab_to(page, "note")
        await page.keyboard.type("viskas aišku")
        await tab_to(page, "done")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Paskutinės atliktos")
    journal = Journal(open_database(tmp_path / "journal.db"))
    agreed = journal.of_kind(JournalKind.TASK_CREATED)[-1]
    assert (agreed.data["type"], agreed.data["agreed_at"]) == ("callback", "2026-11-26T10:00+02:00")
    assert journal.of_kind(JournalKind.TASK_DONE)[-1].data["pii_note"] == "viskas aišku"


async def test_declining_by_key_and_a_desk_that_is_open_twice_shows_it(
    tmp_path: Path, listening: socket.socket
) -> None:
    office = Office(tmp_path)
    offers = Offers(office.database)
    async with served_at(office, listening) as base, pages(2) as (first, second):
        await sign_in(first, base)
        await sign_in(second, base)
        offer = offers.add("c1", office.ona, "skill", {"topic": "pensions"}, "", office.now)
        assert offer is not None
        for page in (first, second):
            await page.wait_for_selector("#decline")
        await first.keyboard.press("F9")
        for page in (first, second):
            await page.wait_for_selector("#no-call")
    found = offers.by_id(offer)
    assert found is not None
    assert found.state is OfferState.DECLINED


async def test_ten_thousand_messages_with_scripts_in_their_names_are_pages_like_any_other(
    tmp_path: Path, listening: socket.socket
) -> None:
    office = Office(tmp_path)
    name = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    wicked = json.dumps({"type": "message", "for": "Ona Petraitienė", "pii_name": name})
    database = open_database(tmp_path / "journal.db")
    with writing(database):
        database.conn.executemany(
            "INSERT INTO events (call_id, seq, at, kind, data) VALUES (?, 1, ?, 'task.created', ?)",
            [(f"c{number}", "2026-11-23T07:00:00.000Z", wicked) for number in range(10_000)],
        )
    said: list[str] = []
    async with served_at(office, listening) as base, pages(1) as (page,):
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        await sign_in(page, base)
        await page.wait_for_selector("#mine >> text=<script>alert(1)")
        await page.goto(f"{base}/uzduotys")
        assert await page.locator("tbody tr").count() == PAGE
        await page.click("a[rel=next]")
        await page.wait_for_selector("text=2 / 200")
        await page.click("tbody a >> nth=0")
        await page.wait_for_selector("dd >> text=<script>alert(1)")
        assert said == []
        assert await serious(page) == []


async def test_a_form_of_another_site_changes_nothing(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    async with served_at(office, listening) as base, pages(1) as (page,):
        await sign_in(page, base)
        key = await page.locator("form[action='/busena'] input[name=form_key]").input_value()
        await page.goto("about:blank")
        await page.set_content(
            f"<form method=post action={base}/busena><input name=form_key value={key}>"
            "<button name=state value=ready>x</button></form>"
        )
        async with page.expect_navigation():
            await page.click("button")
        assert office.ona not in office.roster.staff().presence
        await page.goto(base)
        await page.wait_for_selector("#set-ready")  # and nobody is signed out by it


PAGES = ("/", "/uzduotys", "/kokybes-linija", "/kalendorius", "/kontaktai", "/skambuciai", "/ispejimai", "/nera")


async def looked_at(page: Page, base: str, paths: Sequence[str], name: str) -> None:
    """Each page has no serious fault and fits the screen; with a folder for them, pictures are kept."""
    for path in paths:
        await page.goto(base + path)
        assert (path, await serious(page)) == (path, [])
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert (path, await page.evaluate(wider)) == (path, False)
        await shot(page, f"{name}{path.replace('/', '-')}")


@pytest.mark.rule("X10")
async def test_no_page_has_a_serious_fault_in_either_language(tmp_path: Path, listening: socket.socket) -> None:
    busy = BusyOffice(tmp_path)
    paths = (*PAGES, busy.task, f"/skambutis/{busy.offer}")
    async with served_at(busy.office, listening) as base, pages(1) as (page,):
        await page.goto(f"{base}/prisijungti")
        await shot(page, "lt-door")
        await sign_in(page, base, "vida")
        for language, width, some in (("lt", 1280, paths), ("en", 390, ("/", "/uzduotys", *paths[-2:]))):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto(f"{base}/kalba/{language}")
            await looked_at(page, base, some, language)


@pytest.mark.rule("X10")
async def test_pages_with_nothing_on_them_have_no_serious_fault_either(
    tmp_path: Path, listening: socket.socket
) -> None:
    office = Office(tmp_path)
    chief = office.roster.add(Employee(0, "Vida Vadovė", "Skyrius", frozenset(Role)))
    office.accounts.create(chief, "vida", GOOD)
    async with served_at(office, listening) as base, pages(1) as (page,):
        await sign_in(page, base, "vida")
        await page.set_viewport_size({"width": 1280, "height": 800})
        await looked_at(page, base, PAGES, "empty")


async def test_a_page_whose_session_is_over_says_so(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    async with served_at(office, listening) as base, pages(1) as (page,):
        await sign_in(page, base)
        office.accounts.close("ona")
        await page.wait_for_selector("#over:not([hidden])")
