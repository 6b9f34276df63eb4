"""Words tell entries apart by how much likelier an entry's examples say them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.knowledge.likelihood import Likelihoods

SAID = (
    ("kortele", "gauti"),
    ("kortele", "nauja"),
    ("kortele", "pamesta"),
    ("bauda", "gauti"),
    ("bauda", "moketi"),
    ("oras", "moketi"),
    ("oras", "rytoj"),
    ("sniegas", "rytoj"),
)
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
TOPICS = np.array([0, 0, 1])  # cards and fines are of one topic, the weather is another


def model(without: int | None = None) -> Likelihoods:
    kept = [number for number in range(len(SAID)) if number != without]
    return Likelihoods([SAID[number] for number in kept], LABELS[kept], TOPICS, 4.0, 8.0)


def test_the_entry_that_says_a_word_is_likeliest_and_then_its_topic() -> None:
    scores = model().scores(["kortele"])
    assert scores[0] > scores[1] > scores[2]


def test_a_word_of_one_entry_outweighs_a_word_that_others_say_too() -> None:
    scores = model().scores(["gauti", "bauda"])
    assert scores.argmax() == 1


@pytest.mark.parametrize("tokens", [[], ["niekada"], ["niekada", "negirdeta"]])
def test_words_that_no_example_has_tell_nothing(tokens: list[str]) -> None:
    assert not model().scores(tokens).any()
    assert np.array_equal(model().scores(["kortele", *tokens]), model().scores(["kortele"]))


@given(st.lists(st.sampled_from(["kortele", "gauti", "bauda", "oras", "rytoj"]), min_size=1))
def test_a_word_said_twice_and_the_order_of_words_change_nothing(tokens: list[str]) -> None:
    assert np.array_equal(model().scores(tokens), model().scores(sorted(set(tokens))))


@pytest.mark.parametrize("example", range(len(SAID)))
def test_an_example_that_is_left_out_scores_as_if_it_had_never_been_there(example: int) -> None:
    """But for what all questions say, of which one example is a small part."""
    left_out, trained = model().left_out(example), model(example).scores(SAID[example])
    assert np.allclose(left_out - left_out.mean(), trained - trained.mean(), atol=0.35)


def test_a_word_of_one_example_alone_tells_nothing_of_that_example() -> None:
    alone = Likelihoods([("vienas",), ("du",), ("du",)], np.array([0, 1, 1]), np.array([0, 0]), 4.0, 8.0)
    assert alone.scores(["vienas"]).argmax() == 0
    assert not alone.left_out(0).any()


def test_a_word_that_hundreds_of_examples_say_outweighs_one_that_fewer_of_them_say() -> None:
    said = [("noriu", "kalbeti")] * 200 + [("noriu", "jungti")] * 100 + [("noriu", "kalbeti", "jungti")] * 300
    many = Likelihoods(said, np.array([0] * 300 + [1] * 300), np.array([0, 1]), 4.0, 8.0)
    assert many.scores(["noriu"])[0] > many.scores(["jungti"])[0]
