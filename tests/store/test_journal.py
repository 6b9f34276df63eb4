"""Events by call, once, in order, for good; and what is read from them."""

from __future__ import annotations

import json
import sqlite3
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import StoreError
from ivr.events import JournalKind, Outcome
from ivr.privacy import Pii, Secret
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.schema import encode, masked, moment, plain, timestamp

T0 = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
NUMBER = "+37061234567"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Journal:
    return Journal(open_database(path))


def test_events_are_numbered_within_their_call_and_come_back_as_they_were(journal: Journal) -> None:
    assert journal.append("a", "call.offered", {"pii_caller": NUMBER, "called": "1883"}, at(0)) == 1
    assert journal.append("b", "call.offered", {}, at(1)) == 1
    assert journal.append("a", "turn.said", {"text": "Laba diena. „Kuo galiu padėti?“"}, at(2)) == 2
    first, second = journal.events("a")
    assert (first.seq, first.kind, first.data) == (1, "call.offered", {"pii_caller": NUMBER, "called": "1883"})
    assert first.at == datetime(2026, 3, 2, 8, 0, 0, 123000, tzinfo=UTC)
    assert second.data["text"] == "Laba diena. „Kuo galiu padėti?“"
    assert journal.events("nobody") == []


def test_times_of_another_zone_are_kept_in_utc() -> None:
    vilnius = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=3)))
    assert timestamp(vilnius) == "2026-07-01T09:00:00.000Z"
    assert moment(timestamp(vilnius)) == vilnius


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET kind = 'call.ended'",
        "UPDATE {table} SET data = '{{}}' WHERE id = 1",
        "DELETE FROM {table}",
        "DELETE FROM {table} WHERE id = 1",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ],
)
@pytest.mark.parametrize("table", ["events", "alarms"])
def test_what_is_written_can_not_be_changed_or_removed(path: Path, table: str, statement: str) -> None:
    database = open_database(path)
    Journal(database).append("a", "call.offered", {"x": 1}, at(0))
    Alarms(database).append("part.fell", {"part": "speech"}, at(0))
    before = list(database.query(f"SELECT * FROM {table}"))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute(statement.format(table=table))
    assert list(database.query(f"SELECT * FROM {table}")) == before


def test_an_event_can_not_be_replaced_by_its_number(path: Path) -> None:
    database = open_database(path)
    Journal(database).append("a", "call.offered", {}, at(0))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute("INSERT OR REPLACE INTO events (call_id, seq, at, kind, data) VALUES ('a', 1, '', 'x', '{}')")


def test_a_call_is_summed_up_from_its_events_alone(journal: Journal) -> None:
    journal.append("a", "call.offered", {"pii_caller": NUMBER, "node": "line-1"}, at(0))
    journal.append("a", "call.answered", {}, at(0.5))
    journal.append("a", "intent.decided", {"intent": "info", "topic": "line"}, at(5))
    journal.append("a", "answer.given", {"answer": "x", "topic": "line"}, at(6))
    journal.append("a", "recording.state", {"state": "degraded"}, at(7))
    journal.append("a", "recording.state", {"state": "ok"}, at(8))
    (live,) = journal.calls()
    assert (live.ended, live.outcome, live.duration_s) == (None, None, None)
    journal.append("a", "call.ended", {"outcome": "answered"}, at(30.5))
    (call,) = journal.calls()
    assert (call.call_id, call.node, call.topics, call.events) == ("a", "line-1", ("line",), 7)
    assert call.outcome == Outcome.ANSWERED
    assert (call.recording, call.duration_s) == ("ok", 30.0)
    assert call.caller.reveal() == NUMBER
    assert call.started == at(0).replace(microsecond=123000)


def test_the_latest_calls_come_first(journal: Journal) -> None:
    for number in range(5):
        journal.append(f"call-{number}", "call.offered", {}, at(number))
    journal.append("call-0", "task.done", {}, at(99))
    assert [call.call_id for call in journal.calls(3)] == ["call-4", "call-3", "call-2"]


