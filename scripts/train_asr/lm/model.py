"""A trigram over a fixed vocabulary, smoothed by Witten-Bell and over inflections.

Lithuanian inflects: a pair of words that was seen lends a little to the same pair in other forms of either word,
because a corpus of a few thousand questions can't hold every case. Words that no question has keep a floor from
the list they are in.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

BEGIN: Final = "<s>"
END: Final = "</s>"
# Chosen on the held-out questions; python -m scripts.train_asr.lm measures them.
FLOOR_SHARE: Final = 0.12
DIVERSITY: Final = 1.5
INFLECTION: Final = 0.5
LEAST_LENT: Final = 0.1
LEAST_TRIGRAM: Final = 0.1
LEAST_GAIN: Final = 3e-8  # of an n-gram that is kept, in nats a word
_FAMILY_SIZE: Final = 12
_ENDING_TEXT: Final = """
    as is ys us a ė o ios ies ės os aus ui iui ai ei iai am ą į ę ų u e imi umi ime yje uje oje ėje ame iame i ių
    ams iams oms ėms ims iems ais iais omis ėmis imis uose iuose ose ėse yse es ias ius uos au iau ome ate ote ėte
    ite ti siu si s sime site čiau tų tum tume tumėte k kite kime davo usi ęs damas dama amas ama tas ta
"""
_ENDINGS: Final = sorted(_ENDING_TEXT.split(), key=len, reverse=True)

Gram = tuple[str, ...]
Counts = dict[Gram, float]


def stem(word: str) -> str:
    """The part that a word's forms share, roughly; short words are their own stem.

    >>> stem("pensijos") == stem("pensiją"), stem("gaičio") == stem("gaitis"), stem("kas")
    (True, True, 'kas')
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            root = word.removesuffix(ending)
            break
    else:
        return word
    if root.endswith("i"):
        root = root[:-1]
    if root.endswith("dž"):
        return root[:-1]
    return f"{root[:-1]}t" if root.endswith("č") else root


@dataclass(frozen=True)
class Trigram:
    """Probabilities in back-off form: those of listed n-grams, and the weight of shorter ones after each history."""

    grams: tuple[Mapping[Gram, float], Mapping[Gram, float], Mapping[Gram, float]]
    backoff: Mapping[Gram, float] = field(repr=False)

    def probability(self, word: str, history: Gram) -> float:
        """P(word | history of up to two words); 0 for a word outside the vocabulary."""
        gram = (*history[-2:], word)
        found = self.grams[len(gram) - 1].get(gram)
        if found is not None:
            return found
        if len(gram) == 1:
            return 0.0
        return self.backoff.get(gram[:-1], 1.0) * self.probability(word, gram[1:-1])

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> tuple[float, float]:
        """Perplexity over known words and sentence ends, and the share of words outside the vocabulary."""
        log, known, unknown = 0.0, 0, 0
        for sentence in sentences:
            history: Gram = (BEGIN,)
            for word in (*sentence, END):
                probability = self.probability(word, history)
                if probability > 0:
                    log, known = log - math.log(probability), known + 1
                else:
                    unknown += 1
                history = (*history, word)[-2:]
        words = known + unknown
        return math.exp(log / known) if known else math.inf, unknown / words if words else 0.0


def train(sentences: Iterable[tuple[Sequence[str], float]], floor: Mapping[str, float]) -> Trigram:
    """A model over the words of ``floor``, which says how likely each is where nothing is known of it."""
    counts = _count(sentences, floor)
    total, floors = sum(counts[0].values()), sum(floor.values())
    unigram: dict[Gram, float] = {
        (word,): (1 - FLOOR_SHARE) * counts[0].get((word,), 0.0) / total + FLOOR_SHARE * share / floors
        for word, share in floor.items()
    }
    unigram[END,] = counts[0].get((END,), 0.0) / total
    whole = sum(unigram.values())
    unigram = {gram: probability / whole for gram, probability in unigram.items()}
    _lend(counts[1], unigram)
    trigrams = {gram: count for gram, count in counts[2].items() if count >= LEAST_TRIGRAM}
    bigram, back = _smooth(counts[1], unigram)
    trigram, more = _smooth(trigrams, bigram)
    return Trigram((unigram, bigram, trigram), back | more)


