"""The sound that a simulated person may expect to hear, by prompt id."""

from __future__ import annotations

from pathlib import Path

from ivr.config import Config
from ivr.errors import PromptError
from ivr.simulator.clips import read_wav
from ivr.speech.prompt_cache import PromptCache


def prompts_of_line(config: Config) -> dict[str, bytes]:
    """PCM of every fixed prompt of a configured line, from its cache.

    Raises:
        PromptError: the texts can't be used, or a prompt has no sound yet.
        ModelError: the voice that the cache belongs to is missing.
    """
    cache = PromptCache.of(config)
    sounds: dict[str, bytes] = {}
    for prompt in cache.book.ids:
        pcm = cache.get(prompt)
        if pcm is None:
            raise PromptError(cache.folder, prompt, "has no sound yet", "Run `ivr prompts render`")
        sounds[prompt] = pcm
    return sounds


def prompts_of_folder(folder: Path) -> dict[str, bytes]:
    """PCM of every ``ID.wav`` in a folder (16-bit mono 8000 Hz). Raises PromptError, ClipError."""
    files = sorted(folder.glob("*.wav"))
    if not files:
        raise PromptError(folder, "", "holds no WAV files", "Give a folder with ID.wav for every prompt")
    return {file.stem: read_wav(file.read_bytes(), file) for file in files}
