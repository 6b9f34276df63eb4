"""The parts of a dial plan, one model per kind of node.

References are marked in the types: a field of type :data:`Next` or
:data:`Chosen` names a node, a :data:`PromptId` names a text,
a :data:`TopicId` a topic. :func:`references`
finds them all, so a new kind of node needs no entry in the checker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ivr.dialog.marked_yaml import Path


@dataclass(frozen=True)
class ToNode:
    """Marks a field that names a node. ``automatic``: taken without the caller's wish."""

    automatic: bool


@dataclass(frozen=True)
class ToPrompt:
    """Marks a field that names a prompt."""


@dataclass(frozen=True)
class ToPhrase:
    """Marks a phrase that the ear must know."""


@dataclass(frozen=True)
class ToTopic:
    """Marks a field that names a topic of ``dialplans/topics.yaml``."""


Next = Annotated[str, ToNode(automatic=True)]
Chosen = Annotated[str, ToNode(automatic=False)]
PromptId = Annotated[str, ToPrompt()]
TopicId = Annotated[str, ToTopic()]
Prompts = tuple[PromptId, ...]
Spoken = Annotated[Prompts, Field(min_length=1)]
Three = Annotated[Prompts, Field(min_length=3, max_length=3)]
Phrase = Annotated[str, Field(pattern=r"^[a-ząčęėįšųūž]+( [a-ząčęėįšųūž]+)*$"), ToPhrase()]
KeypadKey = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]
Condition = Literal["agent_available", "recording_running", "caller_known"]


class Part(BaseModel):
    """Anything in a plan: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(Part):
    """Times in seconds."""

    no_input_s: float = Field(6.0, gt=0, le=60, description="silence after a question before it is asked differently")
    end_silence_s: float = Field(0.7, gt=0, le=5, description="silence that ends a caller's turn")
    max_turn_s: float = Field(180.0, ge=180, description="a caller may speak for so long before we interrupt (A12.21)")
    hangup_safety_s: float = Field(60.0, gt=0, description="after the goodbye we end the call only after this (A12.24)")
    hold_max_s: float = Field(600.0, gt=0, description="a caller who put us on hold is waited for so long")


class Command(Part):
    """Understood in every state that listens: ``repeat`` says again, the others go to a node."""

    phrases: tuple[Phrase, ...] = Field(min_length=1)
    keys: tuple[KeypadKey, ...] = ()
    say: Prompts = ()
    goto: Chosen | None = Field(None, description="empty: what was said since the caller's last turn is said again")


class Option(Part):
    """One answer to a question: words and at least one key (X4)."""

    intent: str = Field(pattern=r"^[a-z_]+$")
    phrases: tuple[Phrase, ...] = Field(min_length=1)
    keys: tuple[KeypadKey, ...] = Field(min_length=1)
    goto: Chosen
    topic: TopicId | None = Field(None, description="what the call is about once this was chosen")


class Source(Part):
    """Where an answer comes from; ``updated`` is the date that callers are told (Q2)."""

    document: str
    entry: str = Field(description="topic.number")
    title: str
    updated: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class SayNode(Part):
    """Says something and goes on; what can't be interrupted is said to its end first."""

    type: Literal["say"]
    prompts: Spoken
    interruptible: bool = True
    next: Next


class NoticeNode(Part):
    """The recording notice: heard to its end it lets recording begin (A17.1, X2)."""

    type: Literal["notice"]
    recorded: Spoken
    unrecorded: Spoken
    next: Next


class ChoiceNode(Part):
    """Asks, and waits for one of the options.

    First failure: the plan's first wording and ``hint``; second: the second
    wording and ``keypad``; third: the third wording, and on to ``give_up``.
    With ``unclear_means`` silence or unclear words count as that intent.
    """

    type: Literal["choice"]
    ask: Spoken
    hint: Spoken
    keypad: Spoken
    options: tuple[Option, ...] = Field(min_length=1)
    no_input: Three | None = None
    no_match: Three | None = None
    give_up: Next
    unclear_means: str | None = None

    @model_validator(mode="after")
    def _unclear_is_an_option(self) -> ChoiceNode:
        if self.unclear_means is not None and self.unclear_means not in {option.intent for option in self.options}:
            raise ValueError(f"unclear_means: no option has the intent {self.unclear_means!r}")
        return self


