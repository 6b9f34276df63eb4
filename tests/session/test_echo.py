"""Our own voice, sent back by a telephone without an echo canceller, is not the caller's."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.events import FRAME_BYTES
from ivr.session.echo import EchoGuard
from ivr.simulator.clips import Clips
from ivr.simulator.clock import VirtualClock
from ivr.simulator.fakes import FakeLeg
from ivr.simulator.g711 import decode, encode

SILENCE = bytes(16000)  # one second


def clip(name: str, voice: str) -> bytes:
    return Clips().find(name, voice).pcm


def faint(pcm: bytes, delay_s: float, level_db: float) -> bytes:
    """As it comes back: later, weaker, with a room behind it, coded."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64) * 10 ** (level_db / 20)
    room = np.zeros(400)
    room[[0, 60, 130, 250]] = (1.0, 0.5, -0.3, 0.25)
    late = np.concatenate([np.zeros(round(delay_s * 8000)), np.convolve(samples, room)[: len(samples)]])
    late += np.random.default_rng(1).normal(0, 15, len(late))
    return decode("PCMA", encode("PCMA", np.clip(late, -32768, 32767).astype("<i2").tobytes()))


def guard_after(played: bytes, heard: bytes) -> EchoGuard:
    guard = EchoGuard(FakeLeg("caller", VirtualClock(), lambda event: None))
    guard.heard(SILENCE)
    guard.play("u1", played)
    whole = len(heard) // FRAME_BYTES * FRAME_BYTES
    for at in range(0, whole, FRAME_BYTES):
        guard.heard(heard[at : at + FRAME_BYTES])
    return guard


@pytest.fixture(scope="module")
def prompt() -> bytes:
    return clip("noriu kalbėti su darbuotoju", "")


@pytest.mark.parametrize("delay_s", [0.03, 0.2, 0.45])
@pytest.mark.parametrize("level_db", [-10, -20])
def test_our_own_words_are_known_however_late_they_return(prompt: bytes, delay_s: float, level_db: float) -> None:
    guard = guard_after(prompt, faint(prompt, delay_s, level_db))
    assert guard.is_echo(1.1 + delay_s, 1.0 + len(prompt) / 16000)


def test_a_person_over_our_words_is_no_echo(prompt: bytes) -> None:
    answer = clip("bendra informacija", "")
    guard = guard_after(prompt, answer)
    assert not guard.is_echo(1.0, 1.0 + len(answer) / 16000)
    assert not guard.is_echo(1.2)


def test_a_person_louder_than_the_echo_is_no_echo(prompt: bytes) -> None:
    echo = np.frombuffer(faint(prompt, 0.2, -25), dtype="<i2").astype(np.int32)
    answer = np.frombuffer(clip("bendra informacija", ""), dtype="<i2").astype(np.int32)
    size = min(len(echo), len(answer))
    both = np.clip(echo[:size] + answer[:size], -32768, 32767).astype("<i2").tobytes()
    assert not guard_after(prompt, both).is_echo(1.0, 1.0 + size / 8000)


def test_nothing_is_an_echo_while_nothing_is_played(prompt: bytes) -> None:
    guard = guard_after(b"", prompt)
    assert not guard.is_echo(1.0, 2.0)


def test_what_was_cut_or_stands_still_makes_no_echo(prompt: bytes) -> None:
    for silent in (EchoGuard.flush, EchoGuard.pause):
        guard = EchoGuard(FakeLeg("caller", VirtualClock(), lambda event: None))
        guard.play("u1", prompt)
        silent(guard)
        guard.heard(SILENCE + prompt)
        assert not guard.is_echo(1.0, 2.0)


def test_old_sound_is_forgotten(prompt: bytes) -> None:
    guard = guard_after(prompt, prompt)
    for _ in range(10):
        guard.heard(SILENCE)
    assert not guard.is_echo(1.0, 2.0)
