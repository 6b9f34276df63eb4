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

from ivr.knowledge.features import Matrix

RIDGE: Final = 1.0
_ROWS: Final = 500
Labels = NDArray[np.int64]


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


def train(vectors: Matrix, heads: Sequence[Head], balance: Labels, ridge: float = RIDGE) -> list[tuple[Linear, Matrix]]:
    """For each head the classifier, and each example's scores as if it had been left out (examples × classes).

    ``balance``: a class of each example; classes with few examples weigh nearly as much as those with many. All heads
    share one inversion, which is what training costs.
    """
    counts = np.bincount(balance).astype(np.float32)
    share = np.sqrt(counts.max() / np.maximum(counts, 1))[balance][:, None].astype(np.float32)
    share /= share.mean()
    gram = np.zeros((vectors.shape[1],) * 2, dtype=np.float32)
    for rows in _blocks(len(vectors)):
        scaled = vectors[rows] * share[rows]
        gram += scaled.T @ scaled
    gram[np.diag_indices_from(gram)] += ridge
    inverse = np.linalg.inv(gram).astype(np.float32)
    del gram
    leverage = np.empty((len(vectors), 1), dtype=np.float32)
    for rows in _blocks(len(vectors)):
        scaled = vectors[rows] * share[rows]
        leverage[rows, 0] = np.einsum("ij,ij->i", scaled @ inverse, scaled)
    trained = []
    for one in heads:
        targets = np.zeros((len(one.labels), len(one.classes)), dtype=np.float32)
        targets[np.arange(len(one.labels)), one.labels] = 1.0
        bias = np.average(targets, axis=0, weights=share[:, 0]).astype(np.float32)
        weights = np.asarray(inverse @ (vectors.T @ ((targets - bias) * share**2)), dtype=np.float32)
        left_out = (vectors @ weights - leverage * (targets - bias)) / np.maximum(1 - leverage, 1e-3)
        trained.append((Linear(weights, bias), np.asarray(left_out + bias, dtype=np.float32)))
    return trained


def _blocks(rows: int) -> list[slice]:
    """Some rows at a time: no second matrix as large as the questions' own is ever held."""
    return [slice(start, start + _ROWS) for start in range(0, rows, _ROWS)]
