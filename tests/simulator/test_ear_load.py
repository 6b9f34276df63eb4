"""The bench takes from a caller's wait the silence that ended the turn, and no more."""

from __future__ import annotations

import pytest

from ivr.simulator.ear_load import rule_s
from ivr.speech.ports import HeardText


@pytest.mark.parametrize(
    ("silence", "expected"),
    [(0.384, 0.4), (0.424, 0.4), (0.48, 0.5), (0.552, 0.5), (0.672, 0.7), (0.74, 0.7), (0.25, 0.282)],
)
def test_the_rule_is_the_longest_silence_that_had_passed(silence: float, expected: float) -> None:
    heard = HeardText("taip", ended_s=3.0, decided_s=3.0 + silence)
    assert rule_s(heard, 0.7) == pytest.approx(expected)
