"""Manners that hold in every node of the plan."""

from __future__ import annotations

import itertools

import pytest

from ivr.dialog.facts import Facts
from ivr.dialog.nodes import ChoiceNode, GoodbyeNode, MessageNode, QuestionNode, SlotNode
from ivr.dialog.plan import Plan, load_plan
from ivr.dialog.understand import understand
from ivr.events import (
    AgentAnswered,
    AgentFailed,
    Bridge,
    Dial,
    EarChanged,
    HangUp,
    HangupReason,
    Heard,
    Held,
    HungUp,
    JournalKind,
    Listen,
    Note,
    Outcome,
    PlaybackDone,
    Pressed,
    Record,
    RecordingChanged,
    RecordingState,
    Resumed,
    Say,
    SpeechStarted,
    StopSaying,
)
from ivr.paths import project_file
from ivr.privacy import Pii
from tests.dialog.shell import StrictShell

WITH_PEOPLE = Facts(agent_available=True, caller=Pii("+37060000001"))
ALONE = Facts(agent_available=False)
PLAN = load_plan(project_file("dialplans", "1883.yaml").read_text(encoding="utf-8"), "1883.yaml")
LISTENING = [
    name
    for name, node in PLAN.nodes.items()
    if isinstance(node, ChoiceNode | MessageNode | GoodbyeNode | SlotNode | QuestionNode)
]


def at_node(name: str, facts: Facts, *, recording: bool = True) -> StrictShell:
    """A call that begins in the middle of the plan."""
    shell = StrictShell(PLAN.model_copy(update={"start": name}), facts)
    if recording:
        shell.tell(lambda at: RecordingChanged(at, RecordingState.OK, running=True))
    shell.answer()
    assert shell.machine.node == name
    return shell


def at_menu(facts: Facts = WITH_PEOPLE) -> StrictShell:
    shell = StrictShell(PLAN, facts)
    shell.answer()
    shell.play()
    shell.play()
    return shell


def press(shell: StrictShell, key: str) -> None:
    shell.tell(lambda at: Pressed(at, key), after=0.1)


def hear(shell: StrictShell, text: str) -> None:
    shell.tell(SpeechStarted, after=0.1)
    shell.tell(lambda at: Heard(at, text, 0.9), after=1.0)


@pytest.mark.rule("X3")
@pytest.mark.parametrize("how", ["key", "voice"])
@pytest.mark.parametrize("name", LISTENING)
def test_a_person_is_reached_from_every_state_that_listens(name: str, how: str) -> None:
    shell = at_node(name, WITH_PEOPLE)
    if how == "voice" and shell.grammar is None:
        return  # a message is not recognised word by word; its way to a person is the key
    press(shell, "0") if how == "key" else hear(shell, "darbuotojas")
    if isinstance(PLAN.nodes[name], SlotNode) and how == "key" and shell.machine.node == name:
        shell.tick()  # where digits are keyed a zero means a person once nothing follows it
    shell.play_all()
    assert any(isinstance(action, Dial) for action in shell.actions)


@pytest.mark.rule("X3")
@pytest.mark.parametrize("name", LISTENING)
def test_without_people_zero_leads_to_a_message(name: str) -> None:
    shell = at_node(name, ALONE)
    press(shell, "0")
    if isinstance(PLAN.nodes[name], SlotNode) and shell.machine.node == name:
        shell.tick()
    assert shell.machine.node == "message_offer"


@pytest.mark.parametrize("name", LISTENING)
def test_everyone_can_say_goodbye_and_go_to_the_menu_from_everywhere(name: str) -> None:
    shell = at_node(name, WITH_PEOPLE)
    if shell.grammar is not None:
        hear(shell, "viso gero")
        assert shell.machine.node == "goodbye"
    shell = at_node(name, WITH_PEOPLE)
    press(shell, "*")
    assert shell.machine.node == "menu"


