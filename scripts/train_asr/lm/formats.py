"""The model as ARPA text, and as the acceptor in OpenFst's text form that becomes a Vosk model's ``Gr.fst``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

from scripts.train_asr.lm.model import BEGIN, END, Gram, Trigram

_NEVER: Final = -99.0


def arpa(model: Trigram) -> Iterator[str]:
    """Lines of an ARPA file; logarithms to base 10."""
    yield "\\data\\"
    for size, grams in enumerate(model.grams, 1):
        yield f"ngram {size}={len(grams) + (size == 1)}"
    for size, grams in enumerate(model.grams, 1):
        yield ""
        yield f"\\{size}-grams:"
        if size == 1:
            yield f"{_NEVER}\t{BEGIN}{_weight(model, (BEGIN,))}"
        for gram, probability in sorted(grams.items()):
            yield f"{math.log10(probability):.4f}\t{' '.join(gram)}{_weight(model, gram)}"
    yield ""
    yield "\\end\\"


def _weight(model: Trigram, gram: Gram) -> str:
    weight = model.backoff.get(gram)
    return f"\t{math.log10(weight):.4f}" if weight else ""


def acceptor(model: Trigram, symbols: Mapping[str, int], *, scale: float = 1.0, per_word: float = 0.0) -> Iterator[str]:
    """Lines for ``fstcompile``: states are histories, epsilon arcs back off, costs are natural logarithms.

    ``symbols``: ids of ``words.txt`` (after the relabelling of ``olabel_lookahead``); words without an id are left
    out. ``scale``: weight of the model against the sound. ``per_word`` is added to each word: the negative of the
    lexicon's word penalty takes that out again where no grammar needs it. Sort the arcs by input label afterwards.
    """
    continued = {()} | {gram[:-1] for grams in model.grams[1:] for gram in grams}
    numbers: dict[Gram, int] = {}

    def state(history: Gram) -> int:
        """The number of the longest end of a history that anything continues."""
        while history and history not in continued:
            history = history[1:]
        return numbers.setdefault(history, len(numbers))

    def cost(probability: float) -> float:
        return -math.log(probability) * scale

    state((BEGIN,))
    state(())
    # The first line names the start state, so the way back from the beginning comes first.
    for history, weight in sorted(model.backoff.items(), key=lambda item: item[0] != (BEGIN,)):
        if history in continued:
            yield f"{state(history)}\t{state(history[1:])}\t0\t0\t{cost(weight):.5f}"
    finals: dict[int, float] = {}
    for grams in model.grams:
        for gram, probability in grams.items():
            source = state(gram[:-1])
            if gram[-1] == END:
                finals[source] = cost(probability)
            elif gram[-1] in symbols:
                word = symbols[gram[-1]]
                yield f"{source}\t{state(gram[-2:])}\t{word}\t{word}\t{cost(probability) + per_word:.5f}"
    yield from (f"{number}\t{value:.5f}" for number, value in sorted(finals.items()))
