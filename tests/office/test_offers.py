"""Offers and the line of callers: one agent for one caller, a one-way street of states, places that are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.office.database import open_office
from ivr.office.offers import Offers, OfferState
from ivr.office.roster import Roster
from ivr.people.staff import Employee, Role

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def offers(tmp_path: Path) -> Offers:
    database = open_office(tmp_path / "office.db")
    roster = Roster(database)
    for number in (1, 2):
        roster.add(Employee(0, f"Agentė {number}", "Klausimai", frozenset({Role.AGENT}), extension=f"10{number}"))
    return Offers(database)


@pytest.mark.rule("A12.17.2")
def test_an_agent_has_one_caller_and_a_caller_one_agent(offers: Offers) -> None:
    first = offers.add("c1", 1, "skill", {"v": 1}, "Teiravosi.", AT)
    assert first is not None
    assert offers.add("c2", 1, "skill", {}, "", AT) is None
    assert offers.add("c1", 2, "skill", {}, "", AT) is None
    assert offers.set_state(first, OfferState.NO_ANSWER, AT)
    assert offers.add("c1", 2, "skill", {}, "", AT) is not None
    assert [one.employee for one in offers.of_call("c1")] == [1, 2]


def test_an_offer_goes_one_way(offers: Offers) -> None:
    offer = offers.add("c1", 1, "wanted", {"topic": "pensions"}, "Teiravosi.", AT) or 0
    current = offers.current_of(1)
    assert current is not None
    assert (current.call, current.because, current.context["topic"]) == ("c1", "wanted", "pensions")
    assert offers.set_state(offer, OfferState.ACCEPTED, AT)
    assert not offers.set_state(offer, OfferState.DECLINED, AT)
    assert offers.set_state(offer, OfferState.BRIDGED, AT)
    assert offers.set_state(offer, OfferState.ENDED, AT + timedelta(seconds=90), "agent_hung_up")
    assert not offers.set_state(offer, OfferState.BRIDGED, AT)
    assert offers.current_of(1) is None
    assert offers.handled_s() == [90.0]


@pytest.mark.rule("A12.13")
def test_the_agents_words_stay_with_the_offer(offers: Offers) -> None:
    offer = offers.add("c1", 1, "free", {}, "", AT) or 0
    assert offers.write_up(offer, "Paaiškinta.", "done")
    assert not offers.write_up(offer + 1, "", "")
    latest = offers.latest_of(1)
    assert latest is not None
    assert (latest.note, latest.disposition) == ("Paaiškinta.", "done")


def test_callers_keep_their_places_in_line(offers: Offers) -> None:
    offers.wait("late", "pensions", "lt", None, AT + timedelta(minutes=1))
    offers.wait("early", "", "en", 1, AT)
    offers.wait("early", "pensions", "lt", None, AT + timedelta(minutes=5))
    assert [(one.call, one.position) for one in offers.queue()] == [("early", 1), ("late", 2)]
    assert offers.leave("early")
    assert not offers.leave("early")
    assert [(one.call, one.position) for one in offers.queue()] == [("late", 1)]
