"""From what was heard of a manifest to a model's least gaps: how much is lost and refused at each. Pure.

Everything is decoded once; the rule of :mod:`ivr.speech.rejection` is applied to
the kept gaps as often as wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.speech.evaluation import Line
from ivr.speech.ports import HeardText
from ivr.speech.rejection import SMALL_GRAMMAR, Rejection

GAPS: Final = tuple(round(-0.40 + 0.01 * step, 2) for step in range(39))  # least gaps that are tried
FEWEST: Final = 30  # known answers, under which their tail says nothing


@dataclass(frozen=True, slots=True)
class Heard:
    """A line of a manifest and what the ear made of it. Seconds of one core's work, and of sound."""

    line: Line
    turns: tuple[HeardText, ...]
    work_s: float
    sound_s: float

    @property
    def text(self) -> str:
        """What was understood; empty: nothing, or all was refused."""
        return " ".join(turn.text for turn in self.turns if turn.text)

    def text_at(self, rejection: Rejection, stricter: float = 0.0) -> str:
        """What would have been understood with other least gaps, all moved by ``stricter``."""
        texts = []
        for turn in self.turns:
            seen = turn.evidence
            if seen is None:
                texts.append(turn.text)
            elif seen.gap >= rejection.least_gap(seen.phrases) + stricter:
                texts.append(seen.text)
        return " ".join(text for text in texts if text)


@dataclass(frozen=True, slots=True)
class Point:
    """Shares of 0 to 1 at one least gap; None where nothing was measured."""

    least_gap: float
    false_rejection: float | None
    rejected_foreign: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Least gap and curve of one size of grammar. ``least_gap`` is None with fewer than :data:`FEWEST` answers."""

    known: int
    foreign: int
    least_gap: float | None
    curve: tuple[Point, ...]


def calibrate(rows: Iterable[Heard], *, share: float, small: bool) -> Calibration:
    """The strictest least gap that loses at most ``share`` of the known answers.

    ``small``: of grammars of at most :data:`~ivr.speech.rejection.SMALL_GRAMMAR` phrases, else of the larger ones.
    Answers that are lost at any gap (no voice was found) count as lost, and are not blamed on the gap.
    """
    chosen = [row for row in rows if len(row.line.grammar.phrases) > 0 and small is _is_small(row)]
    known = [row for row in chosen if row.line.text]
    foreign = [row for row in chosen if not row.line.text]
    curve = tuple(Point(least, _refused(known, least), _refused(foreign, least)) for least in GAPS if known or foreign)
    return Calibration(len(known), len(foreign), _strictest(curve, share) if len(known) >= FEWEST else None, curve)


def _strictest(curve: Sequence[Point], share: float) -> float:
    allowed = max(share, curve[0].false_rejection or 0.0)
    return max(point.least_gap for point in curve if (point.false_rejection or 0.0) <= allowed)


def _is_small(row: Heard) -> bool:
    return len(row.line.grammar.phrases) <= SMALL_GRAMMAR


def _refused(rows: Sequence[Heard], least: float) -> float | None:
    rule = Rejection(least, least)
    return sum(not row.text_at(rule) for row in rows) / len(rows) if rows else None
