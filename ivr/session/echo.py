"""Is that voice our own? What comes from the caller is compared with what was just played to them.

A telephone or gateway without an echo canceller sends our words back, later and
weaker, and a voice detector takes them for a caller. The two sounds are the same
wave but for delay, level and coding, so their correlation tells them from any
person. Both are whitened first: vowels of two people at one pitch resemble each
other, their fine structure does not.

Positions count the caller's samples. The played sound is laid beside them as the
session queued it; the leg's own buffers make that inexact by some frames, which
the search over delays covers.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.events import SAMPLE_RATE
from ivr.session.ports import PlayoutLike

Samples = npt.NDArray[np.float64]

KEPT_S: Final = 5.0
EARLIEST_S: Final = 0.1  # the leg may begin to play so much later than we queued
LATEST_S: Final = 0.6  # an echo by way of a mobile network and back
# Echoes of -10 and -20 dB behind a telephone's band, a small room and A-law have 0.43 and more in the middle,
# 0.26 in the worst tenth; 120 words of other people had 0.23 at most.
LIKENESS: Final = 0.25
_WINDOW_S: Final = 0.3
_WINDOWS: Final = 5  # of a turn, spread evenly
_SHARE: Final = 0.7  # of them must be ours
_RATE: Final = 2 * SAMPLE_RATE


class EchoGuard:
    """Stands before a leg's playout and keeps what was played beside what was heard."""

    def __init__(self, leg: PlayoutLike) -> None:
        self._leg = leg
        self._queue = bytearray()
        self._paused = False
        self._played = bytearray()
        self._heard = bytearray()
        self._end = 0  # bytes heard since the beginning

    def play(self, utterance: str, pcm: bytes) -> None:
        """As the leg's."""
        self._queue += pcm
        self._leg.play(utterance, pcm)

    def pause(self) -> None:
        """As the leg's."""
        self._paused = True
        self._leg.pause()

    def resume(self) -> None:
        """As the leg's."""
        self._paused = False
        self._leg.resume()

    def flush(self) -> None:
        """As the leg's."""
        self._queue.clear()
        self._paused = False
        self._leg.flush()

    def heard(self, pcm: bytes) -> None:
        """The caller's sound came; as much of ours was played meanwhile."""
        now = b"" if self._paused else bytes(self._queue[: len(pcm)])
        del self._queue[: len(now)]
        self._played += now + bytes(len(pcm) - len(now))
        self._heard += pcm
        self._end += len(pcm)
        surplus = len(self._heard) - int(KEPT_S * _RATE)
        if surplus > _RATE:  # rarely, so that little is moved
            del self._heard[:surplus], self._played[:surplus]

    def is_echo(self, started_s: float, ended_s: float | None = None) -> bool:
        """Whether the voice between these times (until now, when there is no end) is our own."""
        begin = self._end / _RATE - len(self._heard) / _RATE + LATEST_S
        until = self._end / _RATE if ended_s is None else ended_s
        first, last = max(started_s, begin), until - _WINDOW_S
        if ended_s is None and last < first:
            first = last = max(begin, last)  # a voice is reported early: what was before it is silence
        if last < first:
            return False
        windows = {round(at, 2) for at in np.linspace(first, last, _WINDOWS)}
        alike = sum(self._alike(at) for at in windows)
        return alike >= _SHARE * len(windows)

    def _alike(self, at_s: float) -> bool:
        base = self._end - len(self._heard)

        def between(sound: bytearray, start_s: float, end_s: float) -> Samples:
            start, end = (2 * round(s * SAMPLE_RATE) - base for s in (start_s, end_s))
            return np.frombuffer(bytes(sound[max(0, start) : max(0, end)]), dtype="<i2").astype(np.float64)

        heard = between(self._heard, at_s, at_s + _WINDOW_S)
        played = between(self._played, at_s - LATEST_S, at_s + _WINDOW_S + EARLIEST_S)
        if len(heard) < _WINDOW_S * SAMPLE_RATE * 0.9 or not heard.any() or not played.any():
            return False
        return likeness(heard, played) >= LIKENESS


def likeness(heard: Samples, played: Samples) -> float:
    """Largest correlation of ``heard`` with any stretch of ``played`` (which is longer), both whitened; 0 to 1."""
    heard, played = _white(heard), _white(played)
    size = 1 << (len(heard) + len(played)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(played, size) * np.conj(np.fft.rfft(heard, size)), size)
    cross = cross[: len(played) - len(heard) + 1]
    energy = np.concatenate(([0.0], np.cumsum(played**2)))
    power = (energy[len(heard) :] - energy[: -len(heard)]) * float((heard**2).sum())
    return float((np.abs(cross) / np.sqrt(np.maximum(power, 1.0))).max(initial=0.0))


def _white(samples: Samples) -> Samples:
    """The residue of a linear prediction of order 8."""
    order = 8
    correlation = np.array([float(samples[: len(samples) - lag] @ samples[lag:]) for lag in range(order + 1)])
    matrix = correlation[np.abs(np.subtract.outer(np.arange(order), np.arange(order)))]
    matrix += np.eye(order) * (1e-3 * correlation[0] + 1.0)
    taps = np.linalg.solve(matrix, correlation[1:])
    return np.convolve(samples, np.concatenate(([1.0], -taps)))[order : len(samples)]
