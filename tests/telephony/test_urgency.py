"""The sound's thread goes first where it may, and nothing else changes where it may not."""

from __future__ import annotations

import os
import threading

import pytest

from ivr.telephony.urgency import PRIORITY, go_first


def asked() -> tuple[bool, int, int]:
    """Whether a fresh thread was let go first, its policy then, and its priority."""
    found: list[tuple[bool, int, int]] = []

    def run() -> None:
        allowed = go_first()
        found.append((allowed, os.sched_getscheduler(0), os.sched_getparam(0).sched_priority))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_thread_that_may_goes_first_and_alone() -> None:
    mine = os.sched_getscheduler(0)
    allowed, policy, priority = asked()
    if not allowed:
        pytest.skip("this machine lets nobody go first (RLIMIT_RTPRIO)")
    assert policy & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR
    assert priority == PRIORITY
    assert os.sched_getscheduler(0) == mine, "the others stay as they were"


def test_where_it_may_not_all_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.sched_getscheduler(0)

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refused)
    allowed, policy, _ = asked()
    assert not allowed
    assert policy == mine
