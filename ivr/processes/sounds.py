"""The fixed prompts of the line's language, held in memory so that no call ever waits for a disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ivr.config import Config
from ivr.errors import PromptError
from ivr.speech import blocks
from ivr.speech.answer_sounds import AnswerSounds
from ivr.speech.pace import slower
from ivr.speech.prompt_cache import PromptCache
from ivr.speech.prompts import WORDINGS, other_languages

LEAD: Final = "lead.moment"


def others(config: Config) -> Iterator[PromptCache]:
    """The caches of the languages that callers can turn to, each in its own voice.

    Raises:
        PromptError: a text can't be read.
        ModelError: a voice is missing or damaged.
    """
    for language in other_languages(config.line.prompts_dir, config.line.language):
        line = config.line.model_copy(update={"language": language})
        yield PromptCache.of(config.model_copy(update={"line": line}))


@dataclass(frozen=True, slots=True)
class LoadedSounds:
    """Sound (PCM) and text by prompt id, the sound of building blocks by their text, prompts' other wordings, and
    answers, which are read from the disk when they are given: some milliseconds for a sentence.

    Prompts in another language than the line's have ids with that language before them, ``en:greeting``.
    """

    sounds: dict[str, bytes]
    texts: dict[str, str]
    blocks: dict[str, bytes] = field(default_factory=dict)
    wordings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answers: AnswerSounds | None = None
    _stretched: dict[tuple[str, float], bytes] = field(default_factory=dict)

    @classmethod
    def load(cls, config: Config) -> LoadedSounds:
        """All prompts of the line's language, and those of other languages that have their sound.

        Raises:
            PromptError: a text can't be read, or a prompt has no sound yet.
            ModelError: the voice is missing or damaged.
        """
        cache = PromptCache.of(config)
        if missing := cache.missing():
            remedy = "Run `ivr prompts render` with this configuration"
            raise PromptError(config.prompt_cache_dir, missing[0], "has no sound", remedy)
        sounds = {prompt: cache.get(prompt) or b"" for prompt in cache.book.ids}
        texts = {prompt: cache.book.text(prompt) for prompt in cache.book.ids}
        for other in others(config):
            for prompt in other.book.ids:
                if pcm := other.get(prompt):
                    sounds[f"{other.book.language}:{prompt}"] = pcm
                    texts[f"{other.book.language}:{prompt}"] = other.book.text(prompt)
        return cls(
            sounds,
            texts,
            {text: pcm for text in cache.block_texts if (pcm := cache.block(text))},
            cache.book.wordings,
            AnswerSounds.of(config.line.language, cache.identity),
        )

    @property
    def others(self) -> frozenset[str]:
        """Ids of prompts in other languages."""
        return frozenset(prompt for prompt in self.sounds if ":" in prompt)

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
        """A sentence that is made of building blocks alone, or of an answer that has its sound; None for any other."""
        if self.answers is not None and (pcm := self.answers.get(text)) is not None:
            return pcm
        return blocks.join(text, self.blocks.get) if self.blocks else None

    def slower(self, pcm: bytes, pace: float) -> bytes:
        return slower(pcm, pace)
