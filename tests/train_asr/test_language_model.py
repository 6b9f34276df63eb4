"""The language model for open questions: its text, its arithmetic, and the files that the graph builder takes."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from ivr.paths import project_file
from scripts.train_asr.lm.__main__ import build, main
from scripts.train_asr.lm.corpus import HELD_OUT, Corpus, examples, lines, wordings
from scripts.train_asr.lm.formats import acceptor, arpa
from scripts.train_asr.lm.model import BEGIN, END, Trigram, pruned, stem, train
from scripts.train_asr.lm.vocabulary import floor

SMALL = [(["kada", "bus", "pensija"], 2.0), (["kiek", "bus", "pensijos"], 1.0), (["kada", "moka", "pensiją"], 1.0)]
VOCABULARY = dict.fromkeys("kada kiek bus moka pensija pensijos pensiją pensijai išmoka".split(), 1.0)  # noqa: SIM905


@pytest.fixture(scope="module")
def model() -> Trigram:
    return build()


@pytest.fixture(scope="module")
def small() -> Trigram:
    return train(SMALL, VOCABULARY)


def test_the_corpus_covers_every_topic_of_the_line_in_many_wordings() -> None:
    corpus = Corpus.load()
    topics = yaml.safe_load(project_file("dialplans", "topics.yaml").read_text(encoding="utf-8"))["topics"]
    assert set(topics) | {"everyday"} == set(corpus.topics)
    assert min(len(said) for said in corpus.topics.values()) >= 40
    assert len(corpus.utterances()) >= 1500


def test_the_corpus_is_plain_lithuanian_words() -> None:
    for text in Corpus.load().utterances():
        assert re.fullmatch("[aąbcčdeęėfghiįyjklmnoprsštuųūvzž ]+", text), text


def test_held_out_questions_are_not_trained_on() -> None:
    """No text has one of them, or five words in a row of one."""
    trained = {part for sentence, _ in (*Corpus.load().sentences(), *examples()) for part in in_a_row(sentence)}
    held = lines(HELD_OUT)
    assert len(held) >= 80
    for question in held:
        assert not trained & in_a_row(tuple(question.split())), question


def in_a_row(sentence: tuple[str, ...], count: int = 5) -> set[tuple[str, ...]]:
    """All so many neighbours; of a shorter sentence the whole one."""
    return {sentence[at : at + count] for at in range(max(1, len(sentence) - count + 1))}


def test_wordings_are_all_choices_of_a_pattern() -> None:
    assert set(wordings("(a|b) c [d]")) == {"a c", "a c d", "b c", "b c d"}
    assert len(wordings(" ".join(["(a|b|c|d)"] * 6))) == 48


def probabilities(model: Trigram, history: tuple[str, ...]) -> float:
    return sum(model.probability(word, history) for word in (*VOCABULARY, END))


@pytest.mark.parametrize(
    "history", [(), (BEGIN,), ("kada",), (BEGIN, "kada"), ("kada", "bus"), ("išmoka",), ("pensijai", "kiek")]
)
def test_probabilities_after_any_history_add_up_to_one(small: Trigram, history: tuple[str, ...]) -> None:
    assert probabilities(small, history) == pytest.approx(1.0)


@pytest.mark.parametrize("least_gain", [0.003, 0.01, 0.03, 1.0])
def test_what_shorter_histories_tell_is_left_out_and_all_still_adds_up(small: Trigram, least_gain: float) -> None:
    left = pruned(small, least_gain)
    for before, after in zip(small.grams[1:], left.grams[1:], strict=True):
        assert len(after) < len(before)
        assert {gram: before[gram] for gram in after} == after
    for first in (BEGIN, *VOCABULARY):
        assert probabilities(left, (first,)) == pytest.approx(1.0)
        for second in VOCABULARY:
            assert probabilities(left, (first, second)) == pytest.approx(1.0)
    assert {gram[:-1] for gram in left.grams[2]} <= set(left.grams[1]), "a trigram that no pair leads to"
    assert set(left.backoff) == {gram[:-1] for grams in left.grams[1:] for gram in grams}


def test_what_is_left_out_first_matters_least(small: Trigram) -> None:
    """By what the model itself would say, drawn by its own probabilities, it gets worse step by step."""
    assert pruned(small, 0.0).grams == small.grams
    said = [sentence for sentence, weight in SMALL for _ in range(int(weight))]
    worse = [pruned(small, gain).perplexity(said)[0] for gain in (0.0, 0.003, 0.03, 1.0)]
    assert worse == sorted(worse)
    assert worse[1] < 1.05 * worse[0] < worse[-1]


def test_what_was_seen_is_likelier_and_its_other_forms_too(small: Trigram) -> None:
    assert small.probability("pensija", ("kada", "bus")) > small.probability("išmoka", ("kada", "bus"))
    assert stem("pensijai") == stem("pensija") == stem("pensiją")

    def gain(word: str) -> float:
        """How much likelier the word is after "bus" than anywhere; "bus pensiją" was never seen."""
        return small.probability(word, ("bus",)) / small.probability(word, ())

    assert gain("pensiją") > 1.5 * gain("išmoka")
    assert small.probability("lietus", ("bus",)) == 0.0


def test_the_model_expects_callers_questions(model: Trigram) -> None:
    """A uniform guess would have the size of the vocabulary as its perplexity."""
    perplexity, unknown = model.perplexity([line.split() for line in lines(HELD_OUT)])
    assert perplexity < len(floor()) / 40
    assert unknown < 0.03
    shuffled = [line.split()[::-1] for line in lines(HELD_OUT)]
    assert model.perplexity(shuffled)[0] > 1.3 * perplexity


def test_the_arpa_file_says_the_same(small: Trigram) -> None:
    """Read back by the rules of the format, every probability is the model's own."""
    log: dict[tuple[str, ...], float] = {}
    weight: dict[tuple[str, ...], float] = defaultdict(float)
    for line in arpa(small):
        fields = line.split("\t")
        if len(fields) >= 2:
            gram = tuple(fields[1].split())
            log[gram] = float(fields[0])
            weight[gram] = float(fields[2]) if len(fields) == 3 else 0.0

    def read(gram: tuple[str, ...]) -> float:
        return log[gram] if gram in log or len(gram) == 1 else weight[gram[:-1]] + read(gram[1:])

    for first in (BEGIN, *VOCABULARY):
        for second in VOCABULARY:
            for third in (*VOCABULARY, END):
                expected = small.probability(third, (first, second))
                assert 10 ** read((first, second, third)) == pytest.approx(expected, rel=2e-3)


