"""How answers are misheard: measured once with voices that no recogniser was trained on, drawn from ever after.

``answers_heard.jsonl`` beside this file was written by ``scripts/measure_answers.py``. A caller has one of its voices
and is misheard as that voice was: where it said the very same, that is what is heard, else what happened to one of its
answers of this kind happens to the new one, word by word.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

from ivr.events import Listen
from ivr.speech.evaluation import align

_OWN: Final = 1000  # phrases: more are those of all names
FILE: Final = Path(__file__).with_name("answers_heard.jsonl")


class Mishearing:
    """Measured hearings. ``voices``: whose they are."""

    def __init__(self, path: Path = FILE) -> None:
        self._heard: dict[tuple[str, str], list[tuple[list[str], list[str], float]]] = {}
        self._of_kind: dict[str, list[tuple[list[str], list[str], float]]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            said, heard = row["said"].split(), row["heard"].split()
            measured = said, heard, float(row["sure"])
            self._heard.setdefault((row["voice"], row["kind"]), []).append(measured)
            self._of_kind.setdefault(row["kind"], []).append(measured)
        self.voices = sorted({voice for voice, _ in self._heard})

    def heard(self, voice: str, kind: str, text: str, random: Random, listen: Listen) -> tuple[str, float]:
        """What the ear makes of ``text`` and how sure it is; empty: not understood.

        ``listen``: what is listened for; half an address is heard otherwise among all names than among one's own.

        Raises:
            KeyError: another kind of answer.
        """
        if kind == "mailbox" and len(listen.grammar.phrases) > _OWN:
            kind = "mailbox:all"
        # What this voice was not measured with is heard as any other voice's answer of the kind.
        rows = self._heard.get((voice, kind)) or self._of_kind[kind]
        said, heard, sure = random.choice([row for row in rows if row[0] == text.split()] or rows)
        if not heard:
            return "", sure
        return " ".join(_applied(align(said, heard), text.split())), sure

    def right(self, kind: str) -> float:
        """Share of answers of this kind that were heard word for word."""
        rows = self._of_kind[kind]
        return sum(said == heard for said, heard, _ in rows) / len(rows)


def _applied(changes: Sequence[tuple[str, str]], words: Sequence[str]) -> list[str]:
    """The changes of another answer, made to this one: the same words are lost, put in, or taken for the same."""
    result: list[str] = []
    at = 0
    for said, heard in changes:
        if not said:
            result.append(heard)
            continue
        if at < len(words):
            if heard:
                result.append(words[at] if said == heard else heard)
            at += 1
    return [*result, *words[at:]]
