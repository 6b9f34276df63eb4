"""Whom a caller is connected to (A10, A12.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.people.choice import Because, Need, choose, stand_ins
from ivr.people.staff import ANY_TOPIC, Absence, Employee, Presence, Role, Staff, State

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
AGENT = frozenset({Role.AGENT})
ONA = Employee(1, "Ona Petraitienė", "Klientų skyrius", AGENT, skills=frozenset({"benefits"}), extension="601")
JONAS = Employee(2, "Jonas Kazlauskas", "Klientų skyrius", AGENT, extension="602")
RASA = Employee(3, "Rasa Jankauskienė", "Personalo skyrius", AGENT, extension="603")
ANNA = Employee(4, "Anna Smith", "Klientų skyrius", AGENT, languages=frozenset({"lt", "en"}), extension="604")
EVERYBODY = (ONA, JONAS, RASA, ANNA)


def staff(*ready: Employee, absences: tuple[Absence, ...] = ()) -> Staff:
    """``ready`` since one, two, three … minutes: the last one longest."""
    presence = {one.id: Presence(State.READY, NOW - timedelta(minutes=minutes)) for minutes, one in enumerate(ready, 1)}
    return Staff(EVERYBODY, absences, presence)


def chosen(need: Need, people: Staff) -> tuple[str, Because] | None:
    choice = choose(need, people, NOW)
    return (choice.employee.name, choice.because) if choice else None


def test_whose_topic_it_is_comes_before_who_takes_any() -> None:
    assert chosen(Need("benefits"), staff(ONA, JONAS)) == (ONA.name, Because.SKILL)
    assert chosen(Need("labour"), staff(ONA, JONAS)) == (JONAS.name, Because.FREE)


def test_among_equals_who_has_been_ready_longest() -> None:
    assert chosen(Need("labour"), staff(JONAS, RASA)) == (RASA.name, Because.FREE)


def test_the_language_must_be_theirs() -> None:
    assert chosen(Need(language="en"), staff(JONAS, ANNA, RASA)) == (ANNA.name, Because.FREE)
    assert chosen(Need(language="en"), staff(JONAS)) is None


@pytest.mark.parametrize("state", [state for state in State if state is not State.READY])
def test_only_the_ready_are_called(state: State) -> None:
    people = Staff(EVERYBODY, (), {JONAS.id: Presence(state, NOW)})
    assert choose(Need(), people, NOW) is None


def test_nobody_is_tried_twice() -> None:
    assert chosen(Need(tried=frozenset({JONAS.id})), staff(RASA, JONAS)) == (RASA.name, Because.FREE)


def test_who_was_asked_for_comes_first_whatever_the_topic() -> None:
    assert chosen(Need("labour", wanted=ONA.id), staff(ONA, JONAS)) == (ONA.name, Because.WANTED)


@pytest.mark.rule("A10", "A12.3")
def test_an_absent_employee_is_replaced_by_their_substitute() -> None:
    away = Absence(ONA.id, NOW - timedelta(days=1), NOW + timedelta(days=3), substitute=RASA.id)
    choice = choose(Need("labour", wanted=ONA.id), staff(JONAS, RASA, ONA, absences=(away,)), NOW)
    assert choice
    assert (choice.employee, choice.because, choice.instead_of) == (RASA, Because.SUBSTITUTE, ONA)


@pytest.mark.rule("A12.3")
def test_an_absence_that_is_over_or_not_yet_begun_changes_nothing() -> None:
    over = Absence(JONAS.id, NOW - timedelta(days=3), NOW, substitute=RASA.id)
    later = Absence(JONAS.id, NOW + timedelta(hours=1), None, substitute=RASA.id)
    assert chosen(Need(wanted=JONAS.id), staff(JONAS, RASA, absences=(over, later))) == (JONAS.name, Because.WANTED)


def test_without_a_substitute_their_unit_comes_before_others() -> None:
    away = Absence(ONA.id, NOW, None)
    assert chosen(Need("labour", wanted=ONA.id), staff(JONAS, RASA, absences=(away,))) == (
        JONAS.name,
        Because.COLLEAGUE,
    )


def test_a_chain_of_substitutes_is_followed_and_a_circle_ends() -> None:
    absences = (
        Absence(ONA.id, NOW, None, JONAS.id),
        Absence(JONAS.id, NOW, None, RASA.id),
        Absence(RASA.id, NOW, None, ONA.id),
    )
    assert list(stand_ins(ONA, staff(absences=absences), NOW)) == [JONAS, RASA]
    assert chosen(Need(wanted=ONA.id), staff(RASA, absences=absences[:2])) == (RASA.name, Because.SUBSTITUTE)


def test_heads_and_those_without_a_phone_are_not_called() -> None:
    head = replace(JONAS, roles=frozenset({Role.HEAD}))
    mute = replace(RASA, extension="")
    people = Staff((head, mute), (), {one.id: Presence(State.READY, NOW) for one in (head, mute)})
    assert choose(Need(), people, NOW) is None


@given(
    st.lists(st.tuples(st.sampled_from(State), st.booleans(), st.sampled_from(["", "a", "b", ANY_TOPIC])), max_size=8),
    st.sampled_from(["", "a", "b"]),
    st.one_of(st.none(), st.integers(0, 9)),
)
def test_whoever_is_chosen_may_be_called(rows: list[tuple[State, bool, str]], topic: str, wanted: int | None) -> None:
    people = Staff(
        tuple(
            Employee(number, f"E{number}", "U", AGENT, skills=frozenset({skill}), extension=str(number))
            for number, (_, _, skill) in enumerate(rows)
        ),
        tuple(Absence(number, NOW, None, (number + 1) % 9) for number, (_, away, _) in enumerate(rows) if away),
        {number: Presence(state, NOW) for number, (state, _, _) in enumerate(rows)},
    )
    choice = choose(Need(topic, wanted=wanted), people, NOW)
    free = [
        number
        for number, (state, away, skill) in enumerate(rows)
        if state is State.READY and not away and (number == wanted or not topic or skill in (topic, ANY_TOPIC))
    ]
    assert (choice is not None) == bool(free)
    assert choice is None or choice.employee.id in free
