"""The thread of the sound goes before all others of the machine, where it may.

It works for less than a millisecond in twenty, and whoever speaks hears each one that it comes late by. Among ordinary
threads it waits for its turn when the cores are full; measured on a full machine, and what it needs, in
``docs/benchmarks.md``.
"""

from __future__ import annotations

import os
from typing import Final

PRIORITY: Final = 10  # of the kernel's real-time ones: above every ordinary thread, below its own


def go_first() -> bool:
    """Ask it of the kernel for the calling thread; False where that is not allowed, and then all is as before."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except (OSError, AttributeError):  # no right to it (RLIMIT_RTPRIO is 0), or no Linux
        return False
    return True
