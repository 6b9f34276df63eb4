"""The parts of a dial plan, one model per kind of node; what they are made of is in :mod:`ivr.dialog.parts`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ivr.dialog.commands import Command, Option, Reply, Settings
from ivr.dialog.hours import Hours
from ivr.dialog.parts import (
    Chosen,
    Condition,
    GrammarId,
    Next,
    Part,
    Phrases,
    Prompts,
    Signs,
    Spoken,
    Three,
    TopicId,
)


class Source(Part):
    """Where an answer comes from; ``updated`` is the date that callers are told (Q2)."""

    document: str
    entry: str = Field(description="topic.number")
    title: str
    updated: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class SayNode(Part):
    """Says something and goes on; what can't be interrupted is said to its end first.

    ``language``: from here on the call is in that language (``en``), or in the line's ``own`` again.
    """

    type: Literal["say"]
    prompts: Spoken
    interruptible: bool = True
    language: str | None = Field(None, pattern=r"^([a-z]{2}|own)$")
    next: Next


class NoticeNode(Part):
    """The recording notice: heard to its end it lets recording begin (A17.1, X2)."""

    type: Literal["notice"]
    recorded: Spoken
    unrecorded: Spoken
    next: Next


class Asking(Part):
    """Asks and waits, patiently but not for ever.

    First failure: the plan's first wording and ``hint``; second: the second
    wording and ``keypad``; third: the third wording, and on to ``give_up``.
    """

    ask: Spoken
    hint: Spoken
    keypad: Spoken
    no_input: Three | None = None
    no_match: Three | None = None
    give_up: Next


class LookUp(Part):
    """Asks the world and speaks meanwhile, so that nobody waits in silence."""

    waiting: Annotated[Prompts, Field(min_length=2)]
    pause_s: float = Field(1.5, gt=0, le=2.0, description="silence between the sentences; the line owes the turn")
    patience_s: float = Field(20.0, gt=0, le=60, description="an answer that takes longer is not waited for")


class ChoiceNode(Asking):
    """Asks, and waits for one of the options. With ``unclear_means`` silence or unclear words count as that intent.

    ``own_words``: a gate or a question that takes up a whole sentence which is none of the options.
    """

    type: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=1)
    unclear_means: str | None = None
    own_words: Chosen | None = None

    @model_validator(mode="after")
    def _unclear_is_an_option(self) -> ChoiceNode:
        if self.unclear_means is not None and self.unclear_means not in {option.intent for option in self.options}:
            raise ValueError(f"unclear_means: no option has the intent {self.unclear_means!r}")
        return self


class GateOption(Option):
    """A matter that callers come with, told apart from the others also in their own words.

    ``kind`` is what the knowledge calls it, ``signs`` are beginnings of words that tell it from others of its kind;
    without signs it stands for the whole kind. ``sure``: taken without asking from this confidence on.
    """

    kind: Literal["faq", "personal", "human", "message", "oos"] | None = None
    signs: Signs = ()
    sure: float = Field(0.6, ge=0, le=1)
    otherwise: Prompts = Field((), description="asked after another matter's `confirm`: „O gal …?“")
    told: Chosen | None = Field(None, description="where it leads when the matter was told in own words")
    named: Chosen | None = Field(None, description="where it leads when a person's name was said")

    @model_validator(mode="after")
    def _can_be_meant(self) -> GateOption:
        if not self.phrases and self.kind is None:
            raise ValueError("phrases: give some, or a kind by which it is known from free words")
        if self.signs and self.kind is None:
            raise ValueError("kind: say of which kind the words with these signs are")
        return self


class GateNode(Asking, LookUp):
    """The open question: understands phrases and keys as a choice does, and whole sentences as what they are about.

    Two matters that are about as likely are both named (``which``, then one's ``confirm`` and the other's
    ``otherwise``), and ``first`` or ``second`` chooses. What is of no kind of ours three times in a row leads to
    ``give_up``. ``openers`` are polite words before the matter, which say nothing of it.
    """

    type: Literal["gate"]
    openers: Signs = ()
    options: tuple[GateOption, ...] = Field(min_length=1)
    which: Spoken
    which_hint: Spoken
    which_keypad: Spoken
    first: Reply
    second: Reply


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
    one after another while the phone rings, with ``pause_s`` between. When everybody is busy the call goes to ``busy``,
    where the caller is asked to wait; where they have agreed already, there is none: ``in_line`` tells their place,
    again every ``place_s``, and ``options`` are ways out of the line.
    """

    type: Literal["transfer"]
    target: str = "agent"
    no_answer_s: float = Field(15.0, gt=0, le=120)
    connecting: Spoken
    waiting: Annotated[Prompts, Field(min_length=2)]
    connected: Prompts = Field((), description="said to the caller before the two are connected (A12.16)")
    another: Prompts = Field((), description="said when somebody else is called instead")
    passed_on: Prompts = Field((), description="said when the person leaves the caller to a colleague")
    busy: Next | None = Field(None, description="where a caller is asked to wait in line")
    in_line: Prompts = Field((), description="the caller's place in line, and how to leave it")
    options: tuple[Option, ...] = Field((), description="ways out of the line")
    place_s: float = Field(30.0, ge=10, description="seconds after which the place in line is told again")
    line_max_s: float = Field(900.0, ge=60, description="longest stay in line")
    pause_s: float = Field(1.5, gt=0, le=2.0, description="silence between the sentences; the line owes the turn")
    failed: Next
    returned: Next
    given_back: Next | None = Field(None, description="where the person's `*3` leads; empty: to returned")


