"""What the journal tells editors of answers: who heard one that was changed since (A20), and what was not answered.

Readings of events, never tables of their own that could disagree with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from ivr.answers.anonymous import anonymous
from ivr.answers.follow_up import telling
from ivr.events import JournalKind
from ivr.knowledge.words import stem
from ivr.privacy import Pii

READ: Final = (
    JournalKind.CALL_OFFERED,
    JournalKind.ANSWER_SOUGHT,
    JournalKind.ANSWER_GIVEN,
    JournalKind.INTENT_DECIDED,
)
"""Kinds of events that these readings want."""
ALIKE: Final = 0.5
"""Share of common stems from which two questions count as one."""
SHOWN: Final = 3
Why = Literal["refused", "rejected", "not_helped"]


class Event(Protocol):
    """An event of the journal."""

    @property
    def call_id(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def kind(self) -> str: ...

    @property
    def data(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class HeardOld:
    """A caller who was given an answer whose texts are others now, or that is gone. ``caller``: empty when withheld."""

    call_id: str
    at: datetime
    answer: str
    heard: str
    gone: bool
    caller: Pii = field(repr=False)


def heard_old(events: Iterable[Event], versions: Mapping[str, str], answers: Collection[str] = ()) -> list[HeardOld]:
    """Who heard an old text, in order of time. ``versions``: id → version now; ``answers``: only these ids."""
    callers: dict[str, Pii] = {}
    found = []
    for event in events:
        if event.kind == JournalKind.CALL_OFFERED:
            callers[event.call_id] = Pii(str(event.data.get("pii_caller") or ""))
        elif event.kind == JournalKind.ANSWER_GIVEN and (version := event.data.get("version")):
            name = str(event.data["answer"])
            if version != versions.get(name) and (not answers or name in answers):
                caller = callers.get(event.call_id, Pii(""))
                heard = str(event.data.get("heard", ""))
                found.append(HeardOld(event.call_id, event.at, name, heard, name not in versions, caller))
    return found


@dataclass(frozen=True)
class Missed:
    """A question that was not answered as the caller wanted. ``text``: without personal data.

    ``why``: ``refused`` by the line, ``rejected`` by the caller (none of what was offered), or answered and
    ``not_helped``. ``nearest``: the entry that seemed meant, empty where none did.
    """

    text: str
    why: Why
    nearest: str
    at: datetime


def missed(events: Iterable[Event], ordinary: Collection[str] = frozenset()) -> list[Missed]:
    """Every such question, in order of time. ``ordinary``: folded words that are nobody's name."""
    sought: dict[str, Event] = {}
    found = []
    for event in events:
        if event.kind == JournalKind.ANSWER_SOUGHT:
            sought[event.call_id] = event
            if event.data.get("decision") == "refuse":
                found.append(_missed(event, "refused", ordinary))
        elif event.kind == JournalKind.INTENT_DECIDED and (last := sought.get(event.call_id)):
            why = _why(event.data)
            if why:
                found.append(_missed(last, why, ordinary))
                del sought[event.call_id]
    return found


def _why(decided: Mapping[str, Any]) -> Why | None:
    if decided.get("intent") == "refuse" and "offered" in decided:
        return "rejected"
    return "not_helped" if decided.get("intent") == "not_helped" else None


def _missed(sought: Event, why: Why, ordinary: Collection[str]) -> Missed:
    candidates = sought.data.get("candidates") or [""]
    return Missed(anonymous(str(sought.data.get("pii_text", "")), ordinary), why, str(candidates[0]), sought.at)


@dataclass
class Group:
    """Questions that ask about the same. ``examples``: a few of their texts, the latest first."""

    stems: frozenset[str]
    missed: list[Missed] = field(default_factory=list)

    @property
    def examples(self) -> list[str]:
        return list(dict.fromkeys(one.text for one in reversed(self.missed)))[:SHOWN]

    @property
    def nearest(self) -> str:
        """The entry that seemed meant most often."""
        return Counter(one.nearest for one in self.missed).most_common(1)[0][0]

    @property
    def why(self) -> Mapping[str, int]:
        return Counter(one.why for one in self.missed)

    @property
    def last(self) -> datetime:
        return max(one.at for one in self.missed)


def grouped(questions: Sequence[Missed]) -> list[Group]:
    """Questions put together by the stems they share, the largest group first, then the latest."""
    groups: list[Group] = []
    for question in questions:
        stems = frozenset(stem(word) for word in telling(question.text))
        for group in _by_likeness(groups, stems):
            group.missed.append(question)
            break
        else:
            groups.append(Group(stems, [question]))
    return sorted(groups, key=lambda group: (-len(group.missed), -group.last.timestamp()))


def _by_likeness(groups: Sequence[Group], stems: frozenset[str]) -> Iterator[Group]:
    """The group that is most alike, if any is enough so."""
    alike = [(_alike(group.stems, stems), number) for number, group in enumerate(groups)]
    best = max(alike, default=(0.0, 0))
    if best[0] >= ALIKE:
        yield groups[best[1]]


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
