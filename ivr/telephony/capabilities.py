"""What the installed build of pjproject can do, found out at start, and what the line reports about itself."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Final

import pjsua2 as pj

STOCK_MAX_LEGS: Final = 4


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Found at start.

    ``max_legs``: call legs of this process, after the build's own limit. ``fast_buffers``:
    frames move without a Python loop. ``codecs``: usable codecs in our order of
    preference. ``port``: the SIP port in use. ``version``: of pjproject.
    """

    max_legs: int
    fast_buffers: bool
    codecs: tuple[str, ...]
    port: int
    version: str


@dataclass(frozen=True, slots=True)
class LineStatus:
    """A moment of the line.

    ``reserved``: legs kept for agents and not in use. ``registration``: ``none``
    (no registrar), ``trying``, ``registered`` or ``failed <SIP status>``.
    ``refused``: INVITEs answered with 403, 486 or 503 since the start.
    """

    legs: int = 0
    callers: int = 0
    reserved: int = 0
    max_legs: int = 0
    draining: bool = False
    registration: str = "none"
    refused: int = 0


def probe_max_legs(wanted: int) -> int:
    """Call legs that the library really has after ``libInit`` with ``maxCalls=wanted``.

    The library clamps ``maxCalls`` to its compile-time limit without a word and
    pjsua2 has no question for it, so pjsua's own function is asked. Where a
    build hides it, the stock limit is assumed.
    """
    try:
        count = _library().pjsua_call_get_max_count
    except (OSError, AttributeError):
        return min(wanted, STOCK_MAX_LEGS)
    count.restype, count.argtypes = ctypes.c_uint, []
    return int(count())


def set_log_level(level: int) -> None:
    """pjsip writes to stdout between ``libCreate`` and ``libInit``; this holds from before that.

    A build that hides the function prints a few lines more.
    """
    try:
        _library().pj_log_set_level(ctypes.c_int(level))
    except (OSError, AttributeError):
        return


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(pj._pjsua2.__file__)
