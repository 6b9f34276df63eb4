"""Which entry a caller means, and how sure that is.

Seven views of a question are added up: classifiers over the example questions that tell entries and topics apart, the
nearest example and all that are near, the likeness of the question to what an entry says, and how likely the entry's
examples would say its words and parts of words. A third classifier tells whether the question is for the packs at all,
or a wish for a person, a message, the caller's own case or nothing of ours.
Confidence is the share of examples with such a score, margin and familiarity that were placed rightly when they were
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ivr.knowledge.calibration import Calibration, Sorting, calibrate, sort_out
from ivr.knowledge.classifier import Head, Labels, head, train
from ivr.knowledge.features import Featurizer
from ivr.knowledge.likelihood import Likelihoods
from ivr.knowledge.pack import Placed
from ivr.knowledge.page import Source
from ivr.knowledge.rows import Held, Index, Matrix, joined
from ivr.knowledge.words import Concepts

Kind = Literal["faq", "personal", "human", "message", "oos"]
Decision = Literal["answer", "choose", "refuse", "authenticate", "person", "message"]

CANDIDATES: Final = 5
# Weights beside the entries' classifier; chosen on questions that another hand wrote than the examples.
TOPIC, TEXT = 0.5, 1.1
# Likeness to examples counts to the third power, so that the near ones outweigh all others: that of the nearest, and
# the sum over all of an entry.
NEAREST, NEAR = 1.2, 0.8
NEAREST_KIND = 0.8  # the same among the kinds
WORDS, PARTS = 0.1, 0.04  # how likely the entry's examples would say the words, and their parts
# Tokens of its topic that an entry is taken to hold, and of all questions that a topic is.
_WORDS_LEAN: Final = (20.0, 60.0)
_PARTS_LEAN: Final = (60.0, 150.0)
UNHEARD_OF: Final = 0.5
"""What is left of a kind's share when no example has a word of the question: noise is as likely as another matter."""
LEARNT_IN: Final = 768
"""Places in which the classifiers are trained: what that costs grows with their square."""
ANSWER_FROM, CHOOSE_FROM = 0.72, 0.12
DOUBTED: Final = 0.5
"""A choice is offered, not refused, when the packs' share is more than this part of the share of what is not ours: to
say no to a short list costs a caller less than to be told that nothing is known."""
CALIBRATED_ON: Final = 750  # examples of the packs at most, about
_AT_ONCE: Final = 64  # examples that are left out
_OWN_WAY: Final[Mapping[str, Decision]] = {
    "personal": "authenticate",
    "human": "person",
    "message": "message",
    "oos": "refuse",
}
KINDS: Final = ("faq", *_OWN_WAY)


@dataclass(frozen=True)
class Target:
    """An entry as the ranking sees it. ``text``: what it is about and what is said."""

    id: str
    pack: str
    topic: str
    sources: tuple[Source, ...]
    examples: tuple[str, ...]
    text: str


def target_of(placed: Placed) -> Target:
    """An entry of a pack as a target; what it is about counts most among its texts, then the short answer."""
    entry = placed.entry
    text = " ".join([entry.about] * 4 + [entry.short] * 2 + list(entry.long))
    return Target(placed.id, placed.pack, placed.topic, entry.sources, entry.examples, text)


@dataclass(frozen=True)
class Candidate:
    """An entry with its score: higher is better, about 0–2."""

    id: str
    sources: tuple[Source, ...]
    score: float


@dataclass(frozen=True)
class Answer:
    """What was made of a question. ``confidence``: how likely the first candidate, or the kind, is right (0–1).

    ``kinds``: every kind with its share, the most likely first.
    """

    kind: Kind
    decision: Decision
    confidence: float
    candidates: tuple[Candidate, ...]
    kinds: tuple[tuple[Kind, float], ...] = ()


