"""Which sentences are waited for in silence, and which behind a lead-in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.session.lead_in import PATIENCE_S, SHORT_S, SOON_S, LeadIns, first_clause_s

KOKORO, PIPER = 0.35, 0.06  # seconds of work for a second of speech


@pytest.mark.parametrize(
    ("text", "patience"),
    [
        ("Gerai.", PATIENCE_S),
        ("Taip, tai galima padaryti ir internetu.", PATIENCE_S),
        ("Tai galima padaryti ir internetu.", 0.0),
        ("2019-01-10, kaip sakiau.", 0.0),  # what is said counts, not what is written
        ("", PATIENCE_S),
    ],
)
def test_a_short_first_clause_is_waited_for_and_a_long_one_is_not(text: str, patience: float) -> None:
    assert LeadIns(KOKORO).patience_s(first_clause_s(text, "lt")) == patience


def test_a_voice_that_is_there_at_once_is_waited_for() -> None:
    assert LeadIns(PIPER).patience_s(1.8) == SOON_S < 0.15
    assert LeadIns(PIPER).patience_s(10.0) == 0.0


def test_a_voice_that_is_busy_gets_no_patience_until_it_is_fast_again() -> None:
    lead_ins = LeadIns(KOKORO)
    for _ in range(5):
        lead_ins.made(1.0, 1.5)
    assert lead_ins.patience_s(1.0) == 0.0
    for _ in range(8):
        lead_ins.made(1.0, 0.35)
    assert lead_ins.patience_s(1.0) == PATIENCE_S


def test_one_hiccup_is_not_remembered() -> None:
    lead_ins = LeadIns(KOKORO)
    lead_ins.made(0.5, 60.0)
    for _ in range(6):
        lead_ins.made(1.0, 0.35)
    assert lead_ins.patience_s(1.0) == PATIENCE_S


@given(st.floats(0.38, 30.0), st.floats(0.0, 5.0))
def test_silence_that_is_expected_to_last_is_short_clauses_only(speech_s: float, speed: float) -> None:
    patience = LeadIns(speed).patience_s(speech_s)
    assert patience <= SOON_S or (speech_s <= SHORT_S and speed * speech_s <= PATIENCE_S)
