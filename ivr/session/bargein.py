"""Reversible barge-in: the line falls silent when the caller speaks, and goes on if it was nothing.

Whether a voice means something is known only when its turn has ended, a second
or more too late to be polite. So the playout stands still at the first sign of a
voice; if the turn was an answer, the mind cuts what was being said, and if it
was a cough or not understood, the sentence goes on where it stopped. A
television that never ends can't silence the line: after ``longest_s`` the
sentence goes on whatever the caller does, and one that was halted
``most`` times is not halted again.

The line falls silent at the mere suspicion of a voice (:mod:`ivr.session.onset`), and goes on after
``unconfirmed_s`` unless the ears have heard one by then. A suspicion that was nothing is the only one of its saying:
whoever types or rustles makes a sentence halt once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivr.clock import Clock, Timer
from ivr.events import Say
from ivr.session.ports import PlayoutLike


@dataclass(frozen=True, slots=True)
class BargeInSettings:
    """``longest_s``: longer than it takes to say a telephone number, so that nobody is talked over in an answer.

    ``unconfirmed_s``: longer than the ears need for their first word on a voice.
    """

    longest_s: float = 8.0
    most: int = 2
    unconfirmed_s: float = 0.3


class BargeIn:
    """Halts and resumes one leg's playout. ``saying``: what is being said right now, if anything."""

    def __init__(
        self,
        leg: PlayoutLike,
        clock: Clock,
        saying: Callable[[], Say | None],
        settings: BargeInSettings | None = None,
    ) -> None:
        self._leg, self._clock, self._saying = leg, clock, saying
        self._settings = settings or BargeInSettings()
        self._utterance = ""
        self._halts = 0  # of this utterance
        self._doubted = ""  # the utterance that halted for nothing
        self._sure = False
        self._timer: Timer | None = None

    @property
    def halted(self) -> bool:
        """The playout stands still because of a voice."""
        return self._timer is not None

    def suspected(self) -> None:
        """The caller seems to begin to speak."""
        say = self._haltable()
        if say is not None and not self.halted and say.utterance != self._doubted:
            self._halt(self._settings.unconfirmed_s, self._nothing)
            self._sure = False

    def voice_began(self) -> None:
        """The caller began to speak."""
        say = self._haltable()
        if say is None or (self.halted and self._sure):
            return
        self._halts += 1
        self._halt(self._settings.longest_s, self.go_on)
        self._sure = True

    def go_on(self) -> None:
        """The turn is over and was decided about, nobody listens any more, or the saying itself is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._leg.resume()

    def _haltable(self) -> Say | None:
        """What is being said, if it may be halted."""
        say = self._saying()
        if say is None or not say.interruptible:
            return None
        if say.utterance != self._utterance:
            self._utterance, self._halts = say.utterance, 0
        return say if self._halts < self._settings.most else None

    def _halt(self, longest_s: float, then: Callable[[], None]) -> None:
        if self._timer is None:
            self._leg.pause()
        else:
            self._timer.cancel()
        self._timer = self._clock.call_at(self._clock.now() + longest_s, then)

    def _nothing(self) -> None:
        self._doubted = self._utterance
        self.go_on()
