"""Sound that comes with the project: ``prompts/sounds/<language>``, fixed prompts and building blocks.

One voice spoke all of it; ``manifest.json`` names the voice and says of every clip
its text, length, loudness and checksum. A clip is found by its text, so one whose
text was changed is simply not there any more, and one whose file was touched is not
played. The files are A-law WAV (ITU-T G.711), what a telephone carries anyway, made
a third smaller without loss by xz.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import struct
import unicodedata
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ivr.errors import AudioError, PromptError
from ivr.events import SAMPLE_RATE
from ivr.speech import sound
from ivr.speech.loudness import loudness
from ivr.speech.voices import VoiceIdentity
from ivr.speech.wav import alaw_values, decode_wav

_MANIFEST: Final = "manifest.json"
_FORMAT_ALAW: Final = 6
_SLUG_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class Clip:
    """One line of the manifest. ``kind``: ``prompt`` or ``block``.

    ``level`` is the active speech level in dBFS; ``lufs`` is None where the sound is too short for it.
    """

    file: str
    text: str
    kind: str
    seconds: float
    level: float
    lufs: float | None
    sha256: str


class ShippedSounds:
    """The clips of one language; a folder without manifest holds none.

    Raises:
        PromptError: the manifest can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        content = self._read()
        self.engine: str = content.get("engine", "")
        self.voice: str = content.get("voice", "")
        self.version: str = content.get("version", "")
        self._clips = {clip["text"]: Clip(**clip) for clip in content.get("clips", ())}
        self._sounds: dict[str, bytes | None] = {}

    @property
    def clips(self) -> tuple[Clip, ...]:
        """In the order of their texts."""
        return tuple(self._clips[text] for text in sorted(self._clips))

    def fits(self, identity: VoiceIdentity) -> bool:
        """The configured voice is the one that spoke these clips: only then may they be played (one voice a call).

        A later version of the same voice (it learned to pronounce a word) is still the same speaker.
        """
        return bool(self._clips) and (self.engine, self.voice) == (identity.engine, identity.name)

    def clip(self, text: str) -> Clip | None:
        """What the manifest says of a text's sound."""
        return self._clips.get(text)

    def get(self, text: str) -> bytes | None:
        """PCM of a text; None when there is no clip of it, or its file is missing or is not the manifest's."""
        if text not in self._sounds:
            clip = self._clips.get(text)
            self._sounds[text] = self._load(clip) if clip is not None else None
        return self._sounds[text]

    def read(self, text: str) -> bytes | None:
        """As :meth:`get`, but read from the file each time and not kept: for many clips of which few are played."""
        clip = self._clips.get(text)
        return self._load(clip) if clip is not None else None

    def damaged(self) -> tuple[Clip, ...]:
        """Clips whose file is missing or has another checksum."""
        return tuple(clip for clip in self.clips if self.read(clip.text) is None)

    def stray(self) -> tuple[Path, ...]:
        """Files that no clip names."""
        named = {clip.file for clip in self._clips.values()}
        return tuple(sorted(path for path in self.folder.glob("*.wav*") if path.name not in named))

    def begin(self, identity: VoiceIdentity) -> None:
        """From now on this voice speaks all clips; those of another one are dropped."""
        if not self.fits(identity):
            self._clips.clear()
            self._sounds.clear()
        self.engine, self.voice, self.version = identity.engine, identity.name, identity.version

    def put(self, text: str, kind: str, pcm: bytes) -> Clip:
        """Keep a clip. Raises PromptError when it can't be written. :meth:`save` writes the manifest."""
        path = self.folder / f"{_slug(text)}.wav.xz"
        content = packed(pcm)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise PromptError(
                path, text, f"sound can't be written ({error.strerror})", "Free disk space, or see the folder's rights"
            ) from error
        samples = sound.to_samples(pcm)
        lufs = loudness(samples)
        clip = Clip(
            path.name,
            text,
            kind,
            round(len(samples) / SAMPLE_RATE, 3),
            round(sound.active_level(samples), 2),
            round(lufs, 2) if np.isfinite(lufs) else None,
            hashlib.sha256(content).hexdigest(),
        )
        self._clips[text] = clip
        self._sounds.pop(text, None)
        return clip

    def keep_only(self, texts: set[str]) -> int:
        """Drop clips of other texts, and files that no clip names; returns how many went."""
        gone = [text for text in self._clips if text not in texts]
        for text in gone:
            del self._clips[text]
        stray = self.stray()
        for path in stray:
            path.unlink()
        return max(len(gone), len(stray))

    def save(self) -> None:
        """Write the manifest, a line for each clip."""
        head = {"engine": self.engine, "voice": self.voice, "version": self.version}
        lines = [json.dumps(asdict(clip), ensure_ascii=False) for clip in self.clips]
        text = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "clips": [\n  ' + ",\n  ".join(lines)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _MANIFEST).write_text(text + "\n ]\n}\n", encoding="utf-8")

    def _load(self, clip: Clip) -> bytes | None:
        with suppress(OSError, AudioError):
            content = (self.folder / clip.file).read_bytes()
            if hashlib.sha256(content).hexdigest() == clip.sha256:
                return unpacked(content)
        return None

    def _read(self) -> dict[str, Any]:
        path = self.folder / _MANIFEST
        if not path.is_file():
            return {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            [Clip(**clip) for clip in content["clips"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PromptError(path, "", f"can't be read ({error})", "Restore it from the repository") from error
        return dict(content)


def packed(pcm: bytes) -> bytes:
    """A file's content of the line's PCM; A-law is the only loss."""
    return lzma.compress(alaw_wav(pcm))


def unpacked(content: bytes) -> bytes:
    """The line's PCM of a file's content. Raises AudioError when it is no such file."""
    try:
        return decode_wav(lzma.decompress(content))
    except lzma.LZMAError as error:
        raise AudioError(f"can't be unpacked ({error})", "Restore it from the repository") from error


def alaw_wav(pcm: bytes) -> bytes:
    """A WAV file of the line's PCM in A-law: every sample its nearest value."""
    values = np.round(alaw_values().astype(np.float64) * 32768)
    order = np.argsort(values)
    limits = (values[order][1:] + values[order][:-1]) / 2
    data = order[np.searchsorted(limits, np.frombuffer(pcm, dtype="<i2"))].astype(np.uint8).tobytes()
    form = struct.pack("<HHIIHHH", _FORMAT_ALAW, 1, SAMPLE_RATE, SAMPLE_RATE, 1, 8, 0)
    fact = struct.pack("<I", len(data))
    chunks = ((b"fmt ", form), (b"fact", fact), (b"data", data))
    body = b"".join(name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for name, part in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def _slug(text: str) -> str:
    """A file name that says the text to a reader, and is its own for every text."""
    plain = unicodedata.normalize("NFD", text.lower()).encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:_SLUG_CHARS].strip("-")
    return f"{words}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
