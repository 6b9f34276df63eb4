"""Follows one known sound through a stream, piece by piece.

A :class:`Template` cuts a prompt's audible part into pieces of about 200 ms. A
:class:`Track` begins where the first 400 ms were found and compares every piece
with what was received where it must be, ± 60 ms, by normalised cross-correlation
(NCC: 1 is the same shape at any level, 0 is unrelated). The end is reached only
if every piece that can be told from the line's noise was there, so that "played to
its end" is proven and not assumed. What was cut, and when, comes from the first
piece that is not there; a pause (the speaker stands still, then goes on) is
followed too.

Positions are samples at 8000 Hz since the stream began. Everything is compared
after a first-order emphasis of the high band, which makes voiced sounds of one
pitch less alike. Pure numpy; nothing here knows calls or clocks.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.errors import AudioError
from ivr.events import SAMPLE_RATE

Samples = npt.NDArray[np.float32]

START: Final = 3200  # samples of a prompt's beginning that are searched for
HOP: Final = 1600  # new samples per search
_PIECE: Final = 1600
_SLACK: Final = 480  # ± samples in which a piece may lie: jitter gaps and resampling
_BLOCK: Final = 160  # resolution of "stopped here"
SILENT: Final = 24.0  # RMS (16-bit units, emphasised) below which nothing is heard
_AUDIBLE: Final = 10**-1.8  # power relative to the prompt's active level
_PAUSE: Final = 1 / 30  # of a piece's power: a block below it is a pause inside the prompt
_SAME_BLOCK: Final = 0.7  # NCC of a block that still belongs to the prompt
_RESUMED: Final = 0.75  # NCC that proves the continuation after a pause
_TESTABLE: Final = 0.55  # below this expected NCC a piece drowns in the line's noise
_TOLERANCE: Final = 0.75  # a piece must reach this share of its expected NCC
_END: Final = 3600  # samples: a piece that ends so near the end must be among the proven ones
_RESUME_WITHIN: Final = 5 * SAMPLE_RATE
_NOISE_BLOCK: Final = 200
_DISTORTION: Final = 1.06  # power: coding, resampling and mild clipping add noise that follows the signal
_EMPHASIS: Final = np.float32(0.4)


class Stream:
    """The last seconds of what was received, by absolute position."""

    def __init__(self, keep_s: float = 6.0) -> None:
        self._keep = int(keep_s * SAMPLE_RATE)
        self._data: Samples = np.zeros(2 * self._keep, dtype=np.float32)
        self._used = 0
        self._base = 0  # position of _data[0]
        self._last = np.float32(0)
        self._powers: deque[float] = deque(maxlen=int(keep_s * SAMPLE_RATE) // _NOISE_BLOCK)

    @property
    def noise(self) -> float:
        """Power of the line's own noise: what the quietest tenth of the last seconds stays below."""
        return 1.5 * float(np.percentile(self._powers, 10)) if self._powers else 0.0

    @property
    def end(self) -> int:
        return self._base + self._used

    def append(self, samples: Samples) -> None:
        """Add a few whole noise blocks, at most ``keep_s`` seconds."""
        if self._used + len(samples) > len(self._data):
            drop = self._used - self._keep
            self._data[: self._keep] = self._data[drop : self._used]
            self._base += drop
            self._used = self._keep
        added = emphasise(samples, self._last)
        self._data[self._used : self._used + len(samples)] = added
        self._powers.extend((added.reshape(-1, _NOISE_BLOCK) ** 2).mean(axis=1).tolist())
        self._used += len(samples)
        self._last = samples[-1]

    def between(self, first: int, last: int) -> Samples:
        """Samples of ``[first, last)``; zeros where the stream holds nothing."""
        begin, end = max(first, self._base), min(last, self.end)
        if begin == first and end == last:
            return self._data[first - self._base : last - self._base]
        out = np.zeros(last - first, dtype=np.float32)
        if begin < end:
            out[begin - first : end - first] = self._data[begin - self._base : end - self._base]
        return out


