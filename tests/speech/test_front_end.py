"""What reaches a decoder of a turn on a bad line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ivr.events import Grammar
from ivr.speech.front_end import ClearedDecoders
from ivr.speech.lift import active_level
from ivr.speech.ports import HeardText, Hypothesis
from ivr.speech.turns import TurnRecognizer
from tests.speech.fakes import CountingDecoders, LoudnessActivity, near

GRAMMAR = Grammar("any", ("taip",))
Samples = npt.NDArray[np.int16]


class Keeping:
    """Keeps the sound of each turn that it was given."""

    refuses: bool = False

    def __init__(self) -> None:
        self.turns: list[Samples] = []
        self.closed = False
        self._sound = b""

    def accept(self, pcm: bytes) -> None:
        self._sound += pcm

    def text_so_far(self) -> None:
        return None

    def result(self) -> Hypothesis:
        self.turns.append(np.frombuffer(self._sound, dtype="<i2"))
        self._sound = b""
        return Hypothesis("", 0.0)

    def close(self) -> None:
        self.closed = True


class KeepingDecoders:
    """Always the same one."""

    name = "keeping"
    version = "1"

    def __init__(self) -> None:
        self.only = Keeping()

    def decoder(self, grammar: Grammar) -> Keeping:
        return self.only


def hum(seconds: float, level: int) -> Samples:
    return (level * np.sin(0.5 + np.arange(round(seconds * 8000)) * 2 * np.pi * 200 / 8000)).astype(np.int16)


def heard(*turns: Samples) -> list[Samples]:
    factory = KeepingDecoders()
    decoder = ClearedDecoders(factory).decoder(GRAMMAR)
    for turn in turns:
        for at in range(0, len(turn), 160):
            decoder.accept(turn[at : at + 160].tobytes())
        decoder.result()
    decoder.close()
    assert factory.only.closed
    return factory.only.turns


def test_a_quiet_word_with_a_hole_arrives_whole_and_louder() -> None:
    word = hum(1.0, 200)
    word[4000:4160] = 0
    (found,) = heard(word)
    assert len(found) == len(word)
    assert active_level(found) - active_level(word) > 15
    assert np.abs(found[4000:4160].astype(np.int32)).max() > 1000


def test_turns_know_nothing_of_each_other() -> None:
    quiet, loud = hum(0.5, 200), hum(1.2, 8000)
    hole_first = np.concatenate((np.zeros(160, np.int16), loud))
    assert [len(turn) for turn in heard(quiet, loud, hole_first)] == [len(quiet), len(loud), len(hole_first)]
    assert np.array_equal(heard(quiet, loud)[1], loud)
    assert np.array_equal(heard(loud, hole_first)[1], hole_first)
    assert np.array_equal(heard(loud, quiet)[1], heard(quiet)[0])


def test_times_of_words_and_ends_of_turns_stay() -> None:
    sound = np.concatenate((np.zeros(8000, np.int16), hum(1.0, 9000), np.zeros(8000, np.int16)))
    with_front, without = (
        TurnRecognizer(decoders, LoudnessActivity).stream(GRAMMAR, end_silence_s=0.3).accept(sound.tobytes())
        for decoders in (ClearedDecoders(CountingDecoders()), CountingDecoders())
    )
    assert with_front == without
    assert isinstance(with_front[-1], HeardText)
    assert with_front[-1].ended_s == near(2.0)
