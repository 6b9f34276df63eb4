"""What the mind may ask of the world, and what it expects to hear.

The mind never waits for anybody: it sends an :class:`~ivr.events.Consult` with one
of the questions below and is told the answer by :class:`~ivr.events.Consulted`, or
None when there is none. Adapters implement the protocols; they may block, because
the shell calls them in a thread of their own. ``ivr.simulator.offices`` has fakes.

Messages have no port of their own: a message *is* its ``task.created`` on the
journal, which every reader of the journal delivers from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from ivr.privacy import Pii, Secret

Role = Literal["job_seeker", "e_service"]
Kind = Literal["faq", "personal", "human", "message", "oos"]
Decision = Literal["answer", "choose", "refuse", "authenticate", "person", "message"]
Channel = Literal["sms", "email"]


# ------------------------------------------------------------ questions of the mind


@dataclass(frozen=True, slots=True)
class FindPerson:
    """Who is meant by this name? Answered by a tuple of :class:`Employee`."""

    name: str


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """When can somebody call back? Answered by a tuple of datetimes, the earliest first."""

    after: datetime
    count: int


@dataclass(frozen=True, slots=True)
class AskAnswer:
    """What is meant by these words, and what is the answer? Answered by :class:`Understood`, or None.

    The question goes without anything that tells who asks (A3.1). ``after``: id of the answer that was given
    last, so that a follow-up ("o jei jau aštuoniolika?") keeps its topic; empty: none. ``among``: ids of the answers
    that the caller was just asked to choose from; the words name one of them, or are a question of their own.
    """

    text: str
    after: str = ""
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BeginAuth:
    """What is the caller to be asked first? Answered by :class:`AuthStep`; None: it can't be done now.

    ``caller``: the number that the network gave, empty when withheld. It proves nothing: it is what limits count by.
    """

    role: Role
    caller: Pii


@dataclass(frozen=True, slots=True)
class CheckAuth:
    """These are the answers. Answered by :class:`AuthStep` with further questions, or by :class:`Verdict`.

    Never which one was wrong (X6). ``unsure``: what was heard had to be corrected more than once (T4.2).
    """

    attempt: str
    answers: Mapping[str, Secret]
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class AskPersonal:
    """What may an authenticated person be told? Answered by a tuple of sentences."""

    subject: str
    about: str


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """Send this answer to the caller, who agreed to it. Answered by True when it was taken for delivery.

    ``to``: a telephone number (``+370…``) for ``sms``, an address for ``email``.
    """

    channel: Channel
    to: Pii
    answer: SpokenAnswer


Question = FindPerson | FreeTimes | AskAnswer | BeginAuth | CheckAuth | AskPersonal | SendAnswer


# ------------------------------------------------------------ answers of the world


@dataclass(frozen=True, slots=True)
class Employee:
    """``returns``: when they are back, None when nobody knows. ``substitute``: who is equally competent (A10)."""

    name: str
    unit: str
    target: str
    present: bool = True
    returns: datetime | None = None
    substitute: Employee | None = None


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """A prepared answer with source and date (Q2).

    ``title``: what it is about in a few words, in the case after „apie“; ``sentences``: the short answer;
    ``longer``: parts that tell more, one after another; ``documents``, ``submit``: what to hand in and how;
    ``institution``: whose matter it is, empty for the Employment Service itself; ``updated``: ISO date, empty where
    the source has none; ``score``: higher is better, comparable among the candidates of one question only.
    ``asks``: what the caller must tell before it can be answered (an age); their words go back with ``after`` this
    id. ``version``: changes with every text of it, so that the journal tells who heard which (A20).
    """

    id: str
    topic: str
    sentences: tuple[str, ...]
    source: str
    updated: str
    title: str = ""
    longer: tuple[str, ...] = ()
    documents: str = ""
    submit: str = ""
    institution: str = ""
    score: float = 1.0
    asks: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of a caller's own words.

    ``confidence``: how likely the first candidate, or the kind, is right (0–1). ``candidates``: the best first; at
    least one when ``decision`` is ``answer``, at least two when it is ``choose``. ``kinds``: every kind with its
    share, the best first, adding up to 1; empty where nobody weighed them.
    """

    kind: Kind
    confidence: float
    decision: Decision
    candidates: tuple[SpokenAnswer, ...] = ()
    kinds: tuple[tuple[Kind, float], ...] = ()


