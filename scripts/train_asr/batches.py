"""Mixes the sources inside every batch: LIEPA's statistics, synthetic voices, recorded people if there are any.

A batch holds utterances of like length, so that little of it is padding. Single words
of one voice are joined into strings with short gaps now and then, as callers say
numbers. No batch is made twice; other processes make them ahead, so that the network
never waits.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Full
from typing import Any, Final

import numpy as np

from scripts.train_asr import spectra
from scripts.train_asr.channel import telephone
from scripts.train_asr.clips import RATE, Clip, read_clips
from scripts.train_asr.features import Matrix, cepstra, mfcc
from scripts.train_asr.phones import pronounce
from scripts.train_asr.sampler import Sampler
from scripts.train_asr.sphinx import Floats, read_model
from scripts.train_asr.texts import Texts

Generator = np.random.Generator
LONGEST_S: Final = 7.0
DRAWN: Final = 256  # utterances that are drawn together and sorted by length
JOINED: Final = 0.4  # share of recorded or synthetic utterances that are joined from single words


@dataclass(frozen=True)
class Sources:
    """Where speech comes from: LIEPA's folder, and for each folder of clips the share of a batch that it gives."""

    liepa: Path
    clips: Mapping[Path, float]
    held_out: int = 40  # every so many-th clip is kept for the progress report


@dataclass
class Utterance:
    """Features (frames, CEPSTRA) and the words spoken."""

    features: Matrix
    words: list[str]


@dataclass
class _Shelf:
    """Clips of one folder by length, and short ones by speaker."""

    clips: list[Clip]
    share: float
    short: dict[str, list[Clip]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clips = sorted((c for c in self.clips if len(c.samples) < LONGEST_S * RATE), key=lambda c: len(c.samples))
        for clip in self.clips:
            if len(clip.text.split()) == 1:
                self.short.setdefault(clip.speaker, []).append(clip)
        self.short = {speaker: clips for speaker, clips in self.short.items() if len(clips) > 1}


class Mixer:
    """Makes batches. ``held_out`` chooses the clips that training never sees."""

    def __init__(self, sources: Sources, seed: int, *, held_out: bool = False) -> None:
        self._random = np.random.default_rng(seed)
        self._sampler = Sampler(read_model(sources.liepa))
        self._texts = Texts(seed)
        step = sources.held_out
        self._shelves = []
        for folder, share in sources.clips.items():
            clips = read_clips(folder)
            kept = clips[::step] if held_out else [clip for at, clip in enumerate(clips) if at % step]
            if kept:
                self._shelves.append(_Shelf(kept, share))
        heard = [clip for shelf in self._shelves for clip in shelf.clips[:: max(1, len(shelf.clips) // 100)]]
        self._spectra: list[Floats] = [spectra.mean_spectrum(clip.samples) for clip in heard]
        if not self._spectra:
            raise SystemExit("there are no clips; make some first (stages kokoro, espeak or corpus)")
        self._sampled: list[list[tuple[Floats, list[str]]]] = [[] for _ in range(4)]

    def batches(self, frames: int) -> list[list[Utterance]]:
        """Some batches of about ``frames`` frames each, padding counted; utterances too short for their words left out.

        Drawn together, sorted by length, cut, and shuffled.
        """
        drawn = [utterance for utterance in (self._utterance() for _ in range(DRAWN)) if _fits(utterance)]
        drawn.sort(key=lambda utterance: len(utterance.features), reverse=True)
        cut: list[list[Utterance]] = []
        while drawn:
            size = max(1, frames // len(drawn[0].features))
            cut.append(drawn[:size])
            drawn = drawn[size:]
        self._random.shuffle(cut)
        return cut

    def texts(self, count: int) -> Iterator[list[str]]:
        """The words of so many random utterances."""
        return (self._text() for _ in range(count))

    def _utterance(self) -> Utterance:
        bucket, draw = int(self._random.integers(4)), self._random.random()
        for shelf in self._shelves:
            draw -= shelf.share
            if draw < 0:
                return self._spoken(shelf, bucket)
        return self._drawn(bucket)

    def _spoken(self, shelf: _Shelf, bucket: int) -> Utterance:
        if shelf.short and bucket and self._random.random() < JOINED:
            samples, words = self._joined(shelf, bucket + 1 + int(self._random.integers(2)))
        else:
            quarter = max(1, len(shelf.clips) // 4)
            at = min(len(shelf.clips) - 1, bucket * quarter + int(self._random.integers(quarter)))
            samples, words = shelf.clips[at].samples.astype(np.float32), shelf.clips[at].text.split()
        return Utterance(mfcc(telephone(samples, self._random)), words)

    def _joined(self, shelf: _Shelf, count: int) -> tuple[Any, list[str]]:
        speakers = list(shelf.short)
        own = shelf.short[speakers[int(self._random.integers(len(speakers)))]]
        pieces, words = [], []
        for at in self._random.integers(len(own), size=count):
            gap = np.zeros(int(self._random.integers(0, RATE // 3)), np.float32)
            pieces += [own[at].samples.astype(np.float32), gap]
            words.append(own[at].text)
        return np.concatenate(pieces), words

    def _drawn(self, bucket: int) -> Utterance:
        """Each trajectory is sent through a few different lines before it is forgotten."""
        pool = self._sampled[bucket]
        while len(pool) < 200 or self._random.random() < 0.4:
            words = self._text()
            length = sum(map(len, words)) + len(words)
            place = self._sampled[(length > 7) + (length > 14) + (length > 26)]
            drawn = (self._sampler.sample(words, self._random), words)
            if len(place) < 200:
                place.append(drawn)
            else:
                place[int(self._random.integers(200))] = drawn
            if len(pool) > 20:
                break
        trajectory, words = pool[int(self._random.integers(len(pool)))]
        return Utterance(cepstra(spectra.line(trajectory, self._spectra, self._random)), words)

    def _text(self) -> list[str]:
        return self._texts().replace(",", "").lower().split()[:9]


def ahead(sources: Sources, frames: int, *, seed: int, processes: int) -> Iterator[list[Utterance]]:
    """Batches for ever, made by ``processes`` other processes; they end with this one."""
    if processes < 1:
        mixer = Mixer(sources, seed)
        while True:
            yield from mixer.batches(frames)
    context = multiprocessing.get_context("spawn")
    ready: Any = context.Queue(maxsize=32)
    makers = [
        context.Process(target=_make, args=(sources, frames, seed + number, ready), daemon=True)
        for number in range(processes)
    ]
    for maker in makers:
        maker.start()
    try:
        while True:
            yield ready.get()
    finally:
        for maker in makers:
            maker.terminate()


def _make(sources: Sources, frames: int, seed: int, ready: Any) -> None:
    ready.cancel_join_thread()  # else a maker whose reader was killed would wait for ever at its end
    mixer = Mixer(sources, seed)
    while True:
        for batch in mixer.batches(frames):
            while not _handed_over(batch, ready):
                parent = multiprocessing.parent_process()
                if parent is None or not parent.is_alive():
                    return


def _handed_over(batch: list[Utterance], ready: Any) -> bool:
    try:
        ready.put(batch, timeout=5)
    except Full:
        return False
    return True


def _fits(utterance: Utterance) -> bool:
    frames = len(utterance.features)
    return sum(len(pronounce(word)) for word in utterance.words) + 2 < frames // 3 and frames < 100 * LONGEST_S
