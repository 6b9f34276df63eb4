"""How well the ear hears: a manifest of sound files with what is said in them, and the scores. Pure.

A manifest has one JSON object a line: ``audio`` (a path, relative to the
manifest), ``text``, and optionally ``grammar`` (a name of :mod:`ivr.speech.named`
or a list of phrases; without it open speech), ``set`` and ``foreign``. A line
is foreign, speech that the grammar does not expect and the ear should reject,
when its text is empty or has a word that the grammar lacks; ``foreign`` says
otherwise where that is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ivr.errors import ManifestError, SpeechError
from ivr.events import Grammar
from ivr.speech.named import OPEN, named

_NOT_WORD: Final = re.compile(r"[^\w\s'-]+|_")
_KEYS: Final = {"audio", "text", "grammar", "set", "foreign"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a manifest; ``number`` is 1-based. ``text`` is empty for foreign speech."""

    number: int
    audio: Path
    text: str
    grammar: Grammar
    set: str


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words without punctuation."""
    return tuple(_NOT_WORD.sub(" ", text.lower()).split())


def read_manifest(path: Path) -> list[Line]:
    """All lines of a manifest; empty lines are skipped.

    Raises:
        ManifestError: it can't be read, is empty, or has bad lines; every one is named with its number.
    """
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(path, [(0, f"can't be read ({error})")]) from error
    lines: list[Line] = []
    faults: list[tuple[int, str]] = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            lines.append(_line(number, row, path.parent))
        except (ValueError, SpeechError) as error:
            faults.append((number, str(error)))
    if not lines and not faults:
        faults = [(0, "has no lines")]
    if faults:
        raise ManifestError(path, faults)
    return lines


def _line(number: int, row: str, base: Path) -> Line:
    try:
        data = json.loads(row)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error})") from error
    if not isinstance(data, dict):
        raise ValueError("is not a JSON object")
    audio, text = data.get("audio"), data.get("text")
    if not isinstance(audio, str) or not audio:
        raise ValueError('needs "audio", the path of a WAV file')
    if not isinstance(text, str):
        raise ValueError('needs "text", which is empty for foreign speech')
    name, foreign = data.get("set", ""), data.get("foreign")
    if not isinstance(name, str) or not isinstance(foreign, bool | None):
        raise ValueError('"set" is text, "foreign" is true or false')
    if not (base / audio).is_file():
        raise ValueError(f"there is no file {audio}")
    said, grammar = words_of(text), _grammar(data.get("grammar", OPEN))
    if foreign is None:
        foreign = bool(grammar.phrases) and not _vocabulary(grammar.phrases).issuperset(said)
    return Line(number, base / audio, "" if foreign else " ".join(said), grammar, name)


@lru_cache(maxsize=64)
def _vocabulary(phrases: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for phrase in phrases for word in phrase.split())


def _grammar(value: Any) -> Grammar:
    if isinstance(value, str):
        return named(value)
    if isinstance(value, list) and value and all(isinstance(phrase, str) for phrase in value):
        phrases = (" ".join(words_of(phrase)) for phrase in value)
        return Grammar("list", tuple(dict.fromkeys(phrase for phrase in phrases if phrase)))
    raise ValueError('"grammar" is a name or a list of phrases')


def align(said: Sequence[str], heard: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of said and heard words by the fewest changes; "" stands where one side has none."""
    width = len(heard) + 1
    cost = [[max(i, j) if not (i and j) else 0 for j in range(width)] for i in range(len(said) + 1)]
    for i, word in enumerate(said, 1):
        for j, other in enumerate(heard, 1):
            cost[i][j] = min(cost[i - 1][j - 1] + (word != other), cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    return list(reversed(list(_path(said, heard, cost))))


def _path(said: Sequence[str], heard: Sequence[str], cost: list[list[int]]) -> Iterator[tuple[str, str]]:
    i, j = len(said), len(heard)
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (said[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            yield said[i], heard[j]
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            yield said[i], ""
        else:
            j -= 1
            yield "", heard[j]


@dataclass(slots=True)
class Score:
    """Counts of one set. Seconds of work are of one core's time, so other programs don't change them."""

    known: int = 0
    right: int = 0
    nothing: int = 0  # known lines in which nothing was heard
    words: int = 0
    wrong_words: int = 0
    foreign: int = 0
    rejected: int = 0
    work_s: float = 0.0
    sound_s: float = 0.0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, said: str, heard: str, *, work_s: float = 0.0, sound_s: float = 0.0) -> None:
        """One line: what was said (empty: foreign speech) and what was heard (empty: rejected)."""
        self.work_s += work_s
        self.sound_s += sound_s
        if not said:
            self.foreign += 1
            self.rejected += not heard
            return
        self.known += 1
        self.right += said == heard
        self.nothing += not heard
        self.words += len(said.split())
        wrong = [pair for pair in align(said.split(), heard.split()) if pair[0] != pair[1]]
        self.wrong_words += len(wrong)
        self.confusion.update(wrong)

    def figures(self) -> dict[str, Any]:
        """Shares of 0 to 1 (null where nothing was measured) and the confusions, most frequent first.

        ``word_accuracy`` is 1 less the word error rate; many inserted words make it negative.
        """
        return {
            "n": self.known + self.foreign,
            "string_accuracy": _share(self.right, self.known),
            "word_accuracy": _share(self.words - self.wrong_words, self.words),
            "false_rejection": _share(self.nothing, self.known),
            "rejected_foreign": _share(self.rejected, self.foreign),
            "rtf": _share(self.work_s, self.sound_s),
            "foreign": self.foreign,
            "confusion": [
                {"said": said, "heard": heard, "n": count} for (said, heard), count in self.confusion.most_common()
            ],
        }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
