"""The sealed format: whatever is changed, cut, swapped or renamed is refused; any part is read alone."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import VaultError
from ivr.vault.sealed import CHUNK, HEAD, SealedReader, seal

KEY = bytes(range(32))
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5]


def sealed(plain: bytes, name: str = "call-1") -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(plain), target, KEY, name)
    return target.getvalue()


def opened(data: bytes, name: str = "call-1", key: bytes = KEY) -> bytes:
    return b"".join(SealedReader(io.BytesIO(data), key, name).read())


@pytest.mark.parametrize("size", SIZES)
def test_what_goes_in_comes_out(size: int) -> None:
    plain = os.urandom(size)
    assert opened(sealed(plain)) == plain
    assert SealedReader(io.BytesIO(sealed(plain)), KEY, "call-1").size == size


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SIZES), st.integers(0, 4 * CHUNK), st.one_of(st.none(), st.integers(0, 4 * CHUNK)))
def test_any_part_is_read_alone(size: int, start: int, length: int | None) -> None:
    plain = bytes(number % 251 for number in range(size))
    reader = SealedReader(io.BytesIO(sealed(plain)), KEY, "call-1")
    expected = plain[start:] if length is None else plain[start : start + length]
    assert b"".join(reader.read(start, length)) == expected


def test_the_plain_bytes_are_nowhere_in_it_and_never_twice_alike() -> None:
    plain = b"keturi astuoni sesi vienas " * 9000
    first, second = sealed(plain), sealed(plain)
    assert b"keturi" not in first
    assert first != second


@settings(max_examples=120, deadline=None)
@given(st.integers(0), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_refused(place: int, bit: int) -> None:
    data = bytearray(sealed(bytes(2 * CHUNK + 100)))
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(VaultError):
        opened(bytes(data))


@pytest.mark.parametrize("left", [0, 5, HEAD, HEAD + 16, HEAD + CHUNK + 16, HEAD + 2 * (CHUNK + 16), -1, -17])
def test_what_was_cut_off_is_refused_before_anything_is_read(left: int) -> None:
    data = sealed(bytes(2 * CHUNK + 100))[:left]
    with pytest.raises(VaultError):
        SealedReader(io.BytesIO(data), KEY, "call-1")


def test_chunks_that_were_swapped_repeated_or_added_are_refused() -> None:
    data = sealed(os.urandom(3 * CHUNK))
    head, size = data[:HEAD], CHUNK + 16
    chunks = [data[HEAD + number * size : HEAD + (number + 1) * size] for number in range(3)]
    for order in ((1, 0, 2), (0, 0, 2), (0, 1, 1, 2), (0, 2), (0, 1, 2, 2)):
        with pytest.raises(VaultError):
            opened(head + b"".join(chunks[number] for number in order))


def test_another_recordings_name_or_key_is_refused() -> None:
    data = sealed(b"sound")
    for name, key in (("call-2", KEY), ("call-1", bytes(32))):
        with pytest.raises(VaultError):
            opened(data, name, key)


def test_a_file_of_another_kind_is_named_as_such() -> None:
    with pytest.raises(VaultError, match="no sealed recording"):
        opened(b"RIFF" + bytes(100))
