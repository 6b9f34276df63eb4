"""The conversations about answers, on the packs of the line instead of the invented ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.answers.book import AnswerBook, book_of
from ivr.dialog.plan import Plan
from ivr.simulator.clock import START
from ivr.simulator.invented_answers import FakePost
from ivr.simulator.offices import fake_ports
from ivr.simulator.scenario import Scenario, load_scenario
from ivr.simulator.text import run_text
from ivr.store.shelf import Shelf

CALLS = sorted((Path(__file__).parent.parent / "calls").glob("answers-*.yaml"))
SCENARIOS = [scenario for scenario in map(load_scenario, CALLS) if scenario.facts.lookups == "work"]


@pytest.fixture(scope="module")
def packs_then(shelf: Shelf) -> AnswerBook:
    """The line's packs on the day of the invented calls."""
    return book_of(shelf, START.date)


@pytest.mark.parametrize("scenario", [pytest.param(scenario, id=scenario.name) for scenario in SCENARIOS])
def test_conversation_goes_as_written_on_the_packs(
    scenario: Scenario, plan: Plan, texts: dict[str, str], packs_then: AnswerBook
) -> None:
    sending = scenario.facts.sending
    ports = replace(
        fake_ports(),
        answers=packs_then,
        messenger=FakePost(takes=sending == "works") if sending != "none" else None,
    )
    run = run_text(scenario, plan, texts, ports=ports)
    assert not run.failures, "\n" + run.listing()
