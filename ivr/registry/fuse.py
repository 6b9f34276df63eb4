"""A circuit breaker: after some failures in a row nothing is asked for a while, then one question tries it again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Fuse:
    """``failures`` in a row open it for ``open_s``; then one caller may try. Usable from several threads."""

    def __init__(self, failures: int = 3, open_s: float = 15.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._open_s, self._clock = failures, open_s, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until: float | None = None

    def closed(self) -> bool:
        """Whether a question may be asked now. When the time is over the first one who asks tries it for all."""
        with self._lock:
            if self._open_until is None:
                return True
            now = self._clock()
            if now < self._open_until:
                return False
            self._open_until = now + self._open_s
            return True

    def worked(self) -> None:
        with self._lock:
            self._failed, self._open_until = 0, None

    def failed(self) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                self._open_until = self._clock() + self._open_s
