"""A recogniser made of three parts: voice activity, end of turn, and a decoder of words.

Any decoder will do, our own Vosk model or a distant server, because only this
module decides when a turn begins and ends. The decoder is given the turn with
a short run-up before the voice began; silence between turns costs nothing and
can't turn into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from ivr.errors import AudioError
from ivr.events import FRAME_BYTES, SAMPLE_RATE, Grammar
from ivr.speech.endpoint import Endpointer, EndpointSettings, Extent, TurnBegan, TurnEnded, TurnGuessed
from ivr.speech.named import typed
from ivr.speech.ports import (
    Decoder,
    DecoderFactory,
    HeardText,
    SpeechEvent,
    VoiceActivity,
    VoiceBegan,
    VoiceEnded,
)

Completeness = Callable[[str], Extent]
"""How much of an answer some words are."""

_BYTES_PER_S: Final = SAMPLE_RATE * 2
_STEP: Final = 2 * FRAME_BYTES
_SURE: Final = 0.5  # confidence of words that prove that there was a voice


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """``run_up_s`` of sound before the voice began is decoded with it.

    ``open_turn_s`` is the time limit of a turn without phrases to expect: a
    message or a story may last, an answer to a question may not.
    """

    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    open_turn_s: float = 240.0
    run_up_s: float = 0.4


class TurnRecognizer:
    """Implements :class:`~ivr.speech.ports.Recognizer` over any decoder."""

    def __init__(
        self,
        decoders: DecoderFactory,
        activity: Callable[[], VoiceActivity],
        settings: TurnSettings | None = None,
    ) -> None:
        self.name, self.version = decoders.name, decoders.version
        self._decoders = decoders
        self._activity = activity
        self._settings = settings or TurnSettings()

    def stream(self, grammar: Grammar, *, end_silence_s: float, expected_words: int | None = None) -> TurnStream:
        """Listen with a grammar. ``end_silence_s`` may be ``inf``: the turn ends by :meth:`TurnStream.finish`."""
        longest = self._settings.endpoint.max_turn_s if grammar.phrases else self._settings.open_turn_s
        guess = self._settings.endpoint.max_guess_s
        if end_silence_s == float("inf"):
            longest = guess = end_silence_s
        endpoint = replace(self._settings.endpoint, end_silence_s=end_silence_s, max_turn_s=longest, max_guess_s=guess)
        settings = replace(self._settings, endpoint=endpoint)
        # Without an end by silence there is none by words: a list of digits may go on after each of them.
        complete = _completeness(grammar, expected_words) if end_silence_s < float("inf") else None
        return TurnStream(self._decoders.decoder(grammar), self._activity(), settings, complete)


class TurnStream:
    """One listening. Offsets in events are seconds of the sound given to this stream.

    A decoder that refuses what is no answer is given what may be no voice, too.
    """

    def __init__(
        self, decoder: Decoder, activity: VoiceActivity, settings: TurnSettings, complete: Completeness | None = None
    ) -> None:
        self._decoder = decoder
        self._complete = complete
        self._activity = activity
        self._settings = settings
        self._endpointer = Endpointer(settings.endpoint, activity.frame_s, activity.lag_s, guesses=decoder.refuses)
        self._run_up = bytearray()  # sound that is of no turn yet, ending now
        self._taken = 0  # bytes accepted
        self._decoded_from = 0.0  # offset of the first sound that the decoder has of this turn

    @property
    def may_end(self) -> bool:
        return self._endpointer.quiet

    def accept(self, pcm: bytes) -> list[SpeechEvent]:
        """Take sound of any whole number of samples."""
        if len(pcm) % 2:
            raise AudioError("a chunk ends in the middle of a sample")
        # In small steps, so that the decoder never knows more than the end of the turn is decided by.
        return [event for at in range(0, len(pcm), _STEP) for event in self._step(pcm[at : at + _STEP])]

    def _step(self, pcm: bytes) -> list[SpeechEvent]:
        self._taken += len(pcm)
        decoding = self._endpointer.open
        if decoding:
            self._decoder.accept(pcm)
        if not self._endpointer.certain:
            self._run_up += pcm
        events: list[SpeechEvent] = []
        for probability in self._activity.accept(pcm):
            change = self._endpointer.accept(probability, self._extent)
            if isinstance(change, TurnEnded):
                events += self._end(change)
                decoding = False
                continue
            if change is not None and not decoding:
                self._begin(change)
                decoding = True
            if isinstance(change, TurnBegan):
                self._run_up.clear()
                events.append(VoiceBegan(change.at))
        if not self._endpointer.certain:
            self._forget()
        return events

    def finish(self) -> list[SpeechEvent]:
        """End an open turn now; no events when nobody speaks."""
        change = self._endpointer.finish()
        return self._end(change) if change else []

    def close(self) -> None:
        """Give back the decoder."""
        self._decoder.close()

    def _extent(self) -> Extent:
        """How much of an answer the turn has; unknown, too, while no word of it was heard."""
        text = self._decoder.text_so_far() if self._complete is not None else None
        return self._complete(text) if self._complete is not None and text else Extent.UNKNOWN

    def _begin(self, turn: TurnGuessed | TurnBegan) -> None:
        have_from = (self._taken - len(self._run_up)) / _BYTES_PER_S
        self._decoded_from = max(have_from, turn.at - self._settings.run_up_s)
        skip = round((self._decoded_from - have_from) * SAMPLE_RATE) * 2
        self._decoder.accept(bytes(self._run_up[skip:]))

    def _end(self, turn: TurnEnded) -> list[SpeechEvent]:
        found = self._decoder.result()
        if not turn.certain and (not found.text or found.confidence < _SURE):
            return []
        words = tuple(
            replace(word, started=word.started + self._decoded_from, ended=word.ended + self._decoded_from)
            for word in found.words
        )
        self._run_up.clear()
        began = [] if turn.certain else [VoiceBegan(turn.started)]
        return [
            *began,
            VoiceEnded(turn.at),
            HeardText(
                found.text,
                found.confidence,
                words,
                turn.started,
                turn.at,
                found.evidence,
                found.free,
                self._taken / _BYTES_PER_S,
            ),
        ]

    def _forget(self) -> None:
        # What may still belong to a turn: the run-up and the voice not yet long enough to be one.
        endpoint = self._settings.endpoint
        keep = self._settings.run_up_s + endpoint.min_speech_s + 3 * self._activity.frame_s
        surplus = len(self._run_up) - round(keep * SAMPLE_RATE) * 2
        if surplus > 0:
            del self._run_up[:surplus]


def _completeness(grammar: Grammar, expected_words: int | None) -> Completeness | None:
    values = typed(grammar.name)
    if values is not None:
        known = {True: Extent.WHOLE, False: Extent.PART, None: Extent.UNKNOWN}
        return lambda text: known[values.complete(text)]
    if expected_words is not None:
        return lambda text: Extent.WHOLE if len(text.split()) >= expected_words else Extent.PART
    return _among(grammar.phrases) if grammar.phrases else None


def _among(phrases: Iterable[str]) -> Completeness:
    """By the phrases themselves: one that is heard to its end is an answer."""
    known = {tuple(phrase.split()) for phrase in phrases}
    begun = {words[:size] for words in known for size in range(1, len(words))}

    def extent(text: str) -> Extent:
        words = tuple(text.split())
        if words not in known:
            return Extent.UNKNOWN
        return Extent.PHRASE if words in begun else Extent.WHOLE

    return extent
