"""Notices that no sound packets come any more. Pure."""

from __future__ import annotations


class MediaWatchdog:
    """Counts silence on the wire: no new RTP packet for ``timeout_s`` means that the call is lost.

    It looks at packets, not at loudness: a caller who says nothing still sends
    packets. On hold the far end may send none, so the watchdog stands still.
    Times are seconds of any monotonic clock.
    """

    def __init__(self, timeout_s: float, now: float) -> None:
        self._timeout_s = timeout_s
        self._packets = -1
        self._fresh_at = now
        self._paused = False

    def pause(self) -> None:
        """Hold: nothing is expected."""
        self._paused = True

    def resume(self, now: float) -> None:
        """Off hold: the full timeout begins anew."""
        if self._paused:
            self._paused = False
            self._fresh_at = now

    def seen(self, packets: int, now: float) -> None:
        """The packet counter stands at ``packets``; a counter that began anew counts as fresh."""
        if packets != self._packets:
            if self._packets >= 0 or packets > 0:
                self._fresh_at = now
            self._packets = packets

    def expired(self, now: float) -> bool:
        """True once nothing came for the whole timeout while something was expected."""
        return not self._paused and now - self._fresh_at >= self._timeout_s
