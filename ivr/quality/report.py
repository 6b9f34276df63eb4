"""What a month's reviews found, in summary and without personal data, for sharing between units (A21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ivr.answers.anonymous import anonymous
from ivr.quality.scorecard import Mark, Scorecard

FEWEST: Final = 5
"""Fewer reviews than this of one unit are not shown apart: a mark could be traced to a person."""


@dataclass(frozen=True, slots=True)
class CriterionFound:
    """One criterion of the card: how often it was met and missed."""

    id: str
    rule: str
    title: str
    good: int
    bad: int

    @property
    def share(self) -> int:
        """Per cent met of those it applied to; 100 where it applied to none."""
        whole = self.good + self.bad
        return round(100 * self.good / whole) if whole else 100


@dataclass(frozen=True, slots=True)
class Report:
    """A month. ``practices`` and ``mistakes`` are reviewers' words with names and numbers masked."""

    month: str
    reviewed: int
    drawn: int
    score: int | None
    criteria: tuple[CriterionFound, ...]
    units: tuple[tuple[str, int, int], ...]  # unit, reviews, mean score
    practices: tuple[str, ...]
    mistakes: tuple[str, ...]
    corrections: int

    def rows(self) -> list[tuple[str, str, int, int, int]]:
        """For CSV: rule, title, met, missed, per cent."""
        return [(one.rule, one.title, one.good, one.bad, one.share) for one in self.criteria]


def report(
    month: str,
    drawn: int,
    reviews: Sequence[tuple[int, Mapping[str, Any]]],
    units: Mapping[int, str],
    card: Scorecard,
) -> Report:
    """``reviews``: employee and data of ``review.done``; ``units``: each employee's unit, the assistant's is empty."""
    good, bad = Counter[str](), Counter[str]()
    scores: dict[str, list[int]] = {}
    for employee, data in reviews:
        for criterion, mark in dict(data.get("marks") or {}).items():
            good[criterion] += mark == Mark.GOOD
            bad[criterion] += mark == Mark.BAD
        if isinstance(data.get("score"), int):
            scores.setdefault(units.get(employee, ""), []).append(int(data["score"]))
    every = [score for values in scores.values() for score in values]
    found = (
        CriterionFound(name, one.rule, one.text, good[name], bad[name])
        for name, one in card.criteria.items()
        if good[name] + bad[name]
    )
    return Report(
        month,
        len(reviews),
        drawn,
        round(sum(every) / len(every)) if every else None,
        tuple(sorted(found, key=lambda one: (one.share, one.id))),
        tuple(
            (unit, len(values), round(sum(values) / len(values)))
            for unit, values in sorted(scores.items())
            if len(values) >= FEWEST
        ),
        tuple(_words(data.get("practice") for _, data in reviews)),
        tuple(_words(data.get("mistake") for _, data in reviews)),
        sum(bool(data.get("correction")) for _, data in reviews),
    )


def _words(texts: Iterable[object]) -> list[str]:
    """Each text once, with what tells who somebody is masked."""
    return list(dict.fromkeys(anonymous(str(text)) for text in texts if text))