class MessageNode(Part):
    """Lets the caller speak a message, which the recording holds.

    Ended by #, by ``end_silence_s`` without speech, or after ``max_s`` with an
    apology. Without a running recording the call goes to ``unavailable``.
    """

    type: Literal["message"]
    kind: Literal["message", "complaint", "quality", "question"] = Field("message", description="what staff get")
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
    task: Literal["message", "callback", "none"] = Field(description="none: what was spoken is dropped")
    prompts: Spoken
    next: Next


class SlotNode(Asking):
    """Asks for a value, by voice or keys, and reads it back; a value that was given before is not asked for again.

    Three failures lead to ``give_up``; # without digits skips it.
    """

    type: Literal["slot"]
    slot: Literal["phone", "name", "person", "email"]
    grammar: GrammarId = Field(description="what is listened for; `phone` can be keyed too")
    offer_caller: bool = Field(False, description="the number that the network gave is offered first")
    confirm: Prompts = Field((), description="reads the value back and asks whether it is right; empty: it is taken")
    confirm_keypad: Prompts = Field((), description="said after the second failure to confirm it")
    skipped: Chosen | None = Field(None, description="where # without digits leads; empty: to next")
    next: Next


class QuestionNode(Asking, LookUp):
    """Lets the caller ask in their own words; the answer comes from the knowledge behind `Answers`.

    A sure answer is given after the question was restated in a few words; an unsure one is asked about (``choose_…``
    say how to choose among two or three), and what is no general question goes its own way (``ways``).
    """

    type: Literal["question"]
    reword: Spoken = Field(description="said when none of what was offered was meant")
    choose_hint: Spoken
    choose_keypad: Spoken
    detail_keypad: Spoken = Field(description="how to key what the answer depends on (an age)")
    ways: dict[Literal["personal", "human", "message"], Chosen] = Field(default_factory=dict)
    unanswered: Next
    next: Next


class TellNode(Part):
    """Says more of the answer that was given last: the next part of the long one, what to submit, or its source.

    Where nothing (more) of it is known it goes to ``nothing``.
    """

    type: Literal["tell"]
    part: Literal["longer", "documents", "source"]
    prompts: Prompts = Field((), description="said before it")
    next: Next
    nothing: Next


class SendNode(LookUp):
    """Sends the answer that was given last to the number or address that the caller confirmed."""

    type: Literal["send"]
    channel: Literal["sms", "email"]
    sent: Next
    failed: Next


class DirectoryNode(LookUp):
    """Looks for the employee whom the caller named."""

    type: Literal["directory"]
    available: Next
    away: Next
    unknown: Next


class CallbackNode(Asking, LookUp):
    """Agrees on a time in which the caller is called back (A12.10): one time after another is offered."""

    type: Literal["callback"]
    other: Spoken = Field(description="said before another time is offered")
    times: int = Field(3, ge=1, le=5, description="how many times are offered")
    none_suits: Next
    agreed: Next


