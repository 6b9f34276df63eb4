"""Everybody's tasks, kept up to date from the journal: each event is read once, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ivr.office.site import Site
from ivr.people.tasks import TASK_KINDS, Task, TaskBook
from ivr.store.journal import Journal


class Tasks:
    """Reads in the journal's thread, where the one book is."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._book = _Book(site.next_working_day)

    async def all(self) -> list[Task]:
        """In the order in which they should be done, done ones last; not to be changed."""
        return await self._site.journal(self._book.read)

    async def one(self, call: str, number: int) -> Task | None:
        """The task ``number`` of ``call``."""
        return next((task for task in await self.all() if (task.call, task.number) == (call, number)), None)


class _Book:
    def __init__(self, next_working_day: Callable[[datetime], datetime]) -> None:
        self._next_working_day = next_working_day
        self._book = TaskBook(next_working_day)
        self._sorted: list[Task] = []
        self._last = 0

    def read(self, journal: Journal) -> list[Task]:
        events = journal.of_kind(*TASK_KINDS, after=self._last)
        if events and events[0].rowid <= self._last:  # another database lies in the file's place
            self._book = TaskBook(self._next_working_day)
        for event in events:
            self._book.add(event)
        if events:
            self._last, self._sorted = events[-1].rowid, self._book.tasks()
        return self._sorted
