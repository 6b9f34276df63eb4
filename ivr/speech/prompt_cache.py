"""The sound of the fixed prompts: what ships with the project, and what was rendered here and kept.

Shipped sound is played where it is of the configured voice (:mod:`ivr.speech.shipped`); the rest is rendered once.
A prompt's file is named after what makes its sound: text, language, voice and
its version, rate and the processing behind it. So a changed text or voice
simply has no sound yet, and nothing that was rendered can be wrong for it.
``manifest.json`` says which prompt each file speaks, its length and checksum.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ivr.config import Config
from ivr.errors import PromptError, SpeechError
from ivr.events import SAMPLE_RATE
from ivr.paths import project_file
from ivr.speech import blocks, sound
from ivr.speech.loudness import levelled
from ivr.speech.prompts import WORDINGS, PromptBook
from ivr.speech.shipped import ShippedSounds
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity, identify

_MANIFEST: Final = "manifest.json"
_PAUSE_S: Final = 0.18  # between the sentences of one prompt
# Part of a prompt's identity: raise it when this file makes another sound of the same clauses.
_VERSION: Final = "2"
_SAVE_EVERY: Final = 20  # clips, so that little is lost when shipping is broken off
SHIPPED: Final = project_file("prompts", "sounds")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One line of the manifest. ``spoken_by`` differs from the voice when a fallback spoke.

    ``language`` is empty in manifests of before there were several languages.
    """

    prompt: str
    sha256: str
    samples: int
    voice: str
    spoken_by: str
    language: str = ""


Progress = Callable[[int, int, str], None]


