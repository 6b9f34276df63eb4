"""Speech of Kokoro-82M (Apache-2.0) in 44 voices, told how Lithuanian sounds by IPA.

Ten voices stay unheard: tests, the demo's citizen and the callers of the
simulator use them, so that a figure on them says something. The weights are those
of ``scripts/render_citizen.py``, which says where they come from.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from ivr.speech.pronunciation import pronounce
from scripts.render_citizen import MODEL_RATE, Kokoro
from scripts.train_asr.clips import RATE, Clip, read_shard, seconds, write_shard
from scripts.train_asr.phones import words_of
from scripts.train_asr.texts import Texts

UNHEARD: Final = frozenset(
    "af_bella am_michael bf_emma bm_george ff_siwis im_nicola hf_beta hm_psi jf_nezumi zm_yunxi".split()  # noqa: SIM905
)
PEAK: Final = 20000
SHARD_CLIPS: Final = 50
BLENDED: Final = 0.5  # share of clips in a voice half way between two: 946 more speakers


def training_voices(folder: Path) -> list[str]:
    """Names of the voices in a folder of ``*.bin`` files without the ten that are kept for tests."""
    return sorted({path.stem for path in folder.glob("*.bin")} - UNHEARD)


def synthesize(weights: Path, voices: Path, out: Path, *, minutes: float, processes: int = 2, seed: int = 1) -> None:
    """Fill ``out`` with shards until ``minutes`` of speech are there. Shards that exist are counted, not made anew."""
    have, began = 0.0, time.monotonic()
    work = [(weights, voices, out / f"{shard:05}.npz", seed * 100_003 + shard) for shard in range(int(minutes) + 2)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for made in pool.imap(_shard, work):
            have += made
            print(f"kokoro: {have / 60:.1f} of {minutes:g} min, {time.monotonic() - began:.0f} s", flush=True)
            if have >= minutes * 60:
                return


def _shard(work: tuple[Path, Path, Path, int]) -> float:
    """Make one shard unless it exists; the seconds of speech in it."""
    weights, voices, path, seed = work
    if not path.exists():
        write_shard(path, _clips(_speaker(weights, voices), training_voices(voices), seed))
    return seconds(read_shard(path))


@cache
def _speaker(weights: Path, voices: Path) -> Kokoro:
    return Kokoro(weights, voices)


def _clips(speaker: Kokoro, voices: list[str], seed: int) -> list[Clip]:
    texts, chance = Texts(seed), random.Random(seed)
    clips: list[Clip] = []
    while len(clips) < SHARD_CLIPS:
        text = texts()
        voice = "+".join(sorted(chance.sample(voices, 2))) if chance.random() < BLENDED else chance.choice(voices)
        speech = speaker.say(pronounce(text), voice, chance.uniform(0.8, 1.25))
        narrow = np.asarray(soxr.resample(speech, MODEL_RATE, RATE, quality="VHQ"))
        level = PEAK / max(float(np.abs(narrow).max()), 1e-3)
        clips.append(Clip((narrow * level).astype(np.int16), " ".join(words_of(text)), voice))
    return clips
