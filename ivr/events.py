"""The vocabulary: small frozen dataclasses, the only currency between rooms.

Three families:

- *leg events* (telephony → session): what happened on one call leg;
- *events* (session → mind): what the mind must decide about;
- *actions* (mind → session): what the mind wants done.

``at`` is in seconds on the call's own clock (0 when the call was offered),
supplied by whoever makes the event; the mind reads no clock. PCM is 16-bit
little-endian mono at 8000 Hz everywhere; a frame is 160 samples (320 bytes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ivr.privacy import Pii

SAMPLE_RATE: Final = 8000
FRAME_SAMPLES: Final = 160
FRAME_BYTES: Final = 320
FRAME_S: Final = 0.02


class Outcome(StrEnum):
    """How a call ended, as journal and statistics name it."""

    ANSWERED = "answered"
    TRANSFERRED = "transferred"
    MESSAGE = "message"
    CALLBACK = "callback"
    DROPPED = "dropped"
    ABANDONED = "abandoned"
    ENDED_BY_RULE = "ended_by_rule"


class RecordingState(StrEnum):
    """What may be believed of a call's recording.

    ``ok``: whole. ``degraded``: kept, with gaps or cut short by a fault.
    ``failed``: nothing usable could be kept. ``blocked``: the notice was not
    heard to its end, so nothing was recorded (X2). ``declined``: recording is
    off or the caller objected (A17, X11).
    """

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    BLOCKED = "blocked"
    DECLINED = "declined"


class JournalKind(StrEnum):
    """Kinds of journal events; data per kind is described in ``docs/journal.md``."""

    CALL_OFFERED = "call.offered"
    CALL_ANSWERED = "call.answered"
    CALL_ENDED = "call.ended"
    CALL_NOTED = "call.noted"
    NOTICE_COMPLETED = "notice.completed"
    RECORDING_STARTED = "recording.started"
    RECORDING_ENDED = "recording.ended"
    RECORDING_STATE = "recording.state"
    TURN_HEARD = "turn.heard"
    TURN_SAID = "turn.said"
    TURN_KEY = "turn.key"
    INTENT_DECIDED = "intent.decided"
    ANSWER_SOUGHT = "answer.sought"
    ANSWER_GIVEN = "answer.given"
    ANSWER_SENT = "answer.sent"
    MESSAGE_BEGUN = "message.begun"
    AUTH_STARTED = "auth.started"
    AUTH_VERDICT = "auth.verdict"
    TRANSFER_OFFERED = "transfer.offered"
    TRANSFER_QUEUED = "transfer.queued"
    TRANSFER_CONTEXT = "transfer.context"
    TRANSFER_ACCEPTED = "transfer.accepted"
    TRANSFER_FAILED = "transfer.failed"
    TRANSFER_BRIDGED = "transfer.bridged"
    TRANSFER_RETURNED = "transfer.returned"
    TASK_CREATED = "task.created"
    TASK_SEEN = "task.seen"
    TASK_PLANNED = "task.planned"
    TASK_TRIED = "task.tried"
    TASK_DONE = "task.done"
    REVIEW_DRAWN = "review.drawn"
    REVIEW_DONE = "review.done"
    TRANSCRIPT_CORRECTED = "transcript.corrected"
    RECORDING_ERASED = "recording.erased"
    DATA_ERASED = "data.erased"


class HangupReason(StrEnum):
    """Why a leg ended, in words that staff read."""

    CALLER = "caller"  # the far end sent BYE
    CANCELLED = "cancelled"  # the far end gave up before the answer
    ASSISTANT = "assistant"  # we ended it
    MEDIA_LOST = "media_lost"  # no RTP for longer than the watchdog allows
    BUSY = "busy"  # 486, 600
    DECLINED = "declined"  # 603, 403
    NO_ANSWER = "no_answer"  # our own timer, 408, 480
    UNREACHABLE = "unreachable"  # 404, 5xx, no route
    NO_ACK = "no_ack"  # answered, never confirmed
    DRAINED = "drained"  # the line was stopped
    CRASHED = "crashed"  # the worker died
    ERROR = "error"  # anything else, code in the event


# ---------------------------------------------------------------- leg events


@dataclass(frozen=True, slots=True)
class LegEvent:
    """Something that happened on leg ``leg``; ``at`` is ``time.monotonic()`` of the process."""

    leg: str
    at: float


@dataclass(frozen=True, slots=True)
class LegOffered(LegEvent):
    """An INVITE was admitted; 180 has been sent. ``caller`` is empty when withheld."""

    caller: Pii
    called: str
    sip_call_id: str
    source: str  # "address:port" of the peer


@dataclass(frozen=True, slots=True)
class LegRinging(LegEvent):
    """The far end of an outbound leg rings (18x)."""


@dataclass(frozen=True, slots=True)
class LegAnswered(LegEvent):
    """200 was sent (inbound) or received (outbound); sound may flow."""

    codec: str = ""


@dataclass(frozen=True, slots=True)
class LegKey(LegEvent):
    """One keypad key: 0–9, *, #, A–D. ``source`` is ``rtp`` (RFC 4733) or ``info``."""

    key: str
    source: str = "rtp"


