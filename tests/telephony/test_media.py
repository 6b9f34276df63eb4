"""Frames in and out of pjsip's vectors, and the pairing of both sides for the recording."""

from __future__ import annotations

import os

import pytest

from ivr.events import FRAME_BYTES
from ivr.telephony.media import FrameAccess, Pairing
from ivr.telephony.playout import SILENCE


def frame(letter: str) -> bytes:
    return letter.encode() * FRAME_BYTES


class Sink:
    def __init__(self) -> None:
        self.order: list[str] = []
        self.pairs: list[tuple[bytes, bytes]] = []
        self._left = b""

    def left(self, frame: bytes) -> None:
        self.order.append("left")
        self._left = frame

    def right(self, frame: bytes) -> None:
        self.order.append("right")
        self.pairs.append((self._left, frame))


def test_both_sides_of_a_tick_come_together_whatever_their_order() -> None:
    pairing, sink = Pairing(), Sink()
    pairing.sink = sink
    pairing.tick()
    pairing.left(frame("a"))
    pairing.right(frame("A"))
    pairing.tick()
    pairing.right(frame("B"))
    pairing.left(frame("b"))
    pairing.tick()
    assert sink.pairs == [(SILENCE, SILENCE), (frame("a"), frame("A")), (frame("b"), frame("B"))]
    assert sink.order == ["left", "right"] * 3


def test_a_side_without_sound_is_silence_and_no_tick_is_skipped() -> None:
    pairing, sink = Pairing(), Sink()
    pairing.sink = sink
    pairing.right(frame("A"))
    pairing.tick()
    pairing.tick()
    pairing.left(frame("c"))
    pairing.tick()
    assert sink.pairs == [(SILENCE, frame("A")), (SILENCE, SILENCE), (frame("c"), SILENCE)]


def test_a_sink_that_comes_and_goes_gets_whole_pairs_only() -> None:
    pairing, sink = Pairing(), Sink()
    pairing.left(frame("a"))
    pairing.sink = sink  # in the middle of a tick
    pairing.right(frame("A"))
    pairing.tick()
    pairing.left(frame("b"))
    pairing.sink = None
    pairing.tick()
    assert sink.pairs == [(frame("a"), frame("A"))]


@pytest.mark.parametrize("direct", [True, False])
def test_vectors_are_read_and_written_by_either_way(direct: bool) -> None:
    access = FrameAccess()
    assert access.direct, "the installed wheel has changed the layout that the fast way needs"
    access.direct = direct
    vector, data = access.new_vector(), os.urandom(FRAME_BYTES)
    assert access.read(vector) == SILENCE
    vector = access.write(vector, data)
    assert access.read(vector) == data == bytes(vector)
