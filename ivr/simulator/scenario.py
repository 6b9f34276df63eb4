"""Scenarios: what a virtual citizen does in a call, and what must come of it.

One YAML file is one call. The same file runs as text (:mod:`ivr.simulator.text`)
and with real sound over SIP. Times are in milliseconds.

``expect`` waits for a prompt by its id: it must begin within ``within_ms`` after
the previous step, and (unless ``until: start``) the citizen listens to its end.
Prompts that are not named may come between. ``journal`` lists events that must
be found in this order; ``data`` is the part of their data that counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from ivr.dialog.marked_yaml import Marked, YamlFault, parse
from ivr.dialog.parts import KeypadKey
from ivr.errors import ScenarioError
from ivr.events import JournalKind, Outcome
from ivr.simulator.clock import START

PATIENCE_MS = 60_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(_Part):
    """A step without details: ``{}``."""


class ExpectedPrompt(_Part):
    """A prompt by its id, or ``words`` that a sentence holds which the line puts together itself."""

    prompt: str = ""
    words: str = ""
    within_ms: int = Field(PATIENCE_MS, gt=0)
    until: Literal["start", "end"] = "end"

    @model_validator(mode="after")
    def _one_of_both(self) -> ExpectedPrompt:
        if bool(self.prompt) == bool(self.words):
            raise ValueError("name either a prompt or words")
        return self


class AbsentPrompt(_Part):
    prompt: str
    for_ms: int = Field(gt=0)


class ExpectedHangup(_Part):
    within_ms: int = Field(PATIENCE_MS, gt=0)


class Expect(_Part):
    expect: ExpectedPrompt


class ExpectAbsent(_Part):
    """The prompt must not begin for so long."""

    expect_absent: AbsentPrompt


class ExpectHangup(_Part):
    """The line must end the call within the time."""

    expect_hangup: ExpectedHangup


class Speak(_Part):
    """Say a phrase. ``clip``: the sound to use instead of the phrase's own; ``for_ms``: go on for so long."""

    say: str = Field(min_length=1)
    clip: str | None = None
    for_ms: int | None = Field(None, gt=0)
    sure: float = Field(0.95, ge=0, le=1, description="confidence with which it is heard as text")


class Press(_Part):
    press: KeypadKey


class Wait(_Part):
    wait_ms: int = Field(gt=0)


class Hold(_Part):
    hold: Nothing


class Resume(_Part):
    resume: Nothing


class AgentHangup(_Part):
    agent_hangup: Nothing


class AgentGivesBack(_Part):
    """The agent leaves the caller to the assistant."""

    agent_gives_back: Nothing


class Hangup(_Part):
    hangup: Nothing


class MediaLost(_Part):
    """No more sound comes from the citizen, and no BYE either."""

    media_lost: Nothing


class EarStep(_Part):
    """Recognition is lost or comes back."""

    ear: Literal["lost", "back"]


class RecordingLost(_Part):
    """The recording fails from here on."""

    recording_lost: Nothing


_STEPS: tuple[type[_Part], ...] = (
    Expect, ExpectAbsent, ExpectHangup, Speak, Press, Wait, Hold, Resume, AgentHangup, AgentGivesBack, Hangup,
    MediaLost, EarStep, RecordingLost,
)  # fmt: skip
_BY_KEY = {next(iter(step.model_fields)): step for step in _STEPS}


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((key for key in value if key in _BY_KEY), None)
    return next(iter(type(value).model_fields), None) if isinstance(value, _Part) else None


Step = Annotated[
    Annotated[Expect, Tag("expect")]
    | Annotated[ExpectAbsent, Tag("expect_absent")]
    | Annotated[ExpectHangup, Tag("expect_hangup")]
    | Annotated[Speak, Tag("say")]
    | Annotated[Press, Tag("press")]
    | Annotated[Wait, Tag("wait_ms")]
    | Annotated[Hold, Tag("hold")]
    | Annotated[Resume, Tag("resume")]
    | Annotated[AgentHangup, Tag("agent_hangup")]
    | Annotated[AgentGivesBack, Tag("agent_gives_back")]
    | Annotated[Hangup, Tag("hangup")]
    | Annotated[MediaLost, Tag("media_lost")]
    | Annotated[EarStep, Tag("ear")]
    | Annotated[RecordingLost, Tag("recording_lost")],
    Discriminator(
        _kind,
        custom_error_type="unknown_step",
        custom_error_message="this is no step; use one of " + ", ".join(_BY_KEY),
    ),
]


