"""People in memory, for calls as text and measurements: what the embedded registry does, without a file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ivr.identity.matching import agrees, askable, is_candidate
from ivr.identity.ports import Matters
from ivr.identity.questions import Question
from ivr.language.places import streets
from ivr.privacy import Secret
from ivr.registry.people import Person


class PeopleInMemory:
    """``away``: raise this instead of answering, as a registry that is down does."""

    def __init__(self, people: Iterable[Person], away: Exception | None = None) -> None:
        self._people = {person.id: person for person in people}
        self._by_digits: dict[str, list[Person]] = {}
        for person in self._people.values():
            self._by_digits.setdefault(person.record.last4.reveal(), []).append(person)
        self._streets = frozenset(streets())
        self.away = away

    def ready(self) -> None:
        if self.away is not None:
            raise self.away

    def candidates(self, last4: Secret, name: Secret) -> Sequence[str]:
        self.ready()
        alike = self._by_digits.get(last4.reveal(), ())
        return [person.id for person in alike if is_candidate(person.record, last4.reveal(), name.reveal())]

    def askable(self, person: str) -> Collection[Question]:
        self.ready()
        known = self._people.get(person)
        return askable(known.record, self._streets) if known is not None else frozenset()

    def judge(self, person: str, question: Question, value: Secret) -> bool:
        self.ready()
        known = self._people.get(person)
        return known is not None and agrees(known.record, question, value.reveal())

    def matters(self, person: str) -> Matters | None:
        self.ready()
        known = self._people.get(person)
        return known.matters if known is not None else None
