"""Whatever happens to the database, a call never waits and its events are somewhere, once."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ivr.errors import StoreError
from ivr.store.alarms import Alarms
from ivr.store.database import StoreDatabase, open_database
from ivr.store.journal import Journal
from ivr.store.schema import JournalEvent
from ivr.store.spill import Spill
from ivr.store.writer import JournalWriter, WriterState

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NUMBER = "+37061234567"
LONG_S = 3600.0


class Line:
    """A writer, where its events went, and what it said on standard error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stderr = io.StringIO()
        self.states: list[WriterState] = []
        self.changed = threading.Condition()
        self._writers: list[JournalWriter] = []

    def writer(self, **options: Any) -> JournalWriter:
        defaults: dict[str, Any] = {"now": lambda: NOW, "busy_s": 0.01, "retry_s": LONG_S, "max_retry_s": LONG_S}
        writer = JournalWriter(self.path, on_state=self._on_state, stderr=self.stderr, **(defaults | options))
        self._writers.append(writer)
        return writer

    def _on_state(self, state: WriterState, _reason: str) -> None:
        with self.changed:
            self.states.append(state)
            self.changed.notify_all()

    def wait_for(self, state: WriterState) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: bool(self.states) and self.states[-1] is state, 10)

    def stored(self, call_id: str = "a") -> list[tuple[int, str]]:
        database = open_database(self.path)
        try:
            return [(event.seq, event.kind) for event in Journal(database).events(call_id)]
        finally:
            database.close()

    def alarms(self) -> list[str]:
        return [alarm.kind for alarm in Alarms(open_database(self.path)).follow(0)]

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stderr.getvalue().splitlines()]

    @property
    def spill(self) -> Path:
        return Spill(self.path).path

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path / "var" / "journal.db")
    yield line
    line.close()


def test_events_are_numbered_at_once_and_stored_in_order(line: Line) -> None:
    writer = line.writer()
    first = writer.append("a", "call.offered", {"pii_caller": NUMBER})
    assert first == JournalEvent("a", 1, NOW, "call.offered", {"pii_caller": NUMBER})
    assert [writer.append("a", f"k.{n}").seq for n in range(2, 701)] == list(range(2, 701))
    assert writer.append("b", "call.offered").seq == 1
    assert writer.flush()
    assert line.stored() == [(1, "call.offered"), *((n, f"k.{n}") for n in range(2, 701))]
    assert writer.state is WriterState.OK
    assert line.said() == []


def test_what_was_appended_before_the_end_is_stored(line: Line) -> None:
    writer = line.writer()
    for _ in range(100):
        writer.append("a", "turn.key")
    assert writer.close()
    assert len(line.stored()) == 100


