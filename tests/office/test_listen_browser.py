"""The quality unit's pages in a real browser: sound that really plays, by keyboard alone, without serious faults."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from ivr.office.app import application, stamp_of
from ivr.people.staff import Role
from ivr.quality.index import ZONE
from ivr.sampling.month import Month
from tests.office.chromium import listening, needs_chromium, pages, serious, served, shot
from tests.office.quality_unit import CALL, PURPOSE, Quality, marks
from tests.office.test_account_pages import NEW
from tests.office.test_accounts import GOOD, Office
from tests.office.test_second_factor import code

__all__ = ["listening"]

pytestmark = needs_chromium

# Chromium sets the cursor into an autofocus field at its first frame, some milliseconds after the page is parsed.
CURSOR = "document.activeElement !== null && document.activeElement.id === 'purpose'"


async def sign_in(quality: Quality, page: Page, base: str, name: str) -> None:
    token = quality.office.accounts.sign_in(name, GOOD) or ""
    await page.context.add_cookies([{"name": "session", "value": token, "url": base}])


async def until(page: Page, expression: str) -> None:
    """Waits for something that the page's own policy lets nobody but the debugger evaluate."""
    async with asyncio.timeout(60):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.05)


def complaints(page: Page) -> list[str]:
    """What the browser writes to its console: refused styles and scripts among it."""
    said: list[str] = []
    page.on(
        "console",
        lambda message: (
            said.append(f"{message.text} {message.location}") if message.type in ("error", "warning") else None
        ),
    )
    return said


@pytest.mark.rule("X10")
async def test_sound_plays_the_transcript_follows_and_all_goes_by_keyboard(
    tmp_path: Path, listening: socket.socket
) -> None:
    quality = Quality(tmp_path)
    more = (("auth.started", 5.0, {"role": "job_seeker"}), ("auth.verdict", 6.0, {"verdict": "passed"}))
    quality.call(sealed=False, more=more)
    quality.seal(CALL, seconds=8.0)
    async with served(quality.app, listening) as base, pages(1) as (page,):
        said = complaints(page)
        await sign_in(quality, page, base, "kazys")
        await page.goto(f"{base}/irasai/{CALL}/{quality.office.ona}")
        assert await serious(page) == []
        await page.keyboard.type(PURPOSE)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#wave canvas, #wave div[part]", state="attached")
        await until(page, "document.getElementById('player').readyState >= 1")
        assert round(await page.evaluate("document.getElementById('player').duration"), 1) == 8.0
        await page.focus("button[data-jump='3.0']")
        await page.keyboard.press("Enter")
        await until(page, "document.getElementById('player').currentTime > 3.4")
        assert not await page.evaluate("document.getElementById('player').error")
        current = await page.wait_for_selector(".said li[aria-current=true].caller", timeout=60_000)
        assert current
        assert "kada man priklauso" in (await current.inner_text())
        await shot(page, "listen")
        assert said == []  # axe itself tries styles that the page's policy refuses, so it comes last
        assert await serious(page) == []
    assert [one.act for one in quality.log()] == ["opened", "played"]


@pytest.mark.rule("X10")
async def test_a_review_is_made_by_keyboard(tmp_path: Path, listening: socket.socket) -> None:
    quality = Quality(tmp_path)
    quality.call()
    async with served(quality.app, listening) as base, pages(1) as (page,):
        await sign_in(quality, page, base, "kazys")
        await page.goto(f"{base}/irasai/{CALL}/{quality.office.ona}")
        await page.fill("#purpose", PURPOSE)
        await page.keyboard.press("Enter")
        for name in marks(quality.office.ona):
            await page.focus(f"input[name={name}]")
            await page.keyboard.press("Space")
        await page.focus("#practice")
        await page.keyboard.insert_text("Ramiai paaiškino, kur kreiptis")
        for _ in range(3):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Pokalbis įvertintas.")
        await shot(page, "reviewed")
        assert await serious(page) == []


