"""The fixed prompts of the line's language, held in memory so that no call ever waits for a disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ivr.config import Config
from ivr.errors import PromptError
from ivr.speech import blocks
from ivr.speech.pace import slower
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.prompts import WORDINGS

LEAD: Final = "lead.moment"


@dataclass(frozen=True, slots=True)
class LoadedSounds:
    """Sound (PCM) and text by prompt id, the sound of building blocks by their text, and prompts' other wordings."""

    sounds: dict[str, bytes]
    texts: dict[str, str]
    blocks: dict[str, bytes] = field(default_factory=dict)
    wordings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _stretched: dict[tuple[str, float], bytes] = field(default_factory=dict)

    @classmethod
    def load(cls, config: Config) -> LoadedSounds:
        """All prompts of the line's language.

        Raises:
            PromptError: a text can't be read, or a prompt has no sound yet.
            ModelError: the voice is missing or damaged.
        """
        cache = PromptCache.of(config)
        if missing := cache.missing():
            remedy = "Run `ivr prompts render` with this configuration"
            raise PromptError(config.prompt_cache_dir, missing[0], "has no sound", remedy)
        return cls(
            {prompt: cache.get(prompt) or b"" for prompt in cache.book.ids},
            {prompt: cache.book.text(prompt) for prompt in cache.book.ids},
            {text: pcm for text in cache.block_texts if (pcm := cache.block(text))},
            cache.book.wordings,
        )

    @property
    def leads(self) -> tuple[str, ...]:
        """Lead-ins, another wording each."""
        return tuple(prompt for prompt in (LEAD, *(LEAD + end for end in WORDINGS)) if prompt in self.sounds)

    def pcm(self, prompt: str, pace: float = 1.0) -> bytes:
        """A prompt's sound; stretched once for each pace, then kept."""
        if pace == 1.0:
            return self.sounds[prompt]
        key = prompt, pace
        if key not in self._stretched:
            self._stretched[key] = slower(self.sounds[prompt], pace)
        return self._stretched[key]

    def text(self, prompt: str) -> str:
        return self.texts[prompt]

    def joined(self, text: str) -> bytes | None:
        """A sentence that is made of building blocks alone; None for any other, or when the voice has no blocks."""
        return blocks.join(text, self.blocks.get) if self.blocks else None

    def slower(self, pcm: bytes, pace: float) -> bytes:
        return slower(pcm, pace)
