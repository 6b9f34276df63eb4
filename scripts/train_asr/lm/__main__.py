"""Builds and measures the language model for open questions.

python -m scripts.train_asr.lm                   measure on the held-out questions
python -m scripts.train_asr.lm --text FILE…      measure on other questions, one a line
python -m scripts.train_asr.lm --arpa FILE       write it
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from scripts.train_asr.lm.corpus import HELD_OUT, Corpus, examples, in_a_hurry, lines
from scripts.train_asr.lm.formats import arpa
from scripts.train_asr.lm.model import Trigram, pruned, train
from scripts.train_asr.lm.vocabulary import floor


def build() -> Trigram:
    """The model from the corpus, the knowledge packs' examples and the word lists of this checkout."""
    words = floor()
    return pruned(train(in_a_hurry(chain(Corpus.load().sentences(), examples()), words), words))


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description="Builds and measures the language model for open questions.")
    parser.add_argument("--arpa", type=Path, help="file to write")
    parser.add_argument("--text", nargs="+", type=Path, default=[HELD_OUT], help="questions to measure on")
    options = parser.parse_args(arguments)
    model = build()
    print("n-grams: " + ", ".join(str(len(grams)) for grams in model.grams))
    for path in options.text:
        questions = [re.findall(r"[^\W\d_]+", line.lower()) for line in lines(path)]
        perplexity, unknown = model.perplexity(questions)
        print(f"{path.name}: {len(questions)} questions, perplexity {perplexity:.0f}, unknown words {unknown:.1%}")
    if options.arpa:
        options.arpa.write_text("".join(f"{line}\n" for line in arpa(model)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
