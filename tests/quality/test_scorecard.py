"""The scorecard: the shipped one follows the procedure; an edited one is checked with its line."""

from __future__ import annotations

import pytest

from ivr.errors import PlanError
from ivr.paths import project_file
from ivr.quality.scorecard import Mark, load_scorecard
from tests.plugin_rules import load_rules

GOOD = """version: 2
criteria:
  greeting: {rule: A12.4, text: "Prisistatė"}
  right: {rule: A7.2, weight: 3, text: "Atsakė teisingai"}
  note: {rule: A12.13, text: "Užrašė", who: people}
"""


def test_the_shipped_card_names_rules_that_there_are() -> None:
    path = project_file("dialplans", "scorecard.yaml")
    card = load_scorecard(path.read_text(encoding="utf-8"), str(path))
    assert {one.rule for one in card.criteria.values()} <= set(load_rules())
    assert len(card.criteria) >= 15


def test_weights_count_and_what_does_not_apply_does_not() -> None:
    card = load_scorecard(GOOD, "card")
    assert card.score({"greeting": Mark.BAD, "right": Mark.GOOD}) == 75
    assert card.score({"greeting": Mark.BAD, "right": Mark.NOT_APPLICABLE}) == 0
    assert card.score({"greeting": Mark.NOT_APPLICABLE}) is None


def test_people_and_the_assistant_have_criteria_of_their_own() -> None:
    card = load_scorecard(GOOD, "card")
    assert set(card.of(0)) == {"greeting", "right"}
    assert set(card.of(7)) == {"greeting", "right", "note"}


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        ("rule: A12.4", 3),
        ("text: ", 3),
        ("version: 2", 1),
        ("weight: 3", 4),
        ("who: people", 5),
    ],
)
def test_a_slip_is_refused_with_its_line(harm: str, line: int) -> None:
    with pytest.raises(PlanError) as refusal:
        load_scorecard(GOOD.replace(harm, harm.replace(": ", ": -", 1).replace("text: -", "txt: ", 1), 1), "card.yaml")
    assert refusal.value.line == line
