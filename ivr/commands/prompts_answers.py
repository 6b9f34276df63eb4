"""What ``ivr prompts`` does with the packs' answers: their texts checked, the short ones' sound made and checked."""

from __future__ import annotations

from pathlib import Path

from ivr.answers.spoken import all_sayings, short_sayings
from ivr.config import Config
from ivr.errors import PromptError
from ivr.speech.answer_sounds import AnswerSounds
from ivr.speech.prompt_cache import Progress, PromptCache
from ivr.speech.prompt_check import Finding, check_sound, lint_text
from ivr.store.shelf import Shelf, read_shelf

LANGUAGE = "lt"


def ship_answers(config: Config, cache: PromptCache, progress: Progress | None) -> tuple[int, AnswerSounds]:
    """Make the sound of short answers that have none; how many were made, and the sounds.

    Raises:
        KnowledgeError: the packs are refused.
        PromptError: an answer can't be spoken, or answers have no such language.
    """
    if cache.book.language != LANGUAGE:
        raise PromptError(Path(cache.book.language), "", "has no answers", "Answers are in Lithuanian: --language lt")
    sounds = AnswerSounds.of(LANGUAGE, cache.identity)
    shelf = read_shelf(config.answers.dialplans)
    made = sounds.ship(short_sayings(shelf.placed, shelf.institutions), cache.voice, LANGUAGE, progress)
    return made, sounds


def answer_findings(config: Config, cache: PromptCache) -> tuple[list[Finding], int, int]:
    """Faults of all that the packs say and of the sound that is there; how many texts, and how many have sound."""
    if cache.book.language != LANGUAGE:
        return [], 0, 0
    shelf = read_shelf(config.answers.dialplans)
    sayings = list(all_sayings(shelf.placed, shelf.institutions))
    found = [finding for name, text in sayings for finding in lint_text(name, text, LANGUAGE)]
    sounds = AnswerSounds.of(LANGUAGE, cache.identity)
    clips = sounds.shipped.clips if sounds.fits else ()
    for clip in clips:
        if (pcm := sounds.get(clip.text)) is not None:
            found += check_sound(f"“{clip.text}”", pcm)
    found += [Finding("", "error", "sound", fault) for fault in _faults(sounds, shelf) if clips]
    return found, len(sayings), len(clips)


def _faults(sounds: AnswerSounds, shelf: Shelf) -> list[str]:
    return sounds.faults(short_sayings(shelf.placed, shelf.institutions))
