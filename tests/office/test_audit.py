"""The audit log: whatever is changed in it, taken out of it or cut off it is found (X7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.office.audit import BROKEN, HEAD, Audit, Did, check_heads, keep_head
from ivr.office.audit_watch import Watchman
from ivr.store.alarms import Alarm, Alarms
from ivr.store.database import open_database

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)

pytestmark = pytest.mark.rule("X7", "P67")


@pytest.fixture
def log(tmp_path: Path) -> Audit:
    log = Audit(tmp_path / "audit.db", lambda: AT)
    for number in range(5):
        log.write(1, "Ona Petraitienė", Did.PLAYED, f"call-{number}", "mėnesio atranka")
    return log


def harm(log: Audit, change: str) -> None:
    """As somebody with the file in hands: without the triggers."""
    log.db.execute("DROP TRIGGER entries_no_update")
    log.db.execute("DROP TRIGGER entries_no_delete")
    log.db.execute(change)


def test_an_untouched_log_is_whole(log: Audit) -> None:
    assert list(log.verify()) == []
    entry = log.read()[0]
    assert (entry.name, entry.act, entry.subject, entry.purpose) == (
        "Ona Petraitienė",
        "played",
        "call-4",
        "mėnesio atranka",
    )


@pytest.mark.parametrize("column", ["at", "who", "name", "act", "subject", "purpose", "hash"])
def test_every_changed_field_is_found(log: Audit, column: str) -> None:
    harm(log, f"UPDATE entries SET {column} = '7' WHERE id = 3")
    assert any("entry 3" in fault for fault in log.verify())


def test_an_entry_that_was_taken_out_is_found(log: Audit) -> None:
    harm(log, "DELETE FROM entries WHERE id = 2")
    assert any("missing" in fault for fault in log.verify())


def test_an_end_that_was_cut_off_is_found_by_what_the_alarms_hold(log: Audit, tmp_path: Path) -> None:
    alarms = Alarms(open_database(tmp_path / "journal.db"))
    keep_head(log, alarms, AT)
    keep_head(log, alarms, AT)
    assert list(check_heads(log, alarms.of_kind(HEAD))) == []
    assert len(alarms.of_kind(HEAD)) == 1
    harm(log, "DELETE FROM entries WHERE id = 5")
    assert list(log.verify()) == []
    assert any("cut off" in fault for fault in check_heads(log, alarms.of_kind(HEAD)))


def test_a_log_that_was_written_anew_is_found(log: Audit, tmp_path: Path) -> None:
    alarms = Alarms(open_database(tmp_path / "journal.db"))
    keep_head(log, alarms, AT)
    harm(log, "DELETE FROM entries")
    for number in range(5):
        log.write(1, "Ona Petraitienė", Did.PLAYED, f"other-{number}", "mėnesio atranka")
    assert list(log.verify()) == []
    assert list(check_heads(log, alarms.of_kind(HEAD))) != []


@pytest.mark.parametrize("change", ["UPDATE entries SET purpose = 'x'", "DELETE FROM entries"])
def test_the_file_itself_refuses_changes(log: Audit, change: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        log.db.execute(change)


class Looks:
    """A watchman with a clock to turn, and how many entries each of his looks read."""

    def __init__(self, log: Audit) -> None:
        self.log, self.now, self.read = log, AT, list[int]()
        self.watchman = Watchman(lambda: self.now)
        self.alarmed: list[Alarm] = []

    def faults(self, *, anew: bool = False) -> tuple[str, ...]:
        self.now += timedelta(hours=1)
        statements: list[str] = []
        self.log.db.conn.set_trace_callback(statements.append)
        found = self.watchman.look(self.log, [], self.alarmed, anew=anew).faults
        self.log.db.conn.set_trace_callback(None)
        (chain,) = [one for one in statements if "ORDER BY id" in one and "id >" in one]
        self.read.append(int(chain.partition("id > ")[2].split()[0]))
        return found


def test_what_was_verified_is_not_read_again_but_by_button(log: Audit) -> None:
    looks = Looks(log)
    assert looks.faults() == ()
    log.write(1, "Ona", Did.OPENED, "call-9")
    for anew in (False, False, True, False):
        assert looks.faults(anew=anew) == ()
    assert looks.read == [0, 5, 6, 0, 6]


def test_a_change_by_anybody_else_is_found_at_the_very_next_look(log: Audit, tmp_path: Path) -> None:
    looks = Looks(log)
    assert looks.faults() == ()
    other = Audit(tmp_path / "audit.db", lambda: AT)
    harm(other, "UPDATE entries SET purpose = 'kita' WHERE id = 2")
    other.db.conn.commit()
    assert any("entry 2" in fault for fault in looks.faults())
    assert any("entry 2" in fault for fault in looks.faults())  # and stays found


@pytest.mark.parametrize("change", ["DELETE FROM entries WHERE id >= 4", "UPDATE entries SET hash = '' WHERE id = 5"])
def test_an_end_that_was_verified_must_still_be_there(log: Audit, change: str) -> None:
    looks = Looks(log)
    assert looks.faults() == ()
    harm(log, change)
    assert looks.faults() != ()


def test_an_alarm_of_the_nightly_look_has_all_of_it_verified(log: Audit) -> None:
    looks = Looks(log)
    assert looks.faults() == ()
    looks.alarmed = [Alarm(looks.now, BROKEN, {"problem": "entry 2"})]
    looks.faults()
    looks.faults()
    assert looks.read == [0, 0, 5]
