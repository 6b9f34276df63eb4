"""Measures how answers to the questions of authentication are heard, for ``ivr bench identity``.

Made-up answers in the ten voices that no recogniser of this project was trained on go over a telephone line (A-law,
300-3400 Hz, noise 15 to 30 dB below the speech) and are heard by the line's ears, from voice activity to rejection,
with what the conversation listens for. Half an e-mail address is heard twice: among the caller's own names
(``mailbox``), as at first, and among all names (``mailbox:all``), as when that failed.
What was said and what was heard goes into a file, a JSON object a line: ``voice``, ``kind`` (the grammar), ``said``,
``heard`` (empty: not understood), ``sure`` (confidence). Nothing in it was said by a person.

Digits and months are the clips of the stage ``unheard`` of ``scripts.train_asr``, joined to strings; the rest
is spoken here by Kokoro. Where its voices come from says ``scripts/render_citizen.py``::

    python -m scripts.measure_answers --unheard DIR --voices DIR/package/voices -o ivr/simulator/answers_heard.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from ivr.config import Config, load
from ivr.dialog.nodes import AuthenticateNode, Plan
from ivr.dialog.plan import load_plan
from ivr.dialog.skills import keyed_values
from ivr.events import Grammar, Listen
from ivr.language.dates import spoken_dates
from ivr.language.given_names import given_names
from ivr.language.mailboxes import own_phrases
from ivr.language.numbers import cardinal
from ivr.language.places import streets
from ivr.language.surnames import surnames
from ivr.registry.people import fictitious
from ivr.simulator.identity_calls import answers_of
from ivr.simulator.unheard import VOICES, Ears, Speakers, over_the_line
from ivr.speech.grammars.book import GrammarBook
from ivr.speech.recognizers import recognizer_for
from ivr.speech.sound import to_pcm
from scripts.train_asr.clips import read_clips
from scripts.train_asr.codecs import Samples

THIS_YEAR: Final = 2025
# Kind → how many answers each voice gives.
JOINED: Final = {"digits:4": 12, "digits:7": 8, "phone": 8, "month": 12}
SPOKEN: Final = {
    "given": 10,
    "surname": 10,
    "street": 6,
    "number": 6,
    "date": 6,
    "choice": 6,
    "yesno": 4,
    "mailbox": 8,
    "maildomain": 8,
}
OWN: Final = {"mailbox": "mailbox:all"}  # heard first among the caller's own names, then among all
_RECORDS: Final = 400  # made-up people whose addresses are said


class Questions:
    """What the conversation listens for at each question."""

    def __init__(self, config: Config) -> None:
        self._plan: Plan = load_plan(config.line.plan.read_text(encoding="utf-8"), str(config.line.plan))
        self._book = GrammarBook(lambda: THIS_YEAR)
        node = self._plan.nodes["personal"]
        if not isinstance(node, AuthenticateNode):
            raise SystemExit("the plan has no questions for a job seeker under `personal`")
        self._node = node
        commands = [phrase for command in self._plan.commands.values() for phrase in command.phrases]
        self._always = (*node.unsaid, *commands, *self._plan.backchannels)
        self.choices = [choice.phrases[0] for choice in node.questions["last_visit_about"].choices]

    def listen(self, kind: str, names: Sequence[str] = ()) -> Listen:
        """``names``: the caller's own, for half an address."""
        grammar = kind.removesuffix(":all")
        phrases = own_phrases(names) if names and kind == "mailbox" else self._phrases(grammar)
        silence = self._plan.settings.end_silence_s
        return Listen(Grammar(grammar, (*phrases, *self._always)), silence, keyed_values.digits(grammar) or None)

    def _phrases(self, kind: str) -> tuple[str, ...]:
        if kind == "yesno":
            replies = (self._plan.agree, self._plan.refuse)
            return tuple(phrase for reply in replies if reply is not None for phrase in reply.phrases)
        if kind == "choice":
            return tuple(p for choice in self._node.questions["last_visit_about"].choices for p in choice.phrases)
        return self._book.phrases(kind)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. ``names``: the caller's own, where they shape what is listened for."""

    voice: str
    kind: str
    text: str
    pcm: bytes
    names: tuple[str, ...] = ()


