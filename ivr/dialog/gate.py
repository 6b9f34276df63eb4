"""Which of the line's matters a caller's own words are, and how sure that is. Pure.

Two witnesses are heard. The knowledge tells of what kind the words are (a general question, the caller's own case, a
wish for a person, a message, nothing of ours) and how sure it is of each. The plan's *signs*, beginnings of words,
tell matters of one kind apart (a complaint and a callback are both messages). Signs alone decide where nobody can be
asked, and then never surely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ivr.dialog.nodes import GateNode
from ivr.dialog.ports import Kind, Understood
from ivr.dialog.understand import says
from ivr.knowledge.openers import opening
from ivr.language.folding import folded

SIGNED: Final = 5.0
"""How much likelier a matter is whose sign was said than one of the same kind without."""
_DOUBT: Final = 0.02  # of every kind that the knowledge holds for impossible
_UNWEIGHED: Final = 0.8  # what signs alone are worth
_LEAST: Final = 0.35  # a matter that is less likely than this is none
_RIVAL: Final = 0.2  # one that is less likely than this is not worth a question


@dataclass(frozen=True, slots=True)
class Matter:
    """What may be meant. ``signs``: beginnings of words in a row ("mano vyr"), without diacritics or with them.

    ``sure``: taken without asking from this confidence on. A matter without signs stands for its whole ``kind``.
    """

    intent: str
    kind: Kind | None
    signs: tuple[str, ...] = ()
    sure: float = 0.6


@dataclass(frozen=True, slots=True)
class Meant:
    """``confidence``: 0–1; those of one sentence add up to 1 at most."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do: take ``first`` (``sure``), ask whether it is right, or ask which of both; nothing of it: not
    understood."""

    first: Meant | None = None
    second: Meant | None = None
    sure: bool = False


def matter_of(sentence: str, openers: Sequence[str] = ()) -> str:
    """The sentence without the polite words before its matter; a sentence that is nothing else is left as it is.

    ``openers``: the plan's own, besides those that the knowledge leaves out.

    >>> matter_of("laba diena noriu paklausti kiek trunka atostogos")
    'kiek trunka atostogos'
    >>> matter_of("laba diena"), matter_of("klausykit jau kiek trunka", ("klausykit jau",))
    ('laba diena', 'kiek trunka')
    """
    said = sentence.split()
    words = [folded(word.strip(".,?!")) for word in said]
    return " ".join(said[opening(words, [folded(one) for one in openers]) :])


def matters_of(node: GateNode) -> tuple[Matter, ...]:
    """The options of a gate as what may be meant."""
    return tuple(Matter(one.intent, one.kind, one.signs, one.sure) for one in node.options)


def weigh(text: str, matters: Sequence[Matter], found: Understood | None) -> tuple[Meant, ...]:
    """How likely each matter is, the likeliest first; empty when nothing speaks for any.

    >>> matters = [Matter("message", "message"), Matter("complaint", "message", ("skund", "pasiskųs"))]
    >>> [meant.intent for meant in weigh("Noriu pasiskųsti.", matters, None)]
    ['complaint']
    >>> weigh("labas rytas", matters, None)
    ()
    """
    signed = {matter.intent for matter in matters if says(text, matter.signs)}
    if found is None and not signed:
        return ()
    shares = _shares(found)
    weights: dict[str, float] = {}
    for matter in matters:
        if matter.kind is None:
            continue
        share = shares.get(matter.kind, 0.0) + _DOUBT
        if matter.intent in signed:
            weights[matter.intent] = SIGNED * share
        elif not matter.signs and found is not None:
            weights[matter.intent] = share
    total = sum(weights.values()) / (_UNWEIGHED if found is None else 1.0)
    meant = (Meant(intent, weight / total) for intent, weight in weights.items())
    return tuple(sorted(meant, key=lambda one: -one.confidence))


def judge(meant: Sequence[Meant], matters: Sequence[Matter], margin: float) -> Verdict:
    """``margin``: a lead that is smaller is none, and both matters are named (A12.9)."""
    if not meant or meant[0].confidence < _LEAST:
        return Verdict()
    first = meant[0]
    if len(meant) > 1 and meant[1].confidence >= _RIVAL and first.confidence - meant[1].confidence < margin:
        return Verdict(first, meant[1])
    wanted = next(matter.sure for matter in matters if matter.intent == first.intent)
    return Verdict(first, sure=first.confidence >= wanted)


def _shares(found: Understood | None) -> dict[Kind, float]:
    kinds: tuple[Kind, ...] = ("faq", "personal", "human", "message", "oos")
    if found is None:
        return dict.fromkeys(kinds, 0.2)
    if found.kinds:
        return dict(found.kinds)
    rest = (1.0 - found.confidence) / (len(kinds) - 1)
    return {kind: found.confidence if kind == found.kind else rest for kind in kinds}
