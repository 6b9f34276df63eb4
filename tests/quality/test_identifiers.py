"""By what a person is found in calls: their number however it is written, an address, and nothing else."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ivr.quality.identifiers
from ivr.quality.identifiers import How, canonical, identifiers
from ivr.store.schema import JournalEvent

pytestmark = pytest.mark.rule("A23", "P67")

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


def events(*rows: tuple[str, dict[str, object]]) -> list[JournalEvent]:
    return [JournalEvent("c", seq, AT, kind, data) for seq, (kind, data) in enumerate(rows, 1)]


@pytest.mark.parametrize("text", ["+37061234567", "861234567", "061234567", "8 612 34 567", "00370 612 34567"])
def test_one_number_however_it_is_written(text: str) -> None:
    assert canonical(text) == "+37061234567"


@given(st.text(max_size=30))
def test_what_is_found_is_canonical_already(text: str) -> None:
    found = canonical(text)
    assert canonical(found) == found


def test_the_callers_number_and_what_was_left_in_the_call_are_told_apart() -> None:
    keyed: list[tuple[str, dict[str, object]]] = [("turn.key", {"pii_key": key}) for key in "860011122"]
    found = identifiers(
        events(
            ("call.offered", {"pii_caller": "+37061234567"}),
            ("turn.heard", {"pii_text": "perskambinkite mamai 8 698 76543 arba ona@pavyzdys.lt.", "grammar": "open"}),
            *keyed,
            ("task.created", {"type": "callback", "pii_caller": "+37061234567", "pii_reason": "byla 12-34"}),
            ("transfer.context", {"slots": {"pii_caller": "+37037123456"}, "summary": "nr. 061111111"}),
            ("answer.sent", {"pii_to": "Jonas@Pavyzdys.lt"}),
        )
    )
    assert found == {
        "+37061234567": How.CALLED,
        "+37069876543": How.NAMED,
        "ona@pavyzdys.lt": How.NAMED,
        "+37060011122": How.NAMED,
        "+37037123456": How.NAMED,
        "jonas@pavyzdys.lt": How.NAMED,
    }


def test_what_was_masked_identifies_nobody() -> None:
    assert identifiers(events(("call.offered", {"pii_caller": "•••"}), ("turn.key", {"key": "•••"}))) == {}


def test_the_examples_are_true() -> None:
    result = doctest.testmod(ivr.quality.identifiers)
    assert (result.failed, result.attempted) == (0, 4)
