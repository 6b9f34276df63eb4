"""A turn begins with voice that lasts, and ends with silence or the time limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.endpoint import Endpointer, EndpointSettings, Extent, TurnBegan, TurnChange, TurnEnded, TurnGuessed
from tests.speech.fakes import near

FRAME = 0.02
SETTINGS = EndpointSettings(end_silence_s=0.3, min_speech_s=0.06, max_turn_s=2.0, begin_at=0.5, stay_at=0.35)


def run(pattern: str, settings: EndpointSettings = SETTINGS) -> list[TurnChange]:
    """``#`` is voice, ``~`` is between the two thresholds, ``.`` is silence."""
    endpointer = Endpointer(settings, FRAME)
    scale = {"#": 0.9, "~": 0.4, ".": 0.0}
    return [event for mark in pattern if (event := endpointer.accept(scale[mark]))]


def test_turn_spans_the_voice() -> None:
    began, ended = run("." * 10 + "#" * 20 + "." * 20)
    assert began == TurnBegan(near(0.2))
    assert ended == TurnEnded(near(0.2), near(0.6), cut=False)


def test_click_is_no_turn() -> None:
    assert run("..##....." * 5) == []


@pytest.mark.rule("A12.20")
def test_pause_within_a_turn_does_not_end_it() -> None:
    events = run("#" * 10 + "." * 14 + "#" * 10 + "." * 20)
    assert [type(event) for event in events] == [TurnBegan, TurnEnded]
    assert events[1] == TurnEnded(0.0, near(0.68), cut=False)


def test_quiet_voice_goes_on_but_does_not_begin() -> None:
    assert run("~" * 50) == []
    began, ended = run("#" * 5 + "~" * 40 + "." * 20)
    assert isinstance(began, TurnBegan)
    assert ended == TurnEnded(0.0, near(0.9), cut=False)


def guessed(pattern: str) -> list[TurnChange]:
    """Like :func:`run`, where ``?`` may be voice."""
    settings = replace(SETTINGS, guess_at=0.2, max_guess_s=0.8)
    endpointer = Endpointer(settings, FRAME, guesses=True)
    scale = {"#": 0.9, "~": 0.4, "?": 0.22, ".": 0.0}
    return [event for mark in pattern if (event := endpointer.accept(scale[mark]))]


def test_what_may_be_voice_is_a_guess_and_ends_like_a_turn() -> None:
    assert guessed(".....??.....") == []
    assert guessed("....." + "?" * 20 + "." * 20) == [
        TurnGuessed(near(0.1)),
        TurnEnded(near(0.1), near(0.5), cut=False, certain=False),
    ]


def test_a_guess_becomes_a_turn_that_began_with_the_voice() -> None:
    assert guessed("?" * 10 + "#" * 10 + "~" * 10 + "." * 20) == [
        TurnGuessed(0.0),
        TurnBegan(near(0.2)),
        TurnEnded(near(0.2), near(0.6), cut=False),
    ]


def test_noise_that_may_be_voice_for_ever_is_cut_soon() -> None:
    events = guessed("?" * 60)
    assert events[:2] == [TurnGuessed(0.0), TurnEnded(0.0, near(0.8), cut=True, certain=False)]


def test_endless_noise_is_cut_and_the_next_turn_begins() -> None:
    events = run("#" * 210)
    assert events[1] == TurnEnded(0.0, near(2.0), cut=True)
    assert isinstance(events[2], TurnBegan)


def test_a_turn_may_end_once_its_voice_is_gone_and_not_between_two_sounds() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    quiet = ""
    for mark in "..####..###......":
        endpointer.accept({"#": 0.9, ".": 0.0}[mark])
        quiet += "q" if endpointer.quiet else "-"
    assert quiet == "-------------qqqq"


def test_finish_ends_an_open_turn_once() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    assert endpointer.finish() is None
    for _ in range(5):
        endpointer.accept(1.0)
    assert endpointer.finish() == TurnEnded(0.0, near(0.1), cut=False)
    assert endpointer.finish() is None


def words(pattern: str, expected: int | None) -> list[TurnChange]:
    """Like :func:`run`, where each stretch of voice is a word and ``expected`` of them make an answer."""
    endpointer = Endpointer(COUNTED, FRAME)
    events, said, before = [], 0, "."
    for mark in pattern:
        said += before == "." and mark == "#"
        before = mark
        known = Extent.WHOLE if said >= (expected or 0) else Extent.PART
        extent = Extent.UNKNOWN if expected is None else known
        events.append(endpointer.accept(0.9 if mark == "#" else 0.0, lambda extent=extent: extent))  # type: ignore[misc]
    return [event for event in events if event]


