"""What open pages are told: the office's changes at once, the calls' apart, and silence from time to time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ivr.office.watch import News, Watch


class Stamps:
    """Two counters that a test turns on."""

    office = journal = 0


@pytest.fixture
async def watched() -> AsyncIterator[tuple[Stamps, Watch]]:
    stamps = Stamps()
    watch = Watch(lambda: stamps.office, lambda: stamps.journal)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    yield stamps, watch
    running.cancel()


async def told(changes: AsyncIterator[News]) -> News:
    return await asyncio.wait_for(anext(changes), 30)


async def test_a_new_page_is_told_at_once_and_then_of_every_change(watched: tuple[Stamps, Watch]) -> None:
    stamps, watch = watched
    changes = watch.changes(heartbeat_s=30)
    assert await told(changes) is News.OFFICE
    stamps.journal += 1
    assert await told(changes) is News.CALLS
    stamps.office += 1
    watch.look()
    assert await told(changes) is News.OFFICE


async def test_a_change_of_both_is_the_offices(watched: tuple[Stamps, Watch]) -> None:
    stamps, watch = watched
    changes = watch.changes(heartbeat_s=30)
    await told(changes)
    stamps.office += 1
    stamps.journal += 1
    assert await told(changes) is News.OFFICE


async def test_a_quiet_office_says_so(watched: tuple[Stamps, Watch]) -> None:
    changes = watched[1].changes(heartbeat_s=0.01)
    await told(changes)
    assert await told(changes) is News.NONE


async def test_pages_that_listen_are_let_go_when_the_office_stops(watched: tuple[Stamps, Watch]) -> None:
    _, watch = watched
    changes = watch.changes(heartbeat_s=300)
    assert await told(changes) is News.OFFICE
    waiting = asyncio.create_task(anext(changes, None))
    await asyncio.sleep(0)
    await watch.close()
    assert await asyncio.wait_for(waiting, 30) in (None, News.NONE)
    assert await asyncio.wait_for(anext(changes, None), 30) is None


async def test_a_look_in_the_moment_of_the_end_does_not_go_on_for_ever() -> None:
    watch = Watch(lambda: 0)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    watch.look()
    running.cancel()
    await asyncio.wait([running], timeout=30)
    assert running.cancelled()
