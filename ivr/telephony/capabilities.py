"""What the installed build of pjproject can do, and what the line reports about itself. Pure.

A build of pjproject 2.17 with a larger ``PJSUA_MAX_CALLS`` is found out the same
way and gets more callers from the configuration; it has not been tested.
"""

from __future__ import annotations

from dataclasses import dataclass


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
