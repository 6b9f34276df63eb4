"""An employee whom the caller names."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog.facts import Facts
from ivr.dialog.plan import Plan
from ivr.dialog.ports import Employee
from ivr.events import Say
from tests.dialog.shell import StrictShell

AT = datetime(2025, 7, 1, 11, 0, tzinfo=ZoneInfo("Europe/Vilnius"))


@pytest.mark.rule("A12.18")
def test_the_return_is_told_on_the_offices_clock_whatever_clock_the_directory_has(plan: Plan) -> None:
    shell = StrictShell(plan.model_copy(update={"start": "employee_found"}), Facts(agent_available=True, at=AT))
    shell.answer()
    returns = datetime(2025, 7, 2, 6, 0, tzinfo=UTC)  # nine o'clock in Vilnius
    shell.consult((Employee("Ona Petraitienė", "", "sip:1@x", present=False, returns=returns),))
    told = [prompt.text for act in shell.actions if isinstance(act, Say) for prompt in act.prompts if prompt.text]
    assert "Rytoj, trečiadienį, devintą valandą." in told