class AuthChoice(Part):
    """One of the answers to a question that has a list; ``id`` is the registry's name of it."""

    id: str = Field(pattern=r"^[a-z_]+$")
    phrases: Phrases = Field(min_length=1, description="the first one is what is read back")
    key: Literal["1", "2", "3", "4", "5", "6", "7", "8"]


class AuthWords(Part):
    """How one question of the authentication is put."""

    ask: Spoken
    keypad: Spoken
    choices: tuple[AuthChoice, ...] = Field((), description="the whole list, the same for everybody")


class AuthenticateNode(LookUp):
    """Asks what the registry wants to know (T3–T6); nothing of it is kept, and no wrong answer is named (X5, X6)."""

    type: Literal["authenticate"]
    role: Literal["job_seeker", "e_service"]
    why: Spoken
    questions: dict[str, AuthWords] = Field(min_length=1, description="by the registry's name of the question")
    heard: Spoken = Field(description="said before what was heard is read back")
    right: Spoken = Field(description="asks whether that is what was said: only then it counts")
    right_keypad: Spoken = Field(description="how to agree or not by keys")
    again: Spoken = Field(description="said before a question is put again because it was heard wrong")
    corrections: int = Field(4, ge=1, le=6, description="after so many the question counts as unanswered")
    attempts: int = Field(2, ge=1, le=3, description="how often it may be tried in one call (X6)")
    unsaid: Phrases = Field(min_length=1, description="words for not knowing: the question counts as unanswered (T5)")
    passed: Next
    failed: Next
    unavailable: Next


class PersonalNode(LookUp):
    """Tells an authenticated person what the registry says about them."""

    type: Literal["personal"]
    about: str = Field(pattern=r"^[a-z_]+$")
    closing: Spoken
    unavailable: Next
    next: Next


class CalledNode(Part):
    """How far a call is that the line itself placed (A12.11, A12.15); the latest one counts when it ends.

    ``not_now`` and ``not_yet`` take the time that a callback node agreed on; without one people see to it.
    """

    type: Literal["called"]
    result: Literal["done", "not_now", "not_yet", "other_person", "wrong_number", "broken_off"]
    prompts: Prompts = ()
    next: Next


class ConflictNode(Part):
    """After rude words: calm, then a warning, then the end of the call (A15, A17.2). A threat is warned of at once."""

    type: Literal["conflict"]
    threat: bool = False
    calm: Spoken
    warning: Spoken
    ending: Spoken
    next: Next


class GoodbyeNode(Part):
    """Says goodbye and waits for the caller to hang up first (A12.23, A12.24).

    In a call that the line itself placed it says ``outbound`` instead, and ends the call after ``outbound_wait_s``.
    """

    type: Literal["goodbye"]
    prompts: Spoken
    outbound: Prompts = Field((), description="said where the line was the caller; empty: prompts")
    outbound_wait_s: float = Field(8.0, gt=0, le=120)


Node = (
    SayNode | NoticeNode | ChoiceNode | GateNode | AnswerNode | BranchNode | TransferNode | MessageNode | TaskNode
    | GoodbyeNode | SlotNode | QuestionNode | TellNode | SendNode | DirectoryNode | CallbackNode | AuthenticateNode
    | PersonalNode | ConflictNode | CalledNode
)  # fmt: skip


class Plan(Part):
    """A whole conversation. ``nodes`` by name; the call begins at ``start``."""

    plan: str
    version: int = Field(ge=1)
    start: Next
    outbound: Next | None = Field(None, description="where a call begins that the line itself placed")
    settings: Settings = Settings()
    hours: Hours | None = Field(None, description="when people answer; without it at any time")
    no_input: Three = Field(description="wordings for silence, unless the node has its own")
    no_match: Three = Field(description="wordings for what was not understood, unless the node has its own")
    deaf: Spoken = Field(description="said when recognition goes away: keys still work")
    agree: Reply | None = Field(None, description="yes, where something is confirmed")
    refuse: Reply | None = Field(None, description="no, where something is confirmed")
    own_words: Chosen | None = Field(
        None, description="a gate: at any question a whole sentence may be another matter, which it takes up"
    )
    backchannels: Phrases = Field((), description="words that say „I am listening“: they stop and answer nothing")
    commands: dict[str, Command]
    nodes: dict[str, Annotated[Node, Field(discriminator="type")]]
