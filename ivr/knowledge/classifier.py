"""A small linear classifier over example questions: ridge regression, trained in closed form.

Leaving one example out needs no second training: the regression's own algebra gives the scores that an example would
get from a classifier that never saw it. Confidence is calibrated on those.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.knowledge.rows import Matrix, Rows

RIDGE: Final = 1.0
Labels = NDArray[np.int64]
Halves = NDArray[np.float16]


@dataclass(frozen=True)
class Linear:
    """``weights``: places × classes; ``bias``: one a class."""

    weights: Matrix
    bias: Matrix

    def scores(self, vectors: Matrix) -> Matrix:
        """Questions × classes; about 1 for the right class, 0 for others."""
        return np.asarray(vectors @ self.weights + self.bias, dtype=np.float32)


@dataclass(frozen=True)
class Head:
    """One way of telling questions apart: the names of its classes, and each example's class by number."""

    classes: tuple[Hashable, ...]
    labels: Labels


def head(labels: Sequence[Hashable]) -> Head:
    """Classes in the order in which they first come."""
    classes = tuple(dict.fromkeys(labels))
    numbers = {name: number for number, name in enumerate(classes)}
    return Head(classes, np.array([numbers[label] for label in labels], dtype=np.int64))


def train(rows: Rows, heads: Sequence[Head], balance: Labels, ridge: float = RIDGE) -> list[tuple[Linear, Halves]]:
    """For each head the classifier, and each example's scores as if it had been left out (examples × classes).

    ``balance``: a class of each example; classes with few examples weigh nearly as much as those with many. All heads
    share one inversion, which is what training costs.
    """
    counts = np.bincount(balance).astype(np.float32)
    share = np.sqrt(counts.max() / np.maximum(counts, 1))[balance][:, None].astype(np.float32)
    share /= share.mean()
    biases = [_shares(one, share[:, 0]) for one in heads]
    moments = [np.zeros((rows.width, len(one.classes)), dtype=np.float32) for one in heads]
    gram = np.zeros((rows.width,) * 2, dtype=np.float32)
    for some, block in rows.blocks():
        scaled = block * share[some]
        gram += scaled.T @ scaled
        for moment, one, bias in zip(moments, heads, biases, strict=True):
            moment += block.T @ ((_wanted(one, some) - bias) * share[some] ** 2)
    gram[np.diag_indices_from(gram)] += ridge
    inverse = np.linalg.inv(gram)
    del gram
    linear = [
        Linear(np.asarray(inverse @ moment, dtype=np.float32), bias)
        for moment, bias in zip(moments, biases, strict=True)
    ]
    left_out = [np.empty((len(rows), len(one.classes)), dtype=np.float16) for one in heads]  # they are the most
    for some, block in rows.blocks():
        scaled = block * share[some]
        leverage = np.einsum("ij,ij->i", scaled @ inverse, scaled)[:, None]
        for scores, one, trained in zip(left_out, heads, linear, strict=True):
            away = leverage * (_wanted(one, some) - trained.bias)
            scores[some] = (block @ trained.weights - away) / np.maximum(1 - leverage, 1e-3) + trained.bias
    return list(zip(linear, left_out, strict=True))


def _shares(one: Head, weights: Matrix) -> Matrix:
    """What part of all weight each class has."""
    held = np.zeros(len(one.classes), dtype=np.float32)
    np.add.at(held, one.labels, weights)
    return np.asarray(held / weights.sum(), dtype=np.float32)


def _wanted(one: Head, some: slice) -> Matrix:
    """One for the class of each of these examples, zero for the others."""
    labels = one.labels[some]
    targets = np.zeros((len(labels), len(one.classes)), dtype=np.float32)
    targets[np.arange(len(labels)), labels] = 1.0
    return targets
