"""The rule by which something is not understood, and how a model's least gaps are found and kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import ModelError
from ivr.events import Grammar
from ivr.speech.calibration import FEWEST, Heard, calibrate
from ivr.speech.evaluation import Line
from ivr.speech.models import read_rejection, rejection_file, write_rejection
from ivr.speech.ports import Evidence, HeardText
from ivr.speech.rejection import ACCEPTED_FROM, Rejection, gap

GAPS = st.floats(-0.5, 0.2)
RULES = st.builds(Rejection, st.floats(-0.4, 0.0), st.floats(-0.4, 0.0))
SIZES = st.integers(1, 300)


@given(RULES, st.floats(-1000, 10), st.floats(0, 0.5), SIZES)
def test_confidence_is_a_share_and_falls_with_the_gap(rule: Rejection, fits: float, worse: float, phrases: int) -> None:
    assert 0 <= rule.confidence(fits - worse, phrases) <= rule.confidence(fits, phrases) <= 1


@given(RULES, GAPS, SIZES)
def test_accepted_is_what_reaches_the_least_gap(rule: Rejection, value: float, phrases: int) -> None:
    if abs(value - rule.least_gap(phrases)) > 1e-6:
        assert (rule.confidence(value, phrases) >= ACCEPTED_FROM) is (value > rule.least_gap(phrases))


def test_a_small_grammar_may_refuse_more_than_a_large_one() -> None:
    rule = Rejection(least_gap_small=-0.1, least_gap_large=-0.2)
    assert rule.confidence(-0.15, 8) < ACCEPTED_FROM < rule.confidence(-0.15, 9)


def test_the_gap_counts_per_frame_of_speech_and_a_click_is_not_judged_by_its_length() -> None:
    assert gap(100.0, 110.0, 1.0) == -0.1
    assert gap(100.0, 101.0, 0.01) == gap(100.0, 101.0, 0.1)


def heard(text: str, value: float | None, phrases: int = 2) -> Heard:
    """A line that says ``text`` (empty: foreign speech) and was heard as "taip" with this gap (None: no voice)."""
    line = Line(1, Path("x.wav"), text, Grammar("list", tuple(f"w{n}" for n in range(phrases))), "")
    turns = () if value is None else (HeardText("", evidence=Evidence("taip", value, phrases)),)
    return Heard(line, turns, 0.0, 1.0)


def test_calibration_is_as_strict_as_the_answers_allow() -> None:
    known = [heard("taip", -0.001 * number) for number in range(100)]  # 0 … -0.099
    foreign = [heard("", -0.2)] * 3 + [heard("", -0.01)]
    found = calibrate([*known, *foreign], share=0.02, small=True)
    assert (found.known, found.foreign, found.least_gap) == (100, 4, -0.1)
    (point,) = [point for point in found.curve if point.least_gap == -0.1]
    assert (point.false_rejection, point.rejected_foreign) == (0.0, 0.75)
    assert calibrate([*known, *foreign], share=0.10, small=True).least_gap == -0.09


@settings(deadline=None)
@given(st.lists(GAPS, min_size=FEWEST, max_size=60), st.floats(0, 0.2))
def test_calibration_never_loses_more_than_it_may(gaps: list[float], share: float) -> None:
    found = calibrate([heard("taip", value) for value in gaps], share=share, small=True)
    lost = {point.least_gap: point.false_rejection for point in found.curve}
    at_best = min(value for value in lost.values() if value is not None)
    assert found.least_gap is not None
    assert (lost[found.least_gap] or 0.0) <= max(share, at_best)


def test_what_was_never_heard_is_lost_at_any_gap_and_moves_none() -> None:
    rows = [heard("taip", -0.05)] * 90 + [heard("taip", None)] * 10
    found = calibrate(rows, share=0.02, small=True)
    assert found.least_gap == -0.05
    assert {point.false_rejection for point in found.curve if point.least_gap <= -0.05} == {0.1}


def test_each_size_of_grammar_is_calibrated_by_its_own_lines() -> None:
    rows = [heard("taip", -0.05, phrases=8)] * FEWEST + [heard("taip", -0.15, phrases=9)] * (FEWEST - 1)
    assert calibrate(rows, share=0.0, small=True).least_gap == -0.05
    assert calibrate(rows, share=0.0, small=False).least_gap is None  # too few to say


def test_a_calibration_is_kept_beside_the_model(tmp_path: Path) -> None:
    assert read_rejection(tmp_path) == Rejection()
    rule = Rejection(-0.11, -0.17)
    assert write_rejection(tmp_path, rule) == rejection_file(tmp_path)
    assert read_rejection(tmp_path) == rule


@pytest.mark.parametrize("content", ["least_gap_small = ", "least_gap = -0.1", 'least_gap_small = "much"'])
def test_a_spoilt_calibration_names_its_file(tmp_path: Path, content: str) -> None:
    rejection_file(tmp_path).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"rejection\.toml.*asr calibrate"):
        read_rejection(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't be written"):
        write_rejection(tmp_path / "nowhere", Rejection())
