"""The office process: it ends loudly when a part of it does, so that the supervisor starts it anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.config import Config, load
from ivr.errors import PartFailed
from ivr.office.feed import Feed
from ivr.processes import office


@pytest.fixture
def config(tmp_path: Path) -> Config:
    environ = {
        "IVR_LINE_DATA_DIR": str(tmp_path),
        "IVR_OFFICE_PORT": "0",
        "IVR_MQTT_HOST": "127.0.0.1",
    }
    return load(None, environ)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set it, and the supervisor is gone."""
    gone = asyncio.Event()

    async def watched(on_gone: Callable[[], None]) -> None:
        await gone.wait()
        on_gone()

    monkeypatch.setattr(office, "supervisor_gone", watched)
    return gone


async def test_a_feed_that_ends_by_itself_ends_the_office(
    monkeypatch: pytest.MonkeyPatch, config: Config, supervisor: asyncio.Event
) -> None:
    async def broken(_feed: Feed) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(Feed, "run", broken)
    with pytest.raises(PartFailed, match="nobody foresaw this"):
        async with asyncio.timeout(60):
            await office.run_office(config)


async def test_the_office_leaves_quietly_when_its_supervisor_is_gone(
    monkeypatch: pytest.MonkeyPatch, config: Config, supervisor: asyncio.Event
) -> None:
    monkeypatch.setattr(office, "LEAVE_S", 60.0)
    before = asyncio.all_tasks()
    running = asyncio.create_task(office.run_office(config))
    await asyncio.sleep(0.2)
    assert not running.done()
    supervisor.set()
    async with asyncio.timeout(60):
        await running
    assert asyncio.all_tasks() <= before, "what is left would be cut off aloud when the loop closes"
