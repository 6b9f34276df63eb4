"""How long a sentence that must first be made may be waited for in silence, before a lead-in is said.

Half a second before a short answer is how people speak, and "one moment" in front of it would only delay it; half a
second before a long one is a line that seems dead. So a short clause that the voice makes soon enough is waited for,
one that is there at once anyway too, and everything else is preceded by a lead-in at once.
"""

from __future__ import annotations

from typing import Final

from ivr.speech.sentences import first_clause

SOON_S: Final = 0.12  # what comes within this is heard as at once; issue: a lead-in within 0.15 s
SHORT_S: Final = 1.2  # speech of a first clause that may be new
PATIENCE_S: Final = 0.6  # for such a clause, from the decision to its first sound
# Speech of the shipped voice lasts so long, fitted on its 557 shorter clips: s, and s for each letter or blank.
_BASE_S, _SIGN_S = 0.38, 0.063
_USUAL_SPEED: Final = 0.35  # Kokoro on one core: seconds to the first sound for a second of the first clause
_NEWEST: Final = 0.3  # weight of the newest clause
_SLOWEST: Final = 3.0  # one hiccup must not be remembered for the rest of the day


class LeadIns:
    """What the voice of this worker has lately needed; shared by its calls, whose sentences wait for one another."""

    def __init__(self, speed: float = _USUAL_SPEED) -> None:
        self._speed = speed

    def patience_s(self, speech_s: float) -> float:
        """Silence that a sentence may begin with, when its first clause is ``speech_s`` long."""
        expected = self._speed * speech_s
        if speech_s <= SHORT_S and expected <= PATIENCE_S:
            return PATIENCE_S
        return SOON_S if expected <= SOON_S else 0.0

    def made(self, speech_s: float, after_s: float) -> None:
        """The first sound of such a clause came ``after_s`` seconds after it was asked for."""
        self._speed += _NEWEST * (min(after_s / speech_s, _SLOWEST) - self._speed)


def first_clause_s(text: str, language: str) -> float:
    """About how long the first clause of a text lasts, which is made before anything of the text can be heard.

    >>> first_clause_s("Taip, tai galima padaryti internetu.", "lt") < SHORT_S
    True
    >>> first_clause_s("Tai galima padaryti internetu.", "lt") < SHORT_S
    False
    """
    return _BASE_S + _SIGN_S * len(first_clause(text, language).rstrip(",.?"))
