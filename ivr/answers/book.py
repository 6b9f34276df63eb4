"""The packs as a book that answers: the mind's port ``Answers`` over the ranking of :mod:`ivr.knowledge`.

Restating, offering and asking back are the mind's; here a question becomes candidates with all that may be said of
them. What depends on the caller's own words is put in place: a follow-up keeps its topic, an age chooses the row of a
table, a date gives the last day of a term.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from ivr.answers.follow_up import goes_on, part_asked, telling
from ivr.answers.reckoning import number_in
from ivr.answers.spoken import Speaker, sentences
from ivr.dialog.ports import SpokenAnswer, Understood
from ivr.knowledge.institutions import Institution
from ivr.knowledge.pack import Placed
from ivr.knowledge.ranking import Answer, Ranker, target_of
from ivr.knowledge.words import Concepts, stem, words_of
from ivr.language.numbers import cardinal_words, ordinal_words
from ivr.store.shelf import Shelf

SURE_ALONE: Final = 0.85
"""A question that is answered so surely by itself is no follow-up, unless its first words say so."""
OFFERED: Final = 3
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")


def book_of(shelf: Shelf, today: Callable[[], date] = date.today) -> AnswerBook:
    """The book of all packs of a shelf; training its ranking takes a second or two."""
    ranker = Ranker([target_of(one) for one in shelf.placed], shelf.kinds, Concepts(shelf.concepts))
    return AnswerBook(shelf.placed, shelf.institutions, ranker, today)


class AnswerBook:
    """Asking changes nothing. ``today``: the day on which dates without a year are understood."""

    def __init__(
        self,
        placed: Sequence[Placed],
        institutions: Mapping[str, Institution],
        ranker: Ranker,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._placed = {one.id: one for one in placed}
        self._ranker = ranker
        self._speaker = Speaker(institutions, today)

    def answer(self, text: str, after: str = "", among: Sequence[str] = ()) -> Understood:
        """What is meant by the words; see :class:`~ivr.dialog.ports.AskAnswer`."""
        offered = [self._placed[name] for name in among if name in self._placed]
        if offered and (chosen := _chosen(text, offered)) is not None:
            return Understood("faq", 1.0, "answer", (self._speaker.answer(chosen, text),))
        last = self._placed.get(after)
        if last is not None and (told := self._told(last, text)) is not None:
            return Understood("faq", 1.0, "answer", (told,))
        if last is not None and (part := self._part(last, text)) is not None:
            return part
        found = self._ranker.ask(text)
        if last is not None and self._is_follow_up(text, found):
            return self._following(last, text)
        return self._understood(found, text)

    def by_id(self, name: str) -> SpokenAnswer | None:
        """An answer as it is told to somebody who asked for nothing particular."""
        placed = self._placed.get(name)
        return self._speaker.answer(placed, "") if placed is not None else None

    # ------------------------------------------------------------ what goes on

    def _told(self, last: Placed, text: str) -> SpokenAnswer | None:
        """The row or the day that the answer before had asked for, when the words hold little else."""
        if len(telling(text)) > len(telling(last.entry.about)) + 4:
            return None
        entry = last.entry
        if entry.table is not None and number_in(text) is not None and self._speaker.row(entry, text):
            return self._speaker.answer(last, text)
        if entry.deadline is not None and self._speaker.last_day(entry, text):
            return self._speaker.answer(last, text)
        return None

    def _part(self, last: Placed, text: str) -> Understood | None:
        """A part of the answer before where the words ask for nothing else, whatever they would be taken for alone."""
        part = part_asked(text)
        asked = getattr(last.entry, part) if part else None
        if not asked or len(telling(text)) > 1:
            return None
        said = replace(self._speaker.answer(last, ""), sentences=sentences(asked))
        return Understood("faq", 1.0, "answer", (said,))

    def _is_follow_up(self, text: str, alone: Answer) -> bool:
        if alone.kind not in ("faq", "oos") or not goes_on(text):
            return False
        says_so = text.strip().lower().startswith(("o ", "ir ", "bet ", "tai "))
        return says_so or not (alone.decision == "answer" and alone.confidence >= SURE_ALONE)

    def _following(self, last: Placed, text: str) -> Understood:
        """The same question with the topic of the answer before."""
        understood = self._understood(self._ranker.ask(f"{last.entry.about} {text}"), text)
        if understood.decision not in ("answer", "choose"):
            return understood
        same = tuple(one for one in understood.candidates if one.topic == last.topic)
        rest = tuple(one for one in understood.candidates if one.topic != last.topic)
        if same and same[0].id == last.id and len(same) > 1:  # it was just heard, so something near it is meant
            return replace(understood, decision="choose" if len(same) > 2 else "answer", candidates=(*same[1:], *rest))
        unsure = understood.confidence < SURE_ALONE and len(same) > 1  # half of it is guessed, so it is asked about
        return replace(understood, decision="choose" if unsure else understood.decision, candidates=(*same, *rest))

    # ------------------------------------------------------------ what is said

    def _understood(self, found: Answer, text: str) -> Understood:
        candidates = tuple(
            replace(self._speaker.answer(self._placed[one.id], text), score=one.score) for one in found.candidates
        )
        return Understood(found.kind, found.confidence, found.decision, candidates, found.kinds)


class WhenAsked:
    """A book that is made at the first question, for whoever may never ask one."""

    def __init__(self, make: Callable[[], AnswerBook]) -> None:
        self._make = make
        self._book: AnswerBook | None = None

    def answer(self, text: str, after: str = "", among: Sequence[str] = ()) -> Understood:
        """As :meth:`AnswerBook.answer`. Raises what making the book raises."""
        self._book = self._book or self._make()
        return self._book.answer(text, after, among)


def _chosen(text: str, offered: Sequence[Placed]) -> Placed | None:
    """The one that the words name: by its place ("antras") or by a word of its title that the others lack."""
    words = words_of(text)
    places = {_places()[word] for word in words if word in _places()}
    if len(places) == 1 and len(words) <= OFFERED and (place := places.pop()) <= len(offered):
        return offered[place - 1]
    stems = {stem(word) for word in words}
    titles = [{stem(word) for word in words_of(one.entry.about)} for one in offered]
    own = [len(stems & (title - set().union(*(other for other in titles if other is not title)))) for title in titles]
    best = max(own)
    return offered[own.index(best)] if best and own.count(best) == 1 else None


@lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    """Every form of "first", "one" and so on, as :func:`words_of` gives it: a daughter ("dukra") is not the second."""
    numbers = ordinal_words() | cardinal_words()
    return {words_of(word)[0]: number for word, number in numbers.items() if 1 <= number <= OFFERED}
