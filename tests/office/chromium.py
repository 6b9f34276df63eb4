"""The office's pages in real browsers, for tests."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright
from starlette.applications import Starlette

CHROMIUM = shutil.which("chromium")
SHOTS = os.environ.get("IVR_TEST_SHOTS", "")
"""A folder for pictures of the pages, for people's eyes."""
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (scripts/test.sh installs it)")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@asynccontextmanager
async def served(app: Starlette, listening: socket.socket) -> AsyncIterator[str]:
    """The pages' address; the server is gone afterwards, whoever still listens to a stream."""
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
            page.set_default_timeout(90_000)
            page.on("pageerror", lambda error: faults.append(str(error)))
            opened.append(page)
        yield opened
        await browser.close()
        assert faults == []


async def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page."""
    found = await Axe().run(page)
    return [fault["id"] for fault in found.response["violations"] if fault["impact"] in ("serious", "critical")]


async def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody wants them."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True, caret="initial")
