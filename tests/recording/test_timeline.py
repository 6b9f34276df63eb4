"""Where frames land when the media clock is late, skips, or one channel falls silent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.events import FRAME_BYTES, FRAME_S
from ivr.recording.timeline import LOOK_AHEAD, SILENCE, SKEW, TOLERANCE_S, Gap, Side, Timeline, interleave


def frame(number: int) -> bytes:
    """A frame that can be recognised; never silence."""
    return (number + 1).to_bytes(4, "little") * (FRAME_BYTES // 4)


def split(stereo: bytes) -> tuple[list[bytes], list[bytes]]:
    """Interleaved sound back into frames of each channel."""
    samples = [stereo[i : i + 2] for i in range(0, len(stereo), 2)]
    sides = b"".join(samples[0::2]), b"".join(samples[1::2])
    left, right = ([side[i : i + FRAME_BYTES] for i in range(0, len(side), FRAME_BYTES)] for side in sides)
    return left, right


def run(arrivals: list[float]) -> tuple[Timeline, list[bytes], list[bytes]]:
    """Both channels get frame ``i`` at ``arrivals[i]``."""
    timeline = Timeline()
    stereo = b""
    for number, at in enumerate(arrivals):
        timeline.feed(Side.LEFT, at, frame(number))
        timeline.feed(Side.RIGHT, at, frame(number + 100_000))
        stereo += timeline.take()
    return timeline, *split(stereo + timeline.finish())


@given(st.binary(max_size=64).map(lambda b: b[: len(b) // 2 * 2]))
def test_interleaving_keeps_every_sample_of_both_channels(left: bytes) -> None:
    right = left[::-1]
    mixed = interleave(left, right)
    assert b"".join(mixed[i : i + 2] for i in range(0, len(mixed), 4)) == left
    assert b"".join(mixed[i : i + 2] for i in range(2, len(mixed), 4)) == right


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 0.45)), min_size=1, max_size=8))
def test_frames_that_are_only_late_are_kept_as_they_came(stalls: list[tuple[float, float]]) -> None:
    """A stalled media thread delivers all at once afterwards: nothing is lost, so nothing may be inserted."""
    begun = 10.0
    arrivals: list[float] = []
    for paced, stall in stalls:
        begun += paced
        while len(arrivals) * FRAME_S + 10.0 < begun:
            arrivals.append(len(arrivals) * FRAME_S + 10.0)
        begun += stall
        while len(arrivals) * FRAME_S + 10.0 < begun:
            arrivals.append(begun)
        begun += FRAME_S
    timeline, left, right = run(arrivals)
    assert timeline.gaps == ()
    assert timeline.dropped == 0
    assert left == [frame(i) for i in range(len(arrivals))]
    assert right == [frame(i + 100_000) for i in range(len(arrivals))]


@given(st.lists(st.tuples(st.integers(LOOK_AHEAD + 5, 80), st.floats(0.05, 3.0)), min_size=1, max_size=4))
def test_length_follows_the_clock_when_it_skips(stretches: list[tuple[int, float]]) -> None:
    arrivals: list[float] = []
    now = 5.0
    for frames, pause in stretches:
        for _ in range(frames):
            arrivals.append(now)
            now += FRAME_S
        now += pause
    timeline, left, right = run(arrivals)
    elapsed = arrivals[-1] + FRAME_S - arrivals[0]
    assert abs(len(left) * FRAME_S - elapsed) <= TOLERANCE_S + 1e-6
    assert len(left) == len(right)
    # No word is lost or moved against another one.
    assert [f for f in left if f != SILENCE] == [frame(i) for i in range(len(arrivals))]
    assert [f for f in right if f != SILENCE] == [frame(i + 100_000) for i in range(len(arrivals))]
    assert left.count(SILENCE) == round(sum(g.duration_s for g in timeline.gaps if g.side is Side.LEFT) / FRAME_S)


def test_a_skip_is_listed_where_it_happened() -> None:
    arrivals = [i * FRAME_S + (0.5 if i >= 50 else 0.0) for i in range(120)]
    timeline, left, _ = run(arrivals)
    assert timeline.gaps == (Gap(Side.LEFT, 1.0, 0.5), Gap(Side.RIGHT, 1.0, 0.5))
    assert left[50:75] == [SILENCE] * 25
    assert left[75] == frame(50)


def test_a_channel_that_misses_frames_is_not_shifted_against_the_other() -> None:
    timeline = Timeline()
    stereo = b""
    for i in range(300):
        timeline.feed(Side.LEFT, i * FRAME_S, frame(i))
        if not 100 <= i < 150:
            timeline.feed(Side.RIGHT, i * FRAME_S, frame(i))
        stereo += timeline.take()
    left, right = split(stereo + timeline.finish())
    assert left == [frame(i) for i in range(300)]
    assert right == [SILENCE if 100 <= i < 150 else frame(i) for i in range(300)]
    assert timeline.gaps == (Gap(Side.RIGHT, 2.0, 1.0),)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 120)), min_size=1, max_size=5))
def test_channels_stay_together_whatever_one_of_them_misses(holes: list[tuple[int, int]]) -> None:
    missed: set[int] = set()
    end = 10
    for present, missing in holes:
        missed.update(range(end + present, end + present + missing))
        end += present + missing
    timeline = Timeline()
    stereo = b""
    for i in range(end + 60):
        timeline.feed(Side.LEFT, i * FRAME_S, frame(i))
        if i not in missed:
            timeline.feed(Side.RIGHT, i * FRAME_S, frame(i))
        stereo += timeline.take()
    left, right = split(stereo + timeline.finish())
    assert left == [frame(i) for i in range(end + 60)]
    assert len(right) == len(left)
    places = {number: place for place, number in enumerate(right) if number != SILENCE}
    moved = [abs(places[frame(i)] - i) for i in range(end + 60) if frame(i) in places]
    assert max(moved) * FRAME_S <= TOLERANCE_S
    assert len(moved) >= end + 60 - len(missed) - len(holes) * 2


def test_a_channel_that_falls_silent_does_not_hold_back_the_other() -> None:
    """What a crash could take stays bounded."""
    timeline = Timeline()
    timeline.feed(Side.RIGHT, 0.0, frame(0))
    for i in range(500):
        timeline.feed(Side.LEFT, i * FRAME_S, frame(i))
        timeline.take()
        assert i - timeline.taken <= SKEW
    _, right = split(timeline.finish())
    assert right[-1] == SILENCE


def test_frames_too_late_for_their_place_are_dropped_and_do_not_lengthen_the_recording() -> None:
    timeline = Timeline()
    for i in range(200):
        timeline.feed(Side.LEFT, i * FRAME_S, frame(i))
        if i < 50:
            timeline.feed(Side.RIGHT, i * FRAME_S, frame(i))
    for i in range(50, 200):  # all that was missing, at once
        timeline.feed(Side.RIGHT, 200 * FRAME_S, frame(i))
    left, right = split(timeline.finish())
    assert len(left) == len(right) <= 202
    assert timeline.dropped > 100


def test_a_late_first_frame_does_not_make_the_recording_longer_than_the_time() -> None:
    arrivals = [0.08] * 5 + [i * FRAME_S for i in range(5, 100)]
    timeline, left, _ = run(arrivals)
    assert len(left) == 100
    assert timeline.anchor.t0 == pytest.approx(0.0)
    assert timeline.lag_s == pytest.approx(0.0, abs=1e-9)


def test_channels_that_are_tapped_a_tick_apart_are_no_loss() -> None:
    timeline = Timeline()
    for i in range(100):
        timeline.feed(Side.LEFT, i * FRAME_S, frame(i))
        if i >= 2:
            timeline.feed(Side.RIGHT, i * FRAME_S, frame(i))
    left, right = split(timeline.finish())
    assert timeline.gaps == ()
    assert left[50] == right[50] == frame(50)


@pytest.mark.parametrize("wrong", [b"", b"\1", bytes(319), bytes(640)])
def test_a_frame_of_wrong_size_moves_nothing(wrong: bytes) -> None:
    timeline = Timeline()
    timeline.feed(Side.LEFT, 0.0, wrong)
    timeline.feed(Side.RIGHT, 0.0, frame(0))
    left, right = split(timeline.finish())
    assert (len(left), right) == (1, [frame(0)])
