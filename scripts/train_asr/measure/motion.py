"""How sounds move in time, source by source: are trajectories drawn for training as lively as voices, as smooth?

Voices are Debian's recordings for children in all languages but Lithuanian, which is measured with elsewhere. Two
figures for each cepstrum, over the frames between the first and the last loud one: how far it strays, and how far it
steps in 10 ms.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from scripts.train_asr.clips import read_clips
from scripts.train_asr.features import CEPSTRA, Matrix, cepstra, log_mel
from scripts.train_asr.measure.found import KLETTRES, KTUBERLING, read_sound
from scripts.train_asr.sphinx import Floats, read_model
from scripts.train_asr.texts import Texts

_EACH: Final = 20  # recordings of a language, so that no voice outweighs the others
_LONGEST_WORDS: Final = 2
_SAMPLES: Final = 400
_LOUD: Final = 4.5  # nats under the loudest frame
_SHORTEST: Final = 20  # frames


@dataclass(frozen=True, slots=True)
class Motion:
    """Of ``n`` utterances the mean standard deviation of each cepstrum (``spread``), and of its steps (``steps``)."""

    n: int
    spread: Floats
    steps: Floats


def motion(energies: Iterable[Matrix]) -> Motion:
    """Of log mel energies, an utterance each; those with less than 0.2 s of speech are left out."""
    spreads, steps = [], []
    for each in energies:
        loudness = each.mean(axis=1) if len(each) else np.zeros(0)
        loud = np.flatnonzero(loudness > loudness.max(initial=0.0) - _LOUD)
        if len(loud) and loud[-1] - loud[0] >= _SHORTEST:
            spoken = cepstra(each)[loud[0] : loud[-1] + 1]
            spreads.append(spoken.std(axis=0))
            steps.append(np.diff(spoken, axis=0).std(axis=0))
    if not spreads:
        return Motion(0, np.zeros(CEPSTRA), np.zeros(CEPSTRA))
    return Motion(len(spreads), np.mean(spreads, axis=0), np.mean(steps, axis=0))


def measured(liepa: Path, speech: Path) -> Iterator[tuple[str, Motion]]:
    """Sources by name: people (if Debian's games are installed), LIEPA's statistics, clips of synthetic voices."""
    from scripts.train_asr.sampler import Sampler  # needs scipy; ``motion`` alone does not

    people = list(_people())
    if people:
        yield "people", motion(people)
    sampler, texts, generator = Sampler(read_model(liepa)), Texts(1), np.random.default_rng(1)
    said = (texts().replace(",", "").lower().split()[:_LONGEST_WORDS] for _ in range(_SAMPLES))
    yield "LIEPA", motion(np.asarray(sampler.sample(words, generator), np.float32) for words in said)
    for folder in sorted(path for path in speech.glob("*") if path.is_dir()):
        short = [clip for clip in read_clips(folder) if len(clip.text.split()) <= _LONGEST_WORDS]
        yield folder.name, motion(log_mel(clip.samples.astype(np.float32)) for clip in short)


def row(name: str, found: Motion) -> str:
    """A source's two lines for people."""
    spread, steps = (" ".join(f"{value:5.1f}" for value in values) for values in (found.spread, found.steps))
    return f"{name:10} {found.n:5}  strays {spread}\n{'':16}   steps {steps}"


def _people() -> Iterator[Matrix]:
    import soundfile

    chance = random.Random(1)
    for language in sorted(path for game in (KLETTRES, KTUBERLING.parent) for path in game.glob("*") if path.is_dir()):
        if language.name == "lt":
            continue
        sounds = sorted(path for path in language.rglob("*") if path.suffix in (".ogg", ".wav"))
        for path in chance.sample(sounds, min(_EACH, len(sounds))):
            with contextlib.suppress(soundfile.LibsndfileError):  # a few files of the games are of another kind
                yield log_mel(read_sound(path))