def test_threads_get_numbers_of_their_own(line: Line) -> None:
    writer = line.writer()
    threads = [threading.Thread(target=lambda: [writer.append("a", "turn.key") for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.flush()
    assert [seq for seq, _ in line.stored()] == list(range(1, 801))


def test_appending_does_not_wait_for_a_stuck_database(line: Line) -> None:
    stuck, free = threading.Event(), threading.Event()

    def slow(path: Path, **options: Any) -> StoreDatabase:
        stuck.set()
        free.wait(30)
        return open_database(path, **options)

    writer = line.writer(opener=slow, limit=100)
    events = [writer.append("a", "turn.key", {"pii_x": NUMBER})]
    assert stuck.wait(30)  # its thread holds the first event and nothing else
    events += [writer.append("a", "turn.key", {"pii_x": NUMBER}) for _ in range(149)]
    assert [event.seq for event in events] == list(range(1, 151))
    assert not writer.flush(0.0)
    free.set()
    assert writer.flush()
    # The queue held what it may; the rest was said aloud, and nothing is in neither place.
    said = [each["seq"] for each in line.said()]
    assert len(said) >= 49
    assert sorted([*said, *(seq for seq, _ in line.stored())]) == list(range(1, 151))


def test_a_deleted_database_is_made_anew_with_the_whole_call(line: Line) -> None:
    writer = line.writer()
    writer.append("a", "call.offered", {"pii_caller": NUMBER})
    writer.append("a", "call.answered")
    assert writer.flush()
    for file in line.path.parent.iterdir():
        file.unlink()
    writer.append("a", "call.ended")
    assert writer.flush()
    assert line.stored() == [(1, "call.offered"), (2, "call.answered"), (3, "call.ended")]
    assert line.alarms() == ["journal.lost", "journal.recovered"]
    assert not line.spill.exists()


def test_a_database_deleted_after_the_last_event_is_made_anew_at_the_end(line: Line) -> None:
    writer = line.writer()
    writer.append("a", "call.offered")
    assert writer.flush()
    line.path.unlink()
    assert writer.close()
    assert line.stored() == [(1, "call.offered")]


def test_another_file_in_its_place_is_noticed_and_left_alone(line: Line) -> None:
    writer = line.writer()
    writer.append("a", "call.offered")
    assert writer.flush()
    garbage = line.path.with_name("garbage")
    garbage.write_bytes(b"not a database " * 1000)
    garbage.replace(line.path)
    for suffix in ("-wal", "-shm"):
        line.path.with_name(line.path.name + suffix).unlink()
    writer.append("a", "call.answered")
    assert writer.flush()
    assert writer.state is WriterState.SPILLING
    assert line.path.read_bytes() == b"not a database " * 1000
    kinds = [json.loads(text)["kind"] for text in line.spill.read_text().splitlines()]
    assert kinds == ["call.answered", "journal.lost"]
    line.path.unlink()  # what the operator is told to do
    assert writer.close()
    assert line.stored() == [(1, "call.offered"), (2, "call.answered")]
    assert not line.spill.exists()


def test_an_empty_file_in_its_place_becomes_the_journal_again(line: Line) -> None:
    writer = line.writer()
    writer.append("a", "call.offered")
    assert writer.flush()
    empty = line.path.with_name("empty")
    empty.touch()
    empty.replace(line.path)
    writer.append("a", "call.ended")
    assert writer.close()
    assert line.stored() == [(1, "call.offered"), (2, "call.ended")]


def test_a_locked_database_spills_and_is_caught_up_by_itself(line: Line) -> None:
    writer = line.writer(retry_s=0.01, max_retry_s=0.01)
    writer.append("a", "call.offered", {"pii_caller": NUMBER})
    assert writer.flush()
    blocker = sqlite3.connect(line.path)
    blocker.execute("BEGIN IMMEDIATE")
    writer.append("a", "call.answered")
    writer.append("a", "turn.heard", {"text": "taip\u2028ne"})
    assert line.wait_for(WriterState.SPILLING)
    assert writer.flush()
    assert len(line.spill.read_text().split("\n")) == 4  # two events, one alarm, the last line's end
    blocker.rollback()
    assert line.wait_for(WriterState.OK)
    assert writer.flush()
    assert line.stored() == [(1, "call.offered"), (2, "call.answered"), (3, "turn.heard")]
    assert not line.spill.exists()
    assert line.said() == []


def test_a_full_database_spills(line: Line) -> None:
    full = threading.Event()
    full.set()

    def opener(path: Path, **options: Any) -> StoreDatabase:
        database = open_database(path, **options)
        if full.is_set():
            database.conn.execute("PRAGMA max_page_count = 1")  # SQLite's own "database or disk is full"
        return database

    writer = line.writer(opener=opener)
    for number in range(200):
        writer.append("a", "turn.said", {"text": "x" * 500, "n": number})
    assert writer.flush()
    assert writer.state is WriterState.SPILLING
    full.clear()
    assert writer.close()
    assert [seq for seq, _ in line.stored()] == list(range(1, 201))


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KiB; only where the tests may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_on_standard_error_and_made_up_for_later(tiny_disk: Path) -> None:
    line = Line(tiny_disk / "journal.db")
    writer = line.writer()
    writer.append("a", "call.offered", {"pii_caller": NUMBER})
    assert writer.flush()
    ballast = tiny_disk / "ballast"
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4096"], capture_output=True, check=False)
    for number in range(60):
        writer.append("a", "turn.said", {"text": "x" * 400, "n": number, "pii_caller": NUMBER})
        assert writer.flush()
    assert writer.state is WriterState.STDERR
    unwritten = [each for each in line.said() if each["event"] == "journal.unwritten"]
    assert unwritten
    assert NUMBER not in line.stderr.getvalue()
    ballast.unlink()
    assert writer.close()
    assert [seq for seq, _ in line.stored()] == list(range(1, 62))


def test_without_database_and_spill_events_are_said_with_personal_data_masked(line: Line) -> None:
    line.path.parent.mkdir()
    line.path.mkdir()  # neither can be opened, whoever runs the tests
    line.spill.mkdir()
    writer = line.writer()
    writer.append("a", "call.offered", {"pii_caller": NUMBER, "called": "1883"})
    assert writer.flush()
    assert writer.state is WriterState.STDERR
    said = line.said()[0]
    assert (said["event"], said["call"], said["seq"], said["kind"]) == ("journal.unwritten", "a", 1, "call.offered")
    assert said["data"] == {"pii_caller": "•••567", "called": "1883"}
    assert str(line.path) in said["reason"]
    line.path.rmdir()
    line.spill.rmdir()
    assert writer.close()
    assert line.stored() == [(1, "call.offered")]


def test_a_missing_standard_error_ends_nothing(line: Line) -> None:
    line.path.parent.write_text("a file where the folder should be")
    line.stderr.close()
    writer = line.writer()
    assert writer.append("a", "call.offered").seq == 1
    assert writer.flush()
    assert writer.append("a", "call.ended").seq == 2


def test_a_read_only_folder_is_lived_with_and_caught_up(line: Line) -> None:
    line.path.parent.mkdir(mode=0o500)
    try:
        if os.access(line.path.parent, os.W_OK):
            pytest.skip("this user may write everywhere")
        writer = line.writer()
        writer.append("a", "call.offered")
        assert writer.flush()
        assert writer.state is WriterState.STDERR
        assert [each["kind"] for each in line.said()] == ["call.offered", "journal.lost"]
    finally:
        line.path.parent.chmod(0o700)
    assert writer.close()
    assert line.stored() == [(1, "call.offered")]


def test_the_spill_of_a_killed_process_is_read_by_the_next_one_once(line: Line) -> None:
    database = open_database(line.path)
    Journal(database).append("a", "call.offered", {}, NOW)
    database.close()
    spill = Spill(line.path)
    spill.append([JournalEvent("a", 1, NOW, "call.offered", {}), JournalEvent("a", 2, NOW, "call.ended", {"x": 1})])
    with line.spill.open("a") as file:
        file.write('{"call_id": "a", "se')
    writer = line.writer()
    writer.append("b", "call.offered")
    assert writer.close()
    assert line.stored() == [(1, "call.offered"), (2, "call.ended")]
    assert not line.spill.exists()
    assert [(each["event"], each["lines"]) for each in line.said()] == [("journal.spill_unreadable", 1)]


def test_a_number_that_another_process_took_loses_nothing(line: Line) -> None:
    writer = line.writer()
    writer.append("a", "call.offered")
    assert writer.flush()
    database = open_database(line.path)
    assert Journal(database).append("a", "task.done", {"by": "office"}, NOW) == 2
    writer.append("a", "call.ended")
    assert writer.close()
    assert line.stored() == [(1, "call.offered"), (2, "task.done"), (3, "call.ended")]


def test_a_record_that_the_database_refuses_does_not_stop_the_others(line: Line) -> None:
    writer = line.writer()
    writer.append("", "call.offered")
    writer.append("a", "call.offered")
    assert writer.flush()
    assert line.stored() == [(1, "call.offered")]
    assert writer.state is WriterState.OK
    assert [each["call"] for each in line.said()] == [""]


def test_a_fault_of_our_own_does_not_end_the_writer(line: Line) -> None:
    faults = iter([RuntimeError("surprise")])

    def opener(path: Path, **options: Any) -> StoreDatabase:
        for fault in faults:
            raise fault
        return open_database(path, **options)

    writer = line.writer(opener=opener)
    writer.append("a", "call.offered")
    assert writer.flush()
    assert [each["reason"] for each in line.said()] == ["RuntimeError('surprise')"]
    writer.append("a", "call.ended")
    assert writer.flush()
    assert (2, "call.ended") in line.stored()


def test_after_the_end_events_are_still_said(line: Line) -> None:
    writer = line.writer()
    assert writer.close()
    writer.append("a", "call.ended")
    assert [each["kind"] for each in line.said()] == ["call.ended"]
    assert writer.flush()
    assert writer.close()


def test_a_newer_database_is_not_written_to(line: Line) -> None:
    def newer(path: Path, **_options: Any) -> StoreDatabase:
        raise StoreError(path, "was made by a newer version", "Install that version again")

    line.path.parent.mkdir()
    writer = line.writer(opener=newer)
    writer.append("a", "call.offered")
    assert writer.flush()
    assert writer.state is WriterState.SPILLING


def test_attempts_become_rarer(line: Line) -> None:
    attempts: list[float] = []
    enough = threading.Event()

    def never(path: Path, **_options: Any) -> StoreDatabase:
        attempts.append(time.monotonic())
        if len(attempts) == 6:
            enough.set()
        raise sqlite3.OperationalError("disk I/O error")

    line.writer(opener=never, retry_s=0.01, max_retry_s=0.04).append("a", "call.offered")
    assert enough.wait(10)
    # The first two follow at once; then the pause grows, and load can only make a pause longer.
    assert attempts[5] - attempts[1] >= 0.01 + 0.02 + 0.04 + 0.04


APPENDER = """
import sys
from pathlib import Path
from ivr.store.writer import JournalWriter
writer = JournalWriter(Path(sys.argv[1]))
for number in range(1, 1_000_000):
    writer.append("a", "turn.key", {"n": number})
    if number % 20 == 0:
        writer.flush()
        print(number, flush=True)
"""


def test_kill_9_loses_nothing_that_was_flushed(line: Line, started: Callable[..., subprocess.Popen[str]]) -> None:
    process = started(APPENDER, line.path)
    assert process.stdout is not None
    flushed = 0
    while flushed < 200:
        flushed = int(process.stdout.readline())
    process.kill()
    process.wait()
    sequence = [seq for seq, _ in line.stored()]
    assert len(sequence) >= flushed
    assert sequence == list(range(1, len(sequence) + 1))


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python code as a process of its own; ends it with the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_what_waits_for_a_lock_is_where_no_kill_takes_it(tmp_path: Path) -> None:
    """Its effect may be heard already; nothing is wrong with the database, so nobody is alarmed."""
    line = Line(tmp_path / "journal.db")
    writer = line.writer(busy_s=60.0)
    writer.append("a", "call.offered")
    assert writer.flush(60.0)
    other = sqlite3.connect(line.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer.append("a", "turn.key", {"key": "1"})
    until = time.monotonic() + 60.0
    while not (line.spill.exists() and line.spill.read_text(encoding="utf-8").endswith("\n")):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert [json.loads(text)["kind"] for text in line.spill.read_text(encoding="utf-8").splitlines()] == ["turn.key"]
    assert line.stored() == [(1, "call.offered")]
    other.execute("ROLLBACK")
    assert writer.flush(60.0)
    assert line.stored() == [(1, "call.offered"), (2, "turn.key")]
    assert not line.spill.exists()
    assert (line.states, line.alarms(), line.said()) == ([], [], [])
    line.close()
    other.close()
