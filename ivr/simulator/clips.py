"""What the simulator's people speak: sound clips that are part of the project.

``ivr/simulator/voices/manifest.toml`` names every clip (name, text, voice, file,
checksum, licence); ``scripts/render_citizen.py`` makes them. A phrase may exist
in several voices, and a person keeps one voice for a call as far as clips allow.

Errors: :class:`~ivr.errors.ClipError` with file, clip, problem and remedy.
"""

from __future__ import annotations

import hashlib
import io
import random
import re
import tomllib
import wave
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from ivr.errors import ClipError
from ivr.events import SAMPLE_RATE

VOICES: Final = Path(__file__).with_name("voices")
MANIFEST: Final = "manifest.toml"
_RENDER: Final = "Render it anew with scripts/render_citizen.py, or restore the file from the repository"
_KEYS: Final = {"name", "text", "ipa", "voice", "speed", "file", "sha256", "licence"}


def spoken(text: str) -> str:
    """A phrase as it is compared: lower case, words only („Taip, girdžiu!“ → „taip girdžiu“)."""
    return " ".join(re.findall(r"\w+", text.casefold()))


@dataclass(frozen=True)
class Clip:
    """One phrase in one voice; ``pcm`` is read and checked when it is first used."""

    name: str
    text: str
    voice: str
    path: Path
    sha256: str
    licence: str

    @cached_property
    def pcm(self) -> bytes:
        """16-bit mono PCM at 8000 Hz. Raises ClipError when the file is not the one of the manifest."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise ClipError(self.path, self.name, f"can't be read ({error.strerror})", _RENDER) from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ClipError(self.path, self.name, "is not the sound that the manifest names (checksum)", _RENDER)
        return read_wav(data, self.path)

    @property
    def duration_s(self) -> float:
        return len(self.pcm) / 2 / SAMPLE_RATE


def read_wav(data: bytes, path: Path) -> bytes:
    """PCM of a WAV file; raises ClipError unless it is 16-bit mono at 8000 Hz and not empty."""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            shape = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate())
            pcm: bytes = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError) as error:
        raise ClipError(path, "", f"is not a WAV file ({error})", "Give a 16-bit mono WAV file at 8000 Hz") from error
    if shape != (1, 2, SAMPLE_RATE) or not pcm:
        channels, width, rate = shape
        problem = f"has {channels} channel(s), {8 * width} bits, {rate} Hz, {len(pcm)} bytes of sound"
        raise ClipError(path, "", problem, "Give a 16-bit mono WAV file at 8000 Hz")
    return pcm


class Clips:
    """All clips of a folder, found by name or by what is said in them."""

    def __init__(self, folder: Path = VOICES) -> None:
        """Read the manifest; raises ClipError when it can't be used. Sound is read on first use."""
        self._manifest = folder / MANIFEST
        self.all: tuple[Clip, ...] = tuple(_load(self._manifest))

    def voices(self, phrase: str) -> tuple[Clip, ...]:
        """The clips of a phrase (by name or by text), one per voice; empty when there is none."""
        wanted = spoken(phrase)
        return tuple(clip for clip in self.all if phrase == clip.name or wanted == spoken(clip.text))

    def find(self, phrase: str, voice: str = "") -> Clip:
        """The clip of a phrase in ``voice``, or in the manifest's first voice. Raises ClipError."""
        for clip in self._some(phrase):
            if voice in ("", clip.voice):
                return clip
        known = ", ".join(clip.voice for clip in self._some(phrase))
        raise ClipError(self._manifest, phrase, f"has no voice {voice}", f"Use one of: {known}")

    def choose(self, phrase: str, rng: random.Random, prefer: str = "") -> Clip:
        """The clip in the preferred voice, else in one that ``rng`` draws. Raises ClipError."""
        clips = self._some(phrase)
        for clip in clips:
            if clip.voice == prefer:
                return clip
        return rng.choice(clips)

    def voice_for(self, phrases: Sequence[str], rng: random.Random) -> str:
        """A voice that has as many of the phrases as any other; ``rng`` draws among equals. Raises ClipError."""
        having = Counter(clip.voice for phrase in phrases for clip in self._some(phrase))
        most = max(having.values(), default=0)
        return rng.choice(sorted(voice for voice, count in having.items() if count == most)) if having else ""

    def _some(self, phrase: str) -> tuple[Clip, ...]:
        clips = self.voices(phrase)
        if not clips:
            names = ", ".join(sorted({clip.name for clip in self.all}))
            raise ClipError(self._manifest, phrase, "there is no clip of this phrase", f"Use one of: {names}")
        return clips


def _load(manifest: Path) -> list[Clip]:
    remedy = "Restore it from the repository"
    try:
        rows = tomllib.loads(manifest.read_text(encoding="utf-8"))["clip"]
    except OSError as error:
        raise ClipError(manifest, "", f"can't be read ({error.strerror})", remedy) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise ClipError(manifest, "", f"is not a list of clips ({error})", remedy) from error
    clips: list[Clip] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if set(row) != _KEYS:
            odd = ", ".join(sorted(set(row) ^ _KEYS))
            raise ClipError(manifest, str(row.get("name", "?")), f"has these keys missing or too many: {odd}", remedy)
        clip = Clip(
            row["name"], row["text"], row["voice"], manifest.parent / row["file"], row["sha256"], row["licence"]
        )
        if (clip.name, clip.voice) in seen:
            raise ClipError(manifest, clip.name, f"is there twice in the voice {clip.voice}", "Remove one of them")
        seen.add((clip.name, clip.voice))
        clips.append(clip)
    return clips
