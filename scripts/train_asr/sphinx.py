"""Reads a semi-continuous CMU-Sphinx acoustic model: Gaussians, mixture weights, transitions, triphones.

Binary files ("s3"): a text header up to ``endhdr``, the integer 0x11223344 for the
byte order, then counts and 32-bit floats. Feature type ``s2_4x`` has four streams:
c1–c12; their short and long differences; c0 with its differences; second
differences of c1–c12.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from scripts.train_asr.features import FILTERS, cosine_transform, lifter

Floats = npt.NDArray[np.float64]

SPHINX_FILTERS: Final = 25  # 130–6800 Hz; the lowest 18 are the filters of scripts.train_asr.features
SPHINX_CEPSTRA: Final = 13
FILES: Final = ("means", "variances", "mixture_weights", "transition_matrices", "mdef")


@dataclass(frozen=True)
class SphinxModel:
    """What the sampler needs.

    ``means`` and ``variances``: one array (codewords, dimensions) a stream;
    ``weights``: (senones, streams, codewords), each row summing to 1; ``stay``:
    (transition matrices, 3) probability of staying in a state; ``senones``:
    (phone, left, right, position) to (matrix, three senones), phones alone under
    (phone, "-", "-", "-").
    """

    means: tuple[Floats, ...]
    variances: tuple[Floats, ...]
    weights: Floats
    stay: Floats
    senones: dict[tuple[str, str, str, str], tuple[int, tuple[int, ...]]]


def read_model(folder: Path) -> SphinxModel:
    """Read the five files. Raises SystemExit with a sentence when one is missing or of another kind."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"{folder}: lacks {', '.join(missing)}; give the folder of LIEPA's Sphinx model (README.md)")
    weights = np.maximum(_table(folder / "mixture_weights").astype(np.float64), 1e-7)
    transitions = _table(folder / "transition_matrices").astype(np.float64)
    transitions /= transitions.sum(axis=2, keepdims=True)
    return SphinxModel(
        _gaussians(folder / "means"),
        _gaussians(folder / "variances"),
        weights / weights.sum(axis=2, keepdims=True),
        transitions[:, range(3), range(3)],
        _triphones(folder / "mdef"),
    )


def to_log_mel() -> Floats:
    """Matrix (13, 18): LIEPA's liftered cepstra times it are log mel energies of the telephone band."""
    inverse = cosine_transform(SPHINX_CEPSTRA, SPHINX_FILTERS).T / lifter(SPHINX_CEPSTRA)
    return np.asarray(inverse.T[:, :FILTERS])


def _body(path: Path) -> tuple[bytes, int]:
    content = path.read_bytes()
    header = content.find(b"endhdr\n")
    at = header + 7
    if header < 0 or content[at : at + 4] != struct.pack("<I", 0x11223344):
        raise SystemExit(f"{path}: not a little-endian file of CMU Sphinx")
    return content, at + 4


def _gaussians(path: Path) -> tuple[Floats, ...]:
    content, at = _body(path)
    books, streams, count = struct.unpack_from("<3i", content, at)
    if books != 1:
        raise SystemExit(f"{path}: has {books} codebooks; only semi-continuous models (one) can be sampled")
    widths = struct.unpack_from(f"<{streams}i", content, at + 12)
    (total,) = struct.unpack_from("<i", content, at + 12 + 4 * streams)
    values = np.frombuffer(content, "<f4", total, at + 16 + 4 * streams).astype(np.float64)
    parts = np.split(values, np.cumsum([count * width for width in widths])[:-1])
    return tuple(part.reshape(count, width) for part, width in zip(parts, widths, strict=True))


def _table(path: Path) -> npt.NDArray[np.float32]:
    content, at = _body(path)
    *shape, total = struct.unpack_from("<4i", content, at)
    return np.frombuffer(content, "<f4", total, at + 16).reshape(shape)


def _triphones(path: Path) -> dict[tuple[str, str, str, str], tuple[int, tuple[int, ...]]]:
    senones = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        part = line.split()
        if len(part) == 10 and part[-1] == "N":
            senones[part[0], part[1], part[2], part[3]] = (int(part[5]), tuple(map(int, part[6:9])))
    return senones
