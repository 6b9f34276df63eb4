"""Is the recogniser's model there, whole, and the one that the manifest names?

``manifest.toml`` lies beside the model folders and lists, for each, its files
with size and SHA-256, its licence and its source. A folder that no manifest
names (an operator's own model) is only checked for Vosk's required files.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ivr.errors import ModelError
from ivr.speech.rejection import Rejection

# What vosk 0.3.45 needs of a small model; Gr.fst serves only open speech.
REQUIRED: Final = (
    "am/final.mdl",
    "conf/mfcc.conf",
    "conf/model.conf",
    "graph/HCLr.fst",
    "graph/disambig_tid.int",
    "graph/words.txt",
)
_REMEDY: Final = "Restore it from the repository (git checkout -- asr_models) or set another folder in [speech] model"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What the manifest says of a model; a folder without manifest has ``licence`` "unknown"."""

    name: str
    version: str
    licence: str
    source: str
    described: bool


def check_model(folder: Path) -> ModelEntry:
    """Check a Vosk model folder, reading every listed file once.

    Raises:
        ModelError: missing, truncated or changed; names the file and the remedy.
    """
    if not folder.is_dir():
        raise ModelError("vosk", folder, "model folder is missing", _REMEDY)
    described = _manifest(folder.parent / "manifest.toml").get(folder.name)
    if described is None:
        return _check_foreign(folder)
    for name, expected in described["files"].items():
        _check_file(folder / name, expected["size"], expected["sha256"])
    return ModelEntry(folder.name, described["version"], described["licence"], described["source"], True)


def rejection_file(folder: Path) -> Path:
    """Where a model's least gaps stand. It is no part of the model itself: a calibration may write it anew."""
    return folder / "rejection.toml"


def read_rejection(folder: Path) -> Rejection:
    """The model's least gaps; careful defaults for a model without them. Raises ModelError for a spoilt file."""
    path = rejection_file(folder)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return Rejection(**{key: float(value) for key, value in values.items()})
    except FileNotFoundError:
        return Rejection()
    except (OSError, ValueError, TypeError) as error:
        remedy = "Make it anew with `ivr asr calibrate MANIFEST --write`, or remove it"
        raise ModelError("vosk", path, f"can't be used ({error})", remedy) from error


def write_rejection(folder: Path, rejection: Rejection) -> Path:
    """Keep a calibration beside its model; returns the file. Raises ModelError when it can't be written."""
    path = rejection_file(folder)
    try:
        path.write_text(rejection_text(rejection), encoding="utf-8")
    except OSError as error:
        raise ModelError("vosk", path, f"can't be written ({error.strerror})", "See whose the folder is") from error
    return path


def rejection_text(rejection: Rejection) -> str:
    """As it stands in the file."""
    return (
        "# By `ivr asr calibrate`; see ivr/speech/rejection.py.\n"
        f"least_gap_small = {rejection.least_gap_small}\nleast_gap_large = {rejection.least_gap_large}\n"
    )


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(path: Path) -> dict[str, Any]:
    try:
        models = tomllib.loads(path.read_text(encoding="utf-8"))["models"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError("vosk", path, f"manifest can't be read ({error})", _REMEDY) from error
    return dict(models)


def _check_foreign(folder: Path) -> ModelEntry:
    for name in REQUIRED:
        path = folder / name
        if not path.is_file() or not path.stat().st_size:
            raise ModelError("vosk", path, "file of the model is missing or empty", _REMEDY)
    return ModelEntry(folder.name, sha256_of(folder / "am" / "final.mdl")[:12], "unknown", "unknown", False)


def _check_file(path: Path, size: int, sha256: str) -> None:
    if not path.is_file():
        raise ModelError("vosk", path, "file of the model is missing", _REMEDY)
    actual = path.stat().st_size
    if actual != size:
        raise ModelError("vosk", path, f"has {actual} bytes instead of {size}", _REMEDY)
    if sha256_of(path) != sha256:
        raise ModelError("vosk", path, "has another checksum than the manifest says", _REMEDY)
