"""Rows without their zeros are the rows they were, and found by their places."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.knowledge.rows import WRITTEN_OUT, Held, Index, Matrix, Rows, joined, rows_of

WIDTH = 24


def sparse(count: int, seed: int) -> Matrix:
    dice = np.random.default_rng(seed)
    rows = dice.normal(size=(count, WIDTH)) * (dice.random((count, WIDTH)) < 0.2)
    return rows.astype(np.float32)


def held(row: Matrix) -> Held:
    places = np.flatnonzero(row)
    return places.astype(np.uint16), row[places]


def kept(rows: Matrix) -> Rows:
    return rows_of([held(row) for row in rows], WIDTH)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 1000))
def test_rows_written_out_are_those_that_were_given(count: int, seed: int) -> None:
    given_rows = sparse(count, seed)
    rows = kept(given_rows)
    assert len(rows) == count
    assert np.array_equal(rows.written_out(np.arange(count)), given_rows)
    assert np.array_equal(rows.written_out([count - 1, 0]), given_rows[[count - 1, 0]])


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 1000))
def test_products_are_those_of_the_rows_with_their_zeros(count: int, more: int, seed: int) -> None:
    given_rows, others, asked = sparse(count, seed), sparse(more, seed + 1), sparse(1, seed + 2)[0]
    found = Index(joined(kept(given_rows), kept(others))).products(held(asked))
    assert np.allclose(found, np.concatenate([given_rows, others]) @ asked, atol=1e-5)


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 2**16 - 1), max_size=9), min_size=1, max_size=9))
def test_a_place_finds_the_rows_that_hold_it_wherever_it_lies(rows: list[set[int]]) -> None:
    index = Index(rows_of([(np.array(sorted(row), np.uint16), np.ones(len(row), np.float32)) for row in rows], 2**16))
    for asked in rows:
        found = index.products((np.array(sorted(asked), np.uint16), np.ones(len(asked), np.float32)))
        assert found.tolist() == [len(asked & row) for row in rows]


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 1000))
def test_narrowed_rows_add_up_what_shares_a_place(count: int, seed: int) -> None:
    given_rows = sparse(count, seed)
    narrow = kept(given_rows).narrowed(WIDTH // 2).written_out(range(count))
    assert np.allclose(narrow, given_rows[:, : WIDTH // 2] + given_rows[:, WIDTH // 2 :], atol=1e-6)


def test_blocks_cover_all_rows_in_their_order() -> None:
    given_rows = sparse(WRITTEN_OUT + 3, 5)
    rows = kept(given_rows)
    blocks = np.concatenate([block for _, block in rows.blocks()])
    assert [some.stop for some, _ in rows.blocks()] == [WRITTEN_OUT, WRITTEN_OUT + 3]
    assert np.array_equal(blocks, given_rows)
