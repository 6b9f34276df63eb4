"""Measures how answers to the questions of authentication are heard, for ``ivr bench identity``.

Made-up answers in the ten voices that no recogniser of this project was trained on go over a telephone line (A-law,
300-3400 Hz, noise 15 to 30 dB below the speech) and are heard with the grammars that the conversation listens with.
What was said and what was heard goes into a file, a JSON object a line: ``voice``, ``kind`` (the grammar), ``said``,
``heard`` (empty: not understood), ``sure`` (confidence). Nothing in it was said by a person.

Digits, months and names are the clips of the stage ``unheard`` of ``scripts.train_asr``, joined to strings; the rest
is spoken here by Kokoro. Where its voices come from says ``scripts/render_citizen.py``::

    python -m scripts.measure_answers --unheard DIR --voices DIR/package/voices -o ivr/simulator/answers_heard.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from ivr.config import load
from ivr.dialog.nodes import AuthenticateNode, Plan
from ivr.dialog.plan import load_plan
from ivr.events import Grammar
from ivr.language.addresses import email_words
from ivr.language.dates import spoken_dates
from ivr.language.given_names import given_names
from ivr.language.numbers import cardinal
from ivr.language.places import streets
from ivr.language.spelling import spell
from ivr.speech import kokoro_files
from ivr.speech.grammars.book import GrammarBook
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.sound import for_the_line, to_samples
from ivr.speech.voices import kokoro_voice
from ivr.speech.vosk_decoder import VoskModel
from scripts.train_asr.channel import active_level, band, noise
from scripts.train_asr.clips import read_clips
from scripts.train_asr.codecs import Samples, a_law
from scripts.train_asr.kokoro import UNHEARD

THIS_YEAR: Final = 2025
LEVEL: Final = 32768 * 10 ** (-20 / 20)
# Kind → how many answers each voice gives.
JOINED: Final = {"digits:4": 12, "digits:7": 8, "phone": 8, "month": 12, "given": 10, "surname": 10}
SPOKEN: Final = {"street": 3, "number": 2, "date": 2, "choice": 6, "email": 2, "yesno": 4}
_PROVIDERS: Final = ("gmail.com", "inbox.lt", "yahoo.com")


class Ears:
    """The line's recogniser with what the conversation listens for at each question."""

    def __init__(self) -> None:
        config = load(None)
        self._model = VoskModel(config.speech.model)
        self._plan: Plan = load_plan(config.line.plan.read_text(encoding="utf-8"), str(config.line.plan))
        self._book = GrammarBook(lambda: THIS_YEAR)
        node = self._plan.nodes["personal"]
        if not isinstance(node, AuthenticateNode):
            raise SystemExit("the plan has no questions for a job seeker under `personal`")
        self._node = node
        commands = [phrase for command in self._plan.commands.values() for phrase in command.phrases]
        self._always = (*node.unsaid, *commands, *self._plan.backchannels)
        self.choices = [choice.phrases[0] for choice in node.questions["last_visit_about"].choices]

    def heard(self, kind: str, line: Samples) -> tuple[str, float]:
        decoder = self._model.decoder(Grammar(kind, (*self._phrases(kind), *self._always)))
        decoder.accept(np.clip(line, -32768, 32767).astype(np.int16).tobytes())
        result = decoder.result()
        decoder.close()
        return result.text, round(result.confidence, 2)

    def _phrases(self, kind: str) -> tuple[str, ...]:
        if kind == "yesno":
            replies = (self._plan.agree, self._plan.refuse)
            return tuple(phrase for reply in replies if reply is not None for phrase in reply.phrases)
        if kind == "choice":
            return tuple(p for choice in self._node.questions["last_visit_about"].choices for p in choice.phrases)
        return self._book.phrases(kind)


def over_the_line(speech: Samples, generator: np.random.Generator) -> Samples:
    """Clean speech as it comes out of a telephone."""
    sound = np.pad(speech, (2400, 3200))
    ratio = float(generator.uniform(15, 30))
    sound = sound + noise(len(sound), generator, white=True) * active_level(sound) * 10 ** (-ratio / 20)
    sound = band(sound, 300.0, 3400.0, None)
    return a_law(sound * (LEVEL / active_level(sound)))


