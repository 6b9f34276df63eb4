"""Many vectors of which nearly all numbers are zero, kept by what they hold.

``Rows`` keeps them row by row, for writing some out; ``Index`` keeps them place by place, for their likeness to one
question, which then touches only the places that the question holds.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
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
_SORTED: Final = 4096
"""Places that are sorted at a time: to sort all at once takes more memory than what comes of it."""


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


def rows_of(held: Iterable[Held], width: int) -> Rows:
    """Rows from what each of them holds, taken one by one: thousands of small arrays would cost more than the rows."""
    places, values, starts = array("H"), array("f"), [0]
    for row_places, row_values in held:
        places.frombytes(row_places.tobytes())
        values.frombytes(row_values.tobytes())
        starts.append(len(places))
    return Rows(np.frombuffer(places, np.uint16), np.frombuffer(values, np.float32), np.array(starts), width)


def joined(one: Rows, other: Rows) -> Rows:
    """The rows of one, then those of the other, which are as wide."""
    starts = np.concatenate([one.starts, one.starts[-1] + other.starts[1:]])
    places = np.concatenate([one.places, other.places])
    return Rows(places, np.concatenate([one.values, other.values]), starts, one.width)


class Index:
    """The same numbers by place. Rows that hold a place more than once don't belong here."""

    def __init__(self, rows: Rows) -> None:
        owners = np.repeat(np.arange(len(rows), dtype=np.uint16), np.diff(rows.starts))
        self._count = len(rows)
        self._rows, self._values = np.empty_like(owners), np.empty_like(rows.values)
        self._starts = np.zeros(rows.width + 1, dtype=np.int64)
        done = 0
        for first in range(0, rows.width, _SORTED):
            last = min(first + _SORTED, rows.width)
            some = np.flatnonzero((rows.places >= first) & (rows.places < last))
            order = some[np.argsort(rows.places[some], kind="stable")]
            to = slice(done, done + len(order))
            self._rows[to], self._values[to] = owners[order], rows.values[order]
            counts = np.bincount(rows.places[some] - np.uint16(first), minlength=last - first)
            self._starts[first + 1 : last + 1] = done + np.cumsum(counts)
            done = to.stop

    def products(self, held: Held) -> Matrix:
        """The product of one vector with each row."""
        places, values = held
        found = np.zeros(self._count, dtype=np.float32)
        if len(places):
            begins, ends = self._starts[places].tolist(), self._starts[places.astype(np.int64) + 1].tolist()
            spans = list(map(slice, begins, ends))
            like = [self._values[span] * value for span, value in zip(spans, values, strict=True)]
            np.add.at(found, np.concatenate([self._rows[span] for span in spans]), np.concatenate(like))
        return found