def pruned(model: Trigram, least_gain: float = LEAST_GAIN) -> Trigram:
    """The model without the n-grams that shorter histories tell nearly as well.

    An n-gram goes when words become less foreseeable by less than ``least_gain`` nats without it, averaged over all
    histories (A. Stolcke, Entropy-based Pruning of Backoff Language Models, 1998). A pair that a trigram goes on from
    stays.
    """
    unigrams, bigrams, trigrams = model.grams[0], dict(model.grams[1]), dict(model.grams[2])
    backoff = dict(model.backoff)
    left = Trigram((unigrams, bigrams, trigrams), backoff)
    for grams, longer in ((trigrams, {}), (bigrams, trigrams)):
        needed = {gram[:-1] for gram in longer}
        following: dict[Gram, list[Gram]] = defaultdict(list)
        for gram in grams:
            following[gram[:-1]].append(gram)
        for history, own in following.items():
            rest = 1 - math.fsum(grams[gram] for gram in own)
            lower = {gram: left.probability(gram[-1], history[1:]) for gram in own}
            unlisted = 1 - math.fsum(lower.values())
            often = _probability(left, history)
            dispensable = [
                gram
                for gram in own
                if gram not in needed and often * _gain(grams[gram], lower[gram], rest, unlisted) < least_gain
            ]
            for gram in dispensable:
                rest += grams.pop(gram)
                unlisted += lower[gram]
            if len(dispensable) < len(own):
                backoff[history] = rest / unlisted
            else:
                del backoff[history]
    return left


def _gain(listed: float, lower: float, rest: float, unlisted: float) -> float:
    """Nats a word that it costs after a history to say a ``listed`` word by its ``lower`` probability, backed off.

    ``rest`` and ``unlisted``: what the history leaves to the words that are not listed, and their lower probability.
    """
    before, after = math.log(rest / unlisted), math.log((rest + listed) / (unlisted + lower))
    return listed * (math.log(listed) - math.log(lower) - after) + rest * (before - after)


def _probability(model: Trigram, history: Gram) -> float:
    """How often a history comes; that of a sentence's beginning alone is 1."""
    said = range(1 if history[0] == BEGIN else 0, len(history))
    return math.prod(model.probability(history[at], history[:at]) for at in said)


def _count(
    sentences: Iterable[tuple[Sequence[str], float]], vocabulary: Mapping[str, float]
) -> tuple[Counts, Counts, Counts]:
    """Weighted n-grams; a word outside the vocabulary splits its sentence."""
    counts: tuple[Counts, Counts, Counts] = (defaultdict(float), defaultdict(float), defaultdict(float))
    for sentence, weight in sentences:
        padded = (BEGIN, *sentence, END)
        for at in range(1, len(padded)):
            for size in (1, 2, 3):
                gram = padded[max(0, at - size + 1) : at + 1]
                if len(gram) == size and all(word in vocabulary or word in (BEGIN, END) for word in gram):
                    counts[size - 1][gram] += weight
    return counts


def _lend(bigrams: Counts, unigram: Mapping[Gram, float]) -> None:
    """Let every pair lend to the same pair in other forms of either word."""
    families: dict[str, list[str]] = defaultdict(list)
    for (word,) in sorted(unigram, key=lambda gram: -unigram[gram]):
        if len(family := families[stem(word)]) < _FAMILY_SIZE:
            family.append(word)
    lent: dict[Gram, float] = defaultdict(float)
    for (first, second), count in list(bigrams.items()):
        if BEGIN in (first, second) or END in (first, second):
            continue
        for side, word in enumerate((first, second)):
            others = [other for other in families[stem(word)] if other != word] if len(word) > 4 else []
            whole = sum(unigram[other,] for other in others)
            for other in others:
                pair: Gram = (other, second) if side == 0 else (first, other)
                lent[pair] += INFLECTION * min(count, 1.0) * unigram[other,] / whole
    for pair, count in lent.items():
        if count > LEAST_LENT:
            bigrams[pair] = bigrams.get(pair, 0.0) + count


def _smooth(counts: Counts, lower: Mapping[Gram, float]) -> tuple[dict[Gram, float], dict[Gram, float]]:
    """Witten-Bell, interpolated: what a history gives to others grows with how many words followed it."""
    totals: dict[Gram, float] = defaultdict(float)
    kinds: dict[Gram, int] = defaultdict(int)
    for gram, count in counts.items():
        totals[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    weights = {gram: DIVERSITY * kinds[gram] / (totals[gram] + DIVERSITY * kinds[gram]) for gram in totals}

    smoothed = {
        gram: count / (totals[gram[:-1]] + DIVERSITY * kinds[gram[:-1]]) + weights[gram[:-1]] * lower[gram[1:]]
        for gram, count in counts.items()
    }
    return smoothed, weights
