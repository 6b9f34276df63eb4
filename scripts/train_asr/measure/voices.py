"""Tests on synthetic voices that no training heard: digits, months, dates, names of a list, open questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from scripts.train_asr.channel import active_level
from scripts.train_asr.clips import read_shard
from scripts.train_asr.measure.items import KINDS, grammar
from scripts.train_asr.measure.listener import Ears, Result, Trial, accuracy, word_errors
from scripts.train_asr.measure.recordings import Recording

LEVEL_DBFS: Final = -23.0  # that of a telephone at arm's length


def read_clips(folder: Path) -> dict[str, list[Recording]]:
    """Clips by kind, brought to one level. Raises SystemExit when the stage ``unheard`` has not filled the folder."""
    found: dict[str, list[Recording]] = defaultdict(list)
    for path in sorted(folder.glob("*.npz")):
        for clip in read_shard(path):
            samples = clip.samples.astype(np.float32)
            samples *= 32768 * 10 ** (LEVEL_DBFS / 20) / active_level(samples)
            found[path.stem.rpartition("-")[0]].append(Recording(samples, clip.text, clip.speaker))
    missing = set(KINDS) - set(found)
    if missing:
        raise SystemExit(f"{folder}: has no speech for {', '.join(sorted(missing))}; run the stage unheard first")
    return dict(found)


def measured(ears: Ears, clips: dict[str, list[Recording]]) -> Iterator[tuple[str, Result]]:
    """Tests, ``unheard_`` before the kind, with figures; digits also each by itself, questions as word errors."""
    for kind in KINDS:
        for line in ("plain", "fifteen", "noisy") if kind == "open" else ("plain", "fifteen", "hard_and_noisy"):
            name = f"unheard_{kind}" if line == "plain" else f"unheard_{kind}_{line}"
            # Names are those that were spoken, so that clips stay good when the public lists grow.
            phrases = tuple(sorted({clip.text for clip in clips[kind]})) if kind == "names" else grammar(kind)
            test = Trial(clips[kind], phrases, line)
            result = accuracy(ears, test) if test.grammar else word_errors(ears, test)
            yield name, {**result, "each": _each(ears, test)} if kind == "digits" else result


def _each(ears: Ears, test: Trial) -> dict[str, float]:
    """The share right of every digit."""
    said = {text: [clip for clip in test.recordings if clip.text == text] for text in test.grammar}
    return {
        text: float(accuracy(ears, Trial(found, test.grammar, test.line))["right"])
        for text, found in said.items()
        if found
    }
