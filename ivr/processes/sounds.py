"""The fixed prompts of the line's language, held in memory so that no call ever waits for a disk."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.config import Config
from ivr.errors import PromptError
from ivr.speech.prompt_cache import PromptCache


@dataclass(frozen=True, slots=True)
class LoadedSounds:
    """Sound (PCM) and text by prompt id."""

    sounds: dict[str, bytes]
    texts: dict[str, str]

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
        )

    def pcm(self, prompt: str) -> bytes:
        return self.sounds[prompt]

    def text(self, prompt: str) -> str:
        return self.texts[prompt]
