"""The pages in a real browser: by keyboard alone, two at once, and without a serious fault that axe finds."""

from __future__ import annotations

import socket
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from ivr.events import JournalKind
from ivr.office.app import application, stamp_of
from ivr.office.offers import Offers, OfferState
from ivr.people.staff import Absence, Employee, Role, State
from ivr.store.database import open_database
from ivr.store.journal import Journal
from tests.office.chromium import listening, needs_chromium, pages, serious, served
from tests.office.test_accounts import GOOD, Office

__all__ = ["listening"]

pytestmark = needs_chromium


def served_at(office: Office, listening: socket.socket) -> AbstractAsyncContextManager[str]:
    folder = office.folder
    watch = stamp_of(folder / "office.db", folder / "journal.db")
    return served(application(folder, "1", office.site(secure=False), watch), listening)


async def sign_in(page: Page, base: str, name: str = "ona") -> None:
    """As somebody without a mouse does it: the cursor is in the first field already."""
    await page.goto(base)
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.insert_text(GOOD.reveal())
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#people")


@pytest.mark.rule("X10")
async def test_by_keyboard_alone_and_without_serious_faults(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    async with served_at(office, listening) as base, pages(1) as (page,):
        await page.goto(base)
        assert await serious(page) == []
        await sign_in(page, base)
        assert await serious(page) == []
        while await page.evaluate("document.activeElement.id") != "set-ready":
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#set-ready[aria-pressed=true]")
        assert await page.evaluate("document.activeElement.id") == "set-ready"
        assert office.roster.staff().presence[office.ona].state is State.READY


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
        while await first.evaluate("document.activeElement.id") != "note-ready":
            await first.keyboard.press("Tab")
        await first.keyboard.press("Enter")
        await second.wait_for_selector("#no-call")
    (noted,) = journal.of_kind(JournalKind.CALL_NOTED)
    assert noted.data["pii_note"] == "Paaiškinta."
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


@pytest.mark.rule("X10")
async def test_no_page_has_a_serious_fault_in_either_language(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    chief = office.roster.add(Employee(0, "Vida Vadovė", "Skyrius", frozenset(Role)))
    office.accounts.create(chief, "vida", GOOD)
    office.roster.add_absence(Absence(office.ona, office.now, office.now + timedelta(days=3), chief))
    offers, journal = Offers(office.database), Journal(open_database(tmp_path / "journal.db"))
    offer = offers.add(
        "c1", chief, "skill", {"signs": ["threat"], "pii_caller": "+37061234567"}, "Skambina.", office.now
    )
    assert offer is not None
    offers.set_state(offer, OfferState.BRIDGED, office.now)
    journal.append("c1", "turn.said", {"text": "Kuo galiu padėti?", "completed": False}, office.now)
    for number in range(60):
        data = {"type": "message" if number % 9 else "quality", "pii_caller": "+37061234567", "urgent": number == 1}
        journal.append(f"t{number}", "task.created", data, office.now)
    office.now += timedelta(minutes=20)
    paths = ("/", "/uzduotys", "/uzduotys/t1/1", "/kokybes-linija", "/kalendorius", "/kontaktai", "/skambuciai")
    async with served_at(office, listening) as base, pages(1) as (page,):
        await sign_in(page, base, "vida")
        for language, width, some in (("lt", 1280, paths), ("en", 390, paths[:3])):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto(f"{base}/kalba/{language}")
            for path in (*some, f"/skambutis/{offer}"):
                await page.goto(base + path)
                assert (path, await serious(page)) == (path, [])
                wider = await page.evaluate(
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                )
                assert (path, wider) == (path, False)


async def test_a_page_whose_session_is_over_says_so(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    async with served_at(office, listening) as base, pages(1) as (page,):
        await sign_in(page, base)
        office.accounts.close("ona")
        await page.wait_for_selector("#over:not([hidden])")
