"""The desk's demo: its invented office can be worked with, and its citizen's call goes to a person."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.commands.demo_desk import NAME, SCENARIO, invent_office
from ivr.config import load
from ivr.dialog.plan import Plan
from ivr.office.accounts import Accounts
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.people.staff import State
from ivr.people.tasks import TASK_KINDS, concerns, tasks_of
from ivr.privacy import Secret
from ivr.simulator.scenario import load_scenario
from ivr.simulator.text import run_text
from ivr.store.database import open_database
from ivr.store.journal import Journal

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_invented_office_opens_for_its_agent_who_is_ready_and_has_tasks(tmp_path: Path) -> None:
    path = tmp_path / "ivr.toml"
    path.write_text(f'[line]\ndata_dir = "{tmp_path}"\n', encoding="utf-8")
    config = load(path, {})
    password = Secret("mėlynas-dviratis-upėje")
    ona = invent_office(config, password, AT)
    database = open_office(config.office_path)
    assert Accounts(database, lambda: AT).sign_in(NAME, password)
    staff = Roster(database).staff()
    employee = staff.by_id(ona)
    assert employee is not None
    assert staff.presence[ona].state is State.READY
    tasks = tasks_of(Journal(open_database(config.journal_path)).of_kind(*TASK_KINDS), lambda at: at)
    assert sum(concerns(task, employee, staff, AT) for task in tasks) == 3
    assert any(task.overdue(AT) for task in tasks)


@pytest.mark.rule("A12.17.1")
def test_its_citizen_hears_an_answer_and_is_handed_over(plan: Plan, texts: dict[str, str]) -> None:
    run = run_text(load_scenario(SCENARIO), plan, texts)
    kinds = [entry.kind for entry in run.entries]
    assert "transfer.offered" in kinds
    assert kinds.index("answer.given") < kinds.index("transfer.offered")
