"""A quiet caller's turn is lifted as a whole, a loud one is left alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.speech.lift import HEARD_S, MOST, QUIET_DBFS, Lift, active_level, factor

Samples = npt.NDArray[np.int16]


def turn(level_dbfs: float, seconds: float = 2.0) -> Samples:
    """0.4 s of nothing, then a tone of that level."""
    wave = np.sin(np.arange(round(seconds * 8000)) * 2 * np.pi * 200 / 8000)
    sound = 32768 * 10 ** (level_dbfs / 20) * np.sqrt(2) * wave
    return np.concatenate((np.zeros(3200), np.clip(np.rint(sound), -32768, 32767))).astype(np.int16)


def lifted(lift: Lift, sound: Samples, size: int = 160) -> Samples:
    pieces = [lift.accept(sound[at : at + size]) for at in range(0, len(sound), size)]
    return np.concatenate((*pieces, lift.flush()))


@pytest.mark.parametrize(("level", "after"), [(-45, -27), (-50, -32), (-38, -27), (-30, -30), (-20, -20), (-6, -6)])
def test_quiet_turns_come_to_one_level_and_others_stay(level: float, after: float) -> None:
    assert active_level(lifted(Lift(), turn(level))) == pytest.approx(after, abs=0.3)


def test_every_turn_is_judged_by_itself() -> None:
    lift = Lift()
    assert len(lifted(lift, turn(-45))) == len(turn(-45))
    assert np.array_equal(lifted(lift, turn(-20)), turn(-20))
    assert np.array_equal(lifted(lift, turn(-45, 0.2)), lifted(Lift(), turn(-45, 0.2)))


def test_a_caller_after_somebody_quiet_in_the_background_is_not_clipped() -> None:
    sound = np.concatenate((turn(-45, 1.0), turn(-10, 1.0)))
    found = lifted(Lift(), sound)
    half = len(turn(-45, 1.0))
    assert active_level(found[:half]) == pytest.approx(-27, abs=0.3)
    assert np.array_equal(found[half + 3200 + 160 :], sound[half + 3200 + 160 :])


def test_only_the_beginning_is_held_back() -> None:
    lift, sound = Lift(), turn(-45)
    held = round(HEARD_S * 8000)
    assert len(lift.accept(sound[: held - 1])) == 0
    assert len(lift.accept(sound[held - 1 : held])) == held
    assert len(lift.accept(sound[held : held + 160])) == 160


@settings(deadline=None)
@given(st.floats(-70, -1), st.floats(-30, 30), st.integers(1, 4000), st.integers(1, 4000))
def test_a_turn_has_one_factor_and_never_clips(level: float, later_db: float, length: int, size: int) -> None:
    begin = turn(level, length / 8000 + 0.1)
    sound = np.concatenate((begin, turn(min(-1.0, level + later_db), 0.3)))
    found = lifted(Lift(), sound, size)
    assert len(found) == len(sound)
    by = factor(active_level(sound[: round(HEARD_S * 8000)]))
    assert 1 <= by <= MOST
    whole = np.rint(sound * by)
    same = found == whole
    if np.abs(whole).max() <= 32767:
        assert same.all()
    else:  # it got loud: from some moment on it is as it came
        as_it_came = found == sound
        change = int(np.argmin(same))
        assert as_it_came[change:].all()
    assert not (np.abs(found.astype(np.int32)) < np.abs(sound.astype(np.int32))).any()


def test_factor_never_attenuates_and_has_a_cap() -> None:
    factors = [factor(level) for level in np.arange(-90.0, 0.0, 0.5)]
    assert min(factors) == 1.0
    assert max(factors) == MOST
    assert factor(QUIET_DBFS) == 1.0
    assert factor(float("-inf")) == MOST