def samples_of(pcm: bytes) -> Samples:
    """16-bit PCM as float32 in 16-bit units."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32)


def emphasise(samples: Samples, before: np.float32) -> Samples:
    return np.asarray(samples - _EMPHASIS * np.concatenate(([before], samples[:-1])), dtype=np.float32)


def unit(samples: Samples) -> Samples:
    """Without its mean and of length 1; all zeros stays so."""
    centred = samples - samples.mean()
    norm = float(np.sqrt(np.dot(centred, centred)))
    return np.asarray(centred / np.float32(norm) if norm > 0 else centred, dtype=np.float32)


def find(template: Samples, window: Samples) -> tuple[int, float]:
    """Where in ``window`` the unit ``template`` fits best: offset and NCC (0 where the window is silent)."""
    size = len(template)
    length = 1 << (len(window) - 1).bit_length()
    product = np.fft.rfft(window, length) * np.conj(np.fft.rfft(template, length))
    correlation = np.fft.irfft(product, length)[: len(window) - size + 1]
    energy = np.concatenate(([0.0], np.cumsum(window.astype(np.float64) ** 2)))
    power = energy[size:] - energy[:-size]
    ncc = correlation / np.sqrt(np.maximum(power, size * SILENT**2))
    best = int(np.argmax(ncc))
    return best, float(ncc[best])


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template: place in samples, unit shape, mean power, whether it can be heard, and until where."""

    offset: int
    shape: Samples
    power: float
    audible: bool
    sounds_until: int

    @property
    def end(self) -> int:
        return self.offset + len(self.shape)


