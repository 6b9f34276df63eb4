"""What every part of a dial plan is made of: strictness, marked types, references.

References are marked in the types: a field of type :data:`Next` or
:data:`Chosen` names a node, a :data:`PromptId` names a text or a value that is
known during the call (``$phone``), a :data:`TopicId` a topic.
:func:`references` finds them all, so a new kind of node needs no entry in the
checker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field

from ivr.dialog.marked_yaml import Path


@dataclass(frozen=True)
class ToNode:
    """Marks a field that names a node. ``automatic``: taken without the caller's wish."""

    automatic: bool


@dataclass(frozen=True)
class ToPrompt:
    """Marks a field that names a prompt, or with ``$`` a value that is spoken (:data:`SPOKEN`)."""


@dataclass(frozen=True)
class ToPhrase:
    """Marks a phrase that the ear must know."""


@dataclass(frozen=True)
class ToTopic:
    """Marks a field that names a topic of ``dialplans/topics.yaml``."""


@dataclass(frozen=True)
class ToGrammar:
    """Marks a field that names a grammar of values (``phone``, ``digits:4``)."""


Next = Annotated[str, ToNode(automatic=True)]
Chosen = Annotated[str, ToNode(automatic=False)]
PromptId = Annotated[str, ToPrompt()]
TopicId = Annotated[str, ToTopic()]
GrammarId = Annotated[str, Field(pattern=r"^[a-z]+(:[0-9]+)?$"), ToGrammar()]
Prompts = tuple[PromptId, ...]
Spoken = Annotated[Prompts, Field(min_length=1)]
Three = Annotated[Prompts, Field(min_length=3, max_length=3)]
Phrase = Annotated[str, Field(pattern=r"^[a-ząčęėįšųūž]+( [a-ząčęėįšųūž]+)*$"), ToPhrase()]
Phrases = tuple[Phrase, ...]
Signs = tuple[Annotated[str, Field(pattern=r"^[a-ząčęėįšųūž]+( [a-ząčęėįšųūž]+)*$")], ...]
KeypadKey = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]
Condition = Literal[
    "agent_available", "recording_running", "recording_declined", "caller_known", "office_open", "holiday",
    "queue_long", "authenticated", "answers_available", "other_language", "other_languages", "return_known",
    "substitute_known", "remark", "sms_available", "email_available", "callee_known", "answer_ready",
]  # fmt: skip

SPOKEN: Final = {
    "$phone": "number that the caller gave or calls from, digit by digit",
    "$email": "address that the caller gave, as it is said",
    "$name": "caller's name as it was understood",
    "$person": "employee whom the caller wants",
    "$person_with": "the same, as in „sujungti su …“",
    "$unit": "employee's unit",
    "$callee": "whom the line asks for in a call that it placed",
    "$callee_with": "the same, as in „kalbėti su …“",
    "$answer": "what an employee wrote for the person whom the line calls",
    "$returns": "when the employee is back",
    "$substitute": "who can answer for the employee, as in „sujungti su …“",
    "$time": "time of a callback that is offered or agreed",
    "$wait": "estimated wait for a person",
    "$place": "place in line, and the estimated wait where there is one",
    "$opens": "when the office opens again",
}
"""What ``$…`` among prompts may be; a value that is not known in a call is left out."""


class Part(BaseModel):
    """Anything in a plan: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Reference:
    """Something that a plan names: ``kind`` is the marker of the field."""

    path: Path
    kind: ToNode | ToPrompt | ToPhrase | ToTopic | ToGrammar
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
            if isinstance(marker, ToNode | ToPrompt | ToPhrase | ToTopic | ToGrammar) and isinstance(value, str):
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
