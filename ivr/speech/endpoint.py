"""When a turn begins and ends: a pure function of voice probabilities over time.

A turn begins when voice lasted ``min_speech_s``; it ends after
``end_silence_s`` without voice, or after ``max_turn_s`` whatever the detector
says (a detector that hangs on a noisy line must not keep a caller waiting for
an answer for ever). Two thresholds make the decision stick: voice begins above
``begin_at`` and goes on above ``stay_at``. Both are low, because speech in noise is less certain: of single words
15 dB above the noise of a narrow band 18 % never reach 0.5 for long enough, 10 %
0.35 and 5 % 0.25, while loud noise alone stays below 0.2.

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

    def __post_init__(self) -> None:
        if not 0 <= self.stay_at <= self.begin_at <= 1:
            raise ValueError("0 <= stay_at <= begin_at <= 1 must hold")
        silences = (self.end_silence_s, self.complete_silence_s, self.phrase_silence_s, self.incomplete_silence_s)
        if min(*silences, self.min_speech_s, self.max_turn_s) <= 0:
            raise ValueError("durations must be positive")


@dataclass(frozen=True, slots=True)
class TurnBegan:
    """Voice began at ``at`` seconds (the start of its first frame)."""

    at: float


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The voice that began at ``started`` was last heard at ``at``; ``cut``: by the time limit."""

    started: float
    at: float
    cut: bool


class Endpointer:
    """Feed one probability per frame; get at most one event for each.

    ``lag_s``: so long the detector goes on finding a voice that has ended; the silence began so much earlier.
    """

    def __init__(self, settings: EndpointSettings, frame_s: float, lag_s: float = 0.0) -> None:
        self._settings = settings
        self._frame_s = frame_s
        self._lag_s = lag_s
        self._frames = 0
        self._candidate: int | None = None  # first frame of voice that may become a turn
        self._voiced = 0
        self._started: int | None = None
        self._last_voice = 0  # frame after the last voiced one

    @property
    def open(self) -> bool:
        """A turn has begun and not ended."""
        return self._started is not None

    @property
    def quiet(self) -> bool:
        """Nothing was heard in an open turn's latest frames, more than the pause between two sounds."""
        return self.open and self._frames > self._last_voice + _PAUSE

    @property
    def now(self) -> float:
        """Seconds of sound seen."""
        return self._frames * self._frame_s

    def accept(self, probability: float, extent: Callable[[], Extent] = unknown) -> TurnBegan | TurnEnded | None:
        """Take the next frame's probability of voice.

        ``extent`` is asked during a silence in which the answer may have ended: how much of an answer is there?
        """
        index = self._frames
        self._frames += 1
        if self._started is None:
            return self._wait(index, probability)
        return self._follow(index, self._started, probability, extent)

    def finish(self) -> TurnEnded | None:
        """End the open turn because no more sound comes."""
        if self._started is None:
            return None
        return self._end(self._started, cut=False)

    def _wait(self, index: int, probability: float) -> TurnBegan | None:
        if self._candidate is None:
            if probability < self._settings.begin_at:
                return None
            self._candidate, self._voiced = index, 0
        elif probability < self._settings.stay_at:
            self._candidate = None
            return None
        self._voiced += 1
        if self._voiced * self._frame_s < self._settings.min_speech_s:
            return None
        self._started, self._candidate, self._last_voice = self._candidate, None, index + 1
        return TurnBegan(self._started * self._frame_s)

    def _follow(self, index: int, started: int, probability: float, extent: Callable[[], Extent]) -> TurnEnded | None:
        if probability >= self._settings.stay_at:
            self._last_voice = index + 1
        elif self._silent_for_long((self._frames - self._last_voice) * self._frame_s + self._lag_s, extent):
            return self._end(started, cut=False)
        if (self._frames - started) * self._frame_s >= self._settings.max_turn_s:
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
        ended = TurnEnded(started * self._frame_s, self._last_voice * self._frame_s, cut)
        self._started = self._candidate = None
        return ended
