"""What is said of an entry: its sentences with date and source, and all texts that callers may hear of the packs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from ivr.answers.reckoning import date_in, last_day_said, number_in
from ivr.dialog.ports import SpokenAnswer
from ivr.knowledge.institutions import OWN, Institution
from ivr.knowledge.pack import Entry, Placed
from ivr.language.days import year_words
from ivr.language.declension import Case
from ivr.language.numbers import Gender, ordinal
from ivr.language.phones import spoken_phone

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
SOUNDED: Final = ("linija", "ministerija")
"""Packs whose short answers come with their sound, in this order; terms of the decree are asked for seldom."""


class Speaker:
    """``today``: the day on which dates without a year are understood."""

    def __init__(self, institutions: Mapping[str, Institution], today: Callable[[], date] = date.today) -> None:
        self._institutions, self._today = institutions, today

    def answer(self, placed: Placed, text: str) -> SpokenAnswer:
        """The entry as it answers these words: an age chooses its row, a date gives the last day of a term."""
        entry = placed.entry
        institution = self._institutions.get(entry.institution)
        longer = [*entry.long, *filter(None, (_contact(institution),))] if institution else list(entry.long)
        own, asks = self.row(entry, text) or self.last_day(entry, text), ""
        if entry.table is not None and not own:
            asks = entry.table.ask
        return SpokenAnswer(
            id=placed.id,
            topic=placed.topic,
            sentences=tuple(filter(None, (*(sentences(own) if own else sentences(entry.short)), _dated(entry)))),
            source=_source(entry),
            updated=entry.date.isoformat() if entry.date else "",
            title=entry.about,
            longer=tuple(longer),
            documents=entry.documents or "",
            submit=entry.submit or "",
            institution=institution.name if institution is not None and entry.institution != OWN else "",
            asks=asks,
            version=entry.seal(),
        )

    def row(self, entry: Entry, text: str) -> str:
        """The row of the entry's table for the number in the words; empty where there is none."""
        number = number_in(text) if entry.table is not None else None
        return (entry.table.answer(number) or "") if entry.table is not None and number is not None else ""

    def last_day(self, entry: Entry, text: str) -> str:
        """The short answer with the last day of its term, for the date in the words; empty where there is none."""
        if entry.deadline is None:
            return ""
        today = self._today()
        event = date_in(text, today)
        said = last_day_said(entry.deadline, event, today) if event is not None else ""
        return f"{entry.short} {said}" if said else ""


def short_sayings(placed: Iterable[Placed], institutions: Mapping[str, Institution]) -> Iterator[str]:
    """Sentences of the short answers of :data:`SOUNDED` packs, each once, in the packs' order."""
    speaker = Speaker(institutions)
    sounded = sorted((one for one in placed if one.pack in SOUNDED), key=lambda one: SOUNDED.index(one.pack))
    answers = (speaker.answer(one, "") for one in sounded)
    yield from dict.fromkeys(sentence for answer in answers for sentence in answer.sentences)


def all_sayings(placed: Iterable[Placed], institutions: Mapping[str, Institution]) -> Iterator[tuple[str, str]]:
    """Every text that callers may hear of these entries, with the entry's id and the text's field.

    But for the source, which is a reference and read by the rules for digits.
    """
    speaker = Speaker(institutions)
    for one in placed:
        answer = speaker.answer(one, "")
        said = {
            "title": f"Klausiate apie {answer.title}.",
            "documents": answer.documents,
            "submit": answer.submit,
            "asks": answer.asks,
            **{f"short.{number}": text for number, text in enumerate(answer.sentences, 1)},
            **{f"long.{number}": text for number, text in enumerate(answer.longer, 1)},
        }
        if one.entry.table is not None:
            said |= {f"table.{row}": one.entry.table.answer(row) or "" for row in one.entry.table.rows}
        yield from ((f"{one.id}.{name}", text) for name, text in said.items() if text)


def sentences(text: str) -> tuple[str, ...]:
    return tuple(_SENTENCE.split(text.strip()))


def _dated(entry: Entry) -> str:
    """The date that Q2 wants said, where the source has one."""
    if entry.date is None:
        return ""
    return f"Tai {year_words(entry.date.year)} informacija, ji ir sumos galėjo pasikeisti."


def _source(entry: Entry) -> str:
    """Where the answer is from, so that it can be spoken and be found."""
    if entry.basis:
        return entry.basis
    topic, number = entry.sources[0]
    named = ordinal(topic, Case.NOMINATIVE, Gender.FEMININE)
    asked = ordinal(number, Case.NOMINATIVE, Gender.MASCULINE)
    return f"Socialinės apsaugos ir darbo ministerijos klausimai ir atsakymai, {named} tema, {asked} klausimas"


def _contact(institution: Institution) -> str:
    if not institution.phone.startswith("+"):
        return ""
    return f"{institution.name}: telefonas {spoken_phone(institution.phone)}."
