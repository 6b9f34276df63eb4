"""What a caller's turn means where it was said: a command, one of the node's options, or words of their own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.dialog.commands import Command, Option
from ivr.dialog.negation import refuses
from ivr.dialog.nodes import Plan
from ivr.dialog.parts import Signs
from ivr.dialog.understand import normalise, says, understand
from ivr.events import Heard

Named = tuple[str, Command]
Meaning = Option | Named
Meant = tuple[str, Meaning]
"""The phrase that decided, and what it means."""

_MORE, _MUCH_MORE = 2, 4  # words beside a phrase; free reading adds some that nobody said
_SHORT: Final = 4


@dataclass(frozen=True, slots=True)
class Said:
    """One turn. ``words``: what was listened for, as heard; ``sentence``: everything that was said, as read freely."""

    text: str
    words: str
    sentence: str
    confidence: float

    @classmethod
    def of(cls, heard: Heard) -> Said:
        """The turn of an event."""
        words = normalise(heard.text)
        return cls(heard.text, words, normalise(heard.free) or words, heard.confidence)


class Reader:
    """Reads turns by the commands of a plan, which count everywhere, and by the phrases of a node."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._commands: dict[str, Meaning] = {
            phrase: named for named in plan.commands.items() for phrase in named[1].phrases
        }

    def meant(self, said: Said, phrases: Mapping[str, Option], *, whole: bool, offered: bool) -> Meant | None:
        """What was said, or None. ``whole``: a phrase counts only where nothing else was said. ``offered``: the line
        has just asked whether a person is wanted. What the caller says they do not want is not meant.
        """
        meanings = {**self._commands, **phrases}
        if whole:
            return (said.words, meanings[said.words]) if said.words in meanings else None
        found = understand(said.text, meanings)
        for reading in dict.fromkeys((said.words, said.sentence)):  # a refusal counts in either
            refused = self._refused(reading, phrases, offered=offered)
            if refused and (found is None or found[1] in refused):
                return understand(reading, {phrase: one for phrase, one in meanings.items() if one not in refused})
        return found

    def _refused(self, reading: str, phrases: Mapping[str, Option], *, offered: bool) -> list[Meaning]:
        """What the caller names as what they do not want."""
        named: list[tuple[Meaning, Signs]] = [(one, one[1].about) for one in self._plan.commands.items()]
        named += [(option, option.about) for option in phrases.values()]
        unwanted = {
            about for about in {about for _, about in named if about} if refuses(reading, about, offered=offered)
        }
        return [one for one, about in named if about in unwanted]

    def correction(self, said: Said, *, speaking: bool) -> tuple[str, Command, str] | None:
        """„Ne, aš apie …“: the command, and the words after its phrase."""
        for name, command in self._plan.commands.items():
            phrases = command.over if speaking else command.phrases
            for phrase in phrases if command.rest else ():
                if said.sentence == phrase or said.sentence.startswith(f"{phrase} "):
                    return name, command, said.sentence[len(phrase) :].strip()
        return None

    def signed(self, said: Said) -> Named | None:
        """A short sentence that is nothing but rude; a longer one is also about something."""
        if len(said.sentence.split()) > _SHORT:
            return None
        return next((named for named in self._plan.commands.items() if says(said.sentence, named[1].signs)), None)

    def counts(self, named: Named, said: Said, *, speaking: bool) -> bool:
        """A command is listened for everywhere, and a cough is like „atgal“: over a prompt it must be sure.

        Or free reading found it too, in several words, as it never does in a cough.
        """
        read = understand(said.sentence, self._commands)
        agreed = read is not None and read[1] == named and len(read[0].split()) > 1
        doubtful = speaking and not agreed
        return said.confidence >= max(named[1].sure, self._plan.settings.sure_command if doubtful else 0.0)

    def chosen_over(self, phrase: str, said: Said) -> bool:
        """An option over a prompt: read freely, too, or surely heard, or nothing beside its phrase and hardly a cough.

        „Mhm, mhm“ is like „man pranešimas“, and much else is like an option with some word around it.
        """
        settings = self._plan.settings
        alone = phrase == said.words
        sure = said.confidence >= (settings.sure_option if alone else settings.sure_command)
        return sure or f" {phrase} " in f" {said.sentence} "

    def in_passing(self, meant: Meant | None, said: Said) -> bool:
        """The phrase is but a part of what was said. Who was surely heard has said little more than the phrase."""
        if meant is None or not said.sentence:
            return bool(said.sentence)
        more = len(said.sentence.split()) - len(meant[0].split())
        return more >= (_MUCH_MORE if said.confidence >= self._plan.settings.sure_command else _MORE)
