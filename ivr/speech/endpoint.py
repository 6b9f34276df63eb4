"""When a turn begins and ends: a pure function of voice probabilities over time.

A turn begins when voice lasted ``min_speech_s``; it ends after
``end_silence_s`` without voice, or after ``max_turn_s`` whatever the detector
says (a detector that hangs on a noisy line must not keep a caller waiting for
an answer for ever). Two thresholds make the decision stick: voice begins above
``begin_at`` and goes on above ``stay_at``. Both are low, because speech in noise is less certain: of single words
15 dB above the noise of a narrow band 18 % never reach 0.5 for long enough, 10 %
0.35 and 5 % 0.25, while loud noise alone stays below 0.2.

What stays above ``guess_at`` only may be a voice: a turn of at most ``max_guess_s`` is listened to, and nobody is told
of it unless words come of it. As soon as a voice is certain, it is a turn like any other.

The words count, too, where a decoder can tell them before the end. People pause
between groups of digits, so an answer that is known to lack some waits
``incomplete_silence_s``. One that is whole (all the digits of a code, or a phrase
that no other phrase goes on) needs only ``complete_silence_s``, enough to hear that
nothing follows; a phrase that others go on ("taip", "taip prašau") needs
``phrase_silence_s``: what might follow a longer pause would not change its meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

_PAUSE: Final = 2  # frames


class Extent(Enum):
    """How much of an answer the words of a turn are, as far as is known."""

    UNKNOWN = "unknown"
    PART = "part"
    PHRASE = "phrase"  # an answer that may go on
    WHOLE = "whole"


def unknown() -> Extent:
    """Nothing is known of the words."""
    return Extent.UNKNOWN


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Seconds, and probabilities 0–1."""

    end_silence_s: float = 0.7
    complete_silence_s: float = 0.4
    phrase_silence_s: float = 0.5
    incomplete_silence_s: float = 1.5
    min_speech_s: float = 0.09
    max_turn_s: float = 20.0
    begin_at: float = 0.3
    stay_at: float = 0.25
    guess_at: float = 0.2
    max_guess_s: float = 3.0

    def __post_init__(self) -> None:
        if not 0 <= self.guess_at <= self.stay_at <= self.begin_at <= 1:
            raise ValueError("0 <= guess_at <= stay_at <= begin_at <= 1 must hold")
        silences = (self.end_silence_s, self.complete_silence_s, self.phrase_silence_s, self.incomplete_silence_s)
        if min(*silences, self.min_speech_s, self.max_turn_s, self.max_guess_s) <= 0:
            raise ValueError("durations must be positive")


@dataclass(frozen=True, slots=True)
class TurnGuessed:
    """What may be a voice began at ``at`` seconds. :class:`TurnBegan` follows if it is one."""

    at: float


@dataclass(frozen=True, slots=True)
class TurnBegan:
    """Voice began at ``at`` seconds (the start of its first frame)."""

    at: float


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The voice that began at ``started`` was last heard at ``at``; ``cut``: by the time limit.

    Not ``certain``: it may have been none.
    """

    started: float
    at: float
    cut: bool
    certain: bool = True


TurnChange = TurnGuessed | TurnBegan | TurnEnded


class _Onset:
    """Finds probabilities that rise to ``begin_at`` and then stay at ``stay_at`` for so many frames."""

    def __init__(self, begin_at: float, stay_at: float, frames: float) -> None:
        self._begin_at, self._stay_at, self._enough = begin_at, stay_at, frames
        self._first: int | None = None
        self._lasted = 0

    def found(self, index: int, probability: float) -> int | None:
        """The first frame of it, once it has lasted."""
        if self._first is None:
            if probability < self._begin_at:
                return None
            self._first, self._lasted = index, 0
        elif probability < self._stay_at:
            self._first = None
            return None
        self._lasted += 1
        if self._lasted < self._enough:
            return None
        first, self._first = self._first, None
        return first

    def forget(self) -> None:
        self._first = None


class Endpointer:
    """Feed one probability per frame; get at most one event for each.

    ``lag_s``: so long the detector goes on finding a voice that has ended; the silence began so much earlier.
    ``guesses``: turns may be guessed.
    """

    def __init__(
        self, settings: EndpointSettings, frame_s: float, lag_s: float = 0.0, *, guesses: bool = False
    ) -> None:
        self._settings = settings
        self._frame_s = frame_s
        self._lag_s = lag_s
        self._frames = 0
        enough = settings.min_speech_s / frame_s
        self._voice = _Onset(settings.begin_at, settings.stay_at, enough)
        self._guess = _Onset(settings.guess_at, settings.guess_at, enough) if guesses else None
        self._started: int | None = None
        self._certain = True
        self._last_voice = 0  # frame after the last voiced one

    @property
    def open(self) -> bool:
        """A turn has begun, if only perhaps, and not ended."""
        return self._started is not None

    @property
    def certain(self) -> bool:
        """A turn has begun and is no guess."""
        return self.open and self._certain

    @property
    def quiet(self) -> bool:
        """Nothing was heard in an open turn's latest frames, more than the pause between two sounds."""
        return self.open and self._frames > self._last_voice + _PAUSE

    @property
    def now(self) -> float:
        """Seconds of sound seen."""
        return self._frames * self._frame_s

    def accept(self, probability: float, extent: Callable[[], Extent] = unknown) -> TurnChange | None:
        """Take the next frame's probability of voice.

        ``extent`` is asked during a silence in which the answer may have ended: how much of an answer is there?
        """
        index = self._frames
        self._frames += 1
        if not self.certain:
            began = self._voice.found(index, probability)
            if began is not None:
                self._begin(began, certain=True)
                return TurnBegan(began * self._frame_s)
        if self._started is not None:
            return self._follow(index, self._started, probability, extent)
        began = self._guess.found(index, probability) if self._guess is not None else None
        if began is None:
            return None
        self._begin(began, certain=False)
        return TurnGuessed(began * self._frame_s)

    def finish(self) -> TurnEnded | None:
        """End the open turn because no more sound comes."""
        if self._started is None:
            return None
        return self._end(self._started, cut=False)

    def _begin(self, first: int, *, certain: bool) -> None:
        self._started, self._certain, self._last_voice = first, certain, self._frames
        if self._guess is not None:
            self._guess.forget()

    def _follow(self, index: int, started: int, probability: float, extent: Callable[[], Extent]) -> TurnEnded | None:
        settings = self._settings
        if probability >= (settings.stay_at if self._certain else settings.guess_at):
            self._last_voice = index + 1
        elif self._silent_for_long((self._frames - self._last_voice) * self._frame_s + self._lag_s, extent):
            return self._end(started, cut=False)
        longest_s = settings.max_turn_s if self._certain else settings.max_guess_s
        if (self._frames - started) * self._frame_s >= longest_s:
            return self._end(started, cut=True)
        return None

    def _silent_for_long(self, silence_s: float, extent: Callable[[], Extent]) -> bool:
        settings = self._settings
        if silence_s < min(settings.complete_silence_s, settings.end_silence_s):
            return False
        match extent():
            case Extent.UNKNOWN:
                return silence_s >= settings.end_silence_s
            case Extent.WHOLE:
                return True
            case Extent.PHRASE:
                return silence_s >= min(settings.phrase_silence_s, settings.end_silence_s)
            case Extent.PART:
                return silence_s >= max(settings.incomplete_silence_s, settings.end_silence_s)

    def _end(self, started: int, *, cut: bool) -> TurnEnded:
        ended = TurnEnded(started * self._frame_s, self._last_voice * self._frame_s, cut, self._certain)
        self._started = None
        return ended
