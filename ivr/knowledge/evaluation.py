"""How well questions find their answers: the figures of a file of questions whose right entries are known.

A line is one JSON object: ``query``; ``kind``: faq, personal, human, message or oos; for faq the ``topic`` and
``number`` of the ministry's page (or ``id`` of any pack's entry); ``alts``: further right entries, as pairs or ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ivr.errors import KnowledgeError
from ivr.knowledge.ranking import KINDS, Answer


@dataclass(frozen=True)
class Question:
    """``right``: names of the right entries, "1.1" for the page and "personalas/4.1" for others; empty unless faq."""

    query: str
    kind: str
    right: frozenset[str]


def load_questions(text: str, file: str) -> list[Question]:
    """Questions of a JSON-lines file.

    Raises:
        KnowledgeError: a line that is no such object, with its number.
    """
    return [_question(line, number, file) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _question(line: str, number: int, file: str) -> Question:
    try:
        fields = json.loads(line)
        kind = fields.get("kind", "faq")
        if kind not in KINDS:
            raise ValueError(f"there is no kind {kind!r}")
        right = {_name(alt) for alt in fields.get("alts") or ()}
        if kind == "faq":
            right.add(fields["id"] if "id" in fields else _name([fields["topic"], fields["number"]]))
        return Question(str(fields["query"]), kind, frozenset(right) if kind == "faq" else frozenset())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"is no question ({error})"
        raise KnowledgeError(file, number, problem, 'Write {"query": …, "kind": …, "topic": …, "number": …}') from error


def _name(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _name([value["topic"], value["number"]])
    if isinstance(value, Sequence) and len(value) == 2:
        return f"{int(value[0])}.{int(value[1])}"
    raise ValueError(f"{value!r} is no pair of topic and number")


def figures(asked: Iterable[tuple[Question, Answer]]) -> dict[str, float | int]:
    """Shares (0–1) over all questions; those of a kind that has no question are left out."""
    pairs = list(asked)
    faq = [(q, a) for q, a in pairs if q.kind == "faq"]
    found: dict[str, float | int] = {"questions": len(pairs), "faq": len(faq)}
    _share(found, "first", [_place(q, a) == 0 for q, a in faq])
    _share(found, "first_three", [_place(q, a) < 3 for q, a in faq])
    _share(found, "wrong_answered", [a.decision == "answer" and _place(q, a) != 0 for q, a in faq])
    _share(found, "answered_directly", [a.decision == "answer" for _, a in faq])
    _share(found, "refused", [a.decision == "refuse" for _, a in faq])
    _share(found, "other_kind", [a.kind not in ("faq", "oos") for _, a in faq])
    oos = [a for q, a in pairs if q.kind == "oos"]
    _share(found, "oos_answered", [a.decision == "answer" for a in oos])
    _share(found, "oos_not_refused", [a.decision != "refuse" for a in oos])
    personal = [a for q, a in pairs if q.kind == "personal"]
    _share(found, "personal_as_general", [a.kind == "faq" for a in personal])
    _share(found, "personal_recognised", [a.kind == "personal" for a in personal])
    wishes = [(q, a) for q, a in pairs if q.kind in ("human", "message")]
    _share(found, "wish_recognised", [q.kind == a.kind for q, a in wishes])
    return found


def _place(question: Question, answer: Answer) -> int:
    """Place of the first right candidate, from 0; past the last where there is none."""
    for place, candidate in enumerate(answer.candidates):
        names = {candidate.id, *(f"{topic}.{number}" for topic, number in candidate.sources)}
        if names & question.right:
            return place
    return len(answer.candidates) + 3


def _share(found: dict[str, float | int], name: str, outcomes: Sequence[bool]) -> None:
    if outcomes:
        found[name] = round(sum(outcomes) / len(outcomes), 4)