class AnswerNode(Part):
    """Gives one prepared answer; its source goes to the journal."""

    type: Literal["answer"]
    answer: str = Field(pattern=r"^[a-z0-9_.-]+$", description="identifier of the answer")
    topic: TopicId
    prompts: Spoken
    source: Source
    next: Next


class When(Part):
    """One way of a branch."""

    condition: Condition = Field(alias="if")
    goto: Next


class BranchNode(Part):
    """Goes the first way whose condition holds."""

    type: Literal["branch"]
    when: tuple[When, ...] = Field(min_length=1)
    otherwise: Next


class TransferNode(Part):
    """Hands the caller over to a person; consent was given before (A12.17.1).

    ``connecting`` says whom and why and is heard to its end; ``waiting`` are said
    one after another while the phone rings, with ``pause_s`` between.
    """

    type: Literal["transfer"]
    target: str = "agent"
    no_answer_s: float = Field(15.0, gt=0, le=120)
    connecting: Spoken
    waiting: Annotated[Prompts, Field(min_length=2)]
    pause_s: float = Field(1.5, gt=0, le=2.0, description="silence between the sentences; the line owes the turn")
    failed: Next
    returned: Next


class MessageNode(Part):
    """Lets the caller speak a message, which the recording holds.

    Ended by #, by ``end_silence_s`` without speech, or after ``max_s`` with an
    apology. Without a running recording the call goes to ``unavailable``.
    """

    type: Literal["message"]
    ask: Spoken
    hint: Spoken
    keypad: Spoken
    too_long: Spoken
    end_silence_s: float = Field(3.0, gt=0, le=10)
    max_s: float = Field(180.0, ge=180, description="interrupted only after three minutes, with an apology (A12.21)")
    no_input: Three | None = None
    give_up: Next
    unavailable: Next
    next: Chosen


class TaskNode(Part):
    """Makes a task for the staff of what the caller left, and says so."""

    type: Literal["task"]
    task: Literal["message", "none"] = Field(description="none: what was spoken is dropped")
    prompts: Spoken
    next: Next


class GoodbyeNode(Part):
    """Says goodbye and waits for the caller to hang up first (A12.23, A12.24)."""

    type: Literal["goodbye"]
    prompts: Spoken


Node = SayNode | NoticeNode | ChoiceNode | AnswerNode | BranchNode | TransferNode | MessageNode | TaskNode | GoodbyeNode


class Plan(Part):
    """A whole conversation. ``nodes`` by name; the call begins at ``start``."""

    plan: str
    version: int = Field(ge=1)
    start: Next
    settings: Settings = Settings()
    no_input: Three = Field(description="wordings for silence, unless the node has its own")
    no_match: Three = Field(description="wordings for what was not understood, unless the node has its own")
    deaf: Spoken = Field(description="said when recognition goes away: keys still work")
    commands: dict[str, Command]
    nodes: dict[str, Annotated[Node, Field(discriminator="type")]]


@dataclass(frozen=True)
class Reference:
    """Something that a plan names: ``kind`` is the marker of the field."""

    path: Path
    kind: ToNode | ToPrompt | ToPhrase | ToTopic
    name: str


def references(part: Part, path: Path = ()) -> Iterator[Reference]:
    """All references in ``part`` and below, with their paths in the file."""
    hints = get_type_hints(type(part), include_extras=True)
    for name, field in type(part).model_fields.items():
        yield from _walk(hints[name], getattr(part, name), (*path, field.alias or name))


def _walk(hint: Any, value: object, path: Path) -> Iterator[Reference]:
    if value is None:
        return
    if isinstance(value, Part):
        yield from references(value, path)
        return
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        for marker in args[1:]:
            if isinstance(marker, ToNode | ToPrompt | ToPhrase | ToTopic) and isinstance(value, str):
                yield Reference(path, marker, value)
        yield from _walk(args[0], value, path)
    elif origin in (Union, UnionType):
        for choice in args:
            yield from _walk(choice, value, path)
    elif isinstance(value, tuple) and args:
        for index, item in enumerate(value):
            yield from _walk(args[0], item, (*path, index))
    elif isinstance(value, Mapping) and len(args) == 2:
        for key, item in value.items():
            yield from _walk(args[1], item, (*path, key))
