"""Every conversation of tests/calls, as text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from ivr.dialog.plan import Plan
from ivr.simulator.scenario import Scenario, load_scenario
from ivr.simulator.text import run_text

CALLS = sorted((Path(__file__).parent.parent / "calls").glob("*.yaml"))
SCENARIOS = [load_scenario(path) for path in CALLS]


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(scenario, id=scenario.name, marks=[pytest.mark.rule(*scenario.rules)] if scenario.rules else [])
        for scenario in SCENARIOS
    ],
)
def test_conversation_goes_as_written(scenario: Scenario, plan: Plan, texts: dict[str, str]) -> None:
    run = run_text(scenario, plan, texts)
    assert not run.failures, "\n" + run.listing()


def test_files_are_named_as_their_scenarios_and_name_real_prompts(texts: dict[str, str]) -> None:
    for path, scenario in zip(CALLS, SCENARIOS, strict=True):
        assert path.stem == scenario.name
        assert set(scenario.prompts) <= set(texts), path


def test_nobody_hears_one_sentence_twice_in_a_row(plan: Plan, texts: dict[str, str]) -> None:
    # Said again on purpose only: the notice after hold.
    for scenario in SCENARIOS:
        played = run_text(scenario, plan, texts).prompts
        heard = [p.prompt or p.text for p in played if p.prompt != "notice.recorded"]
        assert all(a != b for a, b in pairwise(heard)), (scenario.name, heard)