@pytest.mark.rule("X10")
async def test_plan_search_report_figures_and_protection_have_no_serious_faults(
    tmp_path: Path, listening: socket.socket
) -> None:
    quality = Quality(tmp_path)
    for number in range(20):
        quality.call(
            f"c{number:02}",
            agent=("ona", "jonas")[number % 2],
            sealed=False,
            at=datetime(2026, 11, 1 + number, 9, tzinfo=UTC),
            topic=("pensions", "line", "housing")[number % 3],
            seconds=60.0 + 30 * number,
        )
    quality.unit.now = quality.now
    drawn, _ = quality.unit.desk().draws.make(Month(2026, 11, ZONE))
    async with quality.browser("kazys") as visit:
        for one in drawn[:6]:
            await visit.open(one.recording, one.employee)
            fields = marks(one.employee) | {"m_hold": "bad", "practice": "Ramiai paaiškino, kur kreiptis"}
            await visit.post(f"/irasai/{one.recording}/{one.employee}/vertinimas", **fields)
    wanted = {
        "kazys": ("/kokybe?menuo=2026-11", "/kokybe/ataskaita?menuo=2026-11", "/irasai", "/statistika"),
        "dalia": ("/apsauga",),
    }
    async with served(quality.app, listening) as base, pages(2) as opened:
        for page, (name, paths) in zip(opened, wanted.items(), strict=True):
            said = complaints(page)
            await sign_in(quality, page, base, name)
            for path in paths:
                await page.goto(f"{base}{path}")
                assert await serious(page) == [], path
                await shot(page, path.strip("/").partition("?")[0].replace("/", "-"))
            assert said == []
        await opened[1].fill("#what", "Pamestas nešiojamasis kompiuteris")
        await opened[1].fill("#since", "2026-12-01T08:00")
        await opened[1].fill("#until", "2026-12-01T10:00")
        await opened[1].click("text=Pradėti 24 valandų laikrodį")
        await opened[1].wait_for_selector(".clock")
        assert await serious(opened[1]) == []
        await shot(opened[1], "breach")


@pytest.mark.rule("X10")
async def test_a_reviewer_works_through_the_plan_by_keyboard(tmp_path: Path, listening: socket.socket) -> None:
    quality = Quality(tmp_path)
    for number in range(10):
        quality.call(f"c{number:02}", agent="jonas", at=datetime(2026, 11, 1 + number, 9, tzinfo=UTC))
    quality.unit.now = quality.now
    quality.unit.desk().draws.make(Month(2026, 11, ZONE))
    jonas = quality.people["jonas"]
    async with served(quality.app, listening) as base, pages(1) as (page,):
        await sign_in(quality, page, base, "kazys")
        await page.goto(f"{base}/kokybe?menuo=2026-11&darbuotojas={jonas}&liko=1")
        assert await serious(page) == []
        await shot(page, "plan-chosen")
        await page.focus("a.button")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#purpose")
        await until(page, CURSOR)
        await shot(page, "purpose-on-the-way")
        await page.keyboard.type(PURPOSE)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#player")
        first = page.url
        await until(page, "document.getElementById('player').readyState >= 1")
        await page.focus("#note")
        await page.keyboard.press("Alt+KeyK")
        await until(page, "!document.getElementById('player').paused")
        await page.keyboard.press("Alt+KeyN")
        await page.wait_for_selector("#purpose")
        await until(page, CURSOR)
        assert page.url != first
        assert await page.input_value("#purpose") == PURPOSE
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#player")
        await page.wait_for_load_state("load")
        await shot(page, "listen-on-the-way")
        await page.keyboard.press("Alt+KeyP")
        await page.wait_for_url(first)


@pytest.mark.rule("X10")
async def test_ones_account_and_the_code_at_the_door_by_keyboard(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    office.accounts.factors = office.factors(office.database)
    site = office.site(secure=False, required={Role.AGENT})
    app = application(tmp_path, "1", site, stamp_of(tmp_path / "office.db"))
    async with served(app, listening) as base, pages(1) as (page,):
        said = complaints(page)
        await page.goto(f"{base}/prisijungti")
        await page.keyboard.type("ona")
        await page.keyboard.press("Tab")
        await page.keyboard.insert_text(GOOD.reveal())
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#code")
        assert said == []
        assert await serious(page) == []
        await shot(page, "code-setup")
        secret = office.accounts.factors.pending(office.ona)
        assert secret
        await page.keyboard.type(code(office, secret))
        await page.keyboard.press("Enter")
        await page.wait_for_selector("nav .who a")
        await page.goto(f"{base}/paskyra")
        assert await serious(page) == []
        await shot(page, "account")
        await page.focus("#old")
        for text in (GOOD.reveal(), NEW, NEW):
            await page.keyboard.insert_text(text)
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Slaptažodis pakeistas")
        office.now += timedelta(minutes=2)
        await page.context.clear_cookies()
        await page.goto(f"{base}/prisijungti")
        await page.keyboard.type("ona")
        await page.keyboard.press("Tab")
        await page.keyboard.insert_text(NEW)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#code")
        await shot(page, "code")
        assert await serious(page) == []
