"""Kaldi's compressed matrix: one byte a value, a quarter of the size of floats.

Each column keeps its least, quarter, three-quarter and greatest value in 16 bits, as shares of the matrix's range; a
value is a step between two of them: 64 in the lower quarter, 128 in the middle, 63 above. A weight moves by a hundredth
of its column's spread or so. In a file: "CM ", least value, range, rows, columns, the columns' four numbers, and the
bytes column by column.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_TOKEN: Final = b"CM "
_HEADER: Final = struct.Struct("<ffii")
_UNITS: Final = 65535
_BENDS: Final = np.array([0, 64, 192, 255])  # bytes of a column's four numbers


def write(values: Array) -> bytes:
    """The matrix (rows, columns) in Kaldi's binary form, token included."""
    least, spread = float(values.min()), float(np.ptp(values)) or 1.0
    quarter = len(values) // 4
    ordered = np.sort(values, axis=0)[[0, quarter, min(3 * quarter, len(values) - 1), -1]]
    marks = np.round((ordered - least) * (_UNITS / spread)).astype(np.int64)
    for row in range(1, 4):  # Kaldi divides by the distance of neighbours
        marks[row] = np.maximum(marks[row], marks[row - 1] + 1)
    marks = np.minimum(marks, _UNITS - 3 + np.arange(4)[:, None])
    steps = [
        np.interp(column, least + own * (spread / _UNITS), _BENDS)
        for column, own in zip(values.T, marks.T, strict=True)
    ]
    body = marks.T.astype("<u2").tobytes() + np.round(np.stack(steps)).astype(np.uint8).tobytes()
    return _TOKEN + _HEADER.pack(least, spread, *values.shape) + body


def read(content: bytes, at: int) -> tuple[Array, int]:
    """The matrix that begins at a byte of the content, as 32-bit floats, and where it ends.

    Raises ValueError when another kind of value stands there.
    """
    if content[at : at + len(_TOKEN)] != _TOKEN:
        raise ValueError("keeps its weights in another form; it was not written by this training")
    least, spread, rows, columns = _HEADER.unpack_from(content, at + len(_TOKEN))
    at += len(_TOKEN) + _HEADER.size
    marks = np.frombuffer(content, "<u2", 4 * columns, at).reshape(columns, 4)
    at += marks.nbytes
    steps = np.frombuffer(content, np.uint8, rows * columns, at).reshape(columns, rows)
    bends = least + marks * (spread / _UNITS)
    values = [np.interp(own, _BENDS, bend) for own, bend in zip(steps, bends, strict=True)]
    return np.stack(values, axis=1).astype(np.float32), at + steps.nbytes