COUNTED = EndpointSettings(end_silence_s=0.6, complete_silence_s=0.2, incomplete_silence_s=1.0, min_speech_s=0.06)
DIGIT, PAUSE = "#" * 10, "." * 40  # 0.2 s of voice, 0.8 s of silence


@pytest.mark.rule("A12.20")
def test_pause_between_digits_does_not_end_a_code_that_is_not_whole() -> None:
    began, ended = words(PAUSE.join([DIGIT] * 4) + "." * 12, 4)
    assert began == TurnBegan(0.0)
    assert ended == TurnEnded(0.0, near(3.2), cut=False)
    assert len(words(PAUSE.join([DIGIT] * 4), None)) == 7  # of unknown length it falls to pieces


def test_whole_code_ends_early_but_not_before_a_digit_more_could_follow() -> None:
    assert len(words(DIGIT + "." * 9, 1)) == 1
    assert len(words(DIGIT + "." * 11, 1)) == 2
    assert words(DIGIT + "." * 9 + DIGIT + "." * 11, 1)[1] == TurnEnded(0.0, near(0.58), cut=False)


def test_phrase_that_may_go_on_waits_longer_than_a_whole_one_and_shorter_than_what_is_unknown() -> None:
    def frames_to_the_end(extent: Extent) -> int:
        settings = EndpointSettings(end_silence_s=0.7, complete_silence_s=0.4, phrase_silence_s=0.5)
        endpointer = Endpointer(settings, FRAME)
        for _ in range(10):
            endpointer.accept(0.9)
        return next(count for count in range(1, 100) if endpointer.accept(0.0, lambda: extent))

    whole, phrase, other = map(frames_to_the_end, (Extent.WHOLE, Extent.PHRASE, Extent.UNKNOWN))
    assert [whole, phrase, other] == [20, 25, 35]


def test_code_that_stays_short_ends_at_last() -> None:
    assert len(words(DIGIT + "." * 49, 4)) == 1
    assert len(words(DIGIT + "." * 52, 4)) == 2


@given(st.lists(st.floats(0, 1), max_size=400))
def test_turns_alternate_stay_in_order_and_end_in_time(probabilities: list[float]) -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    events: list[tuple[float, TurnChange]] = []
    for probability in probabilities:
        event = endpointer.accept(probability)
        if event is not None:
            events.append((endpointer.now, event))
    for index, (now, event) in enumerate(events):
        assert isinstance(event, TurnBegan if index % 2 == 0 else TurnEnded)
        assert event.at <= now + 1e-9
        if isinstance(event, TurnEnded):
            assert event.started == events[index - 1][1].at
            assert event.at >= event.started + SETTINGS.min_speech_s - 1e-9
            assert now - event.started <= SETTINGS.max_turn_s + SETTINGS.end_silence_s + FRAME


@given(st.lists(st.floats(0, 1), max_size=400))
def test_guesses_change_nothing_of_certain_turns(probabilities: list[float]) -> None:
    settings = replace(SETTINGS, guess_at=0.2, max_guess_s=0.3)
    without, guessing = (Endpointer(settings, FRAME, guesses=guesses) for guesses in (False, True))
    for probability in probabilities:
        event, other = without.accept(probability), guessing.accept(probability)
        guess = isinstance(other, TurnGuessed) or (isinstance(other, TurnEnded) and not other.certain)
        assert event == (None if guess else other)


@given(st.lists(st.floats(0, 1), min_size=20, max_size=200))
def test_silence_long_enough_closes_whatever_is_open(probabilities: list[float]) -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    for probability in [*probabilities, *[0.0] * 16]:
        endpointer.accept(probability)
    assert not endpointer.open


@pytest.mark.parametrize(
    "wrong", [{"stay_at": 0.9}, {"complete_silence_s": 0.0}, {"end_silence_s": 0.0}, {"min_speech_s": -1.0}]
)
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        EndpointSettings(**wrong)


def test_silence_counts_from_the_end_of_the_voice_not_of_the_detectors_lag() -> None:
    """A detector that finds a voice for one frame more than it lasts ends the turn one frame sooner."""

    def frames_until_end(lag_s: float) -> int:
        endpointer = Endpointer(SETTINGS, FRAME, lag_s)
        pattern = [0.9] * 10 + [0.0] * 40
        return next(at for at, mark in enumerate(pattern) if isinstance(endpointer.accept(mark), TurnEnded))

    assert frames_until_end(0.0) - frames_until_end(FRAME) == 1
