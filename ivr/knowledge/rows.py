"""Many vectors of which nearly all numbers are zero, kept by what they hold.

``Rows`` keeps them row by row, for writing some out; ``Index`` keeps them place by place, for their likeness to one
question, which then touches only the places that the question holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Places = NDArray[np.uint16]
Held = tuple[Places, Matrix]
"""What one row holds: its places, each once, and the numbers there."""

WRITTEN_OUT: Final = 250
"""Rows that are written out at a time."""


@dataclass(frozen=True)
class Rows:
    """Row ``i`` has ``values`` at ``places`` from ``starts[i]`` to ``starts[i + 1]``; what shares a place is added up.

    ``width``: numbers of a row.
    """

    places: Places
    values: Matrix
    starts: NDArray[np.int64]
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def held(self, row: int) -> Held:
        """Places and values of one row."""
        own = slice(self.starts[row], self.starts[row + 1])
        return self.places[own], self.values[own]

    def narrowed(self, width: int) -> Rows:
        """The same rows in fewer places: those that are equal modulo ``width`` become one."""
        return Rows(self.places % np.uint16(width), self.values, self.starts, width)

    def written_out(self, rows: Sequence[int] | NDArray[np.int64]) -> Matrix:
        """These rows with their zeros, in the order asked for."""
        out = np.zeros((len(rows), self.width), dtype=np.float32)
        for to, row in zip(out, rows, strict=True):
            places, values = self.held(int(row))
            to[:] = np.bincount(places, weights=values, minlength=self.width)
        return out

    def blocks(self) -> Iterator[tuple[slice, Matrix]]:
        """All rows, :data:`WRITTEN_OUT` at a time: which they are, and their numbers."""
        for start in range(0, len(self), WRITTEN_OUT):
            some = slice(start, min(start + WRITTEN_OUT, len(self)))
            yield some, self.written_out(range(some.start, some.stop))


def rows_of(held: Sequence[Held], width: int) -> Rows:
    """Rows from what each of them holds."""
    starts = np.concatenate([[0], np.cumsum([len(places) for places, _ in held])]).astype(np.int64)
    places = [np.zeros(0, np.uint16), *(places for places, _ in held)]
    values = [np.zeros(0, np.float32), *(values for _, values in held)]
    return Rows(np.concatenate(places), np.concatenate(values), starts, width)


def joined(one: Rows, other: Rows) -> Rows:
    """The rows of one, then those of the other, which are as wide."""
    starts = np.concatenate([one.starts, one.starts[-1] + other.starts[1:]])
    places = np.concatenate([one.places, other.places])
    return Rows(places, np.concatenate([one.values, other.values]), starts, one.width)


class Index:
    """The same numbers by place. Rows that hold a place more than once don't belong here."""

    def __init__(self, rows: Rows) -> None:
        order = np.argsort(rows.places, kind="stable")
        owners = np.repeat(np.arange(len(rows), dtype=np.uint16), np.diff(rows.starts))
        self._count = len(rows)
        self._rows, self._values = owners[order], rows.values[order]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(rows.places, minlength=rows.width))])

    def products(self, held: Held) -> Matrix:
        """The product of one vector with each row."""
        places, values = held
        found = np.zeros(self._count, dtype=np.float32)
        begins, ends = self._starts[places].tolist(), self._starts[places.astype(np.int64) + 1].tolist()
        for begin, end, value in zip(begins, ends, values, strict=True):
            found[self._rows[begin:end]] += self._values[begin:end] * value
        return found
