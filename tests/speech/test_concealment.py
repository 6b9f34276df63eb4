"""Gaps of a lossy line are filled and nothing else of the sound is touched."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.speech.concealment import LONGEST, REPEATED, SHORTEST, Concealer

Samples = npt.NDArray[np.int16]

_SOUND = 400  # samples before and after a gap


def tone(length: int, level: int = 4000) -> Samples:
    """200 Hz, never zero."""
    wave = level * np.sin(np.arange(length) * 2 * np.pi * 200 / 8000)
    return np.where(wave >= 0, wave + 1, wave - 1).astype(np.int16)


def zeros(length: int) -> Samples:
    return np.zeros(length, np.int16)


def concealed(sound: Samples, size: int = 160) -> Samples:
    concealer = Concealer()
    pieces = [concealer.accept(sound[at : at + size]) for at in range(0, len(sound), size)]
    return np.concatenate((*pieces, concealer.flush()))


def gap_of(length: int) -> Samples:
    return np.concatenate((tone(_SOUND), zeros(length), tone(_SOUND)))


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_lost_frames_are_filled_with_the_sound_before_them_fading(frames: int) -> None:
    lost = frames * 160
    filled = concealed(gap_of(lost))[_SOUND : _SOUND + lost]
    loudness = [np.abs(filled[at : at + 40]).max() for at in range(0, lost, 40)]
    assert loudness[0] > 3500
    assert loudness == sorted(loudness, reverse=True)
    assert loudness[-1] >= 2000 * 0.95


@pytest.mark.parametrize("length", [SHORTEST - 1, LONGEST + 1, LONGEST + 160, 8000])
def test_quiet_moments_and_silences_stay_zeros(length: int) -> None:
    assert np.array_equal(concealed(gap_of(length)), gap_of(length))


def test_a_gap_before_any_sound_and_one_at_the_end_stay() -> None:
    for sound in (np.concatenate((zeros(160), tone(_SOUND))), np.concatenate((tone(_SOUND), zeros(160)))):
        assert np.array_equal(concealed(sound), sound)


def test_sound_is_never_late_and_a_silence_only_at_its_beginning() -> None:
    concealer = Concealer()
    assert len(concealer.accept(tone(160))) == 160
    assert len(concealer.accept(zeros(160))) == 0
    assert len(concealer.accept(tone(160))) == 320
    assert len(concealer.accept(zeros(LONGEST))) == 0
    assert len(concealer.accept(zeros(160))) == LONGEST + 160
    assert len(concealer.accept(zeros(160))) == 160


_pieces = st.lists(
    st.tuples(st.booleans(), st.integers(1, 1000), st.integers(1, 32000)),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(_pieces, st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_length_is_kept_only_short_gaps_change_and_no_louder_than_their_neighbours(
    pieces: list[tuple[bool, int, int]], sizes: list[int]
) -> None:
    sound = np.concatenate([zeros(length) if gap else tone(length, level) for gap, length, level in pieces])
    concealer, at, turn, given_back = Concealer(), 0, 0, []
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        given_back.append(concealer.accept(sound[at : at + size]))
        at, turn = at + size, turn + 1
        assert min(at, len(sound)) - sum(map(len, given_back)) <= LONGEST
    found = np.concatenate((*given_back, concealer.flush()))
    assert len(found) == len(sound)
    assert np.array_equal(found, concealed(sound, len(sound)))  # whatever the chunks
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (sound == 0).astype(np.int8), [0]))))
    gaps = np.zeros(len(sound), np.bool_)
    for start, end in edges.reshape(-1, 2):
        if SHORTEST <= end - start <= LONGEST:
            gaps[start:end] = True
            before = np.abs(found[max(0, start - REPEATED) : start].astype(np.int32)).max(initial=0)
            assert np.abs(found[start:end].astype(np.int32)).max() <= before
    assert np.array_equal(found[~gaps], sound[~gaps])
