"""Opening, upgrading and refusing databases."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from ivr.errors import StoreError
from ivr.events import JournalKind
from ivr.store.database import open_database, writing
from ivr.store.journal import Journal
from ivr.store.migrations import STEPS

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = [step.name for step in STEPS.pending(Database(memory=True))]
DOCUMENT = Path(__file__).parents[2] / "docs" / "journal.md"


def made_by_version(path: Path, steps: int) -> None:
    """A database as the code had it when it knew so many steps, with one event."""
    database = Database(path)
    STEPS.apply(database, stop_before=NAMES[steps] if steps < len(NAMES) else None)
    database.table("events").insert(
        {"call_id": "old", "seq": 1, "at": "2020-01-01T00:00:00.000Z", "kind": "call.offered", "data": "{}"}
    )
    database.close()


def test_steps_are_numbered_without_a_hole() -> None:
    assert [int(name[:3]) for name in NAMES] == list(range(1, len(NAMES) + 1))


@pytest.mark.parametrize("steps", range(1, len(NAMES) + 1))
def test_an_older_database_is_upgraded_and_keeps_its_data(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "journal.db"
    made_by_version(path, steps)
    journal = Journal(open_database(path))
    assert [call.call_id for call in journal.calls()] == ["old"]
    assert journal.append("old", "call.ended", {}, NOW) == 2
    # Each step once, whatever was there before.
    assert [step.name for step in STEPS.applied(Database(path))] == NAMES


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    open_database(path).close()
    before = Database(path).execute("SELECT name, applied_at FROM _sqlite_migrations").fetchall()
    open_database(path).close()
    assert Database(path).execute("SELECT name, applied_at FROM _sqlite_migrations").fetchall() == before


def test_processes_that_open_a_new_database_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    faults: list[Exception] = []
    together = threading.Barrier(6)

    def start() -> None:
        together.wait(10)
        try:
            open_database(path).close()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert faults == []


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    made_by_version(path, 1)
    Database(path).execute("CREATE TABLE alarms (in_the_way)")
    with pytest.raises(StoreError, match="alarms already exists"):
        open_database(path)
    left = Database(path)
    assert [step.name for step in STEPS.applied(left)] == NAMES[:1]
    assert left.execute("SELECT count(*) FROM events").fetchone()[0] == 1


def test_a_database_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    open_database(path).close()
    Database(path).execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('journal', '999_future', 'then')"
    )
    with pytest.raises(StoreError, match=r"newer version of this program \(step 999_future\)") as refused:
        open_database(path)
    assert "Install that version" in refused.value.remedy


def test_a_reader_does_not_make_a_journal_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no journal here") as refused:
        open_database(tmp_path / "none.db", create=False)
    assert "--config" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("prepare", "remedy"),
    [
        (lambda path: path.write_bytes(b"no database at all " * 100), "Move the file away"),
        (lambda path: path.mkdir(), "See that the folder exists"),
    ],
)
def test_what_is_no_database_is_refused_with_a_remedy(tmp_path: Path, prepare: object, remedy: str) -> None:
    path = tmp_path / "journal.db"
    prepare(path)  # type: ignore[operator]
    with pytest.raises(StoreError) as refused:
        open_database(path)
    assert str(path) in str(refused.value)
    assert remedy in refused.value.remedy


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(StoreError, match="can't be used"):
        open_database(tmp_path / "var" / "journal.db")


def test_a_lock_that_is_not_given_back_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(open_database(path, busy_s=0.01))
    blocker = sqlite3.connect(path)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as refused:
        journal.append("a", "call.offered", {}, NOW)
    assert "End the program" in refused.value.remedy
    blocker.rollback()
    assert journal.append("a", "call.offered", {}, NOW) == 1


def test_half_a_transaction_is_none(tmp_path: Path) -> None:
    database = open_database(tmp_path / "journal.db")

    def interrupted() -> None:
        with writing(database):
            database.conn.execute("INSERT INTO alarms (at, kind, data) VALUES ('', 'x', '{}')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert database.execute("SELECT count(*) FROM alarms").fetchone()[0] == 0


def test_a_transaction_within_another_is_part_of_it(tmp_path: Path) -> None:
    database = open_database(tmp_path / "journal.db")

    def alarm() -> None:
        with writing(database):
            database.conn.execute("INSERT INTO alarms (at, kind, data) VALUES ('', 'x', '{}')")

    def interrupted() -> None:
        with writing(database):
            alarm()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert database.execute("SELECT count(*) FROM alarms").fetchone()[0] == 0
    with writing(database):
        alarm()
        alarm()
    assert not database.conn.in_transaction
    assert database.execute("SELECT count(*) FROM alarms").fetchone()[0] == 2


def test_the_document_names_the_kinds_that_the_code_knows() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text.split("## Kinds of events")[1].split("## Kinds of alarms")[0]
    kinds = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert kinds == [kind.value for kind in JournalKind]