class Template:
    """A prompt's audible part, cut into pieces. ``lead`` is the silence before it, in samples."""

    def __init__(self, name: str, pcm: bytes) -> None:
        """Raises AudioError when there is less than 150 ms of sound in it."""
        sound = samples_of(pcm)
        frame = SAMPLE_RATE // 100
        count = len(sound) // frame
        power = (sound[: count * frame].reshape(count, frame) ** 2).mean(axis=1) if count else np.zeros(1)
        loud = power[power >= power.max() / 100].mean()
        heard = np.flatnonzero(power > max(loud * 10**-2.5, 1.0))
        if len(heard) == 0 or (heard[-1] - heard[0] + 1) * frame < 0.15 * SAMPLE_RATE:
            raise AudioError(f"prompt {name} has less than 150 ms of sound", "Render it again")
        self.name = name
        self.lead = int(heard[0]) * frame
        self.body = emphasise(sound, np.float32(0))[self.lead : (int(heard[-1]) + 1) * frame]
        self.anchors = tuple(
            (at, unit(self.body[at : at + START]))  # the second one is for a gap in the first
            for at in (0, START)
            if at == 0 or len(self.body) >= at + START
        )
        self.pieces = self._cut()

    def _cut(self) -> tuple[Piece, ...]:
        count = max(3, round(len(self.body) / _PIECE))
        edges = np.linspace(0, len(self.body), count + 1).astype(int)
        active = float((self.body**2).mean())
        pieces = []
        for first, last in itertools.pairwise(edges):
            part = self.body[first:last]
            power = float((part**2).mean())
            blocks = part[: len(part) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
            loud = np.flatnonzero((blocks**2).mean(axis=1) > power * _PAUSE)
            sounds = int(first) + (int(loud[-1]) + 1) * _BLOCK if len(loud) else int(last)
            pieces.append(Piece(int(first), unit(part), power, power > active * _AUDIBLE, sounds))
        return tuple(pieces)


class State(Enum):
    """Of a track. ``STALLED``: the sound stopped or changed before its end; it may resume."""

    RUNNING = "running"
    STALLED = "stalled"
    COMPLETE = "complete"
    DEAD = "dead"


class Track:
    """One playing of a template in a stream, from the sample where its audible part begins."""

    def __init__(self, template: Template, at: int, stream: Stream) -> None:
        self.template = template
        self.started = at
        self.state = State.RUNNING
        self.proven = at  # position up to which the sound is known to be the template's
        self.stopped = 0  # when STALLED: where the sound stopped or changed
        self.paused = 0  # samples of pauses so far
        self.cut_reported = False
        self._at = at  # position that the beginning would have, pauses and jitter included
        self._next = 0
        self._weight = self._score = 0.0
        self._resume: Samples | None = None
        self._resume_offset = 0
        self._searched = 0
        start = template.body[:START]
        power = float((stream.between(at, at + len(start)) ** 2).mean())
        shape = float((start**2).mean())
        self._gain = max(power - stream.noise, power / 20) / shape  # of power, template to stream

    @property
    def score(self) -> float:
        """Mean NCC of the proven pieces, weighted by energy."""
        return self._score / self._weight if self._weight else 0.0

    @property
    def tested(self) -> int:
        """Position up to which the sound was looked at."""
        pieces = self.template.pieces
        return self._at + (pieces[self._next].offset if self._next < len(pieces) else len(self.template.body))

    @property
    def ended(self) -> int:
        """Where the audible part ends, known for sure once COMPLETE."""
        return self._at + len(self.template.body)

    @property
    def share(self) -> float:
        """How much of the audible part was heard, 0–1."""
        return min(1.0, max(0, self.proven - self._at) / len(self.template.body))

    def step(self, stream: Stream) -> None:
        """Compare all that the stream holds by now."""
        if self.state is State.STALLED:
            self._look_for_rest(stream)
        while self.state is State.RUNNING and self._next < len(self.template.pieces):
            piece = self.template.pieces[self._next]
            if self._at + piece.end + _SLACK > stream.end:
                return
            self._compare(piece, stream)
        if self.state is State.RUNNING:
            whole = self._weight > 0 and self.ended - self.proven <= _END
            self.state = State.COMPLETE if whole else State.DEAD

    def _compare(self, piece: Piece, stream: Stream) -> None:
        signal = self._gain * piece.power
        expected = float(np.sqrt(signal / (signal * _DISTORTION + stream.noise + 1e-9)))
        if not piece.audible or expected < _TESTABLE:
            self._next += 1
            return
        first = self._at + piece.offset - _SLACK
        size = len(piece.shape)
        window = stream.between(first, first + size + 2 * _SLACK)
        offset, score = find(piece.shape, window)
        if score >= _TOLERANCE * expected or self._bridged(piece, window, expected):
            if score >= _TOLERANCE * expected:
                self._at += offset - _SLACK
                heard = window[offset : offset + size]
                power = float((heard**2).mean())
                self._gain = 0.7 * self._gain + 0.3 * max(power - stream.noise, power / 20) / piece.power
            self._weight += piece.power
            self._score += piece.power * score
            self._next += 1
            self.proven = self._at + piece.sounds_until
        else:
            self._stall(piece, stream)

    def _bridged(self, piece: Piece, window: Samples, expected: float) -> bool:
        """Whether the piece is there with a gap inside it: its halves fit, each at a place of its own."""
        middle = len(piece.shape) // 2
        scores = sorted(find(unit(half), window)[1] for half in (piece.shape[:middle], piece.shape[middle:]))
        return scores[1] >= 0.85 * expected and scores[0] >= 0.5 * expected

    def _stall(self, piece: Piece, stream: Stream) -> None:
        """The piece is not there: find the block where the sound left the template, and wait for the rest."""
        self.state = State.STALLED if self._weight else State.DEAD
        before = self.template.pieces[max(0, self._next - 1)]  # its last part may be missing already
        at = before.offset
        for block in range(before.offset, piece.end - _BLOCK + 1, _BLOCK):
            part = self.template.body[block : block + _BLOCK]
            if float((part**2).mean()) < piece.power * _PAUSE:
                continue  # a pause inside the prompt proves nothing
            if find(unit(part), stream.between(self._at + block - 8, self._at + block + _BLOCK + 8))[1] < _SAME_BLOCK:
                break
            at = block + _BLOCK
        self.stopped = self.proven = self._at + at
        self._resume_offset = min(at + _BLOCK, len(self.template.body))
        rest = self.template.body[self._resume_offset : self._resume_offset + 3 * _PIECE // 2]
        self._resume = unit(rest) if len(rest) >= _BLOCK else None
        self._searched = self.stopped

    def _look_for_rest(self, stream: Stream) -> None:
        """After a pause the sound goes on where it stopped."""
        if stream.end - self.stopped > _RESUME_WITHIN or self._resume is None:
            self.state = State.DEAD
            return
        size = len(self._resume)
        if stream.end - self._searched < size + HOP:
            return
        offset, score = find(self._resume, stream.between(self._searched, stream.end))
        if score < _RESUMED:
            self._searched = stream.end - size
            return
        at = self._searched + offset - self._resume_offset
        self.paused += max(0, at - self._at)
        self._at = at
        self.state = State.RUNNING
        pieces = self.template.pieces
        self._next = next((k for k, piece in enumerate(pieces) if piece.offset >= self._resume_offset), len(pieces))
        self.proven = at + self._resume_offset + size
