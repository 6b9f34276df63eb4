"""Extra draws: a sign of trouble is heard about, a few of each, nobody twice."""

from __future__ import annotations

from collections import Counter

from ivr.sampling.extra import draw_extras
from ivr.sampling.population import Flag
from tests.sampling.months import one


def test_each_sign_gets_its_few() -> None:
    conversations = [one(recording=f"{flag}-{number}", flags=frozenset({flag})) for flag in Flag for number in range(9)]
    extras = draw_extras(conversations, "s", per_flag=3)
    assert Counter(extra.flag for extra in extras) == dict.fromkeys(Flag, 3)
    assert extras == draw_extras(conversations[::-1], "s", per_flag=3)


def test_two_signs_count_for_the_rarer_one() -> None:
    both = one(recording="both", flags=frozenset({Flag.COMPLAINT, Flag.DROPPED}))
    dropped = [one(recording=f"d{number}", flags=frozenset({Flag.DROPPED})) for number in range(5)]
    extras = draw_extras([both, *dropped], "s", per_flag=9)
    assert [extra.conversation.recording for extra in extras if extra.flag is Flag.COMPLAINT] == ["both"]
    assert len(extras) == 6


def test_drawn_and_silent_ones_are_passed_over() -> None:
    flags = frozenset({Flag.DROPPED})
    conversations = [one(recording="drawn", flags=flags), one(recording="silent", audible=False, flags=flags)]
    assert draw_extras(conversations, "s", per_flag=3, passed_over={(1, "drawn")}) == []
