"""What the office clears away and says by itself, hour by hour."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.config import load
from ivr.events import JournalKind
from ivr.identity.ports import Try
from ivr.processes.identity import try_log
from ivr.processes.sweeping import PATIENCE, UNCONFIRMED, sweep, tell_unconfirmed
from ivr.store.arrivals import Standing
from ivr.store.erasure import erase_personal
from tests.delivery.machines import AT, Machine, Office


@pytest.mark.rule("A23")
def test_an_erasure_that_a_node_does_not_confirm_is_an_alarm_once_and_names_it(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", "office")
    for name in ("line-1", "line-2"):
        node = Machine(tmp_path / name, name)
        for call in ("a", "b"):
            node.call(f"{call}{name[-1]}")
        events = node.everything()
        office.arrivals.take(name, Standing("s"), Standing("s", len(events)), events, [], AT)
    office.call("own")
    for call in ("a1", "a2", "own"):
        erase_personal(office.journal, call, {"by": 7}, AT)
    heard = node.journal
    erase_personal(heard, "a2", {"by": 0}, AT)
    events = heard.events("a2")[-1:]
    office.arrivals.take("line-2", office.arrivals.standing("line-2"), Standing("s", 99), events, [], AT)
    database = office.database()
    nodes = {"line-1", "line-2"}
    assert tell_unconfirmed(database, nodes, AT + PATIENCE - timedelta(seconds=1)) == 0
    assert tell_unconfirmed(database, {"line-2"}, AT + PATIENCE) == 0  # line-1 was dismissed: its disk is destroyed
    assert [tell_unconfirmed(database, nodes, AT + PATIENCE + timedelta(hours=hour)) for hour in range(3)] == [1, 0, 0]
    (alarm,) = office.alarms.of_kind(UNCONFIRMED)
    assert (alarm.data["node"], alarm.data["count"], alarm.data["calls"]) == ("line-1", 1, ["a1"])
    assert office.arrivals.to_erase("line-1") == ("a1",)  # and it is asked as long as it takes
    erase_personal(office.journal, "b1", {"by": 7}, AT + timedelta(days=1))
    assert tell_unconfirmed(database, nodes, AT + timedelta(days=5)) == 1
    assert office.alarms.of_kind(UNCONFIRMED)[-1].data["calls"] == ["b1"]
    assert [event.kind for event in office.journal.events("a1")][-1] == JournalKind.DATA_ERASED


async def test_every_hour_what_is_over_goes_and_one_job_that_fails_keeps_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ivr.toml").write_text(
        '[line]\ndata_dir = "data"\n[office]\nnodes_file = "nodes.keys"\n[mqtt]\nhost = "127.0.0.1"\n', encoding="utf-8"
    )
    config = load(tmp_path / "ivr.toml", {})
    old = datetime.now(UTC) - timedelta(days=31)
    log = try_log(config)
    log.begin(Try(old, "n-1"))
    config.office_path.write_bytes(b"no database at all, and long enough to be told from an empty one")
    half = config.line.data_dir / "arriving" / "line-1" / "a.part"
    half.parent.mkdir(parents=True)
    half.touch()
    os.utime(half, (old.timestamp(), old.timestamp()))
    rounds = []

    async def an_hour(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr("ivr.processes.sweeping.asyncio.sleep", an_hour)
    with capture_logs() as told, pytest.raises(asyncio.CancelledError):
        await sweep(config)
    assert log.of(number="n-1") == []
    assert not half.exists()
    assert [one["what"] for one in told if one["event"] == "not_swept"] == ["sign_ins"]  # once for its reason
