"""What holds everywhere in a dial plan: settings, commands, and the answers that a node may wait for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ivr.dialog.parts import Chosen, KeypadKey, Part, Phrase, Phrases, Prompts, Signs, TopicId


class Settings(Part):
    """Times in seconds."""

    no_input_s: float = Field(6.0, gt=0, le=60, description="silence after a question before it is asked differently")
    end_silence_s: float = Field(0.7, gt=0, le=5, description="silence that ends a caller's turn")
    max_turn_s: float = Field(180.0, ge=180, description="a caller may speak for so long before we interrupt (A12.21)")
    hangup_safety_s: float = Field(60.0, gt=0, description="after the goodbye we end the call only after this (A12.24)")
    hold_max_s: float = Field(600.0, gt=0, description="a caller who put us on hold is waited for so long")
    pace: float = Field(0.8, gt=0.5, lt=1, description="speed of speech after „lėčiau“; 1 is the voice's own")
    sure_command: float = Field(
        0.9, ge=0, le=1, description="a command said over a prompt and heard with less was a cough: the prompt goes on"
    )
    sure_option: float = Field(
        0.3, ge=0, le=1, description="the same for an answer of the prompt's own; a cough is like some of them"
    )
    sure: float = Field(0.6, ge=0, le=1, description="an option with `confirm` that was heard with less is asked about")
    margin: float = Field(
        0.25, ge=0, le=1, description="two matters that are closer than this: the caller is asked which of both"
    )
    queue_long_s: float = Field(60.0, ge=0, description="a longer estimated wait is a long queue: one is asked to hold")


class Command(Part):
    """Understood in every state that listens; it does something on the spot, or leads to a node.

    ``repeat``: what was said since the caller's last turn is said again; ``slower``: the same, and slower from
    now on; ``spell``: the same, with names, numbers and addresses letter by letter; ``back``: the question before
    this one; ``stop``: silence, and the caller has the turn; ``unrecord``: recording ends and what exists is erased
    (X11). With ``rest`` the words after the phrase are the caller's matter, which the gate it leads to takes up
    („ne, aš apie …“).
    """

    phrases: tuple[Phrase, ...] = Field(min_length=1)
    over: Phrases = Field((), description="those of the phrases that are listened for while the line speaks")
    keys: tuple[KeypadKey, ...] = ()
    say: Prompts = ()
    rest: bool = False
    sure: float = Field(0.0, ge=0, le=1, description="heard with less confidence it does not count")
    signs: Signs = Field((), description="beginnings of words that mean it in a short sentence of the caller's own")
    about: Signs = Field((), description="beginnings of words that take it back after „nenoriu“ or „nereikia“")
    does: Literal["repeat", "slower", "spell", "back", "stop", "unrecord"] | None = None
    goto: Chosen | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Command:
        if self.does is not None and self.goto is not None:
            raise ValueError("a command either does something or leads to a node, not both")
        return self

    @model_validator(mode="after")
    def _over_is_among_the_phrases(self) -> Command:
        strange = [phrase for phrase in self.over if phrase not in self.phrases]
        if strange:
            raise ValueError(f"over: {strange[0]!r} is not among the phrases")
        return self


class Reply(Part):
    """Yes or no, wherever something is confirmed."""

    phrases: tuple[Phrase, ...] = Field(min_length=1)
    keys: tuple[KeypadKey, ...] = Field(min_length=1)


class Option(Part):
    """One answer to a question: words and at least one key (X4)."""

    intent: str = Field(pattern=r"^[a-z_]+$")
    phrases: tuple[Phrase, ...] = Field((), description="empty in a language that the ears don't know")
    keys: tuple[KeypadKey, ...] = ()
    shortcut: bool = Field(False, description="needs no key: what it leads to has another keypad way (X4)")
    goto: Chosen
    topic: TopicId | None = Field(None, description="what the call is about once this was chosen")
    confirm: Prompts = Field((), description="asked, yes or no, when the words were heard with little confidence")
    about: Signs = Field((), description="beginnings of words that take it back after „nenoriu“ or „nereikia“")

    @model_validator(mode="after")
    def _has_a_keypad_way(self) -> Option:
        if not self.keys and not self.shortcut:
            raise ValueError("keys: give one, or say shortcut: true where another way by keys leads to the same")
        return self
