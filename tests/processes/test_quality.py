"""What the office does by itself for the quality unit: draws in time, an index that keeps up, a log that is watched."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.config import load
from ivr.errors import PlanError
from ivr.events import JournalKind
from ivr.office.audit import BROKEN, HEAD, Audit, Did
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.processes.preflight import read_scorecard
from ivr.processes.quality import _once, desk_of, seal_log
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from tests.quality.office import ONA, Unit

NOW = datetime(2026, 12, 2, 8, tzinfo=UTC)


def test_the_months_that_matter_are_drawn_once(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text('[line]\ndata_dir = "data"\n', encoding="utf-8")
    config = load(tmp_path / "ivr.toml", {})
    config.line.data_dir.mkdir()
    Roster(open_office(config.office_path)).add(ONA)
    unit = Unit(config.line.data_dir)
    for number in range(20):
        unit.call(at=datetime(2026, 11, 2 + number, 9, tzinfo=UTC), agent=ONA.id)
    desk = desk_of(config, lambda: NOW)
    for _ in range(3):
        _once(desk, NOW)
    drawn = unit.journal.of_kind(JournalKind.REVIEW_DRAWN)
    assert {event.data["employee"] for event in drawn} == {0, ONA.id}
    assert len({(event.call_id, event.data["employee"]) for event in drawn}) == len(drawn) >= 16


@pytest.mark.rule("X7")
def test_a_log_that_was_changed_is_an_alarm_once_and_gets_no_new_head(tmp_path: Path) -> None:
    alarms = Alarms(open_database(tmp_path / "journal.db"))
    audit = Audit(tmp_path / "audit.db", lambda: NOW)
    for subject in "abc":
        audit.write(1, "Ona", Did.PLAYED, subject, "mėnesio atranka")
    seal_log(audit, alarms, NOW)
    assert len(alarms.of_kind(HEAD)) == 1
    audit.db.execute("DROP TRIGGER entries_no_update")
    audit.db.execute("UPDATE entries SET subject = 'x' WHERE id = 2")
    audit.write(1, "Ona", Did.PLAYED, "d", "mėnesio atranka")
    for _ in range(3):
        seal_log(audit, alarms, NOW)
    assert len(alarms.of_kind(HEAD)) == 1
    (broken,) = alarms.of_kind(BROKEN)
    assert "entry 2" in broken.data["problem"]


def test_an_office_has_its_own_scorecard_or_is_told_what_is_wrong_with_it(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    (tmp_path / "ivr.toml").write_text(f'[line]\ndata_dir = "data"\nplan = "{plan}"\n', encoding="utf-8")
    config = load(tmp_path / "ivr.toml", {})
    assert len(read_scorecard(config.line.plan).criteria) > 10
    own = tmp_path / "scorecard.yaml"
    own.write_text('version: 1\ncriteria:\n  one: {rule: A12.4, text: "Prisistatė"}\n', encoding="utf-8")
    assert list(read_scorecard(config.line.plan).criteria) == ["one"]
    own.write_text("version: 1\ncriteria:\n  one: {rule: greeting}\n", encoding="utf-8")
    with pytest.raises(PlanError, match=r"scorecard\.yaml:3"):
        read_scorecard(config.line.plan)