def joined(unheard: Path, random: Random) -> Iterator[tuple[str, str, str, Samples]]:
    """Voice, kind, words and sound of answers that are strings of clips."""
    clips: dict[tuple[str, str], list[tuple[str, Samples]]] = defaultdict(list)
    for kind in ("digits", "months", "names"):
        for clip in read_clips(unheard):
            if clip.text in _texts(kind):
                clips[kind, clip.speaker].append((clip.text, clip.samples.astype(np.float32)))
    sizes = {"digits:4": ("digits", 4), "digits:7": ("digits", 7), "phone": ("digits", 9), "month": ("months", 1)}
    for voice in sorted(UNHEARD):
        for kind, count in JOINED.items():
            for _ in range(count):
                if kind in ("given", "surname"):
                    parts = [random.choice(_names(clips["names", voice], given=kind == "given"))]
                else:
                    source, size = sizes[kind]
                    parts = [random.choice(clips[source, voice]) for _ in range(size)]
                    if kind == "phone":
                        parts[:2] = [_clip(clips[source, voice], word) for word in ("nulis", "šeši")]
                gaps = [np.zeros(random.randrange(400, 1600), np.float32) for _ in parts]
                sound = np.concatenate(
                    [piece for (_, clip), gap in zip(parts, gaps, strict=True) for piece in (clip, gap)]
                )
                yield voice, kind, " ".join(text for text, _ in parts), sound


def spoken(voices: Path, choices: list[str], random: Random) -> Iterator[tuple[str, str, str, Samples]]:
    """The same of answers that Kokoro speaks as one."""
    for voice in sorted(UNHEARD):
        with kokoro_files.weights(kokoro_voice("lt").sha256) as weights:
            speaker = KokoroSpeaker(weights, style=voices / f"{voice}.bin", name=voice, version="")
        say: dict[str, Callable[[], str]] = {
            "street": lambda: random.choice(streets()).lower(),
            "number": lambda: cardinal(random.randrange(1, 100)),
            "date": lambda: spoken_dates(date(random.randrange(2018, THIS_YEAR), random.randrange(1, 13), 7))[0],
            "email": lambda: f"{spell(_local(random))} {email_words('@' + random.choice(_PROVIDERS))}",
        }
        for kind, count in SPOKEN.items():
            for number in range(count):
                listed = {"yesno": ["taip", "ne", "taip", "ne neteisingai"], "choice": choices}.get(kind)
                text = listed[number] if listed else say[kind]()
                pcm = b"".join(for_the_line(samples, speaker.rate) for samples in speaker.raw(text, "lt"))
                yield voice, kind, text, to_samples(pcm).astype(np.float32) * 32768


def _local(random: Random) -> str:
    return "".join(random.choice("aeioujklmnprstvdbg") for _ in range(random.randrange(5, 9)))


def _texts(kind: str) -> frozenset[str]:
    from scripts.train_asr.measure.items import texts

    return frozenset(texts(kind))


def _names(clips: list[tuple[str, Samples]], *, given: bool) -> list[tuple[str, Samples]]:
    own = {name.lower() for name in given_names()}
    return [clip for clip in clips if (clip[0] in own) == given]


def _clip(clips: list[tuple[str, Samples]], word: str) -> tuple[str, Samples]:
    return next(clip for clip in clips if clip[0] == word)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--unheard", type=Path, required=True, help="clips of the stage unheard")
    parser.add_argument("--voices", type=Path, required=True, help="voices/ of the npm package kokoro-js")
    parser.add_argument("--append", action="store_true", help="keep what the file has; only what Kokoro speaks here")
    parser.add_argument("-o", "--out", type=Path, required=True)
    chosen = parser.parse_args()
    ears, random, generator = Ears(), Random(1883), np.random.default_rng(1883)
    sources = [spoken(chosen.voices, ears.choices, random)]
    if not chosen.append:
        sources.insert(0, joined(chosen.unheard, random))
    with chosen.out.open("a" if chosen.append else "w", encoding="utf-8") as file:
        for source in sources:
            for voice, kind, said, sound in source:
                heard, sure = ears.heard(kind, over_the_line(sound, generator))
                row = {"voice": voice, "kind": kind, "said": said, "heard": heard, "sure": sure}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()


if __name__ == "__main__":
    main()
