"""The fixed prompts of one language, held in memory so that no call ever waits for a disk."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.config import Config
from ivr.errors import PromptError
from ivr.speech.prompts import PromptBook, PromptCache


@dataclass(frozen=True, slots=True)
class LoadedSounds:
    """Sound (PCM) and text by prompt id."""

    book: PromptBook
    sounds: dict[str, bytes]

    @classmethod
    def load(cls, config: Config) -> LoadedSounds:
        """All prompts of the line's language.

        Raises:
            PromptError: a text can't be read, or a prompt has no sound yet.
        """
        book = PromptBook.load(config.line.prompts_dir, config.line.language)
        cache = PromptCache.from_config(config, book)
        sounds: dict[str, bytes] = {}
        for prompt in book.ids:
            pcm = cache.get(prompt)
            if pcm is None:
                raise PromptError(
                    config.prompt_cache_dir, prompt, "has no sound", "Run `ivr prompts render` with this configuration"
                )
            sounds[prompt] = pcm
        return cls(book, sounds)

    def pcm(self, prompt: str) -> bytes:
        return self.sounds[prompt]

    def text(self, prompt: str) -> str:
        return self.book.text(prompt)