@pytest.mark.parametrize("facts", [WITH_PEOPLE, ALONE], ids=["people", "alone"])
@pytest.mark.parametrize("kind", ["silence", "mumble"])
@pytest.mark.parametrize("name", [name for name, node in PLAN.nodes.items() if isinstance(node, ChoiceNode)])
def test_three_failures_differ_offer_keys_and_end_at_a_person_a_message_or_the_goodbye(
    name: str, kind: str, facts: Facts
) -> None:
    node = PLAN.nodes[name]
    assert isinstance(node, ChoiceNode)
    shell = at_node(name, facts)
    wordings: list[str] = []
    for failure in range(1, 4):
        shell.play_all()
        before = len(shell.said)
        shell.tick() if kind == "silence" else hear(shell, "")
        if node.unclear_means is not None:
            break
        new = shell.said[before:]
        wordings.append(new[0])
        assert (shell.machine.node == name) == (failure < 3)
        if failure == 2:
            assert new[1:] == list(node.keypad)
    assert len(set(wordings)) == len(wordings)
    for _ in range(40):  # and silence goes on: no loop, an end
        shell.play_all()
        if shell.over or shell.dialled:
            break
        shell.tick()
    assert shell.dialled or shell.machine.node == "goodbye"


@pytest.mark.rule("X3")
def test_keys_pressed_during_greeting_and_notice_are_obeyed_in_turn_after_them() -> None:
    shell = StrictShell(PLAN, WITH_PEOPLE)
    shell.answer()
    press(shell, "1")
    shell.play()
    press(shell, "3")
    assert shell.machine.node == "notice"
    shell.play()
    assert shell.machine.node == "answer_leave"
    assert [p.id for say in shell.queue for p in say.prompts] == ["answer.leave"]


@pytest.mark.rule("X2")
def test_a_notice_whose_sound_failed_starts_no_recording() -> None:
    shell = StrictShell(PLAN, WITH_PEOPLE)
    shell.answer()
    shell.play()
    shell.play(completed=False)
    assert shell.machine.node == "menu"
    assert not any(isinstance(action, Record) for action in shell.actions)
    assert not any(isinstance(a, Note) and a.kind is JournalKind.NOTICE_COMPLETED for a in shell.actions)
    press(shell, "4")
    assert shell.machine.node == "message_person", "a message needs a recording"


@pytest.mark.rule("A17")
def test_recording_switched_off_is_said_and_starts_nothing() -> None:
    shell = StrictShell(PLAN, Facts(recording_enabled=False))
    shell.answer()
    shell.play()
    assert shell.said[-1] == "notice.unrecorded"
    shell.play_all()
    assert not any(isinstance(action, Record) for action in shell.actions)


def test_the_no_input_time_counts_from_the_end_of_the_prompt_and_stands_still_while_the_caller_speaks() -> None:
    shell = at_menu()
    assert shell.machine.deadline is None
    shell.play_all()
    ended = shell.now
    assert shell.machine.deadline == pytest.approx(ended + 6.0)
    shell.tell(SpeechStarted, after=5.0)
    assert shell.machine.deadline == pytest.approx(ended + 5.0 + 180.0), "only the three minutes count now"
    shell.tell(lambda at: Heard(at, ""), after=20.0)
    assert shell.said[-2:] == ["unclear.first", "menu.hint"]


def test_hold_stops_the_clock_and_the_ear_and_has_an_end() -> None:
    shell = at_menu()
    shell.play_all()
    shell.tell(Held, after=2.0)
    assert shell.grammar is None
    hear(shell, "darbuotojas")  # music on hold
    shell.tell(Resumed, after=100.0)
    assert shell.grammar is not None
    assert shell.machine.deadline == pytest.approx(shell.now + 4.0)
    shell.tell(Held)
    shell.tick()
    assert isinstance(shell.actions[-1], HangUp)
    assert shell.machine.outcome is Outcome.ENDED_BY_RULE


def test_noise_does_not_cut_a_prompt_and_understood_words_do() -> None:
    shell = at_menu()
    hear(shell, "")
    assert shell.machine.node == "menu"
    assert not any(isinstance(action, StopSaying) for action in shell.actions)
    hear(shell, "mano reikalai")
    shell.consult()
    assert any(isinstance(action, StopSaying) for action in shell.actions)
    assert shell.machine.node == "personal_person"


