"""The text runner finds what goes wrong; scenarios are refused with their line."""

from __future__ import annotations

from datetime import timedelta
from textwrap import dedent

import pytest

from ivr.dialog.plan import Plan, load_plan
from ivr.errors import ScenarioError
from ivr.simulator.clock import START, VirtualClock
from ivr.simulator.scenario import Scenario, parse_scenario
from ivr.simulator.text import run_text

PLAN = """
plan: test
version: 1
start: hello
no_input: [n1, n2, n3]
no_match: [m1, m2, m3]
deaf: [deaf]
commands:
  repeat: {phrases: [pakartokite]}
  person: {phrases: [žmogus], keys: ["0"], goto: bye}
  goodbye: {phrases: [viso gero], goto: bye}
nodes:
  hello: {type: say, prompts: [hello], interruptible: false, next: ask}
  ask:
    type: choice
    ask: [ask]
    hint: [hint]
    keypad: [keypad]
    options: [{intent: go_on, phrases: [taip], keys: ["1"], goto: bye}]
    give_up: bye
  bye: {type: goodbye, prompts: [bye]}
"""
IDS = ("hello", "ask", "hint", "keypad", "deaf", "bye", "n1", "n2", "n3", "m1", "m2", "m3")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(PLAN, "test", prompts=IDS)


def run(plan: Plan, steps: str, rest: str = "") -> tuple[str, ...]:
    text = f"name: x\ndescription: x\nsteps:\n{dedent(steps)}\n{dedent(rest)}"
    return run_text(parse_scenario(text, "x.yaml"), plan, dict.fromkeys(IDS, "Sakinys iš kelių žodžių.")).failures


def test_a_conversation_that_goes_well_has_no_failures(plan: Plan) -> None:
    assert run(plan, "- expect: {prompt: ask}\n- say: taip\n- expect: {prompt: bye, within_ms: 2000}") == ()


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ("- expect: {prompt: hint}\n", "hint did not begin"),
        ("- expect: {prompt: bye, within_ms: 3000}", "bye did not begin within 3.0 s"),
        ("- expect: {prompt: ask}\n- expect_absent: {prompt: n1, for_ms: 8000}", "n1 was said"),
        ("- expect: {prompt: ask}\n- expect_hangup: {within_ms: 8000}", "did not end the call"),
        ("- expect: {prompt: ask}\n- agent_hangup: {}", "no agent"),
        ("- hangup: {}\n- press: '1'", "the call is over"),
    ],
)
def test_what_goes_wrong_is_told_with_its_step(plan: Plan, steps: str, problem: str) -> None:
    if "hint" in problem:
        steps = "- expect: {prompt: hint, within_ms: 2000}"
    (failure,) = run(plan, steps)
    assert problem in failure
    assert failure.startswith(f"step {len(steps.strip().splitlines())}:")


def test_journal_is_compared_in_order_and_by_the_data_given(plan: Plan) -> None:
    steps = "- expect: {prompt: ask}\n- press: '1'\n- hangup: {}"
    good = "journal: [{kind: turn.key, data: {key: '1'}}, {kind: intent.decided, data: {by: key}}]"
    assert run(plan, steps, good) == ()
    swapped = "journal: [{kind: intent.decided}, {kind: turn.key}]"
    assert "no turn.key" in run(plan, steps, swapped)[0]
    other = "journal: [{kind: intent.decided, data: {by: voice}}]"
    assert "no intent.decided" in run(plan, steps, other)[0]
    assert "holds turn.key" in run(plan, steps, "journal_absent: [turn.key]")[0]
    assert "outcome is answered, not message" in run(plan, steps, "outcome: message")[0]


def test_a_silence_that_the_line_owes_is_a_failure(plan: Plan) -> None:
    silent = PLAN.replace("start: hello", "start: call").replace(
        "nodes:\n",
        "nodes:\n  call: {type: transfer, connecting: [hello], waiting: [n1, n2], pause_s: 2.0, failed: hello, "
        "returned: hello}\n",
    )
    scenario = parse_scenario(
        "name: x\ndescription: x\nfacts: {agent: no_answer}\nsteps:\n- expect: {prompt: ask}\n", "x"
    )
    texts = dict.fromkeys(IDS, "Sakinys.")
    assert run_text(scenario, load_plan(silent, "x"), texts).failures == ()
    long = load_plan(silent, "x").nodes["call"].model_copy(update={"pause_s": 2.5})
    slow = load_plan(silent, "x")
    slow = slow.model_copy(update={"nodes": {**slow.nodes, "call": long}})
    assert "silence of 2.5 s" in run_text(scenario, slow, texts).failures[0]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("name: x\ndescription: x\nsteps:\n- shout: hello\n", 4, "this is no step"),
        ("name: x\ndescription: x\nsteps:\n- say: labas\n  loud: true\n", 5, "is not known here"),
        ("name: x\ndescription: x\nsteps:\n- press: '12'\n", 4, "'12'"),
        ("name: x\ndescription: x\nsteps:\n- wait_ms: 10\noutcome: happy\n", 5, "happy"),
        ("name: x\nname: y\n", 2, "given twice"),
        ("name: x\ndescription: x\n", 1, "steps: is missing"),
        ("name: [\n", 2, "not valid YAML"),
        ("", 1, "empty"),
    ],
)
def test_a_wrong_scenario_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "wrong.yaml")
    assert (caught.value.file, caught.value.line) == ("wrong.yaml", line)
    assert problem in str(caught.value)


def test_scenarios_that_need_a_simulation_say_so() -> None:
    def parsed(step: str) -> Scenario:
        return parse_scenario(f"name: x\ndescription: x\nsteps:\n- {step}\n", "x")

    assert parsed("ear: lost").text_only
    assert not parsed("say: labas").text_only


def test_virtual_clock_makes_calls_in_their_order_and_forgets_cancelled_ones() -> None:
    clock = VirtualClock()
    made: list[str] = []
    clock.call_at(2.0, lambda: made.append("b"))
    clock.call_at(1.0, lambda: made.append("a"))
    clock.call_at(2.0, lambda: made.append("c"))
    clock.call_at(1.5, lambda: made.append("never")).cancel()
    clock.advance(1.9)
    assert (made, clock.now(), clock.next_at) == (["a"], 1.9, 2.0)
    clock.advance(10)
    assert made == ["a", "b", "c"]
    assert clock.utcnow() - START == timedelta(seconds=11.9)
    assert clock.next_at is None
    assert not clock.step()
