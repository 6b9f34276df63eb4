"""The way around a trunk that is down: the second route of an outbound call (A12.14, RFC 3263 section 4.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_FAILED: Final = frozenset({408, 502, 503, 504})
_ADDRESS: Final = re.compile(
    r"(?P<user>sips?:(?:[^@]*@)?)(?P<host>\[[^\]]*\]|[^:;?@]+)(?P<port>:\d+)?(?P<rest>.*)", re.S
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an outbound leg goes: a ``sip:`` address and extra headers."""

    uri: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def around(self, route: str) -> Destination | None:
        """The same person by way of ``route`` (``host[:port]``); None when there is none or this is it."""
        parts = _ADDRESS.fullmatch(self.uri)
        if not route or parts is None or f"{parts['host']}{parts['port'] or ''}" == route:
            return None
        return Destination(f"{parts['user']}{route}{parts['rest']}", self.headers)


def route_failed(code: int) -> bool:
    """True if SIP status ``code``, before anything rang, is about the way and not about the person called.

    pjsip itself reports 408 for silence and 503 for a transport that fails.
    """
    return code in _FAILED