@dataclass(frozen=True, slots=True)
class AuthQuestion:
    """``id`` names the words of the plan's question, ``grammar`` what is listened for."""

    id: str
    grammar: str


@dataclass(frozen=True, slots=True)
class AuthStep:
    """One round of questions; ``attempt`` names the try that they belong to."""

    attempt: str
    questions: tuple[AuthQuestion, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``subject``: the registry's own name for the person, empty unless ``passed``."""

    passed: bool
    subject: str = field(default="", repr=False)


# ------------------------------------------------------------ who answers


class Directory(Protocol):
    """The office's people."""

    def find(self, name: str) -> Sequence[Employee]: ...


class Callbacks(Protocol):
    """Times in which somebody can call back."""

    def free(self, after: datetime, count: int) -> Sequence[datetime]: ...


class Answers(Protocol):
    """General answers, and what kind of matter a caller's words are. Pure to the caller: asking changes nothing."""

    def answer(self, text: str, after: str = "", among: Sequence[str] = ()) -> Understood | None: ...


class Registry(Protocol):
    """The registry of job seekers and of users of e-services."""

    def begin(self, role: Role, caller: Pii) -> AuthStep | None: ...

    def check(self, attempt: str, answers: Mapping[str, Secret], *, unsure: bool) -> AuthStep | Verdict: ...

    def personal(self, subject: str, about: str) -> Sequence[str]: ...


class Messenger(Protocol):
    """Takes answers for delivery to callers."""

    @property
    def channels(self) -> Collection[Channel]:
        """Ways that are set up; may be none."""

    def send(self, channel: Channel, to: Pii, answer: SpokenAnswer) -> bool: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Who is there to be asked; None: nobody, and every question to them remains without an answer."""

    directory: Directory | None = None
    callbacks: Callbacks | None = None
    answers: Answers | None = None
    registry: Registry | None = None
    messenger: Messenger | None = None

    def ask(self, question: object) -> object | None:
        """The answer; blocks as long as the adapter does, and raises what it raises."""
        match question:
            case FindPerson(name=name) if self.directory is not None:
                return tuple(self.directory.find(name))
            case FreeTimes(after=after, count=count) if self.callbacks is not None:
                return tuple(self.callbacks.free(after, count))
            case AskAnswer(text=text, after=after, among=among) if self.answers is not None:
                return self.answers.answer(text, after, among)
            case SendAnswer(channel=channel, to=to, answer=answer) if self.messenger is not None:
                return self.messenger.send(channel, to, answer)
            case BeginAuth(role=role, caller=caller) if self.registry is not None:
                return self.registry.begin(role, caller)
            case CheckAuth(attempt=attempt, answers=answers, unsure=unsure) if self.registry is not None:
                return self.registry.check(attempt, answers, unsure=unsure)
            case AskPersonal(subject=subject, about=about) if self.registry is not None:
                return tuple(self.registry.personal(subject, about))
            case _:
                return None


class Grammars(Protocol):
    """Typed grammars by name (``phone``, ``name``, ``digits:4`` …): what to listen for, and what was meant."""

    def phrases(self, name: str) -> tuple[str, ...]: ...

    def parse(self, name: str, text: str) -> object | None: ...


class NoGrammars:
    """Where there are none, values are asked for by keys only."""

    def phrases(self, name: str) -> tuple[str, ...]:
        return ()

    def parse(self, name: str, text: str) -> object | None:
        return None
