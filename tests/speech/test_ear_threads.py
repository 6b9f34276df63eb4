"""Who waits for an answer is heard first, and a thread's fault reaches whoever asked."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from ivr.errors import SpeechError
from ivr.speech.ear_threads import EarThreads


async def test_sound_in_which_a_turn_may_end_goes_before_sound_that_came_earlier() -> None:
    threads = EarThreads(1)
    begun, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def hold() -> None:
        begun.set()
        go_on.wait(30)

    holding = asyncio.create_task(threads.run(hold))
    await asyncio.to_thread(begun.wait, 30)
    waiting = [
        asyncio.create_task(threads.run(partial(order.append, name), urgent=name.startswith("silent")))
        for name in ("speaks 1", "silent 1", "speaks 2", "silent 2")
    ]
    await asyncio.sleep(0)  # all of them stand in line
    go_on.set()
    await asyncio.gather(holding, *waiting)
    assert order == ["silent 1", "silent 2", "speaks 1", "speaks 2"]
    threads.close()


async def test_a_fault_reaches_whoever_asked_and_the_thread_serves_the_next() -> None:
    threads = EarThreads(1)

    def fail() -> None:
        raise SpeechError("ears", "fell", "Start it again")

    with pytest.raises(SpeechError, match="fell"):
        await threads.run(fail)
    assert await threads.run(lambda: 7) == 7
    threads.close()


async def test_who_gave_up_waiting_disturbs_nobody_and_closing_ends_what_waits() -> None:
    threads = EarThreads(1)
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go_on.wait(30)

    gone = asyncio.create_task(threads.run(hold))
    await asyncio.to_thread(begun.wait, 30)
    waits = asyncio.create_task(threads.run(lambda: 1))
    await asyncio.sleep(0)
    gone.cancel()
    threads.close()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waits
    with pytest.raises(asyncio.CancelledError):
        await threads.run(lambda: 2)
