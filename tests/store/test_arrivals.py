"""Deliveries of nodes on the office's journal: whatever is repeated, cut or begun anew, each event is there once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import StoreError
from ivr.events import JournalKind
from ivr.store.arrivals import Arrivals, Standing
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.schema import Alarm, JournalEvent

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def event(number: int, call: str = "a") -> JournalEvent:
    return JournalEvent(call, number, AT, "turn.key", {"pii_key": str(number), "file": f"{call}.wav"})


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["s1", "s2"])), max_size=25),
    st.integers(1, 7),
)
def test_whatever_is_sent_in_whatever_order_nothing_is_doubled_and_nothing_skipped(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[int, int, str]], step: int
) -> None:
    """Batches at random first, then a node that follows the receipts: as the protocol does after any disorder."""
    database = open_database(tmp_path_factory.mktemp("office") / "journal.db")
    arrivals, journal = Arrivals(database), Journal(database)
    events = [event(number) for number in range(1, 31)]
    for start, length, stream in sent:
        end = min(30, start + length)
        until = Standing(stream, end)
        arrivals.take("line-1", Standing(stream, start), until, events[start:end], [], AT)
        known = arrivals.standing("line-1")
        assert {one.seq for one in journal.events("a")} >= set(range(1, known.event + 1))
    while (known := arrivals.standing("line-1")).event < 30:
        after = known if known.stream else Standing("s3")
        end = min(30, after.event + step)
        arrivals.take("line-1", after, Standing(after.stream, end), events[after.event : end], [], AT)
    assert journal.events("a") == events
    assert len(arrivals.from_nodes(one.rowid for one in journal.events("a"))) == 30


def test_two_nodes_that_drew_the_same_id_keep_a_call_each(tmp_path: Path) -> None:
    database = open_database(tmp_path / "journal.db")
    arrivals, journal = Arrivals(database), Journal(database)
    arrivals.take("line-1", Standing("s"), Standing("s", 2), [event(1), event(2)], [], AT)
    arrivals.take("line-2", Standing("t"), Standing("t", 1), [event(1)], [], AT)
    assert (arrivals.name_here("line-1", "a"), arrivals.name_here("line-2", "a")) == ("a", "a-line-2")
    assert journal.events("a-line-2")[0].data["file"] == "a-line-2.wav"
    assert [one.seq for one in journal.events("a")] == [1, 2]


def test_no_node_gets_into_anothers_call_by_a_name_that_it_chose(tmp_path: Path) -> None:
    """Whose own name would be the other one's with a node's name behind it."""
    database = open_database(tmp_path / "journal.db")
    arrivals, journal = Arrivals(database), Journal(database)
    arrivals.take("line-1", Standing("s"), Standing("s", 2), [event(1), event(1, "a-line-2")], [], AT)
    with pytest.raises(ValueError, match="belongs to others"):
        arrivals.take("line-2", Standing("t"), Standing("t", 1), [event(1)], [], AT)
    assert [one.call_id for one in journal.events("a-line-2")] == ["a-line-2"]
    assert arrivals.name_here("line-2", "a") is None


def test_a_call_of_which_the_office_has_kept_an_erasure_only_keeps_its_name(tmp_path: Path) -> None:
    """The journal came back from a backup and the vault's catalogue did not."""
    database = open_database(tmp_path / "journal.db")
    arrivals, journal = Arrivals(database), Journal(database)
    journal.append("a", JournalKind.RECORDING_ERASED, {"recording": "a"}, AT)
    arrivals.take("line-1", Standing("s"), Standing("s", 2), [event(1), event(2)], [], AT)
    assert arrivals.name_here("line-1", "a") == "a"
    assert [one.data.get("pii_key") for one in journal.events("a")] == [None, "1", "2"]
    arrivals.take("line-1", Standing("u"), Standing("u", 2), [event(1), event(2)], [], AT)
    assert len(journal.events("a")) == 3


def test_a_node_does_nothing_about_anothers_tasks(tmp_path: Path) -> None:
    database = open_database(tmp_path / "journal.db")
    arrivals, journal = Arrivals(database), Journal(database)
    arrivals.take("line-1", Standing("s"), Standing("s", 1), [event(1)], [], AT)
    done = JournalEvent("b", 1, AT, "task.done", {"of": "a", "task": 1})
    with pytest.raises(ValueError, match="task"):
        arrivals.take("line-2", Standing("t"), Standing("t", 1), [done], [], AT)
    assert journal.events("b") == []
    journal.append("c", JournalKind.CALL_OFFERED, {}, AT)
    own = [event(1, "c"), replace(done, data={"of": "c", "task": 1})]
    arrivals.take("line-2", Standing("t"), Standing("t", 2), own, [], AT)
    assert journal.events("b")[0].data["of"] == "c-line-2"


def test_a_delivery_that_fails_half_way_is_not_there_at_all(tmp_path: Path) -> None:
    database = open_database(tmp_path / "journal.db")
    arrivals, journal = Arrivals(database), Journal(database)
    with pytest.raises(StoreError):
        arrivals.take("line-1", Standing("s"), Standing("s", 2), [event(1), event(0)], [], AT)
    assert journal.events("a") == []
    assert arrivals.standing("line-1") == Standing()


def test_alarms_carry_their_nodes_name(tmp_path: Path) -> None:
    database = open_database(tmp_path / "journal.db")
    alarm = Alarm(AT, "part.fell", {"part": "ears"})
    arrivals = Arrivals(database)
    arrivals.take("line-1", Standing("s"), Standing("s", 0, 1), [], [alarm], AT)
    assert database.execute("SELECT data FROM alarms").fetchall() == [('{"node":"line-1","part":"ears"}',)]
    (heard,) = arrivals.heard()
    assert (heard.node, heard.standing.alarm, heard.at) == ("line-1", 1, AT)