@dataclass(frozen=True, slots=True)
class LegAudio(LegEvent):
    """Sound from the far end: one or more whole frames, oldest first."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class LegPlaybackDone(LegEvent):
    """An utterance left the playout queue: played to its end, or cut."""

    utterance: str
    completed: bool


@dataclass(frozen=True, slots=True)
class LegHeld(LegEvent):
    """The far end put us on hold (re-INVITE with sendonly or inactive)."""


@dataclass(frozen=True, slots=True)
class LegResumed(LegEvent):
    """The far end took us off hold."""


@dataclass(frozen=True, slots=True)
class LegEnded(LegEvent):
    """The leg is gone. ``code`` is the SIP status, 0 if none."""

    reason: HangupReason
    code: int = 0


# ------------------------------------------------------------ events to the mind


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the mind must know; ``at`` in seconds on the call's clock."""

    at: float


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The caller's leg is up."""


@dataclass(frozen=True, slots=True)
class PlaybackDone(Event):
    """What a :class:`Say` asked for was played to its end, or was cut (``completed`` false)."""

    utterance: str
    completed: bool


@dataclass(frozen=True, slots=True)
class SpeechStarted(Event):
    """The caller began to speak."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; times in seconds on the call's clock, confidence 0–1."""

    text: str
    started: float
    ended: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard(Event):
    """A turn of the caller ended. Empty ``text`` means: spoke, but nothing of the grammar (no-match).

    ``free``: what was heard without the grammar. A third of its words are wrong: it tells what a sentence is about
    and is never read back. Empty where nobody read it so.
    """

    text: str
    confidence: float = 0.0
    words: tuple[Word, ...] = ()
    started: float = 0.0
    ended: float = 0.0
    free: str = ""


@dataclass(frozen=True, slots=True)
class Pressed(Event):
    """The caller pressed a key."""

    key: str


@dataclass(frozen=True, slots=True)
class EarChanged(Event):
    """Recognition went away (speech process down) or came back."""

    available: bool


@dataclass(frozen=True, slots=True)
class RecordingChanged(Event):
    """The recording's state changed."""

    state: RecordingState
    running: bool


@dataclass(frozen=True, slots=True)
class AgentRinging(Event):
    """A person was chosen and is being called; ``AgentAnswered`` or ``AgentFailed`` follows in ``within_s``."""

    within_s: float


@dataclass(frozen=True, slots=True)
class AgentQueued(Event):
    """All who could take the call are busy. ``position`` 1 is next; ``wait_s`` 0: nobody can say how long it takes."""

    position: int
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentAnswered(Event):
    """The person who was called picked up and, where that is asked of them, accepted."""


@dataclass(frozen=True, slots=True)
class AgentFailed(Event):
    """The person could not be reached. ``others``: somebody else may be tried, by another :class:`Dial`."""

    reason: HangupReason
    others: bool = False


@dataclass(frozen=True, slots=True)
class AgentHungUp(Event):
    """The person left after the bridge; the caller is still there."""


