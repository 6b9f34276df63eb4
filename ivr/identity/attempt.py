"""One try to prove who one is: first questions, further ones, and a verdict that tells nothing more (T4–T7, X6).

Somebody whom the registry does not know goes the same way as somebody whom it knows: as many questions, as many
look-ups, the same end. What can be asked about them is a steady fancy, drawn from a keyed hash of what they claim.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from ivr.identity.choosing import Doubt, Rules, further_questions, one_more
from ivr.identity.ports import NOBODY, PeopleRegistry
from ivr.identity.questions import FIRST, T3, Question, Role
from ivr.privacy import Secret

# Share of people about whom one question or another can't be checked, for those who are made up.
_MISSING: Final = 0.15


@dataclass(frozen=True, slots=True)
class Judged:
    """The end of a try. ``person`` is empty unless it was passed; which answer was wrong is nowhere in it."""

    person: str = ""

    @property
    def passed(self) -> bool:
        return bool(self.person)


class Attempt:
    """Begin with :attr:`asked`, then hand each round of answers to :meth:`go_on`.

    ``blocked``: people who may not be authenticated now, by the limits; they are treated as unknown.
    """

    def __init__(
        self, role: Role, registry: PeopleRegistry, doubts: Collection[Doubt], random: Random, rules: Rules, key: bytes
    ) -> None:
        self.role = role
        self.asked: tuple[Question, ...] = FIRST[role]
        self.people: tuple[str, ...] = ()
        self._registry, self._random, self._rules, self._key = registry, random, rules, key
        self._doubts = set(doubts)
        self._answers: dict[Question, Secret] = {}
        self._askable: frozenset[Question] = frozenset()
        self._first = True
        self._over = False

    def select(self, answers: Mapping[Question, Secret]) -> tuple[str, ...]:
        """Who is meant by the first answers; to be called before the first :meth:`go_on`. Raises RegistryAway."""
        last4, name = answers.get(Question.LAST_FOUR), answers.get(Question.NAME)
        if last4 and name:
            self.people = tuple(self._registry.candidates(last4, name))
        return self.people

    def go_on(
        self, answers: Mapping[Question, Secret], *, unsure: bool = False, blocked: Collection[str] = (),
        doubts: Collection[Doubt] = (),
    ) -> tuple[Question, ...] | Judged:  # fmt: skip
        """The next questions, or the verdict. Raises RegistryAway; the try is over then, too.

        A question without an answer ends it (T5). After the end every call is answered by a verdict that is not passed.
        """
        self._answers |= {question: value for question, value in answers.items() if value}
        if self._over or any(question not in self._answers for question in self.asked):
            return self._end(Judged())
        self.people = tuple(person for person in self.people if person not in blocked)
        self._doubts |= {*doubts, *((Doubt.UNSURE,) if unsure else ())}
        following = self._further() if self._first else self._more(unsure)
        self._first = False
        if following:
            self.asked += following
            return following
        return self._end(self._judge())

    def forget(self) -> None:
        """Nothing of the answers is kept any longer than the try."""
        self._answers.clear()
        self._over = True

    def _further(self) -> tuple[Question, ...]:
        if len(self.people) > 1:
            self._doubts.add(Doubt.SEVERAL)
        known = [frozenset(self._registry.askable(person)) for person in self.people or (NOBODY,)]
        self._askable = frozenset.intersection(*known) if self.people else self._fancied()
        return further_questions(self.role, self._askable, self._doubts, self._random, self._rules)

    def _more(self, unsure: bool) -> tuple[Question, ...]:
        """A doubt that came up only now is worth one more question, once."""
        usual = self._rules.further if self.role == "job_seeker" else 0
        if not unsure or len(self.asked) > len(FIRST[self.role]) + usual:
            return ()
        return one_more(self.role, self._askable, self.asked, self._random, self._rules)

    def _fancied(self) -> frozenset[Question]:
        """What might be stored about a person who does not exist: the same each time the same is claimed."""
        claim = "|".join(self._answers[question].reveal() for question in FIRST[self.role])
        seed = hmac.digest(self._key, claim.encode(), hashlib.sha256)
        fancy = Random(seed)  # noqa: S311  (a keyed hash is its seed; nothing secret comes from it)
        return frozenset(question for question in T3 if fancy.random() >= _MISSING)

    def _judge(self) -> Judged:
        """Every answer is compared for every candidate, whatever the others were, so that time tells nothing."""
        compared = [q for q in self.asked if q not in (Question.LAST_FOUR, Question.NAME)]
        right: list[str] = []
        for person in self.people or (NOBODY,):
            agreed = [self._registry.judge(person, question, self._answers[question]) for question in compared]
            if all(agreed) and person != NOBODY:
                right.append(person)
        return Judged(right[0]) if len(right) == 1 else Judged()

    def _end(self, judged: Judged) -> Judged:
        self.forget()
        return judged
