"""A database in a thread of its own, so that the event loop never waits for SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ivr.store.database import StoreDatabase

T = TypeVar("T")


class Keeper:
    """One thread with its own connection, which ``opened`` makes; work is done in order."""

    def __init__(self, opened: Callable[[], StoreDatabase], name: str) -> None:
        self._opened = opened
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._database: StoreDatabase | None = None

    async def do(self, work: Callable[[StoreDatabase], T]) -> T:
        """``work`` with the open database, in the thread; raises what it raises, and StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._with_database, work)

    def _with_database(self, work: Callable[[StoreDatabase], T]) -> T:
        if self._database is None:
            self._database = self._opened()
        return work(self._database)