def joined(unheard: Path, kinds: Collection[str]) -> Iterator[Said]:
    """Answers that are strings of clips."""
    clips: dict[tuple[str, str], list[tuple[str, Samples]]] = defaultdict(list)
    for kind in ("digits", "months"):
        for clip in read_clips(unheard):
            if clip.text in _texts(kind):
                clips[kind, clip.speaker].append((clip.text, clip.samples.astype(np.float32)))
    sizes = {"digits:4": ("digits", 4), "digits:7": ("digits", 7), "phone": ("digits", 9), "month": ("months", 1)}
    for voice in VOICES:
        for kind, count in JOINED.items():
            random = Random(f"{voice} {kind}")
            for _ in range(count if kind in kinds else 0):
                source, size = sizes[kind]
                parts = [random.choice(clips[source, voice]) for _ in range(size)]
                if kind == "phone":
                    parts[:2] = [_clip(clips[source, voice], word) for word in ("nulis", "šeši")]
                gaps = [np.zeros(random.randrange(400, 1600), np.float32) for _ in parts]
                sound = np.concatenate(
                    [piece for (_, clip), gap in zip(parts, gaps, strict=True) for piece in (clip, gap)]
                )
                yield Said(voice, kind, " ".join(text for text, _ in parts), to_pcm((sound / 32768).astype(np.float32)))


def spoken(speakers: Speakers, choices: list[str], kinds: Collection[str]) -> Iterator[Said]:
    """The same of answers that are spoken as one."""
    people = fictitious(_RECORDS, Random(1883), date(THIS_YEAR, 3, 3))
    records = [person.record for person in people if person.record.email]
    for voice in VOICES:
        for kind, count in SPOKEN.items():
            random = Random(f"{voice} {kind}")
            say = _saying(random)
            for number in range(count if kind in kinds else 0):
                listed = {"yesno": ["taip", "ne", "taip", "ne neteisingai"], "choice": choices}.get(kind)
                names: tuple[str, ...] = ()
                if kind in ("mailbox", "maildomain"):
                    record = random.choice(records)
                    text = answers_of(record)["auth.email_box" if kind == "mailbox" else "auth.email_domain"].said
                    names = (record.given.reveal(), record.surname.reveal())
                else:
                    text = listed[number] if listed else say[kind]()
                yield Said(voice, kind, text, speakers.say(voice, text), names)


def _saying(random: Random) -> dict[str, Callable[[], str]]:
    """Kind → a made-up answer."""
    return {
        "given": lambda: random.choice(list(given_names())).lower(),
        "surname": lambda: random.choice(list(surnames())).lower(),
        "street": lambda: random.choice(streets()).lower(),
        "number": lambda: cardinal(random.randrange(1, 100)),
        "date": lambda: spoken_dates(date(random.randrange(2018, THIS_YEAR), random.randrange(1, 13), 7))[0],
    }


def _texts(kind: str) -> frozenset[str]:
    from scripts.train_asr.measure.items import texts

    return frozenset(texts(kind))


def _clip(clips: list[tuple[str, Samples]], word: str) -> tuple[str, Samples]:
    return next(clip for clip in clips if clip[0] == word)


def main() -> None:
    """Measure and write. What the file has of a kind is not measured again, so that it can be broken off."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--unheard", type=Path, required=True, help="clips of the stage unheard")
    parser.add_argument("--voices", type=Path, required=True, help="voices/ of the npm package kokoro-js")
    parser.add_argument(
        "--anew", action="append", default=[], help="kind whose answers in the file are forgotten first"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    chosen = parser.parse_args()
    config = load(None)
    questions, ears = Questions(config), Ears(recognizer_for(config))
    rows = chosen.out.read_text(encoding="utf-8").splitlines() if chosen.out.exists() else []
    rows = [row for row in rows if json.loads(row)["kind"] not in chosen.anew]
    chosen.out.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    have = Counter((row["voice"], row["kind"]) for row in map(json.loads, rows))
    kinds = [kind for kind, count in (JOINED | SPOKEN).items() if _lacking(have, kind, count)]
    sources = joined(chosen.unheard, kinds), spoken(Speakers(chosen.voices), questions.choices, kinds)
    with chosen.out.open("a", encoding="utf-8") as file:
        for said in chain(*sources):
            for kind in filter(None, (said.kind, OWN.get(said.kind))):
                line = over_the_line(said.pcm, Random(f"{said.voice} {kind} {said.text}"))
                have[said.voice, kind] -= 1
                if have[said.voice, kind] >= 0:
                    continue
                heard, sure = ears.heard(line, questions.listen(kind, said.names))
                row = {"voice": said.voice, "kind": kind, "said": said.text, "heard": heard, "sure": round(sure, 2)}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()


def _lacking(have: Counter[tuple[str, str]], kind: str, count: int) -> bool:
    wanted = [one for one in (kind, OWN.get(kind)) if one is not None]
    return any(have[voice, one] < count for voice in VOICES for one in wanted)


if __name__ == "__main__":
    main()
