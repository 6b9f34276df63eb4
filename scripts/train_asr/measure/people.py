"""Tests on recorded people: words, strings of their digits, and foreign words, through lines of every kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from ivr.speech.grammars import Digits
from scripts.train_asr.measure.lines import plain
from scripts.train_asr.measure.listener import Ears, Result, Trial, accuracy
from scripts.train_asr.measure.recordings import DIGITS, EIGHT, Recording, digit_strings

GARBAGE: Final = "[unk]"
FALSE_REJECTIONS: Final = 0.03
CODE: Final = Digits(4)
_THREE: Final = ("plain", "gated", "hard_and_noisy")


def tests(recordings: Sequence[Recording]) -> dict[str, Trial]:
    """Tests by name; the line's name ends that of a test, unless it is the plain one."""
    every = tuple(dict.fromkeys(recording.text for recording in recordings))
    eight = [recording for recording in recordings if recording.text in EIGHT]
    strings = digit_strings(recordings)
    found = {_name("words", line): Trial(recordings, every, line) for line in _THREE}
    found |= {
        _name("eight", line): Trial(eight, EIGHT, line) for line in (*_THREE, "handset", "quiet", "clipped", "lossy")
    }
    found["yes_no"] = Trial([r for r in eight if r.text in ("taip", "ne")], ("taip", "ne"), "plain")
    found |= {_name("strings", line): Trial(strings, DIGITS, line) for line in _THREE}
    found["strings_of_ten"] = Trial(strings, Digits(4, groups=False).phrases(), "plain")
    found |= {_name("code_of_four", line): Trial(strings, CODE.phrases(), line, CODE.parse) for line in _THREE}
    return found


def measured(ears: Ears, recordings: Sequence[Recording]) -> Iterator[tuple[str, Result]]:
    """Every test's name and figures, and ``rejection``."""
    for name, test in tests(recordings).items():
        yield name, accuracy(ears, test)
    yield "rejection", rejection(ears, recordings)


def rejection(ears: Ears, recordings: Sequence[Recording]) -> Result:
    """Share of foreign words refused where at most 3 % of the right ones are, and the confidence that does it."""
    grammar = (*EIGHT, GARBAGE)
    known: list[float] = []
    foreign: list[float] = []
    for recording in recordings:
        sure = _confidence(ears.hear(plain(recording.samples), grammar))
        (known if recording.text in EIGHT else foreign).append(sure)
    threshold = sorted(known)[int(FALSE_REJECTIONS * len(known))] if known else 0.0
    return {
        "n": len(known) + len(foreign),
        "threshold": round(threshold, 3),
        "false": _share_below(threshold, known),
        "rejected": _share_below(threshold, foreign),
    }


def _name(test: str, line: str) -> str:
    return test if line == "plain" else f"{test}_{line}"


def _share_below(threshold: float, values: Sequence[float]) -> float:
    return float(np.mean(np.array(values) < threshold)) if values else 0.0


def _confidence(words: Sequence[Mapping[str, Any]]) -> float:
    """Mean confidence of known words times their share of all time that was spoken."""
    total = sum(word["end"] - word["start"] for word in words)
    known = [word for word in words if word["word"] != GARBAGE]
    return float(sum(word["conf"] * (word["end"] - word["start"]) for word in known) / total) if total else 0.0
