"""From scores to probabilities: logistic regression by Newton's method, and its kin for more than two classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

STEPS: Final = 12
DESCENTS: Final = 200
_DECAY: Final = 1e-3
SMALL_CLASSES: Final = 0.7  # 0: every question weighs the same; 1: every class does
_SHRINK: Final = 1.0  # keeps weights finite where all examples were right

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """``mean`` and ``scale`` of each signal, their weights, and the bias last."""

    mean: Values
    scale: Values
    weights: Values

    def of(self, *signals: float) -> float:
        """Probability that a question with these signals was placed rightly."""
        scaled = (np.array(signals) - self.mean) / self.scale
        return float(_logistic(np.append(scaled, 1.0) @ self.weights))


def calibrate(signals: NDArray[np.floating], right: NDArray[np.bool_]) -> Calibration:
    """Fit ``right`` (one a row) by ``signals`` (a row a question)."""
    values = np.asarray(signals, dtype=np.float64)
    mean, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    rows = np.column_stack([(values - mean) / scale, np.ones(len(values))])
    weights = np.zeros(rows.shape[1])
    penalty = _SHRINK * np.diag([1.0] * (rows.shape[1] - 1) + [0.0])
    for _ in range(STEPS):
        guess = _logistic(rows @ weights)
        slope = rows.T @ (guess - right) + penalty @ weights
        bend = (rows * (guess * (1 - guess))[:, None]).T @ rows + penalty + 1e-6 * np.eye(len(weights))
        weights = weights - np.linalg.solve(bend, slope)
    return Calibration(mean, scale, weights)


@dataclass(frozen=True)
class Sorting:
    """Probabilities of several classes. ``weights``: signals and bias × classes."""

    mean: Values
    scale: Values
    weights: Values

    def of(self, signals: NDArray[np.floating]) -> Values:
        """Probabilities of each class, a row a question."""
        return _shares(_with_bias((signals - self.mean) / self.scale) @ self.weights)


def sort_out(signals: NDArray[np.floating], labels: NDArray[np.int64], classes: int) -> Sorting:
    """Fit class numbers by signals; small classes weigh more (:data:`SMALL_CLASSES`), or they would drown."""
    values = np.asarray(signals, dtype=np.float64)
    mean, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    rows = _with_bias((values - mean) / scale)
    counts = np.bincount(labels, minlength=classes)
    weight = (np.maximum(counts, 1.0) ** -SMALL_CLASSES)[labels][:, None]
    weight = weight / weight.sum()
    wanted = np.eye(classes)[labels]
    weights = np.zeros((rows.shape[1], classes))
    speed = np.zeros_like(weights)
    for _ in range(DESCENTS):
        slope = rows.T @ (weight * (_shares(rows @ weights) - wanted)) + _DECAY * weights
        speed = 0.9 * speed - slope
        weights = weights + speed
    return Sorting(mean, scale, weights)


def _with_bias(rows: NDArray[np.floating]) -> Values:
    return np.column_stack([rows, np.ones(len(rows))])


def _shares(values: Values) -> Values:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def _logistic(value: NDArray[np.floating]) -> Values:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -30, 30))), dtype=np.float64)