def test_a_call_is_found_by_the_beginning_of_its_id(journal: Journal) -> None:
    for call_id in ("2026-a", "2026-b", "2027", "2027-x"):
        journal.append(call_id, "call.offered", {}, at(0))
    assert journal.call("2026-b").call_id == "2026-b"
    assert journal.call("2027").call_id == "2027"
    assert journal.call("2027-").call_id == "2027-x"
    with pytest.raises(StoreError, match="more than one call: 2026-a, 2026-b"):
        journal.call("2026")
    with pytest.raises(StoreError, match="no call begins with '%'"):
        journal.call("%")


def test_open_calls_are_those_without_an_end(journal: Journal) -> None:
    for call_id in ("a", "b"):
        journal.append(call_id, JournalKind.CALL_OFFERED, {}, at(0))
    journal.append("a", JournalKind.CALL_ENDED, {}, at(1))
    assert journal.open_calls() == ["b"]


def test_following_gives_what_is_new_and_all_of_a_new_database(path: Path) -> None:
    journal = Journal(open_database(path))
    for number in range(5):
        journal.append("a", "turn.key", {"key": str(number)}, at(number))
    first = journal.follow(0, limit=2)
    assert [event.data["key"] for event in first] == ["0", "1"]
    rest = journal.follow(first[-1].rowid)
    assert [event.data["key"] for event in rest] == ["2", "3", "4"]
    assert journal.follow(rest[-1].rowid) == []
    path.unlink()
    Journal(open_database(path)).append("b", "call.offered", {}, at(9))
    assert [event.call_id for event in journal.follow(rest[-1].rowid)] == ["b"]


def test_alarms_are_followed_and_found_by_time(path: Path) -> None:
    alarms = Alarms(open_database(path))
    alarms.append("part.fell", {"part": "speech"}, at(1))
    alarms.append("part.fell", {"part": "worker-0"}, at(5))
    assert [alarm.data["part"] for alarm in alarms.follow(0)] == ["speech", "worker-0"]
    assert [alarm.data["part"] for alarm in alarms.follow(1)] == ["worker-0"]
    assert [alarm.data["part"] for alarm in alarms.between(at(0), at(2))] == ["speech"]


def test_the_database_is_its_owners_only(path: Path) -> None:
    database = open_database(path)
    Journal(database).append("a", "call.offered", {}, at(0))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_personal_data_are_kept_under_their_keys_only_and_secrets_never(journal: Journal) -> None:
    data = {
        "pii_caller": Pii(NUMBER),
        "pii_said": {"name": Pii("Ona"), "answer": Secret("1234")},
        "elsewhere": Pii(NUMBER),
        "list": [Pii(NUMBER)],
        "secret": Secret("1234"),
    }
    journal.append("a", "auth.started", data, at(0))
    (event,) = journal.events("a")
    assert event.data == {
        "pii_caller": NUMBER,
        "pii_said": {"name": "Ona", "answer": "•••"},
        "elsewhere": "•••",
        "list": ["•••"],
        "secret": "•••",
    }
    assert NUMBER not in repr(event)
    assert NUMBER not in repr(journal.calls())


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ({"pii_caller": NUMBER, "called": "1883"}, {"pii_caller": "•••567", "called": "1883"}),
        ({"pii_caller": ""}, {"pii_caller": ""}),
        ({"pii_code": 39001010000}, {"pii_code": "•••"}),
        ({"pii_names": ["Jonas Jonaitis", "Jo"]}, {"pii_names": ["•••tis", "•••"]}),
        ({"in": {"pii_x": {"deep": "Vardas"}}}, {"in": {"pii_x": {"deep": "•••das"}}}),
    ],
)
def test_personal_data_show_their_last_characters_only(data: object, seen: object) -> None:
    assert masked(data) == seen


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.frozensets(st.integers() | st.text()),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(st.text(), anything, max_size=4))
def test_whatever_data_an_event_has_it_becomes_json(data: dict[str, object]) -> None:
    kept = plain(data)
    assert json.loads(encode(kept)) == kept
    assert plain(kept) == kept


def test_half_a_character_from_the_network_does_not_stop_the_journal(journal: Journal) -> None:
    journal.append("a", "call.offered", {"source": "x\ud800y", "\udfff": 1}, at(0))
    assert journal.events("a")[0].data == {"source": "x?y", "?": 1}
