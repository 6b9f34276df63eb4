"""One press, one key: drops the second report of a key that came both by RTP and by SIP INFO. Pure."""

from __future__ import annotations

from typing import Final

KEYS: Final = frozenset("0123456789*#ABCD")
SAME_PRESS_S: Final = 0.5


class KeyFilter:
    """Some gateways send a key as RFC 4733 packets and again as SIP INFO.

    The same key from the *other* source within ``SAME_PRESS_S`` is the same press;
    two reports from one source are two presses (the stack has already joined the
    packets of one RFC 4733 event).
    """

    def __init__(self) -> None:
        self._unmatched: list[tuple[str, str, float]] = []

    def accept(self, key: str, source: str, at: float) -> bool:
        """True if ``key`` from ``source`` (``rtp`` or ``info``) at ``at`` seconds is a press of its own."""
        if key not in KEYS:
            return False
        self._unmatched = [item for item in self._unmatched if at - item[2] <= SAME_PRESS_S]
        for item in self._unmatched:
            if item[0] == key and item[1] != source:
                self._unmatched.remove(item)
                return False
        self._unmatched.append((key, source, at))
        return True
