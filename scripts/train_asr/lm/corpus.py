"""The text of the language model: what callers ask, written by us.

``texts/<topic>.txt`` holds patterns, ``texts/talk_<topic>.txt`` sentences in callers' own words and
``texts/callers_<who>.txt`` such sentences on every topic, one a line: ``(a|b)`` is one of several wordings, ``[a|b]``
may also be missing. A pattern becomes all its wordings, or evenly spread ones when there are too many. Courtesy before
and after is added to some of them, because callers seldom begin with the question itself. No person stands in any of
it. The example questions of the knowledge packs are said as they stand. Texts are written out in full ("vaikams gauti")
or as they are said in a hurry ("vaikam gaut"); :func:`in_a_hurry` says a part of each sentence the short way.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import yaml

from scripts.train_asr.wordlists.inflect import hurried

HERE: Final = Path(__file__).resolve().parent
TEXTS: Final = HERE / "texts"
HELD_OUT: Final = HERE / "held_out.txt"
PACKS: Final = HERE.parents[2] / "dialplans" / "knowledge"
WORDINGS: Final = 48
_PIECE: Final = re.compile(r"\(([^)]*)\)|\[([^\]]*)\]|([^(\[]+)")
_WORDS: Final = re.compile(r"[^\W\d_]+")
_BEFORE: Final = (
    "laba diena", "sveiki", "labas", "labas rytas", "noriu paklausti", "norėjau paklausti", "norėčiau sužinoti",
    "laba diena noriu paklausti", "laba diena norėčiau sužinoti", "sakykite", "pasakykite prašau", "gal žinote",
    "gal galite pasakyti", "ar galite pasakyti", "toks klausimas", "turiu klausimą", "skambinu paklausti",
    "atsiprašau", "tai", "nu", "o", "klausykit", "žinokit", "man įdomu", "nesuprantu", "ir dar",
)  # fmt: skip
_AFTER: Final = ("prašau", "ačiū", "nežinau", "ar ne", "gal žinote", "kaip čia yra", "laukiu atsakymo", "dėkui")
_EVERY_TOPIC: Final = "everyday"
_EXAMPLE: Final = 1.5  # weight of a pack's example beside a pattern's wordings, which weigh 1 and more together
_IN_A_HURRY: Final = 0.3  # share of a sentence's weight that goes to its short forms
# Of the whole weight of a question's wordings, what goes to those with courtesy around.
_COURTESY: Final = 0.15

Sentence = tuple[str, ...]


def wordings(pattern: str, limit: int = WORDINGS) -> list[str]:
    """The pattern's wordings, at most ``limit``, evenly spread over all.

    >>> wordings("(kiek|kada) moka [pensiją]")
    ['kiek moka', 'kiek moka pensiją', 'kada moka', 'kada moka pensiją']
    >>> len(wordings("(a|b|c) (d|e|f) (g|h|i)", limit=5))
    5
    """
    choices = [
        chosen.split("|") if chosen else ["", *maybe.split("|")] if maybe else [plain]
        for chosen, maybe, plain in _PIECE.findall(pattern)
    ]
    every = [" ".join("".join(parts).split()) for parts in product(*choices)]
    every = list(dict.fromkeys(every))
    if len(every) <= limit:
        return every
    return [every[at * len(every) // limit] for at in range(limit)]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Weighted sentences of every topic. Weights of a pattern's wordings grow with the root of their number."""

    topics: Mapping[str, Mapping[str, float]]

    @classmethod
    def load(cls, folder: Path = TEXTS) -> Corpus:
        """Read all patterns. Raises OSError when the folder can't be read."""
        topics: dict[str, dict[str, float]] = {}
        for path in sorted(folder.glob("*.txt")):
            topic = _EVERY_TOPIC if path.stem.startswith("callers_") else path.stem.removeprefix("talk_")
            said = topics.setdefault(topic, {})
            for pattern in lines(path):
                variants = wordings(pattern)
                for variant in variants:
                    said[variant] = said.get(variant, 0.0) + len(variants) ** -0.5
        return cls(topics)

    def utterances(self) -> list[str]:
        """Every wording, each once, without the courtesy around."""
        return list(dict.fromkeys(text for said in self.topics.values() for text in said))

    def words(self) -> list[str]:
        """Every word of the corpus, most frequent first."""
        weights: dict[str, float] = {}
        for sentence, weight in self.sentences():
            for word in sentence:
                weights[word] = weights.get(word, 0.0) + weight
        return sorted(weights, key=lambda word: -weights[word])

    def sentences(self) -> Iterator[tuple[Sentence, float]]:
        """All sentences with their weights, courtesy included; the same on every run."""
        at = 0
        for said in self.topics.values():
            for text, weight in said.items():
                before, after = _BEFORE[at % len(_BEFORE)], _AFTER[at % len(_AFTER)]
                yield tuple(text.split()), weight * (1 - _COURTESY)
                around = f"{text} {after}" if at % 4 == 0 else f"{before} {text}"
                yield tuple(around.split()), weight * _COURTESY
                at += 1
        for courtesy in (*_BEFORE, *_AFTER):
            yield tuple(courtesy.split()), 1.0


def examples(folder: Path = PACKS) -> Iterator[tuple[Sentence, float]]:
    """Example questions of every pack and of ``kinds.yaml`` under ``folder``; the same on every run."""
    texts: list[str] = []
    for path in sorted(folder.glob("*/*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["entries"]:
            texts += entry.get("examples", ())
    for said in yaml.safe_load((folder / "kinds.yaml").read_text(encoding="utf-8")).values():
        texts += said
    for text in texts:
        yield tuple(_WORDS.findall(text.lower())), _EXAMPLE


def in_a_hurry(sentences: Iterable[tuple[Sentence, float]], known: Container[str]) -> Iterator[tuple[Sentence, float]]:
    """Every sentence, and with a part of its weight the same with short forms, as far as they are ``known`` words.

    >>> list(in_a_hurry([(("duoti", "vaikams"), 1.0), (("kiek",), 1.0)], {"vaikam"}))
    [(('duoti', 'vaikams'), 0.7), (('duoti', 'vaikam'), 0.3), (('kiek',), 1.0)]
    """
    for sentence, weight in sentences:
        short = tuple(_short(word, known) for word in sentence)
        if short == sentence:
            yield sentence, weight
        else:
            yield sentence, weight * (1 - _IN_A_HURRY)
            yield short, weight * _IN_A_HURRY


def _short(word: str, known: Container[str]) -> str:
    said = hurried(word)
    return said[0] if said and said[0] in known else word


def lines(path: Path) -> list[str]:
    """The lines of a text file without comments and empty ones."""
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and line[0] != "#"]