class Ranker:
    """Trained once from all entries and the questions of other kinds; asking changes nothing.

    ``others``: kind → its example questions ("human", "message", "personal", "oos").
    """

    def __init__(self, targets: Sequence[Target], others: Mapping[str, Sequence[str]], concepts: Concepts) -> None:
        self.targets = tuple(targets)
        questions = [example for target in targets for example in target.examples]
        entries = [number for number, target in enumerate(targets) for _ in target.examples]
        topics = [targets[number].topic for number in entries]
        kinds = ["faq"] * len(questions)
        for kind, examples in others.items():
            questions += examples
            entries += [len(targets)] * len(examples)  # one class more: no entry
            topics += [""] * len(examples)
            kinds += [kind] * len(examples)
        self.questions = tuple(questions)
        self._features = Featurizer(questions, concepts)
        self._examples = self._features.rows(questions)
        topic, kind_head = head(topics), head(kinds)
        entry = Head(tuple(range(len(targets) + 1)), np.array(entries, dtype=np.int64))
        self.labels: Labels = entry.labels
        self._topics = np.array([topic.classes.index(target.topic) for target in targets], dtype=np.int64)
        self._kinds = tuple(str(name) for name in kind_head.classes)
        self.kind_labels = kind_head.labels
        groups = np.where(self.kind_labels == 0, self.labels, len(targets) + self.kind_labels - 1)
        self._starts = np.flatnonzero(np.diff(groups, prepend=-1))
        over = np.concatenate([self._topics, len(topic.classes) + np.arange(len(others))])
        # Training takes the most memory for a while, so it comes before the other views are there.
        trained = train(self._examples.narrowed(LEARNT_IN), (entry, topic, kind_head), groups)
        self._linear = tuple(linear for linear, _ in trained)
        self._left_out = tuple(scores for _, scores in trained)
        self._index = Index(joined(self._examples, self._features.rows([target.text for target in targets])))
        self._words = Likelihoods(map(self._features.words, questions), groups, over, *_WORDS_LEAN)
        self._parts = Likelihoods(map(self._features.parts, questions), groups, over, *_PARTS_LEAN)
        self._calibrate()

    def ask(self, query: str, packs: Sequence[str] = ()) -> Answer:
        """Rank the entries (of the packs named, or of all) for one question."""
        asked = self._features.rows([query])
        learnt = asked.narrowed(LEARNT_IN).written_out([0])
        views = [linear.scores(learnt) for linear in self._linear]
        views.append(self._words.scores(self._features.words(query))[None, :])
        views.append(self._parts.scores(self._features.parts(query))[None, :])
        scores, kinds = self._fused([asked.held(0)], views, None)
        return self._decide(scores[0], kinds[0], self._features.known(query), packs)

    def left_out(self) -> list[tuple[str, int, str, Answer]]:
        """Every example question asked as if it were not among them: question, entry's number, kind, answer."""
        scores, kinds = self._left_out_scores(np.arange(len(self.questions)))
        return [
            (
                question,
                int(self.labels[row]),
                self._kinds[self.kind_labels[row]],
                self._decide(scores[row], kinds[row], self._features.known(question), ()),
            )
            for row, question in enumerate(self.questions)
        ]

    def _left_out_scores(self, rows: Labels) -> tuple[Matrix, Matrix]:
        """Scores of these examples for entries and for kinds, each as if it were not among the examples.

        Some at a time: all their views at once would take more memory than anything else here.
        """
        parts = [self._left_out_some(rows[start : start + _AT_ONCE]) for start in range(0, len(rows), _AT_ONCE)]
        return np.concatenate([scores for scores, _ in parts]), np.concatenate([kinds for _, kinds in parts])

    def _left_out_some(self, rows: Labels) -> tuple[Matrix, Matrix]:
        asked = [self._examples.held(row) for row in rows]
        views = [scores[rows].astype(np.float32) for scores in self._left_out]
        views += [np.stack([one.left_out(int(row)) for row in rows]) for one in (self._words, self._parts)]
        return self._fused(asked, views, rows)

    def _fused(self, asked: Sequence[Held], views: Sequence[Matrix], hide: Labels | None) -> tuple[Matrix, Matrix]:
        """Scores, questions × entries, and signals of kinds, questions × some for each kind.

        ``hide``: for each row the example that it must not meet.
        """
        entry, topic, kinds, words, parts = views
        near, around, texts = self._likeness(asked, [None] * len(asked) if hide is None else hide)
        entries = len(self.targets)
        like = NEAREST * near[:, :entries] + NEAR * around[:, :entries] + TEXT * texts
        likely = WORDS * words[:, :entries] + PARTS * parts[:, :entries]
        scores = entry[:, :entries] + TOPIC * topic[:, self._topics] + like + likely
        by_kind = [
            kinds + NEAREST_KIND * _of_kinds(near, entries),
            _of_kinds(words, entries),
            _of_kinds(parts, entries),
        ]
        return np.asarray(scores, dtype=np.float32), np.column_stack(by_kind).astype(np.float32)

    def _likeness(self, asked: Sequence[Held], hidden: Iterable[int | None]) -> tuple[Matrix, Matrix, Matrix]:
        """Questions × entries and other kinds: likeness to the nearest example, and to all, each to the third power.

        Then questions × entries: likeness to the texts.
        """
        nearest, around, texts = [], [], []
        for one, without in zip(asked, hidden, strict=True):
            like = self._index.products(one)
            near = like[: len(self.questions)]
            if without is not None:
                near[without] = 0.0
            texts.append(like[len(self.questions) :].copy())  # or all of it would stay
            near = near * near * near  # a power takes ten times as long
            nearest.append(np.maximum.reduceat(near, self._starts))
            around.append(np.add.reduceat(near, self._starts))
        return np.stack(nearest), np.stack(around), np.stack(texts)

    def _calibrate(self) -> None:
        every = np.arange(len(self.questions))
        drawn = every % max(1, len(every) // CALIBRATED_ON) == 0
        rows = every[drawn | (self.kind_labels != 0)]
        scores, kinds = self._left_out_scores(rows)
        known = np.array([self._features.known(self.questions[row]) for row in rows])
        best, _ = _margins(scores)
        self._sorting: Sorting = sort_out(_kind_signals(scores, kinds, known), self.kind_labels[rows], len(self._kinds))
        shares = self._sorting.of(_kind_signals(scores, kinds, known))
        # Only the drawn rows hold the kinds in the shares in which they come.
        general = (shares.argmax(axis=1) == 0) & drawn[rows]
        right = (best == self.labels[rows])[general]
        signals = _entry_signals(scores, shares, known)[general]
        self._certainty: Calibration = calibrate(signals, right)

    def _decide(self, scores: Matrix, kinds: Matrix, known: float, packs: Sequence[str]) -> Answer:
        open_to = np.array([not packs or target.pack in packs for target in self.targets])
        scores = np.where(open_to, scores, -1.0).astype(np.float32)[None, :]
        familiar = np.array([known])
        order = [int(i) for i in np.argsort(-scores[0]) if open_to[i]][:CANDIDATES]
        candidates = tuple(
            Candidate(self.targets[i].id, self.targets[i].sources, round(float(scores[0, i]), 4)) for i in order
        )
        shares = self._sorting.of(_kind_signals(scores, kinds[None, :], familiar)) * (1.0 if known else UNHEARD_OF)
        best = int(shares[0].argmax())
        kind = cast(Kind, self._kinds[best])
        weighed = tuple((cast(Kind, self._kinds[i]), float(shares[0, i])) for i in np.argsort(-shares[0]))
        doubted = kind == "oos" and bool(candidates) and shares[0, 0] > DOUBTED * shares[0, best]
        if kind != "faq" and not doubted:
            return Answer(kind, _OWN_WAY[kind], float(shares[0, best]), candidates, weighed)
        confidence = self._certainty.of(*_entry_signals(scores, shares, familiar)[0]) if candidates else 0.0
        if confidence >= ANSWER_FROM and not doubted:
            return Answer("faq", "answer", confidence, candidates, weighed)
        if confidence >= CHOOSE_FROM:
            return Answer("faq", "choose", confidence, candidates, weighed)
        return Answer("oos", "refuse", 1 - confidence, candidates, weighed)


def _of_kinds(values: Matrix, entries: int) -> Matrix:
    """Columns by kind from columns of all entries and the other kinds: the best entry stands for the packs."""
    return np.column_stack([values[:, :entries].max(axis=1), values[:, entries:]])


def _kind_signals(scores: Matrix, kinds: Matrix, known: NDArray[np.floating]) -> NDArray[np.float64]:
    best, margin = _margins(scores)
    return np.column_stack([kinds, scores[np.arange(len(scores)), best], margin, known])


def _entry_signals(scores: Matrix, shares: NDArray[np.float64], known: NDArray[np.floating]) -> NDArray[np.float64]:
    best, margin = _margins(scores)
    return np.column_stack([scores[np.arange(len(scores)), best], margin, known, shares[:, 0]])


def _margins(scores: Matrix) -> tuple[NDArray[np.int64], Matrix]:
    """The best column of each row and its lead over the second."""
    best = scores.argmax(axis=1)
    if scores.shape[1] < 2:
        return best, np.ones(len(scores), dtype=np.float32)
    two = np.partition(scores, -2, axis=1)[:, -2:]
    return best, two[:, 1] - two[:, 0]
