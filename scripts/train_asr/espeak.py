"""Speech of espeak-ng in many variants: crude, but never twice the same voice. Needs the program ``espeak-ng``."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from scripts.train_asr.clips import RATE, Clip, read_shard, seconds, write_shard
from scripts.train_asr.phones import words_of
from scripts.train_asr.texts import Texts

# Kept for tests: f2 f5 m3 m7 klatt3 Alicia Marco rob steph2 Diogo.
VARIANTS: Final = [
    "f1",
    "f3",
    "f4",
    "m1",
    "m2",
    "m4",
    "m5",
    "m6",
    "m8",
    "klatt",
    "klatt2",
    "klatt4",
    "adam",
    "Alex",
    "Andy",
    "Annie",
    "antonio",
    "anika",
    "belinda",
    "benjamin",
    "boris",
    "caleb",
    "david",
    "Denis",
    "ed",
    "edward",
    "Gene",
    "grandma",
    "Hugo",
    "iven",
    "iven3",
    "Jacky",
    "john",
    "kaukovalta",
    "Lee",
    "linda",
    "marcelo",
    "Mario",
    "max",
    "Michael",
    "miguel",
    "norbert",
    "pablo",
    "paul",
    "quincy",
    "robert",
    "sandro",
    "shelby",
    "steph",
    "travis",
    "victor",
    "zac",
]
SHARD_CLIPS: Final = 200


def synthesize(out: Path, *, minutes: float, seed: int = 2) -> None:
    """Fill ``out`` with shards until ``minutes`` of speech are there. Shards that exist are counted, not made anew."""
    have, shard, began = 0.0, 0, time.monotonic()
    while have < minutes * 60:
        path = out / f"{shard:05}.npz"
        if not path.exists():
            write_shard(path, _clips(seed * 100_003 + shard))
        have += seconds(read_shard(path))
        shard += 1
        print(f"espeak: {have / 60:.1f} of {minutes:g} min, {time.monotonic() - began:.0f} s", flush=True)


def _clips(seed: int) -> list[Clip]:
    texts, chance = Texts(seed), random.Random(seed)
    return [
        _say(texts(), chance.choice(VARIANTS), chance.randint(110, 210), chance.randint(15, 85))
        for _ in range(SHARD_CLIPS)
    ]


def _say(text: str, variant: str, speed: int, pitch: int) -> Clip:
    command = ["espeak-ng", "-v", f"lt+{variant}", "-s", str(speed), "-p", str(pitch), "--stdout", text]
    try:
        said = subprocess.run(command, capture_output=True, check=True).stdout
    except FileNotFoundError as error:
        raise SystemExit("the program espeak-ng is missing; install Debian's package espeak-ng") from error
    sound = np.frombuffer(said[44:], "<i2").astype(np.float32)  # after the WAV header
    narrow = soxr.resample(sound, 22050, RATE, quality="VHQ")
    return Clip(np.clip(narrow, -32768, 32767).astype(np.int16), " ".join(words_of(text)), f"espeak-{variant}")
