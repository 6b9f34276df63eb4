"""Run a text through the verbaliser: what stays unspeakable, and how fast it goes.

    python -m scripts.bench.language FILE            # figures, and every piece that nobody could say
    python -m scripts.bench.language FILE --sentences 100 --seed 7    # random sentences, before and after
    python -m scripts.bench.language FILE --json

Only sentences that the verbaliser changes are shown. Ends with 1 when something stays unspeakable.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from ivr.language.verbalise import Spoken, speak

_ENDS = ".?"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, without empty ones."""
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def sentences(said: str) -> int:
    """How many sentences a speakable text has."""
    return max(1, sum(said.count(end) for end in _ENDS))


def main() -> int:
    """Print the figures; 1 when something is unspeakable."""
    parser = argparse.ArgumentParser(description="Which parts of a text can't be spoken, and how fast the rest is.")
    parser.add_argument("file", type=Path, help="a text in UTF-8")
    parser.add_argument("--sentences", type=int, default=0, help="show so many random paragraphs before and after")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument("--json", action="store_true", dest="as_json", help="machine-readable result")
    options = parser.parse_args()
    try:
        text = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{options.file} can't be read: {error}", file=sys.stderr)
        return 2
    parts = paragraphs(text)
    began = time.perf_counter()
    spoken = [speak(part) for part in parts]
    seconds = time.perf_counter() - began
    faults = [(part, fault) for part, result in zip(parts, spoken, strict=True) for fault in result.faults]
    said = sum(sentences(result.text) for result in spoken)
    figures = {
        "paragraphs": len(parts),
        "characters": len(text),
        "sentences": said,
        "sentences_per_s": round(said / seconds) if seconds else 0,
        "rewritten": sum(len(result.rewritten) for result in spoken),
        "unspeakable": len(faults),
    }
    if options.as_json:
        print(json.dumps(figures | {"faults": [fault._asdict() for _, fault in faults]}, ensure_ascii=False))
        return 1 if faults else 0
    for name, value in figures.items():
        print(f"{name:>16}  {value}")
    for part, fault in faults:
        print(f"\n{fault.piece!r}: {fault.why}\n  … {part[max(0, fault.at - 60) : fault.at + 60]} …")
    show(parts, spoken, options.sentences, options.seed)
    return 1 if faults else 0


def show(parts: list[str], spoken: list[Spoken], count: int, seed: int) -> None:
    """Random paragraphs that were changed, before and after."""
    changed = [(part, result) for part, result in zip(parts, spoken, strict=True) if result.rewritten]
    for part, result in random.Random(seed).sample(changed, min(count, len(changed))):
        print(f"\n- {' '.join(part.split())}\n+ {result.text}")


if __name__ == "__main__":
    sys.exit(main())
