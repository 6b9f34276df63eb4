"""What the line says about itself is what it does: hours as in the dial plan, terms as in the order."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ivr.knowledge.facts import mentions
from ivr.store.shelf import read_shelf

DIALPLANS = Path("dialplans")
LINE = {
    one.entry.id: one.entry
    for one in read_shelf(DIALPLANS, sorted((DIALPLANS / "knowledge" / "linija").glob("*.yaml"))).placed
}


def spoken(entry: str) -> set[str]:
    return {mention.fact for _, text in LINE[entry].spoken() for mention in mentions(text)}


def test_the_hours_told_are_those_of_the_dial_plan() -> None:
    days = yaml.safe_load((DIALPLANS / "1883.yaml").read_text(encoding="utf-8"))["hours"]["days"]
    clock = [int(part) for hours in days.values() for time in hours.split("-") for part in time.split(":")]
    told = {int(fact.split()[0]) for fact in spoken("darbo_laikas")}
    assert told == {number for number in clock if number}


def test_callers_are_told_of_four_digits_and_three_questions() -> None:
    assert spoken("tapatybe_kaip") == {"4", "3"}


def test_callers_are_told_how_many_recordings_are_heard_a_month() -> None:
    assert "8" in spoken("irasu_perklausa")


@pytest.mark.parametrize("entry", ["skambucio_kaina", "irasu_saugojimas"])
def test_what_the_order_does_not_say_is_not_invented(entry: str) -> None:
    assert not LINE[entry].answered
    assert not LINE[entry].facts
    assert not spoken(entry)
