"""Threads of the ears: a caller who has fallen silent and waits for an answer is heard before those who still speak.

Ten callers on a core leave queues of a tenth of a second. Whoever is in the middle of a sentence doesn't notice one;
for the others it is silence on the line. So pieces of sound in which a turn may end go first, all others in their
order. As many threads as cores: more would only share out the same time, and everybody would be late. A recogniser
that is somewhere else is waited for in a thread, so there it takes more of them.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

_T = TypeVar("_T")
_Done = Callable[[Callable[[], Any]], object]


@dataclass(frozen=True, slots=True, order=True)
class _Task:
    later: bool
    number: int
    work: Callable[[], Any] = field(compare=False)
    done: _Done = field(compare=False)


class EarThreads:
    """``count`` threads that end with the process, or once :meth:`close` was called."""

    def __init__(self, count: int) -> None:
        self._waiting: list[_Task] = []
        self._changed = threading.Condition()
        self._order = 0
        self._closed = False
        for number in range(count):
            threading.Thread(target=self._serve, name=f"ear-{number}", daemon=True).start()

    async def run(self, work: Callable[[], _T], *, urgent: bool = False) -> _T:
        """What ``work`` returns or raises, done in one of the threads. Cancelled when the threads are closed first."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()

        def settle(outcome: Callable[[], Any]) -> None:
            if future.done():  # whoever waited is gone
                return
            try:
                future.set_result(outcome())
            except asyncio.CancelledError:
                future.cancel()
            except Exception as error:
                future.set_exception(error)

        with self._changed:
            if self._closed:
                raise asyncio.CancelledError
            self._order += 1
            task = _Task(not urgent, self._order, work, lambda outcome: loop.call_soon_threadsafe(settle, outcome))
            heapq.heappush(self._waiting, task)
            self._changed.notify()
        return await future

    def close(self) -> None:
        """Begin nothing any more; what runs is let finish."""
        with self._changed:
            self._closed = True
            left, self._waiting = self._waiting, []
            self._changed.notify_all()
        for task in left:
            task.done(_cancelled)

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                task = heapq.heappop(self._waiting)
            try:
                task.done(_outcome(task.work))
            except RuntimeError:  # the loop is gone, and with it whoever waited
                return


def _outcome(work: Callable[[], Any]) -> Callable[[], Any]:
    """Does the work; gives what returns its result or raises its fault."""
    try:
        result = work()
    except Exception as error:
        fault = error

        def fail() -> Any:
            raise fault

        return fail
    return lambda: result


def _cancelled() -> Any:
    raise asyncio.CancelledError
