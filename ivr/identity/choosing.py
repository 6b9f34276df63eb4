"""Which questions are put: drawn at random from what the registry can check and the ear can hear (T4.1, T4.2, T6.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from ivr.identity.questions import FIRST, PUBLIC, T3, Question, Role


class Doubt(StrEnum):
    """Why more than three questions are put (T4.2)."""

    WITHHELD = "withheld"  # the caller hides their number
    FAILED_BEFORE = "failed_before"  # this number or this person failed lately
    SEVERAL = "several"  # digits and name fit more than one person
    UNSURE = "unsure"  # the ear was corrected more than once


@dataclass(frozen=True, slots=True)
class Rules:
    """``further``: how many questions follow a job seeker's digits and name; ``in_doubt``: how many more in doubt.

    ``hearable``: what may be drawn. An e-mail address is heard now, but it is not among it unless set: it is found out
    far easier than the others, and takes two answers. Users of e-services are asked for theirs all the same.
    """

    further: int = 2
    in_doubt: int = 1
    hearable: frozenset[Question] = frozenset(T3) - {Question.EMAIL}


def further_questions(
    role: Role, askable: Collection[Question], doubts: Collection[Doubt], random: Random, rules: Rules
) -> tuple[Question, ...]:
    """The questions behind the first ones, in the order in which they are put.

    Never both public ones. A job seeker about whom too little is stored is asked as many questions as anybody
    else: the rest are ones that nobody can answer rightly, but e-mail is never asked for where none is stored (T3).
    An e-service user is asked further questions only in doubt and only as a registered job seeker (T6.2).
    """
    wanted = rules.in_doubt if doubts else 0
    pool = _pool(role, askable, rules)
    if role == "e_service":
        return _draw(pool, wanted if pool else 0, (), random)
    wanted += rules.further
    drawn = _draw(pool, wanted, (), random)
    spare = _pool(role, [question for question in T3 if question is not Question.EMAIL], rules)
    return drawn + _draw([q for q in spare if q not in drawn], wanted - len(drawn), drawn, random)


def one_more(
    role: Role, askable: Collection[Question], asked: Collection[Question], random: Random, rules: Rules
) -> tuple[Question, ...]:
    """A question for a doubt that came up later; none when nothing is left that may be asked."""
    return _draw([question for question in _pool(role, askable, rules) if question not in asked], 1, asked, random)


def _pool(role: Role, askable: Collection[Question], rules: Rules) -> list[Question]:
    return [question for question in T3 if question in askable and question in rules.hearable
            and question not in FIRST[role]]  # fmt: skip


def _draw(pool: Iterable[Question], count: int, before: Collection[Question], random: Random) -> tuple[Question, ...]:
    """At most ``count`` of the pool, and at most one public question together with those ``before``."""
    drawn: list[Question] = []
    for question in random.sample(list(pool), len(list(pool))):
        if len(drawn) >= count:
            break
        if question not in PUBLIC or PUBLIC.isdisjoint([*before, *drawn]):
            drawn.append(question)
    return tuple(drawn)
