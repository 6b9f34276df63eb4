"""Random calls through the real plan: whatever happens, nobody is lost and nothing forbidden is done."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.dialog.facts import Facts
from ivr.dialog.plan import load_plan
from ivr.events import (
    AgentAnswered,
    AgentFailed,
    AgentHungUp,
    EarChanged,
    HangupReason,
    Heard,
    Held,
    HungUp,
    Pressed,
    RecordingChanged,
    RecordingState,
    Resumed,
    SpeechStarted,
)
from ivr.paths import project_file
from tests.dialog.shell import StrictShell

PLAN = load_plan(project_file("dialplans", "1883.yaml").read_text(encoding="utf-8"), "1883.yaml")

FACTS = st.builds(Facts, agent_available=st.booleans(), recording_enabled=st.booleans())
STEPS = st.lists(
    st.one_of(
        st.just(("play",)),
        st.just(("play",)),
        st.just(("tick",)),
        st.tuples(st.just("press"), st.sampled_from("0123456789*#")),
        st.tuples(st.just("say"), st.integers(0, 200)),
        st.sampled_from(
            [
                ("mumble",), ("speech",), ("fail",), ("hold",), ("resume",), ("ear", False), ("ear", True),
                ("agent", "answers"), ("agent", "busy"), ("agent", "leaves"),
                ("recording", True), ("recording", False), ("hangup",),
            ]
        ),
    ),
    max_size=60,
)  # fmt: skip


def step(shell: StrictShell, what: tuple[object, ...]) -> None:
    match what:
        case ("play",) if shell.queue:
            shell.play()
        case ("fail",) if shell.queue:
            shell.play(completed=False)
        case ("tick",) if shell.machine.deadline is not None:
            shell.tick()
        case ("press", str(key)):
            shell.tell(lambda at: Pressed(at, key), after=0.2)
        case ("say", int(number)):
            phrases = shell.grammar.phrases if shell.grammar is not None else ()
            text = phrases[number % len(phrases)] if phrases else "taip"
            shell.tell(SpeechStarted, after=0.3)
            shell.tell(lambda at: Heard(at, text, 0.9), after=1.0)
        case ("mumble",):
            shell.tell(SpeechStarted, after=0.3)
            shell.tell(lambda at: Heard(at, ""), after=1.0)
        case ("speech",):
            shell.tell(SpeechStarted, after=0.3)
        case ("hold",):
            shell.tell(Held, after=0.3)
        case ("resume",):
            shell.tell(Resumed, after=5.0)
        case ("ear", bool(available)):
            shell.tell(lambda at: EarChanged(at, available), after=0.1)
        case ("agent", "answers") if shell.dialled:
            shell.tell(AgentAnswered, after=2.0)
        case ("agent", "busy") if shell.dialled:
            shell.dialled = False
            shell.tell(lambda at: AgentFailed(at, HangupReason.BUSY), after=2.0)
        case ("agent", "leaves") if shell.bridged:
            shell.bridged = False
            shell.tell(AgentHungUp, after=20.0)
        case ("recording", bool(running)):
            state = RecordingState.OK if running else RecordingState.FAILED
            shell.tell(lambda at: RecordingChanged(at, state, running), after=0.1)
        case ("hangup",):
            shell.tell(lambda at: HungUp(at, HangupReason.CALLER), after=0.1)
        case _:
            pass


def lives(shell: StrictShell) -> bool:
    """Something will happen without the caller: a sentence ends, a timer, a person; or two people talk."""
    return bool(shell.over or shell.queue or shell.bridged or shell.machine.deadline is not None)


@pytest.mark.rule("X2")
@settings(max_examples=300, deadline=None)
@given(facts=FACTS, steps=STEPS)
def test_no_call_is_lost_and_nothing_forbidden_is_done(facts: Facts, steps: list[tuple[object, ...]]) -> None:
    shell = StrictShell(PLAN, facts)
    shell.answer()
    for what in steps:
        step(shell, what)
        assert lives(shell), f"the line waits for nothing in {shell.machine.node} after {what}"
        if shell.grammar is not None and shell.grammar.phrases:
            assert {"darbuotojas", "viso gero", "pakartokite"} <= set(shell.grammar.phrases)


@settings(max_examples=100, deadline=None)
@given(facts=FACTS, steps=STEPS)
def test_whatever_happened_a_silent_caller_comes_to_an_end(facts: Facts, steps: list[tuple[object, ...]]) -> None:
    shell = StrictShell(PLAN, facts)
    shell.answer()
    for what in steps:
        step(shell, what)
    shell.tell(Resumed)
    for _ in range(200):
        if shell.over or shell.bridged:
            return
        if shell.queue:
            shell.play()
        elif shell.machine.deadline is not None:
            shell.tick()
    raise AssertionError(f"no end: still in {shell.machine.node}")
