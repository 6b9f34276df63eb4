"""Many vectors of which most numbers are zero, kept by what they hold: a fifteenth of the memory.

Work on many of them is done on a few hundred at a time, written out; work on one question goes over what is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

WRITTEN_OUT: Final = 500
"""Rows that are written out at a time."""


@dataclass(frozen=True)
class Rows:
    """Row ``i`` has ``values`` at ``places`` from ``starts[i]`` to ``starts[i + 1]``; ``width``: numbers of a row."""

    places: NDArray[np.uint16]
    values: Matrix
    starts: NDArray[np.int64]
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def written_out(self, rows: NDArray[np.int64]) -> Matrix:
        """These rows with their zeros, in the order asked for."""
        out = np.zeros((len(rows), self.width), dtype=np.float32)
        for to, row in zip(out, rows, strict=True):
            held = slice(self.starts[row], self.starts[row + 1])
            to[self.places[held]] = self.values[held]
        return out

    def blocks(self) -> Iterator[tuple[slice, Matrix]]:
        """All rows, :data:`WRITTEN_OUT` at a time: which they are, and their numbers."""
        for start in range(0, len(self), WRITTEN_OUT):
            some = slice(start, min(start + WRITTEN_OUT, len(self)))
            yield some, self.written_out(np.arange(some.start, some.stop))

    def products(self, vectors: Matrix) -> Matrix:
        """The product of each of ``vectors`` with each row: vectors × rows."""
        if len(vectors) > 1:
            return np.concatenate([vectors @ block.T for _, block in self.blocks()], axis=1)
        return np.add.reduceat(self.values * vectors[0][self.places], self.starts[:-1])[None, :]


def rows_of(blocks: Iterable[Matrix], width: int) -> Rows:
    """Take the zeros out of rows that come some at a time."""
    places, values, lengths = [np.zeros(0, np.uint16)], [np.zeros(0, np.float32)], [np.zeros(0, np.int64)]
    for block in blocks:
        held = block != 0
        held[~held.any(axis=1), 0] = True  # a row of nothing holds one zero, so that every row begins somewhere
        places.append(np.nonzero(held)[1].astype(np.uint16))
        values.append(block[held])
        lengths.append(held.sum(axis=1))
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return Rows(np.concatenate(places), np.concatenate(values), starts, width)