class CallsOut(_Part):
    """The line itself has placed the call, about a callback that was agreed."""

    name: str = Field("", description="whom to ask for; empty: nobody said")
    answer: str = Field("", description="what an employee wrote for them")
    wanted: str = ""
    topic: str = ""


class World(_Part):
    """What is true around the call. ``agent``: what the person's telephone does; ``none``: there is none."""

    agent: Literal["answers", "busy", "declined", "no_answer", "unreachable", "none"] = "answers"
    agents: tuple[Literal["answers", "busy", "declined", "no_answer", "unreachable", "line"], ...] = Field(
        (), description="the switchboard's choices, one after another; line: everybody is busy for a minute"
    )
    recording: bool = True
    caller: str = Field("+37060000001", pattern=r"^(\+?[0-9]{3,15})?$", description="empty: withheld")
    at: datetime = Field(START, description="when the call is offered, with its zone")
    queue_s: float = Field(0.0, ge=0, description="estimated wait for a person")
    lookups: Literal["work", "slow", "none"] = Field(
        "none", description="directory, registry, answers and callbacks: at once, after seven seconds, or nobody there"
    )
    calls_out: CallsOut | None = Field(None, description="the line has placed the call; None: the citizen has")
    sending: Literal["none", "works", "fails"] = Field("none", description="whether answers can be sent to callers")


class ExpectedEvent(_Part):
    kind: JournalKind
    data: dict[str, object] = Field(default_factory=dict)


class Scenario(_Part):
    """One call."""

    name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    rules: tuple[str, ...] = Field((), description="rules that this call would break visibly")
    facts: World = World()
    steps: tuple[Step, ...] = Field(min_length=1)
    journal: tuple[ExpectedEvent, ...] = ()
    journal_absent: tuple[JournalKind, ...] = Field((), description="kinds that must not be on the journal")
    outcome: Outcome | None = None

    @property
    def text_only(self) -> bool:
        """Holds what only a simulation can do: losing the ear or the recording, another day, an invented office."""
        office = World(**{name: getattr(self.facts, name) for name in ("agent", "recording", "caller")})
        spoken = any(isinstance(step, Expect) and step.expect.words for step in self.steps)
        simulated = any(isinstance(step, EarStep | RecordingLost | AgentGivesBack) for step in self.steps)
        return spoken or self.facts != office or simulated

    @property
    def prompts(self) -> Iterator[str]:
        """Ids of all prompts that the scenario names."""
        for step in self.steps:
            if isinstance(step, Expect) and step.expect.prompt:
                yield step.expect.prompt
            elif isinstance(step, ExpectAbsent):
                yield step.expect_absent.prompt


def load_scenario(path: Path) -> Scenario:
    """Read one scenario file. Raises ScenarioError with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(path, 0, f"can't be read ({error})") from error
    return parse_scenario(text, str(path))


def parse_scenario(text: str, file: str) -> Scenario:
    """Parse a scenario; ``file`` is for messages. Raises ScenarioError."""
    try:
        marked = parse(text)
    except YamlFault as fault:
        raise ScenarioError(file, fault.line, f"{fault.problem}. {fault.remedy}") from fault
    try:
        return Scenario.model_validate(marked.data)
    except ValidationError as error:
        raise _refused(file, marked, error) from error


def _refused(file: str, marked: Marked, error: ValidationError) -> ScenarioError:
    fault = marked.first(error)
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        problem = "is not known here"
    elif fault["type"] == "missing":
        problem = "is missing"
    else:
        problem = f"{fault['msg']} (it is {fault['input']!r})"[:300]
    return ScenarioError(file, marked.line(fault["loc"]), f"{where}: {problem}")