@dataclass(frozen=True, slots=True)
class AgentPassedOn(Event):
    """The person leaves the caller to a colleague; another :class:`Dial` finds that one.

    ``wanted``: the colleague's name, ``topic``: whose topic it is; both empty: whoever can take the call.
    """

    wanted: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class AgentGaveBack(Event):
    """The person leaves the caller to the assistant."""


@dataclass(frozen=True, slots=True)
class Held(Event):
    """The caller put the line on hold; ``Resumed`` follows."""


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """The caller is back from hold."""


@dataclass(frozen=True, slots=True)
class HungUp(Event):
    """The caller's leg is gone."""

    reason: HangupReason


@dataclass(frozen=True, slots=True)
class Tick(Event):
    """The deadline that the mind asked for has come."""


@dataclass(frozen=True, slots=True)
class Consulted(Event):
    """The answer to a :class:`Consult` with the same ``ticket``; None: there is none, or nobody answers."""

    ticket: str
    answer: object | None


# ------------------------------------------------------------ actions of the mind


@dataclass(frozen=True, slots=True)
class Grammar:
    """What the ear may expect: a name for logs and the phrases, lower-case, no punctuation."""

    name: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A fixed prompt by its id in ``prompts/<language>/``, or a sentence of its own.

    Exactly one of ``id`` and ``text`` is set. A fixed prompt's sound is ready
    before the call; a sentence is synthesised while the call runs. A ``private``
    sentence is about a person: it is spoken and not written down.
    """

    id: str = ""
    text: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the mind wants done."""


@dataclass(frozen=True, slots=True)
class Say(Action):
    """Speak; answered by one :class:`PlaybackDone` with the same ``utterance``.

    A ``Say`` while another plays is queued behind it. ``pace``: 1 is the voice's own, less is slower.
    """

    utterance: str
    prompts: tuple[Prompt, ...]
    interruptible: bool = True
    pace: float = 1.0


@dataclass(frozen=True, slots=True)
class StopSaying(Action):
    """Cut whatever is being played; each cut utterance reports ``completed=False``."""


@dataclass(frozen=True, slots=True)
class Listen(Action):
    """Open the ear with a grammar; replaces an earlier one. ``end_silence_s`` ends a turn.

    ``expected_words``: how many words a whole answer has (the digits of a code). A turn that has them
    ends after a short silence; one that has fewer is given longer to go on. ``personal``: what is heard and keyed
    meanwhile tells who the caller is (a number, a name), so the journal keeps it under ``pii_`` keys. Open speech
    may tell anything and always is.
    """

    grammar: Grammar
    end_silence_s: float = 0.7
    expected_words: int | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class StopListening(Action):
    """Close the ear; nothing is reported until the next :class:`Listen`."""


@dataclass(frozen=True, slots=True)
class Dial(Action):
    """Call a person; answered by ``AgentAnswered`` or ``AgentFailed`` within ``no_answer_s`` + 2 s.

    Where the office's switchboard chooses who that is, ``AgentQueued`` may come first, any number of times, and
    ``AgentRinging`` says when the time begins. ``topic``, ``wanted`` (a name) and ``language`` are what it goes by.
    """

    target: str  # name of the target in the configuration, never a number of the caller's
    no_answer_s: float
    topic: str = ""
    wanted: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class StopDialling(Action):
    """The caller does not wait for a person any more; nothing more is heard of the latest :class:`Dial`."""


@dataclass(frozen=True, slots=True)
class Consult(Action):
    """Ask the world something (``ivr.dialog.ports``); answered by one :class:`Consulted` with the same ``ticket``."""

    ticket: str
    question: object


@dataclass(frozen=True, slots=True)
class Bridge(Action):
    """Connect caller and agent; the assistant is silent from here on."""


@dataclass(frozen=True, slots=True)
class Record(Action):
    """Change the recording: ``start`` (after the notice), ``stop``, ``erase``, ``mute``, ``unmute``.

    From ``mute`` to ``unmute`` nothing that is heard or keyed is written down anywhere (X5).
    """

    op: str


@dataclass(frozen=True, slots=True)
class Note(Action):
    """Write an event to the journal. Keys of personal data begin with ``pii_``."""

    kind: JournalKind
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUp(Action):
    """End the caller's leg from our side (a rule or the safety timer after the goodbye)."""

    reason: str
