"""Stopping a voice that is at work in another thread: at once, not at the end of its clause."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Halt:
    """One saying's brake. Safe to use from any thread; once pulled it stays so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pulled = False
        self._stop: Callable[[], None] | None = None

    @property
    def pulled(self) -> bool:
        """Nobody wants to hear more."""
        return self._pulled

    def pull(self) -> None:
        """Stop what is being made now, and whatever would follow. Returns at once."""
        with self._lock:
            self._pulled = True
            if self._stop is not None:
                self._stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """While inside, a pull calls ``stop``; also one that came just before. ``stop`` must not block."""
        with self._lock:
            self._stop = stop
            if self._pulled:
                stop()
        try:
            yield
        finally:
            with self._lock:
                self._stop = None