class PromptCache:
    """``voice`` is made only when something must be rendered, so that reading costs no model.

    ``shipped``: folder of the sounds that come with the project, a folder for each language; None: there are none.
    """

    def __init__(
        self,
        folder: Path,
        book: PromptBook,
        identity: VoiceIdentity,
        voice: Callable[[], VoiceChain],
        shipped: Path | None = None,
    ) -> None:
        self.folder = folder
        self.book = book
        self.identity = identity
        self._voice = voice
        self.shipped = ShippedSounds(shipped / book.language) if shipped is not None else None
        self._manifest = self._read_manifest()
        self._sounds: dict[str, bytes] = {}

    @classmethod
    def of(cls, config: Config) -> PromptCache:
        """The cache that the configuration describes.

        Raises:
            PromptError: the texts can't be used.
            ModelError: the voice is missing or damaged.
        """
        book = PromptBook(config.line.prompts_dir, config.line.language)
        identity = identify(config)
        return cls(config.prompt_cache_dir, book, identity, lambda: _load_voice(identity), SHIPPED)

    def key(self, prompt: str) -> str:
        """File name without suffix. Raises PromptError for an unknown id."""
        parts = (
            self.book.text(prompt),
            self.book.language,
            self.identity.name,
            self.identity.version,
            str(SAMPLE_RATE),
            f"{sound.VERSION}.{_VERSION}",
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def path(self, prompt: str) -> Path:
        """Where a prompt's sound lies or will lie. Raises PromptError for an unknown id."""
        return self.folder / f"{self.key(prompt)}.pcm"

    def get(self, prompt: str) -> bytes | None:
        """A prompt's sound, checked; ``None`` when it is not rendered, or its file is damaged.

        Kept in memory after the first reading. Raises PromptError for an unknown id.
        """
        if (pcm := self._shipped(self.book.text(prompt))) is not None:
            return pcm
        key = self.key(prompt)
        if key not in self._sounds:
            pcm = self._read(key)
            if pcm is None:
                return None
            self._sounds[key] = pcm
        return self._sounds[key]

    @property
    def block_texts(self) -> tuple[str, ...]:
        """Building blocks that this voice should have: those of a shipped voice; none for one that renders here."""
        return blocks.lithuanian() if self._voice_is_shipped and self.book.language == "lt" else ()

    def block(self, text: str) -> bytes | None:
        """Sound of a building block by its text with mark (:mod:`ivr.speech.blocks`); None when it has none."""
        return self._shipped(text)

    def missing(self) -> tuple[str, ...]:
        """Prompts without (whole) sound."""
        return tuple(prompt for prompt in self.book.ids if self.get(prompt) is None)

    def stale(self) -> tuple[Path, ...]:
        """Sound files that no prompt of the book uses any more; those of other languages are theirs."""
        used = {self.path(prompt) for prompt in self.book.ids}
        others = {key for key, one in self._manifest.items() if one.language not in ("", self.book.language)}
        files = (path for path in self.folder.glob("*.pcm") if path.stem not in others)
        return tuple(sorted(path for path in files if path not in used))

    def remove_stale(self) -> int:
        """Delete what :meth:`stale` lists; returns how many."""
        unused = self.stale()
        for path in unused:
            path.unlink(missing_ok=True)
            self._manifest.pop(path.stem, None)
        if unused:
            self._write_manifest()
        return len(unused)

    def shipped_faults(self) -> tuple[str, ...]:
        """What is wrong with the shipped sounds of this voice: damaged, of texts that are gone, files of nothing."""
        if self.shipped is None or not self._voice_is_shipped:
            return ()
        texts = {self.book.text(prompt) for prompt in self.book.ids} | set(self.block_texts)
        return (
            *(f"{clip.file} is missing or is not the file of the manifest" for clip in self.shipped.damaged()),
            *(
                f"{clip.file} is stale: nothing says “{clip.text}”"
                for clip in self.shipped.clips
                if clip.text not in texts
            ),
            *(f"{path.name} is not in the manifest" for path in self.shipped.stray()),
        )

    def voice(self) -> VoiceChain:
        """The voice itself, made now. Raises ModelError, SpeechError."""
        return self._voice()

    def record(self, prompt: str) -> Rendered | None:
        """What the manifest says of a prompt's sound."""
        return self._manifest.get(self.key(prompt))

    def render(self, progress: Progress | None = None, prompts: Iterable[str] | None = None) -> int:
        """Render what is missing or damaged; returns how many were rendered.

        ``progress(done, total, prompt)`` is called after each.

        Raises:
            PromptError: no voice can speak a prompt, or its file can't be written.
        """
        wanted = [prompt for prompt in (prompts or self.book.ids) if self.get(prompt) is None]
        if not wanted:
            return 0
        voice = self._voice()
        for done, prompt in enumerate(wanted, start=1):
            self._render_one(prompt, voice)
            if progress is not None:
                progress(done, len(wanted), prompt)
        return len(wanted)

    def ship(self, progress: Progress | None = None, *, replace: bool = False) -> int:
        """Render what the shipped sounds lack of this book and its building blocks; returns how many were rendered.

        Clips of texts that are gone are dropped, and with ``replace`` those of another voice. Raises PromptError like
        :meth:`render`, when a substitute voice would have to speak, and for another voice's clips without ``replace``.
        """
        if self.shipped is None:
            raise PromptError(self.folder, "", "has no folder for shipped sounds", "Give one")
        wanted = dict.fromkeys(blocks.lithuanian() if self.book.language == "lt" else (), "block")
        # Other wordings last: when shipping is broken off, what is said most is there.
        ids = sorted(self.book.ids, key=lambda prompt: prompt.endswith(WORDINGS))
        wanted |= {self.book.text(prompt): "prompt" for prompt in ids}
        if self.shipped.clips and not self.shipped.fits(self.identity) and not replace:
            remedy = f"Configure that voice, or add --replace to render everything anew with {self.identity.name}"
            raise PromptError(self.shipped.folder, "", f"was spoken by {self.shipped.voice}", remedy)
        self.shipped.begin(self.identity)
        todo = [text for text in wanted if self.shipped.get(text) is None]
        if todo:
            self._ship(self.shipped, todo, wanted, progress)
        if self.shipped.keep_only(set(wanted)) or todo:
            self.shipped.save()
        return len(todo)

    def _ship(self, shipped: ShippedSounds, todo: list[str], kinds: dict[str, str], progress: Progress | None) -> None:
        voice = self._voice()
        for done, text in enumerate(todo, start=1):
            pcm, by = speak_whole(voice, text, self.book.language, shipped.folder, text)
            if by != self.identity.name:
                raise PromptError(shipped.folder, text, f"would be spoken by {by}", "Install the configured voice")
            shipped.put(text, kinds[text], pcm if kinds[text] == "prompt" else blocks.tight(pcm))
            if done % _SAVE_EVERY == 0:
                shipped.save()
            if progress is not None:
                progress(done, len(todo), text)

    @property
    def _voice_is_shipped(self) -> bool:
        return self.shipped is not None and self.shipped.fits(self.identity)

    def _shipped(self, text: str) -> bytes | None:
        return self.shipped.get(text) if self.shipped is not None and self._voice_is_shipped else None

    def _render_one(self, prompt: str, voice: VoiceChain) -> None:
        key = self.key(prompt)
        pcm, by = speak_whole(voice, self.book.text(prompt), self.book.language, self.book.file(prompt), prompt)
        digest = hashlib.sha256(pcm).hexdigest()
        self._manifest[key] = Rendered(prompt, digest, len(pcm) // 2, self.identity.name, by, self.book.language)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(self.folder / f"{key}.pcm", pcm)
            self._write_manifest()
        except OSError as error:
            raise PromptError(
                self.folder,
                prompt,
                f"sound can't be written ({error.strerror})",
                "Free disk space or set [line] data_dir",
            ) from error
        self._sounds[key] = pcm

    def _read(self, key: str) -> bytes | None:
        known = self._manifest.get(key)
        if known is None:
            # Another process may have rendered it since this one read the manifest.
            self._manifest = self._read_manifest()
            known = self._manifest.get(key)
        if known is None:
            return None
        try:
            pcm = (self.folder / f"{key}.pcm").read_bytes()
        except OSError:
            return None
        return pcm if hashlib.sha256(pcm).hexdigest() == known.sha256 else None

    def _read_manifest(self) -> dict[str, Rendered]:
        # A damaged manifest costs one rendering, never a start.
        with suppress(OSError, ValueError, TypeError, AttributeError):
            content = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
            return {key: Rendered(**entry) for key, entry in content.items()}
        return {}

    def _write_manifest(self) -> None:
        merged = self._read_manifest() | self._manifest
        self._manifest = {key: entry for key, entry in merged.items() if (self.folder / f"{key}.pcm").exists()}
        content = {key: asdict(entry) for key, entry in sorted(self._manifest.items())}
        _replace(self.folder / _MANIFEST, json.dumps(content, ensure_ascii=False, indent=1).encode())


def speak_whole(voice: VoiceChain, text: str, language: str, file: Path, prompt: str) -> tuple[bytes, str]:
    """A whole text's sound and the voice that spoke its end. Raises PromptError, which names file and prompt."""
    try:
        spoken = list(voice.spoken(text, language))
    except SpeechError as error:
        raise PromptError(file, prompt, f"can't be spoken ({error.problem})", error.remedy) from error
    if not spoken:
        raise PromptError(file, prompt, "has no words to speak", "Write a sentence, or remove the id")
    return levelled(bytes(int(_PAUSE_S * SAMPLE_RATE) * 2).join(chunk for _, chunk in spoken)), spoken[-1][0]


def _load_voice(identity: VoiceIdentity) -> VoiceChain:
    # Imported here: the line's audio processes read the cache and must not carry the engines.
    from ivr.speech.engines import local_voice

    return local_voice(identity)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, and a crash leaves no half."""
    half = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
