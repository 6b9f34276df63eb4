"""Who is authenticated: each rule of the order, as code without any world around it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.identity.attempt import Attempt, Judged
from ivr.identity.choosing import Doubt, Rules, further_questions, one_more
from ivr.identity.ports import NOBODY
from ivr.identity.questions import FIRST, PUBLIC, T3, Question, Role
from ivr.privacy import Pii
from tests.identity.people import ALL, EVERYTHING, KEY, RIGHT, WRONG, Watched, attempt, go, secrets

SEEDS = st.integers(0, 10_000)
ASKABLE = st.frozensets(st.sampled_from(T3))


@pytest.mark.rule("T4.1", "A13")
@given(seed=SEEDS)
@settings(deadline=None)
def test_digits_and_name_come_first_and_exactly_two_questions_follow(seed: int) -> None:
    tried = attempt(Watched(EVERYTHING), seed=seed)
    assert tried.asked == (Question.LAST_FOUR, Question.NAME)
    asked, judged = go(tried, RIGHT)
    assert len(asked) == 2
    assert len({*asked, Question.NAME}) == 3, "three of the eight questions, none twice"
    assert judged == Judged("p-1")


@pytest.mark.rule("T4.1")
def test_every_question_is_drawn_and_in_every_place() -> None:
    drawn = Counter(
        (place, question)
        for seed in range(600)
        for place, question in enumerate(go(attempt(Watched(EVERYTHING), seed=seed), RIGHT)[0])
    )
    rest = [question for question in T3 if question is not Question.NAME]
    assert set(drawn) == {(place, question) for place in (0, 1) for question in rest}
    private = [drawn[0, question] for question in rest if question not in PUBLIC]
    assert max(private) < 2 * min(private), "no question is preferred"


@pytest.mark.rule("T4.1", "X6")
@given(askable=ASKABLE, seed=SEEDS, doubts=st.frozensets(st.sampled_from(Doubt)))
@settings(deadline=None)
def test_address_and_phone_never_come_together_and_only_what_may_be_asked_is(
    askable: frozenset[Question], seed: int, doubts: frozenset[Doubt]
) -> None:
    hearable = frozenset(T3) - {Question.EMPLOYMENT_END}
    rules = Rules(hearable=hearable)
    drawn = further_questions("job_seeker", askable, doubts, Random(seed), rules)
    assert len(set(drawn)) == len(drawn)
    assert not set(drawn) >= PUBLIC
    assert set(drawn) <= hearable - {Question.NAME}
    assert Question.EMAIL not in drawn or Question.EMAIL in askable
    assert len(drawn) == (3 if doubts else 2)


@pytest.mark.rule("T4.1")
def test_what_the_ear_does_not_hear_well_is_not_asked_for_unless_set() -> None:
    assert Rules().hearable == frozenset(T3) - {Question.EMAIL}
    for seed in range(60):
        assert Question.EMAIL not in go(attempt(Watched(EVERYTHING), seed=seed, rules=Rules()), RIGHT)[0]


@pytest.mark.rule("T3")
@given(seed=SEEDS)
@settings(deadline=None)
def test_email_is_never_asked_for_where_none_is_stored(seed: int) -> None:
    asked, _ = go(attempt(Watched(replace(EVERYTHING, email=Pii(""))), seed=seed), RIGHT)
    assert Question.EMAIL not in asked


@pytest.mark.rule("T3", "T4.1")
@given(seed=SEEDS)
@settings(deadline=None)
def test_what_is_not_stored_is_not_asked_as_long_as_enough_is(seed: int) -> None:
    known = replace(EVERYTHING, registration=Pii(""), last_visit=None)
    asked, judged = go(attempt(Watched(known), seed=seed), RIGHT)
    assert {Question.REGISTRATION, Question.LAST_VISIT}.isdisjoint(asked)
    assert judged.passed


@pytest.mark.rule("T4.3", "T5")
@given(seed=SEEDS)
@settings(deadline=None)
def test_somebody_of_whom_too_little_is_stored_is_asked_as_many_and_not_authenticated(seed: int) -> None:
    little = replace(
        EVERYTHING, registration=Pii(""), last_visit=None, last_visit_about=Pii(""), employment_end=None, email=Pii("")
    )
    asked, judged = go(attempt(Watched(little), seed=seed), RIGHT)
    assert len(asked) == 2
    assert not judged.passed


@pytest.mark.rule("T4.2")
@pytest.mark.parametrize("doubt", list(Doubt))
def test_in_doubt_more_than_three_questions_are_put(doubt: Doubt) -> None:
    asked, judged = go(attempt(Watched(EVERYTHING), doubts=[doubt]), RIGHT)
    assert len(asked) == 3
    assert judged.passed


@pytest.mark.rule("T4.2")
def test_a_doubt_of_the_ear_in_the_last_round_adds_one_question_once() -> None:
    tried = attempt(Watched(EVERYTHING))
    tried.select(secrets(RIGHT))
    step = tried.go_on(secrets({q: RIGHT[q] for q in tried.asked}))
    assert isinstance(step, tuple)
    more = tried.go_on(secrets({q: RIGHT[q] for q in step}), unsure=True)
    assert isinstance(more, tuple)
    assert len(more) == 1
    assert more[0] not in (*step, Question.NAME, Question.LAST_FOUR)
    assert not {*step, *more} >= PUBLIC
    assert tried.go_on(secrets({more[0]: RIGHT[more[0]]}), unsure=True) == Judged("p-1")


@pytest.mark.rule("T4.2")
def test_a_doubt_in_the_first_round_adds_one_question_and_no_other_later() -> None:
    tried = attempt(Watched(EVERYTHING))
    tried.select(secrets(RIGHT))
    step = tried.go_on(secrets({q: RIGHT[q] for q in tried.asked}), unsure=True)
    assert isinstance(step, tuple)
    assert len(step) == 3
    assert tried.go_on(secrets({q: RIGHT[q] for q in step}), unsure=True) == Judged("p-1")


@pytest.mark.rule("T4.2")
def test_several_people_with_the_same_name_and_digits_are_told_apart_by_one_question_more() -> None:
    twin = replace(EVERYTHING, **{name: Pii("9") for name in ("registration", "house")}, phone=Pii("+37069999999"),
                   last_visit=date(2024, 7, 1), last_visit_about=Pii("plan"), employment_end=date(2020, 1, 1),
                   email=Pii("kitas@gmail.com"))  # fmt: skip
    registry = Watched(EVERYTHING, twin)
    asked, judged = go(attempt(registry), RIGHT)
    assert len(asked) == 3
    assert judged == Judged("p-1")
    assert Counter(person for person, _ in registry.judged) == {"p-1": 3, "p-2": 3}


@pytest.mark.rule("T4.3", "T5")
def test_two_people_whom_the_answers_fit_equally_are_neither_of_them() -> None:
    assert not go(attempt(Watched(EVERYTHING, EVERYTHING)), RIGHT)[1].passed


@pytest.mark.rule("T4.3", "T5", "A14", "T7")
@pytest.mark.parametrize("role", list(FIRST))
@pytest.mark.parametrize("wrong", list(Question))
def test_one_wrong_answer_among_right_ones_is_enough(role: Role, wrong: Question) -> None:
    answers = {**RIGHT, wrong: WRONG[wrong]}
    for seed in range(40):
        tried = attempt(Watched(EVERYTHING), role, seed=seed)
        asked, judged = go(tried, answers)
        assert judged.passed == (wrong not in (*FIRST[role], *asked))


@pytest.mark.rule("T5", "T7")
@pytest.mark.parametrize("role", list(FIRST))
@pytest.mark.parametrize("missing", list(Question))
@pytest.mark.parametrize("empty", [True, False])
def test_one_question_without_an_answer_is_enough(role: Role, missing: Question, empty: bool) -> None:
    answers = {**RIGHT, missing: ""} if empty else {q: value for q, value in RIGHT.items() if q is not missing}
    for seed in range(40):
        tried = attempt(Watched(EVERYTHING), role, seed=seed)
        asked, judged = go(tried, answers)
        assert judged.passed == (missing not in (*FIRST[role], *asked))


@pytest.mark.rule("T6.1", "A3.6")
def test_a_user_of_e_services_gives_digits_email_and_name_and_nothing_more() -> None:
    registry = Watched(EVERYTHING)
    tried = attempt(registry, "e_service")
    assert tried.asked == (Question.LAST_FOUR, Question.NAME, Question.EMAIL)
    asked, judged = go(tried, RIGHT)
    assert not asked
    assert judged == Judged("p-1")
    assert registry.judged == [("p-1", Question.EMAIL)]


@pytest.mark.rule("T6.2")
def test_in_doubt_a_user_of_e_services_who_is_registered_answers_one_question_of_a_job_seeker() -> None:
    for seed in range(20):
        asked, judged = go(attempt(Watched(EVERYTHING), "e_service", [Doubt.WITHHELD], seed), RIGHT)
        assert len(asked) == 1
        assert asked[0] not in FIRST["e_service"]
        assert judged.passed
    only_user = replace(
        EVERYTHING, registration=Pii(""), street=Pii(""), phone=Pii(""), last_visit=None,
        last_visit_about=Pii(""), employment_end=None,
    )  # fmt: skip
    assert go(attempt(Watched(only_user), "e_service", [Doubt.WITHHELD]), RIGHT) == ([], Judged("p-1"))


@pytest.mark.rule("T6.2")
def test_a_doubt_of_the_ear_costs_a_user_of_e_services_one_question_and_not_one_a_round() -> None:
    for seed in range(20):
        tried = attempt(Watched(EVERYTHING), "e_service", seed=seed)
        tried.select(secrets(RIGHT))
        step = tried.go_on(secrets({q: RIGHT[q] for q in tried.asked}), unsure=True)
        assert isinstance(step, tuple)
        assert len(step) == 1
        assert tried.go_on(secrets({q: RIGHT[q] for q in step}), unsure=True) == Judged("p-1")


@pytest.mark.rule("X6", "T5")
@given(seed=SEEDS, doubt=st.booleans(), role=st.sampled_from(["job_seeker", "e_service"]))
@settings(max_examples=60, deadline=None)
def test_an_unknown_person_goes_the_same_way_as_a_known_one(seed: int, doubt: bool, role: Role) -> None:
    doubts = [Doubt.WITHHELD] if doubt else []
    known, unknown = Watched(EVERYTHING), Watched(EVERYTHING)
    wrong = {q: value for q, value in WRONG.items() if q not in FIRST[role]}
    asked_known, _ = go(attempt(known, role, doubts, seed), {**RIGHT, **wrong})
    asked_unknown, judged = go(attempt(unknown, role, doubts, seed), {**RIGHT, Question.LAST_FOUR: "9999", **wrong})
    assert len(asked_known) == len(asked_unknown)
    assert len(known.judged) == len(unknown.judged), "as many look-ups, so as much time"
    assert judged == Judged()
    assert {person for person, _ in unknown.judged} == {NOBODY}


@pytest.mark.rule("X6")
def test_what_can_be_asked_about_an_unknown_person_is_the_same_each_time_and_another_person_s_differs() -> None:
    def seen(digits: str) -> frozenset[Question]:
        answers = {**RIGHT, Question.LAST_FOUR: digits}
        return frozenset(q for seed in range(120) for q in go(attempt(Watched(EVERYTHING), seed=seed), answers)[0])

    assert seen("9999") == seen("9999")
    assert len({seen(f"999{digit}") for digit in range(8)}) > 1
    assert any(Question.EMAIL not in seen(f"999{digit}") for digit in range(9))


@pytest.mark.rule("X6")
def test_every_answer_is_compared_although_the_first_was_wrong() -> None:
    registry = Watched(EVERYTHING)
    asked, judged = go(attempt(registry), {**RIGHT, **{q: WRONG[q] for q in T3 if q is not Question.NAME}})
    assert not judged.passed
    assert [question for _, question in registry.judged] == list(asked)


@pytest.mark.rule("X6")
def test_a_blocked_person_is_treated_as_unknown() -> None:
    tried = attempt(Watched(EVERYTHING))
    tried.select(secrets(RIGHT))
    step = tried.go_on(secrets({q: RIGHT[q] for q in tried.asked}), blocked=["p-1"])
    assert isinstance(step, tuple)
    assert len(step) == 2
    assert tried.go_on(secrets({q: RIGHT[q] for q in step})) == Judged()


@pytest.mark.rule("T4.2")
def test_a_doubt_about_the_person_counts_when_they_are_known() -> None:
    tried = attempt(Watched(EVERYTHING))
    tried.select(secrets(RIGHT))
    step = tried.go_on(secrets({q: RIGHT[q] for q in tried.asked}), doubts=[Doubt.FAILED_BEFORE])
    assert isinstance(step, tuple)
    assert len(step) == 3


@pytest.mark.rule("X5", "T5")
def test_after_its_end_a_try_holds_nothing_and_is_never_passed() -> None:
    tried = attempt(Watched(EVERYTHING))
    assert go(tried, RIGHT)[1].passed
    assert "4861" not in str(vars(tried)["_answers"].values())
    assert not vars(tried)["_answers"]
    assert tried.go_on(secrets(RIGHT)) == Judged()


def test_nobody_is_looked_for_without_digits_and_name() -> None:
    tried = attempt(Watched(EVERYTHING))
    assert tried.select(secrets({Question.LAST_FOUR: "4861"})) == ()
    assert tried.select(secrets({Question.NAME: "Jonas Petraitis", Question.LAST_FOUR: ""})) == ()
    assert tried.select(secrets({Question.NAME: "Jonas Petraitis", Question.LAST_FOUR: "4861"})) == ("p-1",)


@given(askable=ASKABLE, asked=ASKABLE, seed=SEEDS)
@settings(deadline=None)
def test_one_more_question_is_a_new_one(askable: frozenset[Question], asked: frozenset[Question], seed: int) -> None:
    more = one_more("job_seeker", askable, asked, Random(seed), ALL)
    free = askable - asked - {Question.NAME}
    possible = free - PUBLIC if asked & PUBLIC else free
    assert len(more) == min(1, len(possible))
    assert set(more) <= possible


def test_the_number_of_questions_is_a_setting() -> None:
    rules = Rules(further=3, in_doubt=2)
    assert len(go(attempt(Watched(EVERYTHING), rules=rules), RIGHT)[0]) == 3
    assert len(go(attempt(Watched(EVERYTHING), doubts=[Doubt.WITHHELD], rules=rules), RIGHT)[0]) == 5
    assert Attempt("job_seeker", Watched(EVERYTHING), (), Random(1), Rules(), KEY).role == "job_seeker"
