"""The pages in a real browser: by keyboard alone, two at once, and without a serious fault that axe finds."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright

from ivr.office.app import application, stamp_of
from ivr.people.staff import Employee, Role, State
from tests.office.test_accounts import GOOD, Office

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (scripts/test.sh installs it)")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@asynccontextmanager
async def served(office: Office, folder: Path, listening: socket.socket) -> AsyncIterator[str]:
    site = office.site(secure=False)
    app = application(folder, "1", site, stamp_of(folder / "office.db"))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    running = asyncio.create_task(server._serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def pages(number: int) -> AsyncIterator[list[Page]]:
    """Pages of as many browsers that know nothing of each other; a fault in a script fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        faults: list[str] = []
        opened = []
        for _ in range(number):
            page = await (await browser.new_context()).new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            opened.append(page)
        yield opened
        await browser.close()
        assert faults == []


async def sign_in(page: Page, base: str, name: str = "ona") -> None:
    """As somebody without a mouse does it: the cursor is in the first field already."""
    await page.goto(base)
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.insert_text(GOOD.reveal())
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#people")


async def serious(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [fault["id"] for fault in found.response["violations"] if fault["impact"] in ("serious", "critical")]


@pytest.mark.rule("X10")
async def test_by_keyboard_alone_and_without_serious_faults(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    async with served(office, tmp_path, listening) as base, pages(1) as (page,):
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
    async with served(office, tmp_path, listening) as base, pages(2) as (first, second):
        await sign_in(first, base)
        await sign_in(second, base, "jonas")
        await first.fill("#reason", "piet")
        await second.click("#set-ready")
        await first.wait_for_selector("td .dot.ready")
        assert await first.input_value("#reason") == "piet"
        assert await first.evaluate("document.activeElement.id") == "reason"


async def test_a_page_whose_session_is_over_says_so(tmp_path: Path, listening: socket.socket) -> None:
    office = Office(tmp_path)
    async with served(office, tmp_path, listening) as base, pages(1) as (page,):
        await sign_in(page, base)
        office.accounts.close("ona")
        await page.wait_for_selector("#over:not([hidden])")
