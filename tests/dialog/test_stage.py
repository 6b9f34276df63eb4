"""The books that the stage keeps."""

from __future__ import annotations

import itertools

import pytest

from ivr.dialog.facts import Facts
from ivr.dialog.plan import Plan
from ivr.dialog.stage import KEPT_KEYS, Stage
from ivr.events import Listen, Say, StopListening, StopSaying


@pytest.fixture
def stage(plan: Plan) -> Stage:
    stage = Stage(plan, Facts())
    stage.begin(0.0)
    return stage


@pytest.mark.rule("X2")
def test_nothing_stops_a_sentence_that_must_be_heard(stage: Stage) -> None:
    stage.say(["greeting"], interruptible=False)
    stage.say(["menu.ask"])
    stage.stop_saying()
    actions = stage.finish(over=False)
    assert [type(action) for action in actions] == [Say, Say]
    stage.begin(1.0)
    stage.stop_saying()
    assert stage.finish(over=False) == ()


def test_a_sentence_that_was_only_just_asked_for_is_not_begun_at_all(stage: Stage) -> None:
    stage.say(["menu.ask"])
    stage.stop_saying()
    stage.say(["topics.ask"])
    (only,) = stage.finish(over=False)
    assert isinstance(only, Say)
    assert only.prompts[0].id == "topics.ask"


def test_what_plays_already_is_cut_and_what_is_new_is_left_out(stage: Stage) -> None:
    stage.say(["menu.ask"])
    stage.finish(over=False)
    stage.begin(1.0)
    stage.say(["menu.hint"])
    stage.stop_saying()
    assert stage.finish(over=False) == (StopSaying(),)


def test_the_ear_is_opened_once_per_event_and_closed_with_the_node(stage: Stage) -> None:
    stage.listen("a", ["taip"])
    stage.listen("b", ["ne"])
    (listen,) = stage.finish(over=False)
    assert isinstance(listen, Listen)
    assert (listen.grammar.name, listen.end_silence_s) == ("b", 0.7)
    stage.begin(1.0)
    assert stage.finish(over=False) == ()
    stage.begin(2.0)
    stage.enter("menu")
    assert stage.finish(over=False) == (StopListening(),)


def test_timers_stand_still_during_hold_and_those_set_meanwhile_begin_after_it(stage: Stage) -> None:
    stage.set_timer("no_input", 6.0)
    stage.begin(2.0)
    stage.hold()
    stage.set_timer("later", 1.0)
    assert stage.deadline == pytest.approx(602.0)
    stage.begin(102.0)
    assert stage.take_due() == []
    stage.resume()
    assert stage.deadline == pytest.approx(103.0)
    stage.begin(106.0)
    assert stage.take_due() == ["later", "no_input"]
    assert stage.deadline is None


@pytest.mark.rule("A12.7", "A12.20")
def test_no_prompt_with_several_wordings_is_said_twice_in_a_row(plan: Plan) -> None:
    wordings = {"menu.hint": ("menu.hint", "menu.hint.again", "menu.hint.calm")}
    stage = Stage(plan, Facts(wordings=wordings))
    said: list[str] = []
    for number in range(7):
        stage.begin(float(number))
        stage.say(["menu.ask", "menu.hint"])
        said += [say.prompts[1].id for say in stage.finish(over=False) if isinstance(say, Say)]
    assert said[:4] == ["menu.hint", "menu.hint.again", "menu.hint.calm", "menu.hint"]
    assert all(one != other for one, other in itertools.pairwise(said))


@pytest.mark.rule("X3")
def test_keys_that_nobody_takes_are_not_kept_for_ever(stage: Stage) -> None:
    for number in range(10 * KEPT_KEYS):
        stage.typed.append(str(number % 10))
    stage.typed.append("0")
    assert len(stage.typed) == KEPT_KEYS
    assert stage.typed[-1] == "0", "who presses on and then wants a person gets one"