def test_a_cough_that_is_like_a_command_does_not_cut_a_prompt() -> None:
    shell = at_menu()
    shell.tell(lambda at: Heard(at, "atgal", 0.64), after=1.0)
    assert not any(isinstance(action, StopSaying) for action in shell.actions)
    shell.tell(lambda at: Heard(at, "atgal", 0.95), after=1.0)
    assert any(isinstance(action, StopSaying) for action in shell.actions)


def over_the_menu(text: str, free: str, confidence: float = 0.5) -> StrictShell:
    """Something is heard over the open question."""
    shell = at_menu()
    shell.tell(SpeechStarted, after=0.1)
    shell.tell(lambda at: Heard(at, text, confidence, free=free), after=1.0)
    return shell


@pytest.mark.rule("A12.20")
def test_a_wish_that_both_readings_heard_cuts_a_prompt_however_unsure_the_first_one_is() -> None:
    shell = over_the_menu("noriu palikti kalbėti su darbuotoju", "noriu pasikalbėti su darbuotoju")
    assert any(isinstance(action, StopSaying) for action in shell.actions)
    shell.play()
    assert shell.dialled
    # What only one of them heard, or in a single word, is like a cough.
    for free in ("oi kaip čia", "žmogus"):
        assert not any(isinstance(action, StopSaying) for action in over_the_menu("žmogus", free).actions)


@pytest.mark.rule("A12.20")
@pytest.mark.parametrize(
    ("heard", "free", "confidence", "stops"),
    [
        ("man pranešimas", "amžiams amžiumi", 0.69, False),  # „mhm, mhm“
        ("man pranešimas", "noriu pranešimas", 0.69, True),
        ("man pranešimas", "amžiams", 0.95, True),
        ("pranešimas", "amžiams", 0.6, True),
        ("pranešimas", "amžiams", 0.25, False),  # a cough
        ("pranešimas", "noriu pranešimas", 0.25, True),
    ],
)
def test_an_option_over_a_prompt_must_be_sure_the_more_so_with_words_around_it(
    heard: str, free: str, confidence: float, stops: bool
) -> None:
    shell = over_the_menu(heard, free, confidence)
    assert any(isinstance(action, StopSaying) for action in shell.actions) == stops


@pytest.mark.rule("A12.20")
@pytest.mark.parametrize(("left_s", "heeded"), [(0.1, True), (2.0, False)])
def test_who_speaks_in_a_prompts_last_moment_speaks_after_it(left_s: float, heeded: bool) -> None:
    shell = over_the_menu("žmogus", "žmogus")
    say = shell.queue[0]
    shell.tell(lambda at: PlaybackDone(at, say.utterance, completed=True), after=left_s)
    assert (shell.machine.node == "connect_wished") == heeded
    # Where it meant nothing, the caller is asked again at once instead of after the no-input time.
    shell = over_the_menu("aš čia nu", "aš čia nu")
    say = shell.queue[0]
    shell.tell(lambda at: PlaybackDone(at, say.utterance, completed=True), after=left_s)
    if shell.asked:
        shell.consult()
    assert bool(shell.queue) == heeded


def test_reports_of_cut_sentences_that_come_late_change_nothing() -> None:
    shell = at_menu()
    (cut,) = shell.queue
    press(shell, "1")
    node, deadline = shell.machine.node, shell.machine.deadline
    assert shell.tell(lambda at: PlaybackDone(at, cut.utterance, completed=False)) == ()
    assert (shell.machine.node, shell.machine.deadline) == (node, deadline)


def test_losing_recognition_offers_the_keypad_at_once_and_its_return_opens_the_ear() -> None:
    shell = at_menu()
    shell.tell(lambda at: EarChanged(at, available=False))
    assert [p.id for say in shell.queue for p in say.prompts] == ["deaf", "menu.keypad", "menu.keypad_more"]
    actions = shell.tell(lambda at: EarChanged(at, available=True))
    assert any(isinstance(action, Listen) for action in actions)
    assert shell.tell(lambda at: EarChanged(at, available=True)) == ()


