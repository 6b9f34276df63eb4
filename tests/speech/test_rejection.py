"""The rule by which something is not understood."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.rejection import ACCEPTED_FROM, confidence, gap


@given(st.floats(-1000, 10), st.floats(0, 0.5), st.integers(1, 300))
def test_confidence_is_a_share_and_falls_with_the_gap(fits: float, worse: float, phrases: int) -> None:
    assert 0 <= confidence(fits - worse, phrases) <= confidence(fits, phrases) <= 1


@given(st.floats(-0.5, 0.2), st.integers(1, 300), st.floats(0, 0.2))
def test_a_stricter_rule_accepts_no_more(value: float, phrases: int, stricter: float) -> None:
    assert confidence(value, phrases, strictness=stricter) <= confidence(value, phrases)


def test_a_small_grammar_refuses_more_than_a_large_one() -> None:
    assert confidence(-0.16, 2) < ACCEPTED_FROM < confidence(-0.16, 20)


def test_the_gap_counts_per_frame_of_speech_and_a_click_is_not_judged_by_its_length() -> None:
    assert gap(100.0, 110.0, 1.0) == -0.1
    assert gap(100.0, 101.0, 0.01) == gap(100.0, 101.0, 0.1)
