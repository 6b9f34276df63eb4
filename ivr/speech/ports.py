"""The ports of this room: what an ear and a voice are, whoever builds them.

Times are seconds of audio, counted from the first sample that the stream or
the ear was given; the call's shell moves them to the call's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ivr.events import Grammar, Word
from ivr.speech.halt import Halt


@dataclass(frozen=True, slots=True)
class VoiceBegan:
    """Somebody began to speak at ``offset_s``; the report itself comes a little later."""

    offset_s: float


@dataclass(frozen=True, slots=True)
class VoiceEnded:
    """The voice fell silent at ``offset_s``; a :class:`HeardText` follows at once."""

    offset_s: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer within a grammar was judged by; see :mod:`ivr.speech.rejection`.

    ``text``: the words before anything was refused; ``gap`` per frame; ``phrases``: size of the grammar.
    """

    text: str
    gap: float
    phrases: int


@dataclass(frozen=True, slots=True)
class HeardText:
    """A turn ended. ``text`` is empty when nothing of the grammar was heard (no-match).

    ``confidence`` is 0–1; the words' times are on the same count as ``started_s``. ``evidence`` is for measuring
    and doesn't leave the ears' process; only a decoder that refuses has it. ``free``: see :class:`Hypothesis`.
    ``decided_s``: how much sound it took to know that the turn had ended; what is later than that is the decoder's.
    """

    text: str
    confidence: float = 0.0
    words: tuple[Word, ...] = ()
    started_s: float = 0.0
    ended_s: float = 0.0
    evidence: Evidence | None = None
    free: str = ""
    decided_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EarAvailable:
    """Recognition went away, or came back; while it is away only keys work."""

    available: bool


SpeechEvent = VoiceBegan | VoiceEnded | HeardText
EarEvent = VoiceBegan | HeardText | EarAvailable


class RecognizerStream(Protocol):
    """One listening: sound in, events out. Used by one thread at a time; ``may_end`` may be read by any.

    ``may_end``: somebody spoke and is silent now, so that the next sound may be the end of their turn.
    """

    @property
    def may_end(self) -> bool: ...

    def accept(self, pcm: bytes) -> list[SpeechEvent]:
        """Take sound of any length; return what became known by it, oldest first.

        Raises :class:`~ivr.errors.SpeechError` when the engine behind fails.
        """

    def finish(self) -> list[SpeechEvent]:
        """End an open turn now, because no more sound comes; the stream stays usable."""

    def close(self) -> None:
        """Give back what the stream holds; nothing is reported any more."""


class Recognizer(Protocol):
    """A model that is loaded once and shared by many streams."""

    name: str
    version: str

    def stream(self, grammar: Grammar, *, end_silence_s: float, expected_words: int | None = None) -> RecognizerStream:
        """Listen with a grammar; no phrases means open speech. ``end_silence_s`` ends a turn.

        ``expected_words``: see :class:`~ivr.events.Listen`. A typed grammar (``digits:4``, ``date``) knows by
        itself when an answer is whole.

        Raises :class:`~ivr.errors.UnknownWords` for words that the lexicon lacks.
        """


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a decoder made of the sound since the last result; empty text is a no-match.

    ``free``: the same sound read without its grammar, which is a hint of what was meant; empty for open speech and
    from a decoder that reads it only once.
    """

    text: str
    confidence: float
    words: tuple[Word, ...] = ()
    evidence: Evidence | None = None
    free: str = ""


class Decoder(Protocol):
    """Turns the sound of one turn at a time into words; knows nothing of turns.

    ``refuses``: what is no answer has no text, so it may be given sound that may be no voice.
    """

    @property
    def refuses(self) -> bool: ...

    def accept(self, pcm: bytes) -> None:
        """Take sound of any length."""

    def text_so_far(self) -> str | None:
        """The words that the sound so far seems to hold; None when this decoder can't tell before the end."""

    def result(self) -> Hypothesis:
        """The words since the last call of this method, and begin afresh.

        Word times are seconds of the sound that was given since then.
        """

    def close(self) -> None:
        """Give back what the decoder holds."""


class DecoderFactory(Protocol):
    """Makes decoders that share one loaded model, or one distant server."""

    name: str
    version: str

    def decoder(self, grammar: Grammar) -> Decoder:
        """A decoder for one grammar; no phrases means open speech. Raises UnknownWords."""


class VoiceActivity(Protocol):
    """How likely each stretch of sound is speech. Stateful: one per stream.

    ``lag_s``: for how long it goes on finding a voice that has ended.
    """

    frame_s: float
    lag_s: float

    def accept(self, pcm: bytes) -> list[float]:
        """Take 8 kHz sound of any length; one probability per whole frame of ``frame_s``."""


class Synthesizer(Protocol):
    """A voice. ``name`` and ``version`` together say which sound a text becomes."""

    name: str
    version: str

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        """8 kHz PCM in chunks of a clause or sentence; nothing for a text without words.

        ``halt``: pulled when nobody listens any more; what is being made is then given up and nothing more comes.

        Raises :class:`~ivr.errors.SpeechError` when the voice can't speak it.
        """
