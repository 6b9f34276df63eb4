"""Are questions understood over the telephone? Speaks them, hears them, and looks whether the right entry is found.

Each question is spoken by a voice that no recogniser of this project was trained on, goes over a telephone line
(``scripts.train_asr.measure.lines``; ``fifteen`` is a small room, noise 15 dB under the speech, soft edges, A-law),
is heard as open speech by the line's recogniser, and is ranked by the line's packs. Counted are the questions whose
right entry is among the first three when they are read as text::

    python -m scripts.bench.spoken_questions FILE.jsonl --voices DIR/package/voices            # a table
    python -m scripts.bench.spoken_questions FILE.jsonl --voices DIR/package/voices --json --count 60
    python -m scripts.bench.spoken_questions FILE.jsonl --voices DIR/package/voices --line hard_and_noisy

``FILE``: questions as ``ivr knowledge eval`` reads them. Where the voices come from says ``scripts/render_citizen.py``.
Ends with 1 when fewer than ``--least`` (0.85) of those questions are found so.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from ivr.config import load
from ivr.events import Grammar
from ivr.knowledge.evaluation import Question, load_questions
from ivr.knowledge.ranking import Answer, Ranker, target_of
from ivr.knowledge.words import Concepts
from ivr.paths import project_file
from ivr.speech import kokoro_files
from ivr.speech.evaluation import align
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.sound import for_the_line, to_samples
from ivr.speech.voices import kokoro_voice
from ivr.speech.vosk_decoder import VoskModel
from ivr.store.shelf import read_shelf
from scripts.train_asr.channel import active_level
from scripts.train_asr.codecs import Samples
from scripts.train_asr.kokoro import UNHEARD
from scripts.train_asr.measure.lines import LINES

LEVEL: Final = 32768 * 10 ** (-20 / 20)
FIRST: Final = 3


@dataclass(frozen=True)
class Outcome:
    """One question. ``as_text`` and ``as_heard``: its right entry is among the first three."""

    voice: str
    said: str
    heard: str
    wrong_words: float
    as_text: bool
    as_heard: bool


def found(answer: Answer, question: Question) -> bool:
    """The right entry is among the first three."""
    for one in answer.candidates[:FIRST]:
        if question.right & {one.id, *(f"{topic}.{number}" for topic, number in one.sources)}:
            return True
    return False


def outcomes(
    questions: Sequence[Question], ranker: Ranker, voices: Path, line: Callable[[Samples], Samples]
) -> Iterator[Outcome]:
    """Speak and hear each question, voice after voice, so that each voice is loaded once."""
    model = VoskModel(load(None).speech.model)
    names = sorted(UNHEARD)
    for number, voice in enumerate(names):
        own = questions[number :: len(names)]
        if not own:
            continue
        with kokoro_files.weights(kokoro_voice("lt").sha256) as weights:
            speaker = KokoroSpeaker(weights, style=voices / f"{voice}.bin", name=voice, version="")
        for question in own:
            pcm = b"".join(for_the_line(samples, speaker.rate) for samples in speaker.raw(question.query, "lt"))
            speech = to_samples(pcm).astype(np.float32)
            heard = _heard(model, line(speech * (LEVEL / active_level(speech))))
            words, understood = question.query.lower().split(), heard.split()
            wrong = sum(one != other for one, other in align(words, understood)) / max(1, len(words))
            as_text, as_heard = found(ranker.ask(question.query), question), found(ranker.ask(heard), question)
            yield Outcome(voice, question.query, heard, round(wrong, 3), as_text, as_heard)


def _heard(model: VoskModel, sound: Samples) -> str:
    decoder = model.decoder(Grammar("open", ()))
    decoder.accept(np.clip(sound, -32768, 32767).astype(np.int16).tobytes())
    text = decoder.result().text
    decoder.close()
    return text


def figures(found_: Sequence[Outcome]) -> dict[str, float | int]:
    """``kept``: of those found as text, the share that is found as heard; ``word_errors``: share of words."""
    as_text = [one for one in found_ if one.as_text]
    return {
        "questions": len(found_),
        "found_as_text": len(as_text),
        "kept": round(sum(one.as_heard for one in as_text) / max(1, len(as_text)), 4),
        "word_errors": round(float(np.mean([one.wrong_words for one in found_])) if found_ else 0.0, 4),
    }


def main() -> int:
    """Measure and print; 1 when too few are found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", type=Path, help="questions with their right entries, a JSON object a line")
    parser.add_argument("--voices", type=Path, required=True, help="voices/ of the npm package kokoro-js")
    parser.add_argument("--dialplans", type=Path, default=project_file("dialplans"))
    parser.add_argument("--count", type=int, default=0, help="only so many, drawn by the seed (default: all)")
    parser.add_argument("--line", choices=LINES, default="fifteen", help="what is between them (default: fifteen)")
    parser.add_argument("--least", type=float, default=0.85, help="share that must be kept (default: 0.85)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", dest="as_json", help="machine-readable, with every question")
    chosen = parser.parse_args()
    questions = load_questions(chosen.file.read_text(encoding="utf-8"), str(chosen.file))
    questions = [question for question in questions if question.kind == "faq"]
    if chosen.count:
        questions = Random(chosen.seed).sample(questions, min(chosen.count, len(questions)))
    shelf = read_shelf(chosen.dialplans)
    ranker = Ranker([target_of(one) for one in shelf.placed], shelf.kinds, Concepts(shelf.concepts))
    measured = list(outcomes(questions, ranker, chosen.voices, LINES[chosen.line]))
    result = figures(measured)
    if chosen.as_json:
        print(json.dumps(result | {"each": [asdict(one) for one in measured]}, ensure_ascii=False))
    else:
        for one in measured:
            print(f"{'ok' if one.as_heard else '--'}  {one.voice:12} {one.said}  →  {one.heard}")
        print("\n".join(f"{name}: {value}" for name, value in result.items()))
    return 0 if result["kept"] >= chosen.least else 1


if __name__ == "__main__":
    sys.exit(main())
