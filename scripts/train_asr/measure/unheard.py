"""Renders the test speech of the ten voices that no training hears, once; a stage stopped half way goes on.

Shards are called after the kind of what is said (``digits-00.npz``); measuring with
them needs neither Kokoro nor its weights.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from ivr.speech.pronunciation import pronounce
from scripts.render_citizen import MODEL_RATE, Kokoro
from scripts.train_asr.clips import RATE, Clip, read_shard, seconds, write_shard
from scripts.train_asr.kokoro import PEAK, UNHEARD
from scripts.train_asr.measure.items import KINDS, spoken_by

SHARD_CLIPS: Final = 20
SPEEDS: Final = (0.85, 1.2)


def render(weights: Path, voices: Path, out: Path) -> float:
    """Fill ``out`` with every kind's shards; those that exist are kept. Returns minutes of speech there."""
    have, began = 0.0, time.monotonic()
    work = list(_shards())
    for number, (name, spoken) in enumerate(work, 1):
        path = out / f"{name}.npz"
        if not path.exists():
            write_shard(path, [_clip(_speaker(weights, voices), *each) for each in spoken])
        have += seconds(read_shard(path))
        print(f"unheard: {name}, {number} of {len(work)}, {time.monotonic() - began:.0f} s", flush=True)
    return have / 60


def _shards() -> Iterator[tuple[str, list[tuple[str, str, float]]]]:
    """Names of shards, with text, voice and speed of their clips."""
    for kind in KINDS:
        chance = random.Random(kind)
        spoken = [(text, voice, chance.uniform(*SPEEDS)) for text, voice in spoken_by(kind, sorted(UNHEARD))]
        for number, at in enumerate(range(0, len(spoken), SHARD_CLIPS)):
            yield f"{kind}-{number:02}", spoken[at : at + SHARD_CLIPS]


@cache
def _speaker(weights: Path, voices: Path) -> Kokoro:
    return Kokoro(weights, voices)


def _clip(speaker: Kokoro, text: str, voice: str, speed: float) -> Clip:
    speech = speaker.say(pronounce(text), voice, speed)
    narrow = np.asarray(soxr.resample(speech, MODEL_RATE, RATE, quality="VHQ"))
    level = PEAK / max(float(np.abs(narrow).max()), 1e-3)
    return Clip((narrow * level).astype(np.int16), text, voice)
