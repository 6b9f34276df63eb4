"""What the office clears away and says by itself, hour by hour."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ivr.events import JournalKind
from ivr.processes.sweeping import PATIENCE, UNCONFIRMED, tell_unconfirmed
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
    assert tell_unconfirmed(database, AT + PATIENCE - timedelta(seconds=1)) == 0
    assert [tell_unconfirmed(database, AT + PATIENCE + timedelta(hours=hour)) for hour in range(3)] == [1, 0, 0]
    (alarm,) = office.alarms.of_kind(UNCONFIRMED)
    assert (alarm.data["node"], alarm.data["count"], alarm.data["calls"]) == ("line-1", 1, ["a1"])
    assert office.arrivals.to_erase("line-1") == ("a1",)  # and it is asked as long as it takes
    erase_personal(office.journal, "b1", {"by": 7}, AT + timedelta(days=1))
    assert tell_unconfirmed(database, AT + timedelta(days=5)) == 1
    assert office.alarms.of_kind(UNCONFIRMED)[-1].data["calls"] == ["b1"]
    assert [event.kind for event in office.journal.events("a1")][-1] == JournalKind.DATA_ERASED
