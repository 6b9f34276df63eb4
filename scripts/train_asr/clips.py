"""Synthetic or recorded speech on disk: shards of clips, so that a stage stopped half way goes on where it was.

A shard is one ``.npz`` file: all samples in a row (int16, 8 kHz), the clips'
lengths, texts and speakers. A shard is written under another name first, so a
shard that exists is whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 8000


@dataclass(frozen=True, slots=True)
class Clip:
    """Speech without line: ``samples`` int16 at 8 kHz, the words spoken, and who speaks."""

    samples: npt.NDArray[np.int16]
    text: str
    speaker: str


def write_shard(path: Path, clips: Iterable[Clip]) -> None:
    """Write a shard atomically; creates its folder."""
    kept = list(clips)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            samples=np.concatenate([clip.samples for clip in kept]) if kept else np.zeros(0, np.int16),
            lengths=np.array([len(clip.samples) for clip in kept], np.int64),
            texts=np.array([clip.text for clip in kept], np.str_),
            speakers=np.array([clip.speaker for clip in kept], np.str_),
        )
    unfinished.replace(path)


def read_shard(path: Path) -> list[Clip]:
    """The clips of one shard, in order."""
    with np.load(path) as shard:
        ends = np.cumsum(shard["lengths"])
        pieces = np.split(shard["samples"], ends[:-1]) if len(ends) else []
        return [
            Clip(samples, str(text), str(speaker))
            for samples, text, speaker in zip(pieces, shard["texts"], shard["speakers"], strict=True)
        ]


def read_clips(folder: Path) -> list[Clip]:
    """All clips of a folder of shards, in the order of the shards' names; an absent folder has none."""
    return [clip for path in sorted(folder.glob("*.npz")) for clip in read_shard(path)]


def seconds(clips: Iterable[Clip]) -> float:
    """Length of all clips together."""
    return sum(len(clip.samples) for clip in clips) / RATE
