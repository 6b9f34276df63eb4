"""Every example question asked of a ranking that was trained without it, where leaving one out is not enough: noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ivr.knowledge.evaluation import Question
from ivr.knowledge.ranking import Answer, Ranker, Target
from ivr.knowledge.words import Concepts

FOLDS: Final = 5


def in_folds(
    targets: Sequence[Target], others: Mapping[str, Sequence[str]], concepts: Concepts, heard: Callable[[str], str]
) -> Iterator[tuple[Question, Answer]]:
    """Train on four fifths of the examples, ask the last fifth as ``heard`` makes it, five times over.

    The figures are a little worse than those of all examples: a fifth of them is missing each time.
    """
    for fold in range(FOLDS):
        kept = [replace(one, examples=_without(one.examples, fold)) for one in targets]
        ranker = Ranker(kept, {kind: _without(some, fold) for kind, some in others.items()}, concepts)
        for target in targets:
            for example in target.examples[fold::FOLDS]:
                yield Question(example, "faq", frozenset({target.id})), ranker.ask(heard(example))
        for kind, some in others.items():
            for example in some[fold::FOLDS]:
                yield Question(example, kind, frozenset()), ranker.ask(heard(example))


def _without(examples: Sequence[str], fold: int) -> tuple[str, ...]:
    return tuple(example for number, example in enumerate(examples) if number % FOLDS != fold)
