"""When the ear says "not understood": one rule. Pure.

A grammar forces every sound into its phrases, and a decoder's own confidence
only tells its phrases from each other. So the same sound is decoded a second
time, freely, with the model's whole lexicon and its phones. What belongs to the
grammar costs hardly more within it than outside; what does not, fits much better
outside. The *gap* is the grammar's log-likelihood less the free one's, per frame
of 10 ms of the words that were heard. An answer is refused when its gap is below
the *least gap*, which belongs to a model: it stands in ``rejection.toml`` in the
model's folder and is found by ``ivr asr calibrate``.

With more phrases some phrase fits nearly anything, so a large grammar can't
refuse as much without refusing its own callers. Its answers are therefore the
ones to confirm.

What else was tried with model 0.2, on 14 people who are not in any training, as
a logistic regression that never judged a speaker it was fitted on: the gap to a
loop of phones, the distance to the next alternative, the words' own confidence,
their length per letter, the share of foreign sound, whether free decoding finds
the same words, the size of the grammar. Foreign words refused at 3 % of right
ones lost, with eight and with ten phrases: the gap alone 90 and 62 %, all
together 85 and 67 %; the gap not divided by its frames 88 and 66 %, but it loses
a fifth of four-digit strings. So the gap stands alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SMALL_GRAMMAR: Final = 8
# Words so short are mostly edge; their gap would swing.
SHORTEST_S: Final = 0.2
_FRAME_S: Final = 0.01
_SPREAD: Final = 0.03
ACCEPTED_FROM: Final = 0.4


@dataclass(frozen=True, slots=True)
class Rejection:
    """Least gaps of one model, for grammars of at most :data:`SMALL_GRAMMAR` phrases and for larger ones.

    The defaults are for a model that nobody has calibrated: they refuse only what is far off.
    """

    least_gap_small: float = -0.25
    least_gap_large: float = -0.25

    def least_gap(self, phrases: int) -> float:
        """The least gap at which an answer within a grammar of so many phrases is accepted."""
        return self.least_gap_small if phrases <= SMALL_GRAMMAR else self.least_gap_large

    def confidence(self, gap_per_frame: float, phrases: int) -> float:
        """0 to 1, and :data:`ACCEPTED_FROM` just where the rule begins to accept."""
        odds_against = (1 / ACCEPTED_FROM - 1) * math.exp(
            min(50.0, (self.least_gap(phrases) - gap_per_frame) / _SPREAD)
        )
        return 1 / (1 + odds_against)


def gap(within: float, free: float, spoken_s: float) -> float:
    """Log-likelihood within the grammar less that of free decoding, per frame of ``spoken_s`` seconds of words."""
    return (within - free) * _FRAME_S / max(spoken_s, SHORTEST_S)
