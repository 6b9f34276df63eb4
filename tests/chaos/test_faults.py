"""A database that is locked and a clock that is set back, in the worst moment.

Where the other bad days are: a full disk in ``tests/line/test_bad_days.py``, ``tests/store/test_writer.py`` and
``tests/recording/test_writer.py``; a broker that is away in ``tests/office/test_feed.py``, an office in
``tests/delivery``, a registry in ``tests/registry``.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.config import Config, load
from ivr.events import JournalKind
from ivr.processes import line as module
from ivr.processes.line import make_supervisor
from ivr.processes.parts import Part
from ivr.simulator.wire import WirePhone
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent
from ivr.store.spill import Record, Spill
from ivr.store.writer import JournalWriter
from tests.telephony.lineprocess import LineProcess

WORKER = Part("worker-0", "worker")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOBODY = 4_000_000  # no process has this id


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(None, {"IVR_LINE_DATA_DIR": str(tmp_path)})


def offered(journal: Journal, call: str, at: datetime) -> None:
    journal.append(call, JournalKind.CALL_OFFERED, {"pii_caller": "+37061234567", "worker": "worker-0"}, at)
    journal.append(call, JournalKind.CALL_ANSWERED, {}, at)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.02)


@pytest.mark.rule("A12.25")
async def test_a_worker_that_falls_while_the_database_is_locked_leaves_nobody_without_a_callback(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIDY_AGAIN_S", 0.05)
    journal = Journal(open_database(config.journal_path))
    offered(journal, "c1", datetime.now(UTC))
    other = sqlite3.connect(config.journal_path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    make_supervisor(config, None)._on_fallen(WORKER, NOBODY, {})
    other.execute("ROLLBACK")
    other.close()
    offered(journal, "c2", datetime.now(UTC) + timedelta(seconds=1))
    await until(lambda: journal.open_calls() == ["c2"])
    tasks = journal.of_kind(JournalKind.TASK_CREATED)
    assert [(task.call_id, task.data["urgent"]) for task in tasks] == [("c1", True)]
    alarms = Alarms(open_database(config.journal_path)).follow(0)
    assert [(alarm.kind, alarm.data["part"]) for alarm in alarms] == [("part.fell", "worker-0")]


@pytest.mark.rule("A12.25")
def test_what_a_worker_spilled_before_it_fell_is_on_the_journal_before_its_call_is_ended(config: Config) -> None:
    """Nobody has to call for it: the next worker's writer opens with its first caller only."""
    journal = Journal(open_database(config.journal_path))
    offered(journal, "c1", AT)
    keys = [JournalEvent("c1", seq, AT + timedelta(seconds=seq), "turn.key", {"key": "1"}) for seq in (3, 4)]
    Spill(config.journal_path).append(keys)
    make_supervisor(config, None)._on_fallen(WORKER, NOBODY, {})
    kinds = [event.kind for event in journal.events("c1")]
    assert kinds[:4] == ["call.offered", "call.answered", "turn.key", "turn.key"]
    assert kinds[-1] == JournalKind.CALL_ENDED
    assert Spill(config.journal_path).empty


def test_what_a_line_spilled_before_it_was_killed_whole_is_read_at_its_next_start(config: Config) -> None:
    Spill(config.journal_path).append([JournalEvent("c1", 1, AT, JournalKind.CALL_OFFERED, {"pii_caller": ""})])
    assert module._tidy(config, None, None)
    assert [event.kind for event in Journal(open_database(config.journal_path)).events("c1")] == [
        JournalKind.CALL_OFFERED,
        JournalKind.CALL_ENDED,
    ]


@pytest.mark.rule("A12.25")
async def test_a_call_whose_spill_a_worker_has_when_another_falls_is_called_back_once_it_is_read(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIDY_AGAIN_S", 0.05)
    monkeypatch.setattr(module, "TIDY_AT_LEAST_EVERY_S", 0.1)
    journal = Journal(open_database(config.journal_path))
    elsewhere = Journal(open_database(config.line.data_dir / "elsewhere.db"))
    offered(elsewhere, "c1", datetime.now(UTC))
    spill = Spill(config.journal_path)
    spill.append(elsewhere.events("c1"))

    def takes(_records: Sequence[Record]) -> None:
        make_supervisor(config, None)._on_fallen(WORKER, NOBODY, {})  # does not wait for it
        assert not journal.of_kind(JournalKind.TASK_CREATED)
        raise InterruptedError  # the worker that has it can't put it in

    with contextlib.suppress(InterruptedError):
        spill.take(takes)
    offered(journal, "c2", datetime.now(UTC) + timedelta(seconds=1))
    await until(lambda: [event.call_id for event in journal.of_kind(JournalKind.CALL_ENDED)] == ["c1"])
    assert journal.open_calls() == ["c2"]
    assert [task.call_id for task in journal.of_kind(JournalKind.TASK_CREATED)] == ["c1"]
    assert len(Alarms(open_database(config.journal_path)).follow(0)) == 1


def test_a_clock_that_is_set_back_during_a_call_changes_no_order(tmp_path: Path) -> None:
    began = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    moments = itertools.chain([began, began + timedelta(seconds=5)], itertools.repeat(began - timedelta(hours=1)))
    writer = JournalWriter(tmp_path / "journal.db", now=lambda: next(moments))
    kinds = ["call.offered", "call.answered", "turn.key", "call.ended"]
    for kind in kinds:
        writer.append("c1", kind, {"worker": "worker-0"})
    assert writer.close(60.0)
    journal = Journal(open_database(tmp_path / "journal.db"))
    assert [(event.seq, event.kind) for event in journal.events("c1")] == list(enumerate(kinds, 1))
    assert journal.open_calls() == []


@pytest.mark.sip
def test_a_caller_whose_device_uses_one_call_id_for_ever_is_answered_each_time() -> None:
    """RFC 3261 8.1.1.4 wants a new one for each call; a request inside a call that is over is a stranger's (481)."""
    with LineProcess() as line, WirePhone(line.address) as phone:
        for _ in range(3):
            assert phone.invite(timeout_s=30.0).code == 200
            assert phone.bye(30.0) == 200
            phone.forget_dialog()
