"""The monthly draw (A19): enough of everybody, spread, repeatable, and no favour within a stratum."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.sampling.draw import Draw, Reason, draw_month
from ivr.sampling.population import USUAL, Conversation, Third, cut_points
from tests.sampling.months import NOVEMBER, office, one

pytestmark = pytest.mark.rule("A19")


def drawn(conversations: list[Conversation], seed: str = "s", employees: int = 30) -> Draw:
    cuts = cut_points([conversation.duration_s for conversation in conversations])
    return draw_month(conversations, range(employees), NOVEMBER, cuts, seed, until=NOVEMBER.closes)


def per_employee(conversations: list[Conversation]) -> dict[int, list[Conversation]]:
    return {who: [one for one in conversations if one.employee == who and one.audible] for who in range(30)}


@pytest.mark.parametrize("seed", range(6))
def test_everybody_with_eight_has_eight_and_the_rest_is_reported(seed: int) -> None:
    conversations = office(seed)
    draw = drawn(conversations)
    numbers = Counter(pick.conversation.employee for pick in draw.picks)
    short = {shortfall.employee: shortfall.found for shortfall in draw.shortfalls}
    for who, own in per_employee(conversations).items():
        if len(own) >= 8:
            assert numbers[who] >= 8
            assert who not in short
        else:
            assert numbers[who] == len(own) == short[who]


@pytest.mark.parametrize("seed", range(6))
def test_thirds_and_topics_are_all_there(seed: int) -> None:
    conversations = office(seed)
    cuts = cut_points([conversation.duration_s for conversation in conversations])
    picks = drawn(conversations).picks
    for who, own in per_employee(conversations).items():
        sample = [pick for pick in picks if pick.conversation.employee == who]
        assert {pick.third for pick in sample} == {cuts.third(one.duration_s) for one in own}
        assert len({pick.conversation.topic for pick in sample}) >= min(4, len({one.topic for one in own}))


@pytest.mark.parametrize("seed", range(6))
def test_no_day_holds_over_a_third_when_that_is_avoidable(seed: int) -> None:
    conversations = office(seed)
    picks = drawn(conversations).picks
    for who, own in per_employee(conversations).items():
        days = Counter(pick.conversation.day for pick in picks if pick.conversation.employee == who)
        there = Counter(one.day for one in own)
        # With three in each of three days a sample of nine is always possible.
        if sum(number >= 3 for number in there.values()) >= 3:
            assert 3 * max(days.values()) <= days.total()


def test_a_single_rare_day_is_evened_out_by_more_of_the_others() -> None:
    rare = [one(recording=f"r{number}", day=30, topic=f"t{number}") for number in range(4)]
    rest = [one(recording=f"c{number}", day=3 + number % 12) for number in range(40)]
    draw = drawn(rare + rest, employees=2)
    days = Counter(pick.conversation.day.day for pick in draw.picks)
    assert len({pick.conversation.topic for pick in draw.picks}) >= 4
    assert 3 * max(days.values()) <= days.total()


def test_the_same_seed_draws_the_same_whatever_the_order() -> None:
    conversations = office(1)
    assert drawn(conversations) == drawn(conversations[::-1])
    assert drawn(conversations) != drawn(conversations, seed="another")


def test_a_draw_knows_nothing_of_what_comes_after_it() -> None:
    conversations = office(2)
    at = NOVEMBER.draws[1]
    cuts = cut_points([conversation.duration_s for conversation in conversations])
    known = [one for one in conversations if one.ended <= at]
    whole = draw_month(conversations, range(30), NOVEMBER, cuts, "s", until=NOVEMBER.closes)
    early = draw_month(known, range(30), NOVEMBER, cuts, "s", until=at)
    assert early.picks == tuple(pick for pick in whole.picks if pick.drawn_at <= at)
    assert early.picks
    assert not early.shortfalls  # a month that is still open is short of nothing


def test_what_was_reviewed_is_passed_over() -> None:
    conversations = [one(recording=f"c{number}", day=1 + number % 28) for number in range(12)]
    reviewed = {(1, f"c{number}"): datetime(2026, 11, 1, tzinfo=UTC) for number in range(4)}
    draw = draw_month(conversations, [1], NOVEMBER, USUAL, "s", until=NOVEMBER.closes, reviewed=reviewed)
    assert {pick.conversation.recording for pick in draw.picks} == {f"c{number}" for number in range(4, 12)}


def test_a_later_review_does_not_unmake_an_earlier_draw() -> None:
    conversations = office(3)
    before = drawn(conversations)
    first = before.picks[0]
    reviewed = {first.conversation.key: first.drawn_at + timedelta(days=2)}
    cuts = cut_points([conversation.duration_s for conversation in conversations])
    after = draw_month(conversations, range(30), NOVEMBER, cuts, "s", until=NOVEMBER.closes, reviewed=reviewed)
    assert after == before


def test_what_has_no_sound_is_never_drawn_and_is_named_in_the_shortfall() -> None:
    conversations = [one(recording=f"c{number}", day=1 + number, audible=number >= 5) for number in range(10)]
    draw = drawn(conversations, employees=2)
    assert all(pick.conversation.audible for pick in draw.picks)
    own = next(shortfall for shortfall in draw.shortfalls if shortfall.employee == 1)
    assert (own.found, own.wanted, own.inaudible) == (5, 8, 5)


def test_the_last_evening_belongs_to_the_next_month() -> None:
    late = replace(one(), ended=NOVEMBER.closes + timedelta(minutes=1))
    december = NOVEMBER.parse("2026-12", UTC)
    assert not drawn([late], employees=2).picks
    assert draw_month([late], [1], december, USUAL, "s", until=december.closes).picks


def test_every_week_has_its_share() -> None:
    conversations = [one(recording=f"c{number}", day=1 + number % 29) for number in range(200)]
    picks = drawn(conversations, employees=2).picks
    assert list(Counter(pick.drawn_at for pick in picks).values()) == [2, 2, 2, 2]
    assert [pick.reason for pick in picks] == [Reason.WEEKLY] * 6 + [Reason.TOP_UP] * 2


def test_within_a_stratum_everyone_has_the_same_chance() -> None:
    """Chi-square against uniform: 12 conversations alike in week, third and topic, over 600 seeds."""
    alike = [one(recording=f"c{number}", day=3) for number in range(12)]
    others = [one(recording=f"o{number}", day=10 + number % 18) for number in range(60)]
    numbers: Counter[str] = Counter()
    for seed in range(600):
        picks = draw_month(alike + others, [1], NOVEMBER, USUAL, str(seed), until=NOVEMBER.closes).picks
        numbers.update(pick.conversation.recording for pick in picks if pick.conversation.day.day == 3)
    expected = numbers.total() / 12
    statistic = sum((numbers[one.recording] - expected) ** 2 / expected for one in alike)
    assert numbers.total() >= 600
    assert statistic < 31.3  # 11 degrees of freedom, one in a thousand


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(1, 4000), st.sampled_from("abcdef"), st.booleans()), max_size=60),
    st.text(max_size=5),
)
def test_whatever_the_month_nobody_is_drawn_twice_or_without_sound(
    rows: list[tuple[int, float, str, bool]], seed: str
) -> None:
    conversations = [
        one(recording=f"c{number}", day=day, duration_s=duration, topic=topic, audible=audible)
        for number, (day, duration, topic, audible) in enumerate(rows)
    ]
    draw = drawn(conversations, seed, employees=2)
    keys = [pick.conversation.key for pick in draw.picks]
    assert len(keys) == len(set(keys)) <= max(16, 8 + 6)
    assert all(pick.conversation.audible and pick.conversation.ended <= pick.drawn_at for pick in draw.picks)


def test_thirds_are_of_last_month_or_the_usual_ones() -> None:
    cuts = cut_points([float(second) for second in range(1, 91)])
    assert [cuts.third(at) for at in (30.0, 30.1, 60.0, 60.1)] == [Third.SHORT, Third.MIDDLE, Third.MIDDLE, Third.LONG]
    assert cut_points([5.0] * 29) == USUAL


def test_what_is_erased_before_a_review_is_replaced_by_the_next_draw_and_stays_in_the_list() -> None:
    conversations = [one(recording=f"c{number}", day=1 + number % 29) for number in range(200)]
    before = drawn(conversations, employees=2)
    first = before.picks[0]
    lost = {first.conversation.key: first.drawn_at + timedelta(days=1)}
    cuts = cut_points([conversation.duration_s for conversation in conversations])
    after = draw_month(conversations, range(2), NOVEMBER, cuts, "s", until=NOVEMBER.closes, lost=lost)
    assert after.picks[0] == first
    (instead,) = [pick for pick in after.picks if pick.reason is Reason.REPLACEMENT]
    assert instead.drawn_at == NOVEMBER.draws[1]
    assert len([pick for pick in after.picks if pick.conversation.key not in lost]) == 8
    assert [short.employee for short in after.shortfalls] == [0]  # who had no call at all


def test_what_was_erased_before_a_draw_is_never_drawn() -> None:
    conversations = [one(recording=f"c{number}", day=1 + number) for number in range(12)]
    lost = {(1, f"c{number}"): NOVEMBER.opens for number in range(6)}
    draw = draw_month(conversations, [1], NOVEMBER, USUAL, "s", until=NOVEMBER.closes, lost=lost)
    assert {pick.conversation.recording for pick in draw.picks} == {f"c{number}" for number in range(6, 12)}


def test_a_month_without_a_replacement_says_what_it_lacks() -> None:
    conversations = [one(recording=f"c{number}", day=1 + number % 7) for number in range(8)]
    lost = {(1, "c3"): NOVEMBER.draws[2]}
    draw = draw_month(conversations, [1], NOVEMBER, USUAL, "s", until=NOVEMBER.closes, lost=lost)
    (short,) = draw.shortfalls
    assert (short.found, short.wanted, short.erased) == (7, 8, 1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2000), st.dictionaries(st.integers(0, 59), st.integers(1, 30), max_size=20))
def test_an_erasure_changes_no_draw_that_was_made_before_it(seed: int, erased: dict[int, int]) -> None:
    conversations = [one(recording=f"c{number}", day=1 + number % 29, topic=f"t{number % 5}") for number in range(60)]
    lost = {(1, f"c{number}"): datetime(2026, 11, day, 13, tzinfo=UTC) for number, day in erased.items()}
    made = [
        draw_month(conversations, [1], NOVEMBER, USUAL, str(seed), until=NOVEMBER.closes, lost=times).picks
        for times in ({}, lost)
    ]
    begun = min(lost.values(), default=NOVEMBER.closes)
    early = [[pick for pick in picks if pick.drawn_at < begun] for picks in made]
    assert early[0] == early[1]
    for pick in made[1]:
        key = pick.conversation.key
        assert key not in lost or lost[key] > pick.drawn_at


def chi_square_limit(freedom: int) -> float:
    """What chance exceeds once in a thousand (Wilson and Hilferty)."""
    share = 2 / (9 * freedom)
    return float(freedom * (1 - share + 3.09 * share**0.5) ** 3)


def unevenness(months: int) -> tuple[float, int]:
    """Chi-square of the picks of one simulated office over many seeds against uniform within strata, and its freedom.

    A stratum is what the rules can't tell apart: one employee's audible conversations of one day, third and topic.
    """
    conversations = office(4)
    cuts = cut_points([conversation.duration_s for conversation in conversations])
    strata: dict[tuple[object, ...], list[str]] = {}
    for conversation in (each for each in conversations if each.audible):
        third = cuts.third(conversation.duration_s)
        stratum = (conversation.employee, conversation.day, third, conversation.topic)
        strata.setdefault(stratum, []).append(conversation.recording)
    numbers = Counter(
        pick.conversation.recording
        for seed in range(months)
        for pick in draw_month(conversations, range(30), NOVEMBER, cuts, str(seed), until=NOVEMBER.closes).picks
    )
    statistic, freedom = 0.0, 0
    for alike in strata.values():
        expected = sum(numbers[recording] for recording in alike) / len(alike)
        if len(alike) > 1 and expected >= 1:
            statistic += sum((numbers[recording] - expected) ** 2 / expected for recording in alike)
            freedom += len(alike) - 1
    return statistic, freedom


def test_over_simulated_months_of_thirty_employees_nobody_in_a_stratum_is_favoured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statistic, freedom = unevenness(30)
    assert freedom > 500
    assert statistic < chi_square_limit(freedom)
    module = sys.modules[draw_month.__module__]
    monkeypatch.setattr(module, "lot", lambda _seed, recording: int(recording.partition("-")[2]))
    statistic, freedom = unevenness(15)
    assert statistic > 2 * chi_square_limit(freedom)  # whoever is always first is found out
