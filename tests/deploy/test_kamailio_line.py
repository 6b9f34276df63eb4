"""The whole way with nobody of our own making at its ends: sipp calls, Kamailio leads, PJSIP answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.config import Config
from tests.deploy.sip_peers import LIMIT_S
from tests.deploy.test_kamailio import Kamailio, node, real, self_signed, started
from tests.telephony.lineprocess import LineProcess
from tests.telephony.test_sipp import SIPP, Sipp

pytestmark = [
    real,
    pytest.mark.sip,
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed (Debian: sip-tester)"),
]
CALLS = 8


@pytest.fixture
def lines() -> Iterator[list[LineProcess]]:
    """Two line processes with room for one caller each."""
    with LineProcess(callers=1) as one, LineProcess(callers=1) as other:
        yield [one, other]


def nodes(folder: Path, lines: list[LineProcess], room: int) -> list[Config]:
    found = [node(folder, f"line-{n}", "127.0.0.1", line.port) for n, line in enumerate(lines)]
    changed = {"callers_per_worker": room}
    return [one.model_copy(update={"workers": one.workers.model_copy(update=changed)}) for one in found]


@pytest.mark.parametrize("believed", [1, 2], ids=["counted right", "a worker has less room than the proxy believes"])
def test_calls_of_a_real_caller_reach_real_lines_and_leave_nothing(
    believed: int, lines: list[LineProcess], tmp_path: Path
) -> None:
    process, port, _ = started(tmp_path, nodes(tmp_path, lines, believed), *self_signed(tmp_path))
    proxy = Kamailio(("127.0.0.1", port), tmp_path)
    try:
        wait(
            lambda: {state for state, _ in proxy.listed().values()} == {"AP"}, "the lines answer the proxy's questions"
        )
        # Two at a time: with both lines in use no caller is refused, as the other one is tried after a 486.
        caller = Sipp(
            "caller_proxy", tmp_path, "-s", "1883", f"127.0.0.1:{port}", "-m", str(CALLS), "-l", "2", "-r", "8"
        )
        caller.finish()
        wait(lambda: [load for _, load in proxy.listed().values()] == [0, 0], "no slot is left behind")
        wait(lambda: sum(len(line.of("LegEnded")) for line in lines) >= CALLS, "every call has its end")
    finally:
        process.terminate()
        process.wait(LIMIT_S)
    ended = [event for line in lines for event in line.of("LegEnded")]
    assert [event["reason"] for event in ended] == ["caller"] * CALLS
    assert all(line.of("LegOffered") for line in lines), "both lines had calls"


def wait(met: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not met():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
