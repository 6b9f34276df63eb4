"""Lattice-free MMI from a flat start: the words' own path against a loop of all phones, no alignment needed.

The first frame of a phone takes its "enter" score, further frames its "stay" score.
Numerator: the phones of the words in a row, silence possible at each gap.
Denominator: a trigram of phones. Forward and backward sums run in plain numpy with a
scale a frame; their difference is the gradient, so nothing is recorded for autograd.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scripts.train_asr.phones import INDEX, PHONES, pronounce

Floats = npt.NDArray[np.float64]
Path = tuple[list[int], list[bool]]
_TINY = 1e-290


def path(words: Sequence[str]) -> Path:
    """Phones of the words with optional silence (index 0) around each, and which of them may be skipped."""
    phones, optional = [0], [True]
    for word in words:
        for phone in pronounce(word):
            phones.append(INDEX[phone])
            optional.append(False)
        phones.append(0)
        optional.append(True)
    return phones, optional


@dataclass(frozen=True)
class Loop:
    """Probabilities of phones: of the first, shape (P,), of one after another, (P, P), and after two, (P, P, P)."""

    first: Floats
    after: Floats
    after_two: Floats


def loop(texts: Iterable[Sequence[str]], seed: int = 5) -> Loop:
    """Counted over the phones of texts; between two words there is a silence half of the time.

    Phones after two are smoothed by those after one (Witten-Bell), all others by a small count.
    """
    chance, count = np.random.default_rng(seed), len(PHONES)
    first, after, after_two = np.full(count, 0.05), np.full((count, count), 0.05), np.zeros((count,) * 3)
    for words in texts:
        phones, optional = path(words)
        said = [phone for phone, silence in zip(phones, optional, strict=True) if not silence or chance.random() >= 0.5]
        if not said:
            continue
        first[said[0]] += 1
        for pair in itertools.pairwise(said):
            after[pair] += 1
        for three in zip(said, said[1:], said[2:], strict=False):
            after_two[three] += 1
    after /= after.sum(axis=1, keepdims=True)
    kinds = (after_two > 0).sum(axis=2, keepdims=True) + 1
    after_two = (after_two + kinds * after) / (after_two.sum(axis=2, keepdims=True) + kinds)
    return Loop(first / first.sum(), after, after_two)


def log_odds(
    scores: npt.NDArray[np.float32], lengths: Sequence[int], paths: Sequence[Path], loop: Loop
) -> tuple[Floats, npt.NDArray[np.float32]]:
    """Log probability of each utterance's words against anything, shape (batch,), and its gradient by the scores.

    ``scores`` (batch, frames, 2 * phones), enter and stay in turn; ``lengths``: valid frames of each utterance.
    """
    ends = np.asarray(lengths) - 1
    shifted = scores.astype(np.float64)
    heard = np.exp(shifted - shifted.max(axis=2, keepdims=True)).transpose(1, 0, 2)  # frames first
    enter, stay = np.ascontiguousarray(heard[:, :, 0::2]), np.ascontiguousarray(heard[:, :, 1::2])
    told, told_enter, told_stay = _words(enter, stay, ends, paths)
    loose, loose_enter, loose_stay = _anything(enter, stay, ends, loop)
    gradient = np.empty(heard.shape, np.float32)
    gradient[:, :, 0::2] = told_enter - loose_enter
    gradient[:, :, 1::2] = told_stay - loose_stay
    valid = np.arange(len(heard))[:, None] <= ends
    return told - loose, np.ascontiguousarray((gradient * valid[:, :, None]).transpose(1, 0, 2))


def _words(enter: Floats, stay: Floats, ends: npt.NDArray[np.int64], paths: Sequence[Path]) -> tuple[Floats, ...]:
    """Log sum over all ways through the words, and how much each phone enters and stays at each frame."""
    frames, batch, _ = enter.shape
    longest = max(len(phones) for phones, _ in paths)
    phone = np.zeros((batch, longest), np.int64)
    used = np.zeros((batch, longest))
    optional = np.zeros((batch, longest), np.bool_)
    final = np.zeros((batch, longest))
    for row, (phones, skips) in enumerate(paths):
        phone[row, : len(phones)], used[row, : len(phones)], optional[row, : len(phones)] = phones, 1.0, skips
        final[row, len(phones) - 2 : len(phones)] = 1.0
    into = np.where(optional, 0.5, 1.0) * used
    over = np.zeros((batch, longest))
    over[:, 2:] = np.where(optional[:, 1:-1], 0.5, 0.0) * used[:, 2:]
    rows = np.arange(batch)[:, None]
    enters, stays = enter[:, rows, phone], stay[:, rows, phone]
    arrive, forward = np.zeros((frames, batch, longest)), np.zeros((frames, batch, longest))
    arrive[0, :, :2] = 0.5
    scales = np.empty((frames, batch))
    for frame in range(frames):
        if frame:
            before = forward[frame - 1]
            arrive[frame, :, 1:] = before[:, :-1] * into[:, 1:]
            arrive[frame, :, 2:] += before[:, :-2] * over[:, 2:]
            forward[frame] = before * stays[frame]
        forward[frame] += arrive[frame] * enters[frame]
        scales[frame] = forward[frame].sum(axis=1) + _TINY
        forward[frame] /= scales[frame][:, None]
    backward = np.zeros((frames, batch, longest))
    now = np.zeros((batch, longest))
    for frame in range(frames - 1, -1, -1):
        if frame + 1 < frames:
            inside = enters[frame + 1] * now
            now = stays[frame + 1] * now
            now[:, :-1] += into[:, 1:] * inside[:, 1:]
            now[:, :-2] += over[:, 2:] * inside[:, 2:]
            now /= now.sum(axis=1, keepdims=True) + _TINY
        ending = ends == frame
        if ending.any():
            now = np.where(ending[:, None], final, now)
        backward[frame] = now
    entered = arrive * enters * backward
    stayed = np.zeros_like(entered)
    stayed[1:] = forward[:-1] * stays[1:] * backward[1:]
    total = (entered + stayed).sum(axis=2, keepdims=True) + _TINY
    which = np.zeros((batch, longest, enter.shape[2]))
    np.put_along_axis(which, phone[:, :, None], 1.0, axis=2)
    last = forward[ends, np.arange(batch)] * final
    log = _sum_to(np.log(scales), ends) + np.log(last.sum(axis=1) + _TINY)
    return log, _spread(entered / total, which), _spread(stayed / total, which)


def _anything(enter: Floats, stay: Floats, ends: npt.NDArray[np.int64], loop: Loop) -> tuple[Floats, ...]:
    """The same for the loop of all phones, whose states are a phone and the one before it: (phone, batch, before)."""
    frames, batch, phones = enter.shape
    onward = np.ascontiguousarray(loop.after_two.transpose(1, 0, 2))  # (phone, before, following)
    back = np.ascontiguousarray(onward.transpose(0, 2, 1))
    enters, stays = (np.ascontiguousarray(each.transpose(0, 2, 1))[..., None] for each in (enter, stay))
    arrive, forward = np.zeros((2, frames, phones, batch, phones))
    scales = np.empty((frames, batch))
    for frame in range(frames):
        if frame:
            arrive[frame] = np.matmul(forward[frame - 1], onward).transpose(2, 1, 0)
            forward[frame] = forward[frame - 1] * stays[frame]
        else:
            arrive[0, :, :, 0] = loop.first[:, None]  # after silence
        forward[frame] += arrive[frame] * enters[frame]
        scales[frame] = forward[frame].sum(axis=(0, 2)) + _TINY
        forward[frame] /= scales[frame][:, None]
    entered, stayed = np.empty((frames, batch, phones)), np.zeros((frames, batch, phones))
    now = np.ones((phones, batch, phones))
    for frame in range(frames - 1, -1, -1):
        if frame + 1 < frames:
            inside = (enters[frame + 1] * now).transpose(2, 1, 0)
            now = stays[frame + 1] * now + np.matmul(inside, back)
            now /= now.sum(axis=(0, 2))[:, None] + _TINY
        now[:, ends == frame] = 1.0
        entered[frame] = (arrive[frame] * enters[frame] * now).sum(axis=2).T
        if frame:
            stayed[frame] = (forward[frame - 1] * stays[frame] * now).sum(axis=2).T
    total = (entered + stayed).sum(axis=2, keepdims=True) + _TINY
    return _sum_to(np.log(scales), ends), entered / total, stayed / total


def _sum_to(values: Floats, ends: npt.NDArray[np.int64]) -> Floats:
    return np.asarray((values * (np.arange(len(values))[:, None] <= ends)).sum(axis=0))


def _spread(shares: Floats, which: Floats) -> Floats:
    """Shares of path states (frames, batch, states) as shares of phones (frames, batch, phones)."""
    return np.asarray(np.matmul(shares.transpose(1, 0, 2), which).transpose(1, 0, 2))