def test_the_acceptor_costs_what_the_model_says(small: Trigram) -> None:
    """The cheapest way of a sentence through the acceptor costs no more than the model's probability."""
    symbols = {word: number for number, word in enumerate(VOCABULARY, 1)}
    arcs: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    finals: dict[int, float] = {}
    made = list(acceptor(small, symbols, per_word=-1.0))
    start = int(made[0].split("\t")[0])  # by the rule of fstcompile
    for line in made:
        fields = line.split("\t")
        if len(fields) == 2:
            finals[int(fields[0])] = float(fields[1])
        else:
            arcs[int(fields[0])].append((int(fields[2]), int(fields[1]), float(fields[4])))

    def rest(state: int, words: tuple[str, ...]) -> float:
        ways = [cost + rest(target, words) for label, target, cost in arcs[state] if label == 0]
        if not words:
            return min([finals.get(state, math.inf), *ways])
        wanted = symbols[words[0]]
        return min([*ways, *(cost + rest(to, words[1:]) for label, to, cost in arcs[state] if label == wanted)])

    for sentence in (("kada", "bus", "pensija"), ("išmoka", "kada"), ("kiek", "moka", "pensijos", "bus")):
        expected = 0.0
        history: tuple[str, ...] = (BEGIN,)
        for word in (*sentence, END):
            expected -= math.log(small.probability(word, history))
            history = (*history, word)
        assert rest(start, sentence) == pytest.approx(expected - len(sentence), abs=0.01)


def test_the_command_measures_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text("Kada bus pensija?\n# a comment\nKada bus zzzz?\n", encoding="utf-8")
    assert main(["--text", str(questions), "--arpa", str(tmp_path / "lm.arpa")]) == 0
    printed = capsys.readouterr().out
    assert "2 questions" in printed
    assert "unknown words 12.5%" in printed
    assert (tmp_path / "lm.arpa").read_text(encoding="utf-8").startswith("\\data\\\nngram 1=")
