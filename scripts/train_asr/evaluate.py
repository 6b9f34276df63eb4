"""Measures a model: people, synthetic voices that it never heard, and sound that is within reach of anybody.

Everything goes through telephone lines that end in bit-exact A-law. The grammar of a
test is just its words. Sounds are only measured with, never trained on, and nothing of
recorded people is written but counts. The parts are in ``measure``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.train_asr.measure import found, people, voices
from scripts.train_asr.measure.listener import Listener, Result
from scripts.train_asr.measure.recordings import read_recordings


def measure(
    model: Path, *, floor: float, speech: Path | None, unheard: Path | None, liepa: Path | None
) -> Iterator[tuple[str, Result]]:
    """Tests with figures as they come: ``speech`` recordings of people, ``unheard`` clips, and what is installed or in
    ``liepa``. What is None is not measured.
    """
    ears = Listener(model, floor)
    if speech:
        yield from people.measured(ears, read_recordings(speech))
    if unheard:
        yield from voices.measured(ears, voices.read_clips(unheard))
    if liepa:
        yield from found.measured(ears, lexicon(model), liepa)


def lexicon(model: Path) -> frozenset[str]:
    """The words that a model knows."""
    lines = (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines)


def row(name: str, result: Result) -> str:
    """A test's line for people."""
    return f"{name:30} {_told(result)}"


def _told(result: Result) -> str:
    if "rejected" in result:
        return (
            f"{100 * result['rejected']:5.1f} % of foreign words refused "
            f"at {100 * result['false']:.1f} % of right ones, below {result['threshold']}"
        )
    if "word_error" in result:
        return f"{100 * result['word_error']:5.1f} % of {result['words']} words wrong  {_pairs(result['mistakes'])}"
    left_out = f" ({result['left_out']} left out)" if result.get("left_out") else ""
    each = "".join(f" {text} {100 * share:.0f}" for text, share in result.get("each", {}).items())
    return (
        f"{100 * result['right']:5.1f} % of {result['n']:4}{left_out}  +{result['longer']} −{result['shorter']}"
        f"{' ' + each if each else ''}  {_pairs(result['mistakes'])}"
    )


def _pairs(mistakes: Mapping[str, int]) -> str:
    return ", ".join(f"{pair} ({count})" if count > 1 else pair for pair, count in mistakes.items())