def test_recognition_lost_before_the_answer_is_remembered() -> None:
    shell = StrictShell(PLAN, WITH_PEOPLE)
    shell.tell(lambda at: EarChanged(at, available=False))
    shell.answer()
    shell.play_all()
    assert shell.said[-3:] == ["menu.ask", "menu.keypad", "menu.keypad_more"]


def test_while_the_phone_rings_sentences_differ_and_keys_do_nothing() -> None:
    shell = at_node("connect", WITH_PEOPLE)
    shell.play_all()
    said: list[str] = []
    for _ in range(4):
        press(shell, "*")
        shell.tick()
        said.append(shell.said[-1])
        shell.play_all()
    assert all(a != b for a, b in itertools.pairwise(said))
    assert shell.machine.node == "connect"
    shell.tell(AgentAnswered)
    assert any(isinstance(action, Bridge) for action in shell.actions)
    assert shell.machine.deadline is None
    shell.tell(lambda at: HungUp(at, HangupReason.CALLER), after=60)
    assert shell.machine.outcome is Outcome.TRANSFERRED


@pytest.mark.rule("A12.17.2")
def test_a_person_who_never_reports_gives_the_caller_back_too() -> None:
    shell = at_node("connect", WITH_PEOPLE)
    shell.play_all()
    dialled_at = shell.now
    while shell.machine.node == "connect":
        shell.tick()
        shell.play_all()
    assert shell.now - dialled_at < 30
    assert "transfer.failed" in shell.said
    assert shell.tell(lambda at: AgentFailed(at, HangupReason.NO_ANSWER)) == ()


@pytest.mark.rule("A12.24")
def test_after_the_goodbye_the_caller_hangs_up_first_or_the_safety_time_passes() -> None:
    shell = at_node("goodbye", WITH_PEOPLE)
    shell.play_all()
    assert shell.machine.deadline == pytest.approx(shell.now + 60.0)
    hear(shell, "")
    assert not any(isinstance(action, HangUp) for action in shell.actions)
    shell.tick()
    assert shell.actions[-1] == HangUp("hangup_safety")


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (HangupReason.CALLER, Outcome.ABANDONED),
        (HangupReason.MEDIA_LOST, Outcome.DROPPED),
        (HangupReason.CRASHED, Outcome.DROPPED),
    ],
)
def test_outcome_of_a_call_in_which_nothing_was_said(reason: HangupReason, outcome: Outcome) -> None:
    shell = at_menu()
    shell.tell(lambda at: HungUp(at, reason))
    assert shell.machine.outcome is outcome
    assert shell.machine.deadline is None


def test_a_late_media_loss_after_the_goodbye_is_no_dropped_call() -> None:
    shell = at_menu()
    hear(shell, "viso gero")
    shell.tell(lambda at: HungUp(at, HangupReason.MEDIA_LOST))
    assert shell.machine.outcome is Outcome.ANSWERED


def test_the_same_events_give_the_same_actions(plan: Plan) -> None:
    def run() -> list[object]:
        shell = at_menu()
        hear(shell, "bendra informacija")
        press(shell, "2")
        shell.play_all()
        return list(shell.actions)

    assert run() == run()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Taip.", "yes"),
        ("taip prašau", "yes"),
        ("na taip", "yes"),
        ("taip ne", None),
        ("netaip", None),
        ("noriu su darbuotoju kalbėti", "person"),
        ("ne su darbuotoju", "person"),
        ("", None),
    ],
)
def test_understanding_prefers_the_longest_phrase_and_does_not_guess(text: str, meaning: str | None) -> None:
    meanings = {"taip": "yes", "taip prašau": "yes", "ne": "no", "su darbuotoju": "person"}
    meant = understand(text, meanings)
    assert (meant and meant[1]) == meaning


def test_say_is_never_empty(plan: Plan) -> None:
    shell = at_menu()
    press(shell, "#")
    assert all(say.prompts for say in shell.actions if isinstance(say, Say))
    assert shell.said[-3:] == ["repeat", "menu.ask", "menu.hint"]
