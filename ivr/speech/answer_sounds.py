"""Sound of answers that comes with the project: ``prompts/answers/<language>``, found by the sentence.

Kept apart from the fixed prompts: those are all in memory before the first call, answers are read when they are given,
and the most important ones only have sound, as many as :data:`LIMIT` allows. The others are spoken while the call runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from ivr.errors import PromptError
from ivr.paths import project_file
from ivr.speech.prompt_cache import Progress, speak_whole
from ivr.speech.shipped import ShippedSounds
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import VoiceIdentity

FOLDER: Final = project_file("prompts", "answers")
LIMIT: Final = 13_300_000
"""Bytes of all files together: with the prompts' sound they stay under 25 MB."""
_KEPT: Final = 32  # sentences; a worker has some callers at once
_SAVE_EVERY: Final = 20


class AnswerSounds:
    """Sound by the sentence, of one voice: clips of another one count for nothing."""

    def __init__(self, folder: Path, identity: VoiceIdentity) -> None:
        self.folder, self._identity = folder, identity
        self.shipped = ShippedSounds(folder)
        self.get: Callable[[str], bytes | None] = lru_cache(maxsize=_KEPT)(self._get)

    @classmethod
    def of(cls, language: str, identity: VoiceIdentity) -> AnswerSounds:
        """The project's own. Raises PromptError when their manifest can't be read."""
        return cls(FOLDER / language, identity)

    @property
    def fits(self) -> bool:
        """The configured voice spoke these clips."""
        return self.shipped.fits(self._identity)

    @property
    def size(self) -> int:
        """Bytes of all clips."""
        return sum(path.stat().st_size for path in self.folder.glob("*.wav*"))

    def faults(self, texts: Iterable[str]) -> list[str]:
        """Clips that are damaged, of sentences that nobody says any more, and files that no clip names."""
        wanted = set(texts)
        gone = (clip for clip in self.shipped.clips if clip.text not in wanted)
        return [
            *(f"{clip.file} is missing or is not the file of the manifest" for clip in self.shipped.damaged()),
            *(f"{clip.file} is stale: nothing says “{clip.text}”" for clip in gone),
            *(f"{path.name} is not in the manifest" for path in self.shipped.stray()),
        ]

    def ship(
        self, texts: Iterable[str], voice: Callable[[], VoiceChain], language: str, progress: Progress | None = None
    ) -> int:
        """Render sentences that have no sound, in order, until :data:`LIMIT` is reached; drop what is gone or beyond.

        Returns how many were rendered. ``voice`` is made only when something must be.

        Raises:
            PromptError: a sentence can't be spoken, a substitute would have to, or a file can't be written.
        """
        wanted = list(dict.fromkeys(texts))
        self.shipped.begin(self._identity)
        if self.shipped.keep_only(self._within(wanted)):
            self.shipped.save()
        todo = [text for text in wanted if self.shipped.clip(text) is None]
        chain: VoiceChain | None = None
        done = 0
        for done, text in enumerate(todo, 1):
            if self.size >= LIMIT:
                done -= 1
                break
            chain = chain or voice()
            pcm, by = speak_whole(chain, text, language, self.folder, text)
            if by != self._identity.name:
                raise PromptError(self.folder, text, f"would be spoken by {by}", "Install the configured voice")
            self.shipped.put(text, "answer", pcm)
            if done % _SAVE_EVERY == 0:
                self.shipped.save()
            if progress is not None:
                progress(done, len(todo), text)
        if done:
            self.shipped.save()
        return done

    def _within(self, wanted: list[str]) -> set[str]:
        """Those of ``wanted`` whose clips fit, the first ones first."""
        kept, size = set(), 0
        for text in wanted:
            if size >= LIMIT:
                break
            if (clip := self.shipped.clip(text)) is not None:
                path = self.folder / clip.file
                size += path.stat().st_size if path.exists() else 0
                kept.add(text)
        return kept

    def _get(self, text: str) -> bytes | None:
        return self.shipped.read(text) if self.fits else None
